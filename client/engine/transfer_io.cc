#include "client/engine/transfer_io.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "client/engine/listing.h"
#include "client/engine/wait.h"
#include "shared/ftp/path.h"
#include "shared/net/socket.h"

namespace ferry::client {
namespace {

constexpr const char* kStopped = "the server stopped the upload";

void account(Pump& pump, std::string_view bytes) {
  if (pump.digest != nullptr) pump.digest->update(bytes);
  pump.state.done += static_cast<Bytes>(bytes.size());
}

// Takes the overlap off the block's front. Nothing is written here: the file has these bytes.
Status compare_overlap(Pump& pump, std::string_view& block) {
  const auto size = std::min(static_cast<std::size_t>(pump.overlap), block.size());
  if (size == 0) return {};
  std::string here(size, '\0');
  const Bytes at = pump.state.done - pump.overlap;
  if (::pread(pump.file, here.data(), size, at) != static_cast<ssize_t>(size) ||
      block.substr(0, size) != here) {
    pump.is_different = true;
    return fail(Errc::reset, "what is here is not what the server has");
  }
  pump.overlap -= static_cast<Bytes>(size);
  block.remove_prefix(size);
  return {};
}

Status take_block(Pump& pump, std::string_view block, const std::function<Status()>& after_block) {
  if (auto same = compare_overlap(pump, block); !same) return same;
  if (pump.state.total && static_cast<Bytes>(block.size()) > *pump.state.total - pump.state.done) {
    pump.is_exceeded = true;
    return fail(Errc::reset,
                "the server sends more than the " + std::to_string(*pump.state.total) + " bytes it told");
  }
  if (block.empty()) return {};
  if (auto written = write_fully(pump.file, block); !written) return written;
  account(pump, block);
  if (pump.progress) pump.progress(pump.state);
  return after_block();
}

Status send_block(Pump& pump, net::Stream& data, std::string_view block) {
  RateLimit* limit = pump.connection.rate_limits().up;
  const Cancel* cancel = pump.connection.cancel();
  while (!block.empty()) {
    const std::string_view portion = limit != nullptr ? block.substr(0, limit->portion()) : block;
    if (limit != nullptr) {
      if (auto may_go = limit->wait_for(portion.size(), cancel); !may_go) return may_go;
      if (pump.connection.has_early_reply()) return fail(Errc::reset, kStopped);
    }
    if (auto sent = write_all(data, portion, pump.connection.site().timeout, cancel); !sent) return sent;
    account(pump, portion);
    show_sent(pump, static_cast<Bytes>(net::unsent_bytes(data.fd())));
    block.remove_prefix(portion.size());
  }
  return {};
}

}  // namespace

void show_sent(Pump& pump, Bytes unsent) {
  pump.shown = std::max({pump.shown, pump.state.resumed, pump.state.done - unsent});
  TransferState sent = pump.state;
  sent.done = pump.shown;
  if (pump.progress) pump.progress(sent);
}

Status write_fully(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, "write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status send_file(Pump& pump, net::Stream& data) {
  std::vector<char> buffer(kTransferBuffer);
  const Bytes total = pump.state.total.value_or(0);
  while (pump.state.done < total) {
    const auto want = std::min<Bytes>(static_cast<Bytes>(buffer.size()), total - pump.state.done);
    const ssize_t got = ::read(pump.file, buffer.data(), static_cast<std::size_t>(want));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "read");
    if (got == 0) return fail(Errc::io, "the file became shorter while it was sent");
    if (pump.connection.has_early_reply()) return fail(Errc::reset, kStopped);
    const std::string_view block(buffer.data(), static_cast<std::size_t>(got));
    if (pump.before_last_block && pump.state.done + got >= total) {
      if (auto fine = pump.before_last_block(); !fine) return fine;
    }
    if (auto sent = send_block(pump, data, block); !sent) return sent;
  }
  return {};
}

Status receive_file(Pump& pump, net::Stream& data, const std::function<Status()>& after_block) {
  RateLimit* limit = pump.connection.rate_limits().down;
  std::vector<char> buffer(limit != nullptr ? limit->portion() : kTransferBuffer);
  while (true) {
    // Gather a whole block: TLS gives 16 KiB at a time, and small writes cost more than the copy.
    std::size_t held = 0;
    Result<std::size_t> got = 0;
    do {
      got = read_some(data, std::span(buffer).subspan(held), Deadline::after(pump.connection.site().timeout),
                      pump.connection.cancel());
      if (got) held += *got;
    } while (got && *got > 0 && held < buffer.size() && data.has_buffered());
    if (auto taken = take_block(pump, {buffer.data(), held}, after_block); !taken) return taken;
    const bool is_end = got && *got == 0;
    if (is_end && pump.overlap > 0) {
      pump.is_different = true;
      return fail(Errc::reset, "the server has less than what is here");
    }
    if (is_end) return {};
    const bool all_there = pump.state.total && pump.state.done == *pump.state.total && pump.overlap == 0;
    if (!got && got.error().kind == Errc::reset && all_there) return {};
    if (!got) return tl::unexpected(got.error());
    if (limit == nullptr) continue;
    if (auto may_go_on = limit->wait_for(held, pump.connection.cancel()); !may_go_on) return may_go_on;
  }
}

Error explain_refused_upload(Connection& connection, const std::string& remote, Error error) {
  if (error.kind != Errc::permission && error.kind != Errc::name_refused) return error;
  const std::string folder(ftp::parent_path(remote));
  if (!connection.usable()) return error;
  if (auto there = is_directory(connection, folder); there && !*there) {
    return Error{Errc::not_found, folder + ": there is no such folder on the server", error.reply_code};
  }
  if (auto itself = is_directory(connection, remote); itself && *itself) {
    return Error{Errc::is_directory, remote + ": is a folder on the server", error.reply_code};
  }
  return error;
}

std::optional<DigestKind> running_digest(const TransferOptions& options, const Connection& connection) {
  auto kind = wanted_digest(options.verify, connection.features());
  if (!kind && options.wants_sha256) kind = DigestKind::sha256;
  return kind;
}

Result<std::string> sha256_of(const Digest* running, int fd, Bytes size) {
  if (running != nullptr && running->kind() == DigestKind::sha256) return running->hex();
  return digest_of_file(fd, DigestKind::sha256, size);
}

void complete(TransferResult& result, const TransferState& state, SteadyTime began, const Digest* digest) {
  result.size = state.done;
  result.resumed = state.resumed;
  result.took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  if (digest != nullptr) result.local_digest = digest->hex();
}

}  // namespace ferry::client
