// Transfers of files: RFC 959 §4.1.3, RFC 1123 §4.1.2.9 (STOU), RFC 3659 §5 (restart),
// draft-bryan-ftp-range (RANG).
#include "server/session/transfer.h"

#include <fmt/core.h>
#include <sodium.h>

#include <algorithm>
#include <string>

#include "server/commands/handlers.h"
#include "server/session/changes.h"
#include "server/session/replies.h"
#include "shared/ftp/path.h"

namespace ferry {

namespace {

Result<Place> readable_place(Session& session, std::string_view argument) {
  auto place = session.home().locate(session.absolute(argument));
  if (!place) return place;
  auto waiting = waiting_partial(session, *place);
  if (!waiting) return tl::unexpected(waiting.error());
  if (*waiting) {
    auto info = session.home().partial_info((*waiting)->token);
    return refusal(Errc::not_found,
                   "{} is an unfinished upload: {} bytes are here, resume it with REST and STOR", place->path,
                   info ? info->size : (*waiting)->received);
  }
  return place;
}

// In text mode the bytes on the wire are not those of the file. TYPE may have come behind REST or RANG.
Status check_position(const TransferSettings& transfer) {
  if (transfer.ascii && transfer.restart.value_or(0) != 0)
    return refusal(Errc::unsupported, "REST needs TYPE I");
  if (transfer.ascii && transfer.range) {
    Error error = refusal(Errc::unsupported, "RANG needs TYPE I").value();
    error.reply_code = 551;
    return tl::unexpected(std::move(error));
  }
  return {};
}

Result<Upload::Request> upload_request(const Session& session, Upload::Start start) {
  if (auto checked = check_position(session.transfer); !checked) return tl::unexpected(checked.error());
  Upload::Request request;
  request.start = start;
  request.range = session.transfer.range;  // also before APPE, as REST
  if (const auto restart =
          session.transfer.restart) {  // also before APPE, which then is STOR (RFC 3659 §5.3)
    // REST 0 is how some clients take an earlier REST back: it makes no STOR of an APPE.
    if (*restart > 0) request.start = Upload::Start::at_offset;
    request.offset = *restart;
  }
  // In text mode what arrives is not what is kept, so an announced size reserves nothing; it still tells the
  // end.
  if (!session.transfer.ascii) request.announced = session.transfer.announced;
  return request;
}

void receive(Session& session, Place place, Upload::Start start, std::string opening) {
  if (!has_data_settings(session)) return session.reply(425, "Send PASV, EPSV, PORT or EPRT first");
  auto request = upload_request(session, start);
  if (!request) return session.reply(request.error());
  request->known = session.transfer.told_breakpoint;
  // Outlives the upload, whose end may take as long as a transfer.
  const TransferPermit permit(session);
  if (!permit.is_given()) return session.reply(450, "Too many transfers run now, try again in a moment");
  auto upload =
      Upload::begin(session.services, session.home(), session.account(), std::move(place), *request);
  if (!upload) return session.reply(upload.error());
  Upload& running = **upload;
  TransferPlan plan{TransferPlan::Direction::in, "upload", running.path(), std::move(opening)};
  plan.expected = session.transfer.announced.value_or(-1);
  if (request->range) plan.expected = request->range->length();
  plan.permit = &permit;
  plan.undo = [&](bool is_abort) {
    running.park(is_abort ? Upload::Parking::quickly : Upload::Parking::thoroughly);
  };
  EndOfData end = EndOfData::assumed;
  run_transfer(
      session, plan,
      [&](net::Stream& data, Watch& watch) -> Status {
        const auto received = receive_file(session, data, watch, running);
        if (!received) return tl::unexpected(received.error());
        end = *received;
        return {};
      },
      [&](Watch& watch) -> Result<std::string> {
        // A dead client's control connection may have gone while the file was synced.
        const auto last_look = [&] { return end == EndOfData::proven ? Status{} : watch.look_now(); };
        if (auto committed = running.commit(last_look); !committed) return tl::unexpected(committed.error());
        return session.text("{} bytes are stored. SHA-256={}", running.size(), running.sha256());
      });
}

std::string unique_name() {
  return fmt::format("stou-{:08x}{:08x}", randombytes_random(), randombytes_random());
}

}  // namespace

void cmd_retr(Session& session, std::string_view argument) {
  if (auto checked = check_position(session.transfer); !checked) return session.reply(checked.error());
  auto place = readable_place(session, argument);
  if (!place) return session.reply(place.error());
  auto file = session.home().open_for_reading(*place);
  if (!file) return session.reply(file.error());
  struct stat status {};
  if (fstat(file->get(), &status) != 0) return session.reply(451, "The file cannot be read");
  const Bytes size = status.st_size;
  Bytes offset = session.transfer.restart.value_or(0), end = size;
  if (offset > size)
    return session.reply(554, "{} has {} bytes, cannot start at {}", place->path, size, offset);
  if (const auto range = session.transfer.range) {  // of a range what there is, be it nothing
    end = std::min(range->end, size);
    offset = std::min(range->first, end);
  }

  TransferPlan plan{TransferPlan::Direction::out, "download", place->path,
                    session.text("Sending {} ({} bytes)", ftp::leaf_name(place->path), end - offset)};
  plan.expected = end - offset;
  run_transfer(
      session, plan,
      [&](net::Stream& data, Watch& watch) {
        return send_file(session, data, watch, file->get(), offset, end);
      },
      [&](Watch&) -> Result<std::string> { return session.text("{} bytes sent", end - offset); });
}

void cmd_stor(Session& session, std::string_view argument) {
  auto place = session.home().locate(session.absolute(argument));
  if (!place) return session.reply(place.error());
  receive(session, std::move(*place), Upload::Start::fresh, session.text("Send the file"));
}

void cmd_appe(Session& session, std::string_view argument) {
  auto place = session.home().locate(session.absolute(argument));
  if (!place) return session.reply(place.error());
  receive(session, std::move(*place), Upload::Start::append, session.text("Send what follows"));
}

void cmd_stou(Session& session, std::string_view) {
  if (session.transfer.restart.value_or(0) != 0 || session.transfer.range)
    return session.reply(550, "STOU starts a new file, it cannot go on with one");
  auto place = session.home().locate(session.absolute(unique_name()));
  if (!place) return session.reply(place.error());
  const std::string name = place->leaf;
  receive(session, std::move(*place), Upload::Start::fresh, session.text("FILE: {}", name));
}

void cmd_abor(Session& session, std::string_view) {
  session.reply(226, "Nothing is being transferred");
}

}  // namespace ferry
