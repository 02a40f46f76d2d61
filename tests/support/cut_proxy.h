// Stands between a client and ferryd on another loopback address and cuts a data connection at an exact byte.
// It passes everything on unchanged, so TLS goes through it: a passive port on its address leads to the same
// port on the server's, and the server is told to name that address. One thread of its own does the work.
//
//   CutProxy proxy;
//   FerrydServer server(proxy.options());
//   proxy.lead_to(server);
//   proxy.arm({Cut::Kind::reset, Cut::Direction::up, 100'000});
//   ... a client works with CutProxy::kHost, proxy.port()
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "shared/base/bytes.h"
#include "shared/base/unique_fd.h"
#include "tests/support/ferryd_server.h"

namespace ferry::test {

struct Cut {
  enum class Kind {
    reset,     // RST to both ends of the data connection; the control connection lives on
    end,       // as when the other side dies in order: the control connection ends, then the data connection
    bare_end,  // the data connection alone ends, under TLS without close_notify
    silence,   // nothing is passed on any more, on either connection, until release()
    hold,      // the same, and at release() both connections end in order: a client was killed meanwhile, and
               // what it had still to send is gone with it
  } kind = Kind::reset;
  enum class Direction { up, down } direction = Direction::up;
  Bytes at = 0;  // bytes of the data connection, TLS included, that come through before
};

class CutProxy {
 public:
  static constexpr char kHost[] = "127.0.0.2";

  CutProxy();
  CutProxy(const CutProxy&) = delete;
  CutProxy& operator=(const CutProxy&) = delete;
  ~CutProxy();

  std::vector<std::string> options() const;  // for FerrydServer
  void lead_to(const FerrydServer& server);  // also after it has started anew
  std::uint16_t port() const { return port_; }

  // For the next data connection that carries so much in that direction.
  void arm(const Cut& cut);
  bool has_cut() const { return has_cut_; }
  // Ends what has been held or silenced.
  void release();

 private:
  struct Flow {
    int from = -1, to = -1;
    std::string waiting;  // read, not yet written
    Bytes moved = 0;
    bool has_ended = false;
  };
  struct Pair {
    UniqueFd client, server;
    Flow up, down;
    bool is_control = false;
    bool is_frozen = false;
    bool is_draining = false;  // both ends have been told; what they still send is dropped
    bool is_gone = false;
  };
  struct Listener {
    UniqueFd fd;
    std::uint16_t port = 0;  // of the server; 0: its control port
  };

  void run();
  void wait_for_work();
  void accept_all();
  void work(Pair& pair);
  void move(Pair& pair, Flow& flow);
  bool fill(const Pair& pair, Flow& flow);
  bool is_due(const Pair& pair, const Flow& flow);
  void cut(Pair& pair);
  static void end_in_order(Pair& pair);
  static void reset(Pair& pair);
  static void drain(Pair& pair);
  void obey_release();

  std::vector<Listener> listeners_;
  std::uint16_t port_ = 0, first_ = 0, last_ = 0;
  std::atomic<std::uint16_t> server_port_{0};
  UniqueFd wake_;
  std::mutex mutex_;  // of cut_
  std::optional<Cut> cut_;
  std::atomic<bool> has_cut_{false}, is_released_{false}, is_over_{false};
  bool was_hold_ = false;
  std::list<Pair> pairs_;  // the thread's own
  std::thread thread_;
};

}  // namespace ferry::test
