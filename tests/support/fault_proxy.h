// Stands on a loopback address of its own between a client and any FTP server and does what bad lines,
// routers and servers do, on control and data connections. In clear it looks into the control connection:
// answers in the server's place, and leads passive data connections through itself. Under TLS it sees bytes
// only; data then comes through it if the server's passive ports are those of ports(), because the client
// dials the address it knows. One thread of its own does the work.
//
//   FaultProxy proxy(server.port());
//   proxy.add({.what = Fault::What::stall, .side = Fault::Side::data, .at = 100'000});
//   ... a client works with FaultProxy::kHost, proxy.port()
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "shared/base/bytes.h"
#include "shared/base/unique_fd.h"

namespace ferry::test {

// Each happens once, on the first connection and at the first moment it fits.
struct Fault {
  enum class What {
    stall,    // from byte `at` on nothing passes on this connection, either way; it stays open
    reset,    // RST to both ends there
    end,      // both ends are told in order that it is over (FIN), under TLS without close_notify
    slow,     // from there on `rate` bytes a second in this direction
    no_end,   // what the sender ends there is not passed on: the connection stays open
    answer,   // control: `bytes` is the answer to the nth `verb`, which the server never hears of
    behind,   // control: `bytes` comes unasked behind the reply to the nth `verb`
    content,  // data: `bytes`, then the end, instead of what the server sends
    late,     // data: the client is told 226 first, and what the server sends comes a moment later
  } what = What::stall;
  enum class Side { control, data } side = Side::control;
  enum class Direction { up, down } direction = Direction::down;  // up: from the client
  Bytes at = 0;                                                   // bytes that pass before, TLS included
  Bytes rate = 0;                                                 // of slow
  std::string verb = {};  // in capitals; "": the greeting, of the nth connection; "*": any command
  int nth = 1;
  std::string bytes = {};
  std::string repeat = {};  // of answer: comes after `bytes` for ever
  bool then_close = false;  // of answer: the server hangs up
};

class FaultProxy {
 public:
  static constexpr char kHost[] = "127.0.0.3";
  static constexpr std::uint16_t kDataPorts = 16;

  explicit FaultProxy(std::uint16_t server_port, std::string host = kHost);  // the server's, on 127.0.0.1
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;
  ~FaultProxy();

  const std::string& host() const { return host_; }
  std::uint16_t port() const { return port_; }
  // kDataPorts ports in a row for the passive connections of a server whose clients use TLS, free a moment
  // ago.
  static std::uint16_t find_ports();
  void cover(std::uint16_t first);  // and comes between there

  void add(Fault fault);
  void heal();  // no faults from here on; what stalls is broken off, as it is at last by whoever waits
  bool has_happened() const { return happened_ > 0; }
  int connections() const { return connections_; }  // control connections so far

 private:
  using Clock = std::chrono::steady_clock;
  struct Flow {
    int from = -1, to = -1;
    std::string lines;    // of a clear control connection: read, no whole line yet
    std::string waiting;  // to be written, from `begin` on
    std::size_t begin = 0;
    std::string repeat;  // goes on for ever behind it
    Bytes moved = 0;
    Bytes rate = 0;
    Clock::time_point slow_since{};
    Bytes slow_from = 0;
    Clock::time_point held_until{};
    bool has_ended = false, is_told = false, hides_end = false;
  };
  struct Pair {
    UniqueFd client, server;
    Flow up, down;
    bool is_control = false, sees_lines = false;
    bool is_replaced = false;  // what the server sends goes nowhere
    bool is_stalled = false, is_draining = false, is_gone = false, closes = false;
    std::string behind;         // comes behind the next final reply
    bool swallows_226 = false;  // the client has had it already
  };
  struct Listener {
    UniqueFd fd;
    std::uint16_t port = 0;  // of the server; 0: its control port
  };

  void run();
  void wait_for_work();
  void accept_all();
  void accept_one(UniqueFd client, std::uint16_t port);
  void work(Pair& pair);
  void move(Pair& pair, Flow& flow);
  static void take_off(Flow& flow, std::size_t sent);
  bool fill(Pair& pair, Flow& flow);
  void take_lines(Pair& pair, Flow& flow);
  void take_command(Pair& pair, const std::string& line);
  void take_reply_line(Pair& pair, std::string line);
  std::string led_through_us(const std::string& line);
  Bytes room(const Pair& pair, const Flow& flow);
  bool happens_here(Pair& pair, Flow& flow);
  static void end_in_order(Pair& pair);
  static void reset(Pair& pair);
  static void drain(Pair& pair);
  void tell_early();
  static bool must_wait(const Flow& flow);

  std::list<Listener> listeners_;
  const std::string host_;
  const std::uint16_t server_port_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0}, happened_{0};
  std::atomic<bool> is_over_{false}, is_healing_{false};
  UniqueFd wake_;
  std::mutex mutex_;  // of faults_ and listeners_
  std::list<Fault> faults_;
  std::list<Pair> pairs_;  // the thread's own
  std::thread thread_;
};

}  // namespace ferry::test
