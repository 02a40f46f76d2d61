#include "client/engine/wait.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "shared/net/address.h"

namespace ferry::client {
namespace {

using net::Progress;

short events_for(Progress::State want) {
  return want == Progress::State::want_write ? POLLOUT : POLLIN;
}

// What a thread that may be left behind and its waiter share; lives until the later of the two lets go.
template <typename T>
struct Shared {
  std::mutex mutex;
  std::optional<Result<T>> outcome;
  UniqueFd done{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

template <typename T, typename Work>
Result<T> run_apart(Work work, Deadline deadline, const Cancel* cancel) {
  auto shared = std::make_shared<Shared<T>>();
  if (!shared->done) return fail_errno(errno, "eventfd");
  std::thread([shared, work] {
    Result<T> outcome = work();
    const std::lock_guard lock(shared->mutex);
    shared->outcome.emplace(std::move(outcome));
    ::eventfd_write(shared->done.get(), 1);
  }).detach();
  auto ready = wait_ready(shared->done.get(), POLLIN, deadline, cancel);
  const std::lock_guard lock(shared->mutex);
  if (shared->outcome) return std::move(*shared->outcome);
  return tl::unexpected(std::move(ready.error()));
}

Result<UniqueFd> resolve_and_connect(const std::string& host, std::uint16_t port, Deadline deadline) {
  auto addresses = net::resolve(host, port);
  if (!addresses) return fail(Errc::refused, addresses.error().context);
  Result<UniqueFd> outcome = fail(Errc::refused, host + " has no address");
  for (std::size_t i = 0; i < addresses->size(); ++i) {
    const auto left = deadline.when() - std::chrono::steady_clock::now();
    const auto share = left / static_cast<std::int64_t>(addresses->size() - i);
    outcome = net::connect_to((*addresses)[i], Deadline::at(std::chrono::steady_clock::now() + share));
    if (outcome) return outcome;
  }
  return outcome;
}

Status wait_either(pollfd one, pollfd other, Deadline deadline, const Cancel* cancel) {
  while (true) {
    std::array<pollfd, 3> watched{{one, other, {cancel != nullptr ? cancel->fd() : -1, POLLIN, 0}}};
    const int ready = ::poll(watched.data(), watched.size(), deadline.poll_timeout_ms());
    if (ready < 0 && errno != EINTR) return fail_errno(errno, "poll");
    if (cancel != nullptr && cancel->requested()) return fail(Errc::cancelled, "interrupted");
    if (ready > 0 && (watched[0].revents != 0 || watched[1].revents != 0)) return {};
    if (deadline.passed()) return fail(Errc::timeout, "no answer in time");
  }
}

}  // namespace

Status wait_ready(int fd, short events, Deadline deadline, const Cancel* cancel) {
  return wait_either({fd, events, 0}, {-1, 0, 0}, deadline, cancel);
}

Status wait_readable(int fd, int other, Deadline deadline, const Cancel* cancel) {
  return wait_either({fd, POLLIN, 0}, {other, POLLIN, 0}, deadline, cancel);
}

Result<std::size_t> read_some(net::Stream& stream, std::span<char> buffer, Deadline deadline,
                              const Cancel* cancel) {
  while (true) {
    if (cancel != nullptr && cancel->requested()) return fail(Errc::cancelled, "interrupted");
    // A peer that sends without a pause must not outlive the deadline either.
    if (deadline.passed()) return fail(Errc::timeout, "no answer in time");
    auto progress = stream.try_read(buffer);
    if (!progress) return tl::unexpected(std::move(progress.error()));
    if (progress->state == Progress::State::done) return progress->bytes;
    if (progress->state == Progress::State::end) return std::size_t{0};
    if (auto ready = wait_ready(stream.fd(), events_for(progress->state), deadline, cancel); !ready) {
      return tl::unexpected(std::move(ready.error()));
    }
  }
}

Status write_all(net::Stream& stream, std::string_view bytes, std::chrono::milliseconds stall,
                 const Cancel* cancel) {
  Deadline deadline = Deadline::after(stall);
  while (!bytes.empty()) {
    if (cancel != nullptr && cancel->requested()) return fail(Errc::cancelled, "interrupted");
    auto progress = stream.try_write(bytes);
    if (!progress) return tl::unexpected(std::move(progress.error()));
    if (progress->state == Progress::State::end) return fail(Errc::reset, "the server closed the connection");
    if (progress->state == Progress::State::done) {
      bytes.remove_prefix(progress->bytes);
      deadline = Deadline::after(stall);
      continue;
    }
    if (auto ready = wait_ready(stream.fd(), events_for(progress->state), deadline, cancel); !ready)
      return ready;
  }
  return {};
}

Status finish(net::Stream& stream, Deadline deadline, const Cancel* cancel) {
  while (true) {
    auto progress = stream.try_finish();
    if (!progress) return tl::unexpected(std::move(progress.error()));
    if (progress->state == Progress::State::done) return {};
    if (auto ready = wait_ready(stream.fd(), events_for(progress->state), deadline, cancel); !ready)
      return ready;
  }
}

Status handshake(net::Stream& stream, Deadline deadline, const Cancel* cancel) {
  while (true) {
    auto progress = stream.try_handshake();
    if (!progress) return tl::unexpected(std::move(progress.error()));
    if (progress->state == Progress::State::done) return {};
    if (progress->state == Progress::State::end) return fail(Errc::tls, "the server ended the TLS handshake");
    if (auto ready = wait_ready(stream.fd(), events_for(progress->state), deadline, cancel); !ready)
      return ready;
  }
}

Result<std::vector<net::Address>> resolve_within(const std::string& host, std::uint16_t port,
                                                 Deadline deadline, const Cancel* cancel) {
  return run_apart<std::vector<net::Address>>([host, port] { return net::resolve(host, port); }, deadline,
                                              cancel);
}

Result<UniqueFd> dial(const std::string& host, std::uint16_t port, Deadline deadline, const Cancel* cancel) {
  return run_apart<UniqueFd>([host, port, deadline] { return resolve_and_connect(host, port, deadline); },
                             deadline, cancel);
}

}  // namespace ferry::client
