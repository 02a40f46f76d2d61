#include "client/engine/streams.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "client/engine/data.h"
#include "client/engine/listing.h"
#include "client/engine/reply_error.h"
#include "client/engine/transfer_io.h"
#include "client/engine/wait.h"
#include "shared/net/socket.h"

namespace ferry::client {
namespace {

// How often a server that has stopped an upload is noticed while nothing comes to be sent.
constexpr std::chrono::milliseconds kLookAtServer{500};

// As write_fully, but a reader who takes nothing does not keep Ctrl-C waiting.
Status write_out(StreamOutput& output, std::string_view bytes, const Cancel* cancel) {
  while (!bytes.empty()) {
    if (auto ready = wait_ready(output.fd, POLLOUT, Deadline::infinite(), cancel); !ready) return ready;
    const ssize_t written = ::write(output.fd, bytes.data(), bytes.size());
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (written < 0) {
      output.reader_has_left = errno == EPIPE;
      return fail_errno(errno, "standard output");
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::optional<Digest> digest_for(const Connection& connection, const VerifyWish& wish) {
  const auto kind = wanted_digest(wish, connection.features());
  return kind ? std::optional<Digest>(*kind) : std::nullopt;
}

struct Stream {
  Connection& connection;
  const OnProgress& progress;
  std::optional<Digest> digest;
  TransferState state;

  Bytes shown = 0;  // of an upload: what has left this machine

  void account(std::string_view bytes) {
    if (digest) digest->update(bytes);
    state.done += static_cast<Bytes>(bytes.size());
  }
  // Of what was counted this machine still holds `unsent`.
  void show_sent(Bytes unsent) {
    shown = std::max(shown, state.done - unsent);
    TransferState sent = state;
    sent.done = shown;
    if (progress) progress(sent);
  }
  void show(Phase phase) {
    state.phase = phase;
    if (progress) progress(state);
  }
};

// Up to the peer's end. Under TLS an end without close_notify is only an end if all bytes have come.
Status receive(Stream& stream, net::Stream& data, StreamOutput& output) {
  RateLimit* limit = stream.connection.rate_limits().down;
  std::vector<char> buffer(limit != nullptr ? limit->portion() : kTransferBuffer);
  const auto timeout = stream.connection.site().timeout;
  while (true) {
    auto got = read_some(data, buffer, Deadline::after(timeout), stream.connection.cancel());
    const bool all_there = stream.state.total && stream.state.done == *stream.state.total;
    if (!got && got.error().kind == Errc::reset && all_there) return {};
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) return {};
    const std::string_view block(buffer.data(), *got);
    if (auto written = write_out(output, block, stream.connection.cancel()); !written) return written;
    stream.account(block);
    stream.show(Phase::moving);
    if (limit == nullptr) continue;
    if (auto may_go_on = limit->wait_for(*got, stream.connection.cancel()); !may_go_on) return may_go_on;
  }
}

// 0 at the input's end; Errc::reset once the server has given its verdict.
Result<std::size_t> read_input(Connection& connection, int input, std::span<char> buffer) {
  while (true) {
    if (connection.has_early_reply()) return fail(Errc::reset, "the server stopped the upload");
    auto ready = wait_ready(input, POLLIN, Deadline::after(kLookAtServer), connection.cancel());
    if (!ready && ready.error().kind == Errc::timeout) continue;
    if (!ready) return tl::unexpected(ready.error());
    const ssize_t got = ::read(input, buffer.data(), buffer.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR && errno != EAGAIN) return fail_errno(errno, "standard input");
  }
}

Status send(Stream& stream, net::Stream& data, int input) {
  RateLimit* limit = stream.connection.rate_limits().up;
  std::vector<char> buffer(limit != nullptr ? limit->portion() : kTransferBuffer);
  while (true) {
    auto got = read_input(stream.connection, input, buffer);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) return {};
    const std::string_view block(buffer.data(), *got);
    if (limit != nullptr) {
      if (auto may_go = limit->wait_for(block.size(), stream.connection.cancel()); !may_go) return may_go;
    }
    auto sent = write_all(data, block, stream.connection.site().timeout, stream.connection.cancel());
    if (!sent) return sent;
    stream.account(block);
    stream.show_sent(static_cast<Bytes>(net::unsent_bytes(data.fd())));
  }
}

// In clear an end is an end to the server, whatever the reason: the connection is reset instead.
void break_off(const net::Stream& data) {
  const linger at_once{1, 0};
  (void)::setsockopt(data.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

Result<TransferResult> conclude(Stream& stream, const std::string& remote, const VerifyWish& wish,
                                const std::string& final_text, SteadyTime began) {
  TransferResult result;
  result.final_text = final_text;
  const Digest* here = stream.digest ? &*stream.digest : nullptr;
  auto verified = verify_sides(
      stream.connection, remote, wish, here, stream.state.done, [&](Bytes) { stream.show(Phase::verifying); },
      final_text);
  if (!verified) return tl::unexpected(verified.error());
  result.verified = *verified;
  complete(result, stream.state, began, here);
  return result;
}

TransferOptions options_of(const JobOptions& job, JobObserver& observer) {
  TransferOptions options;
  options.verify = job.verify;
  options.note = [&observer](const std::string& text) { observer.note(text); };
  return options;
}

bool finish_item(Connection& connection, ItemId item, Direction direction, const std::string& name,
                 Result<TransferResult> result, JobObserver& observer, Tally& tally) {
  if (!result) return take_failure(connection, item, std::move(result.error()), observer, tally);
  ++tally.done;
  if (result->verified) ++tally.verified;
  observer.file_done(item, FileReport{direction, name, std::move(*result)});
  return true;
}

}  // namespace

Result<TransferResult> get_to_stream(Connection& connection, const std::string& remote, StreamOutput& output,
                                     const TransferOptions& options, const OnProgress& progress) {
  const auto began = std::chrono::steady_clock::now();
  auto entry = describe(connection, remote);
  if (!entry) return tl::unexpected(entry.error());
  if (entry->is_directory()) return fail(Errc::is_directory, remote + ": is a folder");
  Stream stream{connection, progress, digest_for(connection, options.verify), {}};
  stream.state.total = entry->size;
  bool is_unwanted = false;  // nothing is wrong with the connection: the transfer is ended in good order
  const auto move = [&](net::Stream& data) {
    auto received = receive(stream, data, output);
    is_unwanted = output.reader_has_left;
    return received;
  };
  auto reply = run_data_command(connection, {"RETR", remote, 0, false, &is_unwanted}, move,
                                [&] { stream.show(Phase::confirming); });
  if (!reply) return tl::unexpected(reply.error());
  if (entry->size && stream.state.done != *entry->size) {
    return fail(Errc::reset, remote + ": " + std::to_string(stream.state.done) + " bytes came of the " +
                                 std::to_string(*entry->size) + " that the server told");
  }
  return conclude(stream, remote, options.verify, "", began);
}

Result<TransferResult> put_from_stream(Connection& connection, int input, const std::string& remote,
                                       const TransferOptions& options, const OnProgress& progress) {
  const auto began = std::chrono::steady_clock::now();
  Stream stream{connection, progress, digest_for(connection, options.verify), {}};
  const auto move = [&](net::Stream& data) {
    auto sent = send(stream, data, input);
    if (!sent) break_off(data);
    return sent;
  };
  DataCommand command{"STOR", remote, 0, true};
  command.leaving = [&](Bytes unsent) { stream.show_sent(unsent); };
  auto reply = run_data_command(connection, command, move, [&] { stream.show(Phase::confirming); });
  if (!reply) return tl::unexpected(explain_refused_upload(connection, remote, reply.error()));
  return conclude(stream, remote, options.verify, reply->text(), began);
}

bool get_one_to_stream(Connection& connection, const std::string& remote, const std::string& name,
                       StreamOutput& output, const JobOptions& options, JobObserver& observer, Tally& tally) {
  const ItemId item = ++tally.last_item;
  observer.file_starts(item, Direction::down, name, std::nullopt);
  const auto progress = [&](const TransferState& state) { observer.progress(item, state); };
  auto result = get_to_stream(connection, remote, output, options_of(options, observer), progress);
  if (!result && output.reader_has_left) {  // nobody is there to be told
    ++tally.failed;
    tally.stopped_by = result.error();
    return false;
  }
  return finish_item(connection, item, Direction::down, name, std::move(result), observer, tally);
}

bool put_one_from_stream(Connection& connection, int input, const std::string& remote,
                         const std::string& name, const JobOptions& options, JobObserver& observer,
                         Tally& tally) {
  const ItemId item = ++tally.last_item;
  observer.file_starts(item, Direction::up, name, std::nullopt);
  const auto progress = [&](const TransferState& state) { observer.progress(item, state); };
  auto result = put_from_stream(connection, input, remote, options_of(options, observer), progress);
  return finish_item(connection, item, Direction::up, name, std::move(result), observer, tally);
}

}  // namespace ferry::client
