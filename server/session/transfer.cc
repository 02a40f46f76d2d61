#include "server/session/transfer.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

#include "server/session/login.h"
#include "server/session/replies.h"
#include "shared/ftp/text_mode.h"

namespace ferry {

namespace {

constexpr std::size_t kBufferSize = 256 * 1024;
constexpr Bytes kSendfileStep = 1024 * 1024;  // the control connection is looked at between steps
constexpr std::size_t kListingPiece = 32 * 1024;

Deadline stalled(const Session& session) {
  return Deadline::after(session.services.options.data_timeout);
}

short events_for(const net::Progress& progress) {
  return progress.state == net::Progress::State::want_write ? POLLOUT : POLLIN;
}

void log_transfer(Session& session, const TransferPlan& plan, const Watch& watch, std::string_view result) {
  session.services.logs.transfer(
      session.name, fmt::format("{} user={} path={} bytes={} seconds={:.3f} result={}", plan.kind,
                                log_field(session.account().name), log_field(plan.path), watch.bytes(),
                                watch.seconds(), log_field(result)));
}

void refuse_transfer(Session& session, const TransferPlan& plan, const Watch& watch, const Error& error) {
  if (plan.undo) plan.undo(watch.aborted());
  log_transfer(session, plan, watch, error.context);
  refresh_ticket(session);
  if (watch.aborted()) {
    session.reply(426, "Transfer aborted");
    session.reply(226, "ABOR done");
    return;
  }
  session.reply(error);
}

// 425 and 522 are said of a data connection that does not come about; what breaks it later is 426 (RFC 959
// §5.4).
Status in_transfer(Status moved) {
  if (moved || moved.error().reply_code != 0) return moved;
  const Errc kind = moved.error().kind;
  if (kind != Errc::tls && kind != Errc::refused && kind != Errc::untrusted) return moved;
  Error error = moved.error();
  error.reply_code = 426;
  return tl::unexpected(std::move(error));
}

Status send_with_sendfile(Session& session, net::Stream& data, Watch& watch, int file, off_t offset,
                          Bytes end) {
  while (offset < end) {
    const auto step = static_cast<std::size_t>(std::min<Bytes>(end - offset, kSendfileStep));
    const ssize_t sent = sendfile(data.fd(), file, &offset, step);
    if (sent == 0) return fail(Errc::io, "the file became shorter while it was sent");
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN) return fail_errno(errno, "data connection");
    if (sent > 0) watch.count(sent);
    if (sent == static_cast<ssize_t>(step)) {
      if (auto looked = watch.look(); !looked) return looked;
      continue;
    }
    // Less than asked for: the socket is full, and trying again would only say so.
    if (auto ready = watch.wait(data.fd(), POLLOUT, stalled(session)); !ready) return ready;
  }
  return {};
}

Status send_through_buffer(Session& session, net::Stream& data, Watch& watch, int file, off_t offset,
                           Bytes end) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kBufferSize);
  ftp::ToWire to_wire;
  std::string text;
  while (offset < end) {
    const auto step = static_cast<std::size_t>(std::min<Bytes>(end - offset, kBufferSize));
    const ssize_t got = pread(file, buffer.get(), step, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "file");
    if (got == 0) return fail(Errc::io, "the file became shorter while it was sent");
    offset += got;
    std::string_view piece(buffer.get(), static_cast<std::size_t>(got));
    if (session.transfer.ascii) {
      text.clear();
      to_wire.convert(piece, text);
      piece = text;
    }
    if (auto sent = send_bytes(session, data, watch, piece); !sent) return sent;
  }
  return {};
}

}  // namespace

void run_transfer(Session& session, const TransferPlan& plan,
                  const std::function<Status(net::Stream&, Watch&)>& move,
                  const std::function<Result<std::string>(Watch&)>& done) {
  std::optional<TransferPermit> own;
  const TransferPermit& permit = plan.permit != nullptr ? *plan.permit : own.emplace(session);
  if (!permit.is_given()) {
    if (plan.undo) plan.undo(false);
    return session.reply(450, "Too many transfers run now, try again in a moment");
  }
  Watch watch(session, plan.kind, plan.path);
  watch.expect(plan.expected);
  auto data = open_data(session, watch);
  if (!data) return refuse_transfer(session, plan, watch, data.error());
  session.reply(ftp::Reply{150, {plan.opening}});
  watch.begin_telling();

  Status moved = secure_data(session, *data, watch);
  if (moved) moved = in_transfer(move(*data, watch));
  // An upload is whole when its end has come; a client that is gone by then has taken nothing from it.
  if (moved) {
    const Status finished = finish_data(session, *data, watch);
    if (plan.direction == TransferPlan::Direction::out) moved = finished;
  }
  if (!moved) {
    // A client that has no room left learns so from the reply, if it can finish its sentence: closed over
    // what it still sends, the data connection would only break.
    const Errc kind = moved.error().kind;
    const bool has_no_room = kind == Errc::over_quota || kind == Errc::no_space;
    if (!has_no_room) data->interrupt();  // it sees the data connection end before the reply
    refuse_transfer(session, plan, watch, moved.error());
    if (has_no_room) drain_data(session, *data);
    return;
  }
  const auto text = done(watch);
  if (!text) return refuse_transfer(session, plan, watch, text.error());
  refresh_ticket(session);
  log_transfer(session, plan, watch, "ok");
  session.reply(ftp::Reply{226, {*text}});
  if (watch.aborted()) session.reply(226, "ABOR came too late");
  close_data(session, std::move(*data));
}

Status send_bytes(Session& session, net::Stream& data, Watch& watch, std::string_view bytes) {
  while (!bytes.empty()) {
    auto progress = data.try_write(bytes);
    if (!progress) return tl::unexpected(progress.error());
    if (progress->state == net::Progress::State::done) {
      watch.count(static_cast<Bytes>(progress->bytes));
      bytes.remove_prefix(progress->bytes);
      if (auto looked = watch.look(); !looked) return looked;
      continue;
    }
    if (progress->state == net::Progress::State::end)
      return fail(Errc::reset, "the client ended the data connection");
    if (auto ready = watch.wait(data.fd(), events_for(*progress), stalled(session)); !ready) return ready;
  }
  return {};
}

Status send_file(Session& session, net::Stream& data, Watch& watch, int file, Bytes offset, Bytes end) {
  // What one read fetches anyway needs no advice.
  if (end - offset > static_cast<Bytes>(kBufferSize)) posix_fadvise(file, offset, 0, POSIX_FADV_SEQUENTIAL);
  if (!data.is_tls() && !session.transfer.ascii)
    return send_with_sendfile(session, data, watch, file, offset, end);
  return send_through_buffer(session, data, watch, file, offset, end);
}

Status LineSender::add(std::string_view line) {
  buffer_.append(line).append("\r\n");
  return buffer_.size() >= kListingPiece ? flush() : Status{};
}

Status LineSender::flush() {
  const Status sent = send_bytes(session_, data_, watch_, buffer_);
  buffer_.clear();
  return sent;
}

}  // namespace ferry
