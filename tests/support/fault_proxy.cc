#include "tests/support/fault_proxy.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <random>
#include <stdexcept>

#include "shared/ftp/host_port.h"
#include "shared/net/socket.h"
#include "tests/support/child.h"

namespace ferry::test {
namespace {
using namespace std::chrono_literals;
using What = Fault::What;
constexpr char kServer[] = "127.0.0.1";
constexpr std::size_t kPiece = 16 * 1024;
constexpr std::chrono::milliseconds kLate = 150ms;

net::Address address(const std::string& host, std::uint16_t port) {
  return net::Address::parse(host, port).value();
}

UniqueFd listen_at(const std::string& host, std::uint16_t port) {
  auto listener = net::listen_on(address(host, port));
  if (!listener) throw std::runtime_error(listener.error().context);
  return std::move(*listener);
}

std::uint16_t port_of(const UniqueFd& listener) {
  return net::Address::local_of(listener.get()).value().port();
}

// A slow line holds little: what its sender has sent has not arrived.
void hold_little(int socket) {
  const int bytes = 8 * 1024;
  ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

}  // namespace

FaultProxy::FaultProxy(std::uint16_t server_port, std::string host)
    : host_(std::move(host)), server_port_(server_port), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  listeners_.push_back({listen_at(host_, 0), 0});
  port_ = port_of(listeners_.front().fd);
  thread_ = std::thread([this] { run(); });
}

FaultProxy::~FaultProxy() {
  is_over_ = true;
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
}

std::uint16_t FaultProxy::find_ports() {
  // Below the ports that the kernel gives to clients, whose closed connections would be in the way.
  std::random_device random;
  for (int attempt = 0; attempt < 1'000; ++attempt) {
    const auto first = static_cast<std::uint16_t>(12'000 + random() % 20'000);
    std::uint16_t port = first;
    while (port < first + kDataPorts && is_port_free(kServer, port) && is_port_free(kHost, port)) ++port;
    if (port == first + kDataPorts) return first;
  }
  throw std::runtime_error("no ports in a row for the proxy");
}

void FaultProxy::cover(std::uint16_t first) {
  const std::lock_guard lock(mutex_);
  for (std::uint16_t port = first; port < first + kDataPorts; ++port)
    listeners_.push_back({listen_at(host_, port), port});
  ::eventfd_write(wake_.get(), 1);
}

void FaultProxy::add(Fault fault) {
  const std::lock_guard lock(mutex_);
  const bool is_slow_upload = fault.what == What::slow && fault.direction == Fault::Direction::up;
  if (is_slow_upload)
    for (const Listener& listener : listeners_) hold_little(listener.fd.get());
  faults_.push_back(std::move(fault));
}

void FaultProxy::heal() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
  is_healing_ = true;
  ::eventfd_write(wake_.get(), 1);
}

void FaultProxy::run() {
  while (!is_over_) {
    wait_for_work();
    accept_all();
    const bool is_healing = is_healing_.exchange(false);
    for (Pair& pair : pairs_) {
      if (pair.is_stalled && is_healing) reset(pair);
      if (!pair.is_stalled && !pair.is_gone) work(pair);
    }
    pairs_.remove_if([](const Pair& pair) { return pair.is_gone; });
  }
}

void FaultProxy::wait_for_work() {
  std::vector<pollfd> waits{{wake_.get(), POLLIN, 0}};
  {
    const std::lock_guard lock(mutex_);
    for (const Listener& listener : listeners_) waits.push_back({listener.fd.get(), POLLIN, 0});
  }
  const auto wait_on = [&](int fd, bool reads, bool writes) {
    const int events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0);
    if (events != 0 && fd >= 0) waits.push_back({fd, static_cast<short>(events), 0});
  };
  bool is_timed = false;
  for (const Pair& pair : pairs_) {
    if (pair.is_stalled) continue;
    for (const Flow* flow : {&pair.up, &pair.down}) {
      const bool waits_now = must_wait(*flow);
      is_timed = is_timed || waits_now;
      wait_on(flow->from, flow->waiting.empty() && !flow->has_ended && !waits_now, false);
      wait_on(flow->to, false, (!flow->waiting.empty() || !flow->repeat.empty()) && !waits_now);
    }
  }
  ::poll(waits.data(), waits.size(), is_timed ? 10 : -1);
  eventfd_t ignored = 0;
  ::eventfd_read(wake_.get(), &ignored);
}

void FaultProxy::accept_all() {
  std::vector<std::pair<UniqueFd, std::uint16_t>> arrived;
  {
    const std::lock_guard lock(mutex_);
    for (const Listener& listener : listeners_)
      while (auto accepted = net::accept_now(listener.fd.get()))
        arrived.emplace_back(std::move(accepted->socket), listener.port);
  }
  for (auto& [client, port] : arrived) accept_one(std::move(client), port);
}

void FaultProxy::accept_one(UniqueFd client, std::uint16_t port) {
  const bool is_control = port == 0;
  if (is_control) ++connections_;
  net::set_no_delay(client.get());
  Pair pair;
  pair.is_control = pair.sees_lines = is_control;
  pair.client = std::move(client);
  pair.up.from = pair.down.to = pair.client.get();
  const std::lock_guard lock(mutex_);
  const auto greeting = std::ranges::find_if(faults_, [&](const Fault& fault) {
    return is_control && fault.what == What::answer && fault.verb.empty() && fault.nth == connections_;
  });
  if (greeting != faults_.end()) {
    pair.down.waiting = greeting->bytes;
    pair.down.repeat = greeting->repeat;
    pair.closes = greeting->then_close;
    faults_.erase(greeting);
    ++happened_;
  } else {
    auto server = net::connect_to(address(kServer, is_control ? server_port_ : port), Deadline::after(5s));
    if (!server) return;  // the client sees its connection end
    net::set_no_delay(server->get());
    pair.server = std::move(*server);
    pair.up.to = pair.down.from = pair.server.get();
  }
  const auto content = std::ranges::find_if(
      faults_, [&](const Fault& fault) { return !is_control && fault.what == What::content; });
  if (content != faults_.end()) {
    pair.down.waiting = std::move(content->bytes);
    pair.is_replaced = true;
    faults_.erase(content);
    ++happened_;
  }
  pairs_.push_back(std::move(pair));
}

void FaultProxy::work(Pair& pair) {
  if (pair.is_draining) return drain(pair);
  for (Flow* flow : {&pair.up, &pair.down}) {
    if (!pair.is_gone && !pair.is_stalled && !pair.is_draining) move(pair, *flow);
  }
  const bool is_said = pair.closes && pair.down.waiting.empty() && pair.down.repeat.empty();
  if (is_said && !pair.is_draining && !pair.is_gone) return end_in_order(pair);
  if (pair.up.is_told && pair.down.is_told) pair.is_gone = true;
}

bool FaultProxy::must_wait(const Flow& flow) {
  const auto now = Clock::now();
  if (now < flow.held_until) return true;
  if (flow.rate == 0) return false;
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - flow.slow_since);
  return flow.moved - flow.slow_from >= flow.rate * passed.count() / 1000;
}

// Bytes that may pass now: not beyond the one where something is to happen.
Bytes FaultProxy::room(const Pair& pair, const Flow& flow) {
  Bytes most = kPiece;
  if (flow.rate > 0) most = std::max<Bytes>(1, flow.rate / 100);
  const bool is_up = &flow == &pair.up;
  const std::lock_guard lock(mutex_);
  for (const Fault& fault : faults_) {
    const bool is_meant = (fault.side == Fault::Side::control) == pair.is_control &&
                          (fault.direction == Fault::Direction::up) == is_up;
    if (is_meant && fault.what <= What::no_end && fault.at > flow.moved)
      most = std::min(most, fault.at - flow.moved);
  }
  return most;
}

// A fault of this connection whose byte has come.
bool FaultProxy::happens_here(Pair& pair, Flow& flow) {
  const bool is_up = &flow == &pair.up;
  std::optional<Fault> due;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find_if(faults_, [&](const Fault& fault) {
      const bool is_meant = (fault.side == Fault::Side::control) == pair.is_control &&
                            (fault.direction == Fault::Direction::up) == is_up;
      return is_meant && fault.what <= What::no_end && flow.moved >= fault.at;
    });
    if (found == faults_.end()) return false;
    due = std::move(*found);
    faults_.erase(found);
  }
  ++happened_;
  switch (due->what) {
    case What::stall:
      pair.is_stalled = true;
      break;
    case What::reset:
      reset(pair);
      break;
    case What::end:
      end_in_order(pair);
      break;
    case What::slow:
      flow.rate = due->rate;
      flow.slow_from = flow.moved;
      flow.slow_since = Clock::now();
      return false;
    default:
      flow.hides_end = true;
      return false;
  }
  return true;
}

void FaultProxy::move(Pair& pair, Flow& flow) {
  if (happens_here(pair, flow)) return;
  if (must_wait(flow)) return;
  if (!flow.repeat.empty() && flow.waiting.size() < kPiece) flow.waiting += flow.repeat;
  if (flow.waiting.empty() && !flow.has_ended && !fill(pair, flow)) return reset(pair);
  if (!flow.waiting.empty() && flow.to >= 0) {
    const auto most = static_cast<std::size_t>(room(pair, flow));
    const std::string_view rest = std::string_view(flow.waiting).substr(flow.begin);
    const ssize_t sent = ::send(flow.to, rest.data(), std::min(most, rest.size()), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return reset(pair);
    if (sent > 0) take_off(flow, static_cast<std::size_t>(sent));
    if (happens_here(pair, flow)) return;
  }
  if (flow.has_ended && flow.waiting.empty() && !flow.is_told && !flow.hides_end) {
    ::shutdown(flow.to, SHUT_WR);
    flow.is_told = true;
  }
}

void FaultProxy::take_off(Flow& flow, std::size_t sent) {
  flow.moved += static_cast<Bytes>(sent);
  flow.begin += sent;
  if (flow.begin < flow.waiting.size() / 2) return;  // not for every piece of something large
  flow.waiting.erase(0, flow.begin);
  flow.begin = 0;
}

// False: the connection is broken.
bool FaultProxy::fill(Pair& pair, Flow& flow) {
  if (flow.from < 0) return true;
  std::array<char, kPiece> buffer;
  const ssize_t got = ::recv(flow.from, buffer.data(), buffer.size(), 0);
  if (got < 0) return errno == EAGAIN;
  flow.has_ended = got == 0;
  if (pair.is_replaced && &flow == &pair.down) return true;
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
  if (!pair.sees_lines) {
    flow.waiting += bytes;
    const std::lock_guard lock(mutex_);
    const auto late = std::ranges::find(faults_, What::late, &Fault::what);
    if (pair.is_control || &flow != &pair.down || late == faults_.end()) return true;
    faults_.erase(late);
    ++happened_;
    flow.held_until = Clock::now() + kLate;
    tell_early();
    return true;
  }
  flow.lines += bytes;
  take_lines(pair, flow);
  return true;
}

void FaultProxy::tell_early() {
  for (Pair& other : pairs_) {
    if (!other.sees_lines) continue;
    other.down.waiting += "226 told early\r\n";
    other.swallows_226 = true;
  }
}

void FaultProxy::take_lines(Pair& pair, Flow& flow) {
  for (auto end = flow.lines.find('\n'); pair.sees_lines && end != flow.lines.npos;
       end = flow.lines.find('\n')) {
    const std::string line = flow.lines.substr(0, end + 1);
    flow.lines.erase(0, end + 1);
    &flow == &pair.up ? take_command(pair, line) : take_reply_line(pair, line);
  }
  if (pair.sees_lines && !flow.has_ended) return;
  flow.waiting += std::exchange(flow.lines, "");
}

void FaultProxy::take_command(Pair& pair, const std::string& line) {
  const std::string verb = line.substr(0, line.find_first_of(" \r\n"));
  const std::lock_guard lock(mutex_);
  for (auto fault = faults_.begin(); fault != faults_.end(); ++fault) {
    const bool is_meant = fault->verb == verb || fault->verb == "*";
    if ((fault->what != What::answer && fault->what != What::behind) || !is_meant) continue;
    if (--fault->nth > 0) continue;
    ++happened_;
    if (fault->what == What::behind) {
      pair.behind = fault->bytes;
      faults_.erase(fault);
      break;
    }
    pair.down.waiting += fault->bytes;
    pair.down.repeat = fault->repeat;
    pair.closes = fault->then_close;
    faults_.erase(fault);
    return;
  }
  pair.up.waiting += line;
}

void FaultProxy::take_reply_line(Pair& pair, std::string line) {
  const bool is_last = line.size() > 3 && line[3] == ' ' && line[0] >= '1' && line[0] <= '5';
  if (is_last && (line.starts_with("227") || line.starts_with("229"))) line = led_through_us(line);
  if (pair.swallows_226 && is_last && line.starts_with("226")) {
    pair.swallows_226 = false;
    return;
  }
  pair.down.waiting += line;
  if (is_last && line[0] != '1') pair.down.waiting += std::exchange(pair.behind, "");
  if (line.starts_with("234 ")) pair.sees_lines = false;
}

std::string FaultProxy::led_through_us(const std::string& line) {
  const auto to =
      line.starts_with("227") ? ftp::parse_pasv_reply(line.substr(4)) : ftp::parse_epsv_reply(line.substr(4));
  if (!to) return line;
  const std::lock_guard lock(mutex_);
  UniqueFd listener = listen_at(host_, 0);
  const bool is_slow = std::ranges::find(faults_, What::slow, &Fault::what) != faults_.end();
  if (is_slow) hold_little(listener.get());
  const std::uint16_t port = port_of(listener);
  listeners_.push_back({std::move(listener), to->port});
  if (line.starts_with("229")) return "229 " + ftp::format_epsv_reply(port) + "\r\n";
  return "227 " + ftp::format_pasv_reply({to->host, port, false}) + "\r\n";
}

void FaultProxy::end_in_order(Pair& pair) {
  for (const int fd : {pair.client.get(), pair.server.get()})
    if (fd >= 0) ::shutdown(fd, SHUT_WR);
  pair.up.waiting.clear();
  pair.down.waiting.clear();
  pair.is_draining = true;
}

void FaultProxy::reset(Pair& pair) {
  const linger hard{1, 0};
  for (const int fd : {pair.client.get(), pair.server.get()})
    if (fd >= 0) ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  pair.client.reset();
  pair.server.reset();
  pair.is_gone = true;
}

// Reads on, because closing over unread bytes would send an RST after all.
void FaultProxy::drain(Pair& pair) {
  std::array<char, kPiece> buffer;
  for (Flow* flow : {&pair.up, &pair.down}) {
    ssize_t got = flow->from < 0 ? 0 : 1;
    while (got > 0 && !flow->has_ended) got = ::recv(flow->from, buffer.data(), buffer.size(), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) flow->has_ended = true;
  }
  if (pair.up.has_ended && pair.down.has_ended) pair.is_gone = true;
}

}  // namespace ferry::test
