#include "tests/support/cut_proxy.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

#include "shared/net/socket.h"
#include "tests/support/child.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;

constexpr char kServer[] = "127.0.0.1";
constexpr std::uint16_t kDataPorts = 6;
constexpr std::size_t kPiece = 16 * 1024;

net::Address address(const char* host, std::uint16_t port) {
  return net::Address::parse(host, port).value();
}

}  // namespace

CutProxy::CutProxy() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  auto control = net::listen_on(address(kHost, 0));
  if (!control) throw std::runtime_error(control.error().context);
  port_ = net::Address::local_of(control->get()).value().port();
  listeners_.push_back({std::move(*control), 0});
  // Ports in a row that are free here and, a moment ago, where ferryd will want them.
  for (int attempt = 0; listeners_.size() <= kDataPorts && attempt < 100; ++attempt) {
    listeners_.resize(1);
    first_ = free_port(kHost);
    for (std::uint16_t port = first_; port < first_ + kDataPorts && is_port_free(kServer, port); ++port) {
      auto data = net::listen_on(address(kHost, port));
      if (!data) break;
      listeners_.push_back({std::move(*data), port});
    }
  }
  if (listeners_.size() <= kDataPorts) throw std::runtime_error("no ports in a row for the proxy");
  last_ = static_cast<std::uint16_t>(first_ + kDataPorts - 1);
  thread_ = std::thread([this] { run(); });
}

CutProxy::~CutProxy() {
  is_over_ = true;
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
}

std::vector<std::string> CutProxy::options() const {
  return {fmt::format("passive_ports={}-{}", first_, last_), fmt::format("passive_address={}", kHost)};
}

void CutProxy::lead_to(const FerrydServer& server) {
  server_port_ = server.port();
}

void CutProxy::arm(const Cut& cut) {
  const std::lock_guard lock(mutex_);
  has_cut_ = false;
  cut_ = cut;
}

void CutProxy::release() {
  {
    const std::lock_guard lock(mutex_);
    cut_.reset();
  }
  is_released_ = true;
  ::eventfd_write(wake_.get(), 1);
  if (!wait_until([this] { return !is_released_; })) throw std::runtime_error("the proxy hangs");
}

void CutProxy::run() {
  while (!is_over_) {
    wait_for_work();
    if (is_released_) obey_release();
    accept_all();
    // The control connections' ends go first, as they do when a client's process ends.
    for (const bool is_control : {true, false}) {
      for (Pair& pair : pairs_)
        if (pair.is_control == is_control && !pair.is_frozen && !pair.is_gone) work(pair);
    }
    pairs_.remove_if([](const Pair& pair) { return pair.is_gone; });
  }
}

void CutProxy::wait_for_work() {
  std::vector<pollfd> waits{{wake_.get(), POLLIN, 0}};
  for (const Listener& listener : listeners_) waits.push_back({listener.fd.get(), POLLIN, 0});
  const auto wait_on = [&](int fd, bool reads, bool writes) {
    const int events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0);
    if (events != 0) waits.push_back({fd, static_cast<short>(events), 0});
  };
  for (const Pair& pair : pairs_) {
    if (pair.is_frozen) continue;
    for (const Flow* flow : {&pair.up, &pair.down}) {
      wait_on(flow->from, flow->waiting.empty() && !flow->has_ended, false);
      wait_on(flow->to, false, !flow->waiting.empty());
    }
  }
  ::poll(waits.data(), waits.size(), -1);
  eventfd_t ignored = 0;
  ::eventfd_read(wake_.get(), &ignored);
}

void CutProxy::accept_all() {
  for (const Listener& listener : listeners_) {
    while (auto accepted = net::accept_now(listener.fd.get())) {
      const std::uint16_t port = listener.port == 0 ? server_port_.load() : listener.port;
      auto server = net::connect_to(address(kServer, port), Deadline::after(5s));
      if (!server) continue;  // the client sees its connection end
      Pair& pair = pairs_.emplace_back();
      pair.client = std::move(accepted->socket);
      pair.server = std::move(*server);
      pair.up.from = pair.down.to = pair.client.get();
      pair.up.to = pair.down.from = pair.server.get();
      pair.is_control = listener.port == 0;
    }
  }
}

void CutProxy::work(Pair& pair) {
  if (pair.is_draining) return drain(pair);
  for (Flow* flow : {&pair.up, &pair.down}) {
    if (!pair.is_gone && !pair.is_frozen && !pair.is_draining) move(pair, *flow);
  }
  if (pair.up.has_ended && pair.down.has_ended) pair.is_gone = true;
}

void CutProxy::move(Pair& pair, Flow& flow) {
  if (is_due(pair, flow)) return cut(pair);
  if (flow.has_ended) return;
  if (flow.waiting.empty() && !fill(pair, flow)) return reset(pair);
  if (flow.waiting.empty() && !flow.has_ended) return;
  const ssize_t sent = ::send(flow.to, flow.waiting.data(), flow.waiting.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return reset(pair);
  if (sent > 0) {
    flow.moved += sent;
    flow.waiting.erase(0, static_cast<std::size_t>(sent));
  }
  if (is_due(pair, flow)) return cut(pair);
  if (flow.has_ended && flow.waiting.empty()) ::shutdown(flow.to, SHUT_WR);
}

// Not beyond the byte where it is to be cut. False: the connection is broken.
bool CutProxy::fill(const Pair& pair, Flow& flow) {
  Bytes most = kPiece;
  {
    const std::lock_guard lock(mutex_);
    const bool is_meant =
        cut_ && !pair.is_control && (cut_->direction == Cut::Direction::up) == (&flow == &pair.up);
    if (is_meant && cut_->at > flow.moved) most = std::min(most, cut_->at - flow.moved);
  }
  std::array<char, kPiece> buffer;
  const ssize_t got = ::recv(flow.from, buffer.data(), static_cast<std::size_t>(most), 0);
  if (got < 0) return errno == EAGAIN;
  flow.has_ended = got == 0;
  flow.waiting.assign(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

bool CutProxy::is_due(const Pair& pair, const Flow& flow) {
  const std::lock_guard lock(mutex_);
  return cut_ && !pair.is_control && (cut_->direction == Cut::Direction::up) == (&flow == &pair.up) &&
         flow.moved >= cut_->at && flow.waiting.empty();
}

void CutProxy::cut(Pair& pair) {
  Cut::Kind kind;
  {
    const std::lock_guard lock(mutex_);
    kind = std::exchange(cut_, std::nullopt)->kind;
  }
  was_hold_ = kind == Cut::Kind::hold;
  switch (kind) {
    case Cut::Kind::reset:
      reset(pair);
      break;
    case Cut::Kind::end:
      for (Pair& other : pairs_)
        if (other.is_control) end_in_order(other);
      end_in_order(pair);
      break;
    case Cut::Kind::bare_end:
      end_in_order(pair);
      break;
    case Cut::Kind::silence:
    case Cut::Kind::hold:
      for (Pair& other : pairs_) other.is_frozen = true;
      break;
  }
  has_cut_ = true;
}

void CutProxy::end_in_order(Pair& pair) {
  ::shutdown(pair.client.get(), SHUT_WR);
  ::shutdown(pair.server.get(), SHUT_WR);
  pair.up.waiting.clear();
  pair.down.waiting.clear();
  pair.is_draining = true;
}

void CutProxy::reset(Pair& pair) {
  const linger hard{1, 0};
  for (const int fd : {pair.client.get(), pair.server.get()})
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  pair.client.reset();
  pair.server.reset();
  pair.is_gone = true;
}

// Reads on, because closing over unread bytes would send an RST after all.
void CutProxy::drain(Pair& pair) {
  std::array<char, kPiece> buffer;
  for (Flow* flow : {&pair.up, &pair.down}) {
    ssize_t got = 1;
    while (!flow->has_ended && (got = ::recv(flow->from, buffer.data(), buffer.size(), 0)) > 0) {
    }
    if (got == 0 || (got < 0 && errno != EAGAIN)) flow->has_ended = true;
  }
  if (pair.up.has_ended && pair.down.has_ended) pair.is_gone = true;
}

void CutProxy::obey_release() {
  for (Pair& pair : pairs_) {
    if (!pair.is_frozen) continue;
    pair.is_frozen = false;
    was_hold_ ? end_in_order(pair) : reset(pair);
  }
  is_released_ = false;
}

}  // namespace ferry::test
