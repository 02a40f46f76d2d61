#include "shared/net/stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "shared/base/check.h"
#include "shared/net/socket.h"
#include "shared/net/tls_internal.h"

namespace ferry::net {
namespace {

using State = Progress::State;

// Waits for what `progress` wants; false when the deadline passed.
bool wait_until_wanted(int fd, const Progress& progress, Deadline deadline) {
  return wait_for(fd, progress.state == State::want_write ? POLLOUT : POLLIN, deadline);
}

// A clear system call that failed: would block, or an error.
Result<Progress> not_now(State wanted, const char* doing) {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return Progress{wanted, 0};
  return fail_errno(errno, doing);
}

Result<Progress> clear_read(int fd, std::span<char> buffer) {
  ssize_t got;
  do got = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
  while (got < 0 && errno == EINTR);
  if (got > 0) return Progress{State::done, static_cast<std::size_t>(got)};
  if (got == 0) return Progress{State::end, 0};
  return not_now(State::want_read, "read from the peer");
}

Result<Progress> clear_write(int fd, std::string_view bytes) {
  ssize_t sent;
  do sent = ::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent >= 0) return Progress{State::done, static_cast<std::size_t>(sent)};
  return not_now(State::want_write, "write to the peer");
}

}  // namespace

Stream::Stream(UniqueFd socket) : socket_(std::move(socket)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

Result<Progress> Stream::try_read(std::span<char> buffer) {
  if (buffer.empty()) return Progress{};
  return tls_ ? tls_->impl().read(buffer) : clear_read(fd(), buffer);
}

Result<Progress> Stream::try_write(std::string_view bytes) {
  if (bytes.empty()) return Progress{};
  return tls_ ? tls_->impl().write(bytes) : clear_write(fd(), bytes);
}

Result<std::size_t> Stream::read(std::span<char> buffer, Deadline deadline) {
  for (;;) {
    const auto progress = try_read(buffer);
    if (!progress) return tl::unexpected(progress.error());
    if (progress->state == State::done) return progress->bytes;
    if (progress->state == State::end) return std::size_t{0};
    if (!wait_until_wanted(fd(), *progress, deadline))
      return fail(Errc::timeout, "nothing came from the peer in time");
  }
}

Status Stream::write_all(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const auto progress = try_write(bytes);
    if (!progress) return tl::unexpected(progress.error());
    if (progress->state == State::done) {
      bytes.remove_prefix(progress->bytes);
      // A peer that takes a little at a time never makes us wait, but must not stretch the deadline either.
      if (!bytes.empty() && deadline.passed())
        return fail(Errc::timeout, "the peer takes the data too slowly");
    } else if (progress->state == State::end) {
      return fail(Errc::reset, "the peer has ended the connection");
    } else if (!wait_until_wanted(fd(), *progress, deadline)) {
      return fail(Errc::timeout, "the peer takes no more data");
    }
  }
  return {};
}

void Stream::start_tls(std::unique_ptr<TlsChannel> channel) {
  CHECK(!tls_ && channel);
  channel->impl().attach(fd());
  tls_ = std::move(channel);
}

Result<Progress> Stream::try_handshake() {
  CHECK(tls_);
  return tls_->impl().handshake();
}

Status Stream::handshake(Deadline deadline) {
  for (;;) {
    const auto progress = try_handshake();
    if (!progress) return tl::unexpected(progress.error());
    if (progress->state == State::done) return {};
    if (!wait_until_wanted(fd(), *progress, deadline))
      return fail(Errc::timeout, "TLS handshake: no answer in time");
  }
}

Result<Progress> Stream::try_close_notify() {
  CHECK(tls_);
  return tls_->impl().send_close_notify();
}

void Stream::leave_tls() {
  CHECK(tls_ && tls_->saw_close_notify());
  tls_.reset();
}

Result<Progress> Stream::try_finish() {
  Result<Progress> result = Progress{};
  if (tls_) result = tls_->impl().send_close_notify();
  if (result && result->state != State::done) return result;
  // Also after a failure: without close_notify before it the peer sees a truncation, which is the truth.
  if (::shutdown(fd(), SHUT_WR) != 0 && result) return fail_errno(errno, "end the connection");
  return result;
}

Status Stream::finish(Deadline deadline) {
  for (;;) {
    const auto progress = try_finish();
    if (!progress) return tl::unexpected(progress.error());
    if (progress->state == State::done) return {};
    if (!wait_until_wanted(fd(), *progress, deadline)) {
      (void)::shutdown(fd(), SHUT_WR);
      return fail(Errc::timeout, "the peer takes no more data");
    }
  }
}

bool Stream::has_buffered() const {
  return tls_ && tls_->impl().has_buffered();
}

UniqueFd Stream::release() {
  tls_.reset();
  return std::move(socket_);
}

void Stream::interrupt() {
  (void)::shutdown(fd(), SHUT_RDWR);
}

}  // namespace ferry::net
