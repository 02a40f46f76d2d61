// One worker process: an epoll set with the listeners and every session that waits for its next command, and
// threads that each take what is ready and run it as straight-line code. A session belongs to one thread at a
// time; a waiting one belongs to the set and costs no thread.
#pragma once

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "server/session/services.h"
#include "server/session/session.h"
#include "server/worker/seat.h"
#include "shared/net/socket.h"

namespace ferry {

class Worker {
 public:
  // `seat`, `services` and `passive` outlive the worker. Errors are of the epoll set: Errc::io.
  Worker(WorkerSeat& seat, Services& services, PassiveAddresses& passive);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  Status start();
  void run();  // blocks until retired or drained and no session is left, or the master is gone

 private:
  using SessionId = std::uint64_t;
  using Waiting = std::multimap<SteadyTime, SessionId>;
  struct Slot {
    std::unique_ptr<Session> session;
    bool is_waiting = false;
    bool in_epoll = false;
    Next waits_for = Next::park_to_read;
    SteadyTime goodbye{};          // when it is ended
    Waiting::iterator deadline{};  // then, or when its passive port is given back
  };

  void retry_unsettled_if_due();
  // --- threads ---
  static void* thread_entry(void* worker);
  void thread_main();
  bool wait_and_handle();  // false: this thread is not needed any more
  void leave(std::unique_lock<std::mutex> lock);
  void start_thread_if_short();
  // --- events ---
  void handle(std::uint64_t tag);
  void accept_one(const WorkerListener& listener);
  std::unique_ptr<Session> make_session_guarded(SessionId id, net::Accepted accepted, ListenerKind kind);
  std::unique_ptr<Session> make_session(SessionId id, net::Accepted accepted,
                                        ListenerKind kind);  // null: refused
  void read_link();
  void end_expired();
  // --- sessions ---
  void serve(SessionId id);
  void run_guarded(Session& session, Next& next);
  void say_goodbye(SessionId id);
  void stop_listening(SessionId id);
  // `goodbye`: when it is ended, if that has been settled before.
  bool park(SessionId id, Next next, std::optional<SteadyTime> goodbye = std::nullopt);
  void end(SessionId id);
  bool claim(SessionId id);
  std::vector<SessionId> waiting_sessions();
  // --- orders of the master ---
  void stop_accepting();
  void drain(std::chrono::milliseconds limit);
  void kick(SessionId id);
  static void interrupt(Session& session);
  void interrupt_all();
  // --- with mutex_ held ---
  void arm_timer_locked(SteadyTime when);
  void rearm_listeners_locked();
  void forget_deadline_locked(Slot& slot);
  void close_listeners_locked();
  void stop_if_done_locked();

  WorkerSeat& seat_;
  Services& services_;
  PassiveAddresses& passive_;
  UniqueFd epoll_, timer_, stop_event_, unsettled_event_;
  Deadline next_retry_ = Deadline::after({});
  std::atomic<bool> is_retrying_{false};

  std::mutex mutex_;
  std::condition_variable thread_ended_;
  std::unordered_map<SessionId, Slot> sessions_;
  Waiting waiting_;                             // deadlines of the sessions that wait
  SteadyTime armed_ = SteadyTime::max();        // when the timer fires
  SteadyTime cut_at_ = SteadyTime::max();       // draining: what still runs is cut then
  std::vector<std::size_t> unarmed_listeners_;  // out of descriptors: tried again at the next tick
  bool accepts_ = true;
  int arriving_ = 0;  // connections accepted that are no session yet
  bool is_stopping_ = false;
  int threads_ = 0, idle_threads_ = 0;
  std::optional<pthread_t> last_ended_;  // not joined yet
  SessionId next_id_;
};

}  // namespace ferry
