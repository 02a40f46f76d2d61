#include "server/worker/worker.h"

#include <fmt/core.h>
#include <poll.h>
#include <pthread.h>
#include <sodium.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <utility>

#include "server/commands/gate.h"
#include "server/session/arrival.h"
#include "server/session/login.h"
#include "shared/base/check.h"
#include "shared/net/socket.h"

namespace ferry {

namespace {

// Tags of the epoll set; session ids begin far above them.
constexpr std::uint64_t kTagStop = 1, kTagUnsettled = 2, kTagListener = 16;
constexpr std::uint64_t kFirstSession = std::uint64_t{1} << 32;

constexpr std::chrono::milliseconds kRetryAccept{100};
constexpr std::chrono::milliseconds kRetryUnsettled{1000};

Status add(int epoll, int fd, std::uint32_t events, std::uint64_t tag) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) return fail_errno(errno, "epoll");
  return {};
}

void rearm(int epoll, int fd, std::uint32_t events, std::uint64_t tag) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  CHECK(epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0);
}

std::uint64_t first_session_id() {
  std::uint64_t random = 0;
  randombytes_buf(&random, sizeof random);
  return kFirstSession + (random & 0x7fff'ffff'0000'0000);
}

}  // namespace

Worker::Worker(WorkerSeat& seat, Services& services, PassiveAddresses& passive)
    : seat_(seat), services_(services), passive_(passive), next_id_(first_session_id()) {}

Status Worker::start() {
  epoll_.reset(epoll_create1(EPOLL_CLOEXEC));
  timer_.reset(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  stop_event_.reset(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  unsettled_event_.reset(eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!epoll_ || !timer_ || !stop_event_ || !unsettled_event_) return fail_errno(errno, "epoll set");
  if (auto added = add(epoll_.get(), stop_event_.get(), EPOLLIN, kTagStop); !added) return added;
  if (auto added = add(epoll_.get(), unsettled_event_.get(), EPOLLONESHOT, kTagUnsettled); !added)
    return added;
  for (std::size_t i = 0; i < seat_.listeners.size(); ++i) {
    if (auto added = add(epoll_.get(), seat_.listeners[i].fd, EPOLLIN | EPOLLONESHOT, kTagListener + i);
        !added)
      return added;
  }
  return {};
}

// The calling thread runs no session, so that orders of the master and deadlines count however many transfers
// hold the others.
void Worker::run() {
  while (true) {
    start_thread_if_short();  // also where one could not be had before
    retry_unsettled_if_due();
    pollfd polled[3] = {
        {seat_.link.get(), POLLIN, 0}, {timer_.get(), POLLIN, 0}, {stop_event_.get(), POLLIN, 0}};
    const int ready = poll(polled, 3, static_cast<int>(kRetryUnsettled.count()));
    if (ready < 0) CHECK(errno == EINTR);
    if (ready <= 0) continue;
    if (polled[0].revents != 0) read_link();
    if (polled[1].revents != 0) end_expired();
    if (polled[2].revents != 0) break;
  }
  std::unique_lock lock(mutex_);
  thread_ended_.wait(lock, [this] { return threads_ == 0; });
  lock.unlock();
  if (last_ended_) pthread_join(*last_ended_, nullptr);
  services_.unsettled.retry();
}

// A session's thread does it: the store may be locked for long, and this thread must not wait. The event is
// always there; it is shown to the threads when there is something to do.
void Worker::retry_unsettled_if_due() {
  if (!next_retry_.passed()) return;
  next_retry_ = Deadline::after(kRetryUnsettled);
  if (!services_.unsettled.is_empty() && !is_retrying_.exchange(true))
    rearm(epoll_.get(), unsettled_event_.get(), EPOLLIN | EPOLLONESHOT, kTagUnsettled);
}

// --- events ---

void Worker::handle(std::uint64_t tag) {
  if (tag >= kFirstSession) {
    if (claim(tag)) serve(tag);
  } else if (tag >= kTagListener) {
    accept_one(seat_.listeners[tag - kTagListener]);
  } else if (tag == kTagUnsettled) {
    services_.unsettled.retry();
    is_retrying_ = false;
  }
}

void Worker::accept_one(const WorkerListener& listener) {
  const auto index = static_cast<std::size_t>(&listener - seat_.listeners.data());
  SessionId id = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!accepts_) return;
    ++arriving_;  // a connection taken is served, even if accepting ends meanwhile
    id = next_id_++;
  }
  auto accepted = net::accept_now(listener.fd);
  {
    const std::lock_guard lock(mutex_);
    if (accepted || accepted.error().kind != Errc::io) {
      if (accepts_) rearm(epoll_.get(), listener.fd, EPOLLIN | EPOLLONESHOT, kTagListener + index);
    } else {  // no descriptors or memory now: the connection waits in the queue
      unarmed_listeners_.push_back(index);
      arm_timer_locked(std::chrono::steady_clock::now() + kRetryAccept);
    }
  }
  std::unique_ptr<Session> session;
  if (accepted) session = make_session_guarded(id, std::move(*accepted), listener.kind);
  const bool is_in = session != nullptr;
  {
    const std::lock_guard lock(mutex_);
    --arriving_;
    close_listeners_locked();
    if (is_in) sessions_[id].session = std::move(session);
    stop_if_done_locked();
  }
  if (is_in) serve(id);
}

std::unique_ptr<Session> Worker::make_session_guarded(SessionId id, net::Accepted accepted,
                                                      ListenerKind kind) {
  try {
    return make_session(id, std::move(accepted), kind);
  } catch (const std::exception& error) {
    services_.logs.service(Logs::Level::error,
                           fmt::format("a connection could not be served: {}", error.what()));
    return nullptr;
  }
}

std::unique_ptr<Session> Worker::make_session(SessionId id, net::Accepted accepted, ListenerKind kind) {
  if (kind.proxied && !services_.may_send_header(accepted.peer)) {
    services_.logs.login(
        session_name(id),
        fmt::format("connection refused from={} reason=\"not in proxy_from\"", accepted.peer.ip()));
    return nullptr;
  }
  net::set_no_delay(accepted.socket.get());
  net::set_keep_alive(accepted.socket.get());
  net::keep_urgent_inline(accepted.socket.get());
  net::Stream stream(std::move(accepted.socket));
  auto local = net::Address::local_of(stream.fd());
  if (!local) return nullptr;  // gone already
  const Options& options = services_.options;
  const std::string ip = accepted.peer.ip();
  auto place = kind.proxied ? services_.scoreboard.enter_unknown(id, ip, kind.implicit_tls)
                            : services_.scoreboard.enter(
                                  id, ip, {options.max_sessions_per_address, options.max_sessions_per_user},
                                  kind.implicit_tls, accepted.peer.origin());
  if (!place) {
    // Under implicit TLS a line in clear would only be garbage to the client.
    if (!kind.implicit_tls)
      static_cast<void>(stream.try_write(ftp::format_reply(421, place.error().context)));
    return nullptr;
  }
  auto session = std::make_unique<Session>(services_, id, *place, std::move(stream), accepted.peer, *local);
  if (kind.proxied) session->control.arrival.emplace();
  if (kind.implicit_tls) {
    session->control.stream.start_tls(services_.tls->control_channel(session->tls_tag));
    session->control.handshaking = session->implicit_tls = true;
    session->data.pbsz_given = session->data.is_private = true;
  }
  return session;
}

void Worker::read_link() {
  LinkMessage message;
  while (true) {
    const ssize_t got = recv(seat_.link.get(), &message, sizeof message, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    if (got == 0) {  // the master is gone: nobody would settle after us, so end now; the next start settles
      services_.logs.flush();
      _exit(1);
    }
    CHECK(got == sizeof message);
    switch (message.kind) {
      case LinkMessage::Kind::retire:
        stop_accepting();
        break;
      case LinkMessage::Kind::drain:
        drain(std::chrono::milliseconds(message.value));
        break;
      case LinkMessage::Kind::kick:
        kick(message.value);
        break;
      case LinkMessage::Kind::reopen_logs:
        services_.logs.reopen();
        break;
      case LinkMessage::Kind::name:
        passive_.learn(message.value >> 32, static_cast<std::uint32_t>(message.value));
        break;
    }
  }
}

void Worker::end_expired() {
  std::uint64_t ticks = 0;
  // Takes the event away; how often it fired does not matter, and another order may have moved the timer
  // meanwhile.
  if (read(timer_.get(), &ticks, sizeof ticks) < 0) CHECK(errno == EAGAIN || errno == EINTR);
  const auto now = std::chrono::steady_clock::now();
  std::vector<SessionId> expired, listened_enough;
  bool cut = false;
  {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
      const SessionId id = waiting_.begin()->second;
      Slot& slot = sessions_.at(id);
      forget_deadline_locked(slot);
      (slot.goodbye <= now ? expired : listened_enough).push_back(id);
    }
    cut = cut_at_ <= now;
    armed_ = SteadyTime::max();
    rearm_listeners_locked();
    arm_timer_locked(std::min(cut ? SteadyTime::max() : cut_at_,
                              waiting_.empty() ? SteadyTime::max() : waiting_.begin()->first));
  }
  for (const SessionId id : expired) say_goodbye(id);
  for (const SessionId id : listened_enough) stop_listening(id);
  if (cut) interrupt_all();
}

void Worker::rearm_listeners_locked() {
  if (accepts_) {
    for (const std::size_t index : unarmed_listeners_) {
      rearm(epoll_.get(), seat_.listeners[index].fd, EPOLLIN | EPOLLONESHOT, kTagListener + index);
    }
  }
  unarmed_listeners_.clear();
}

// --- sessions ---

bool Worker::claim(SessionId id) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || !found->second.is_waiting) return false;  // it ended, or another took it
  forget_deadline_locked(found->second);
  return true;
}

void Worker::serve(SessionId id) {
  Session* session = nullptr;
  {
    const std::lock_guard lock(mutex_);
    session = sessions_.at(id).session.get();
  }
  Next next = Next::close;
  do {
    run_guarded(*session, next);
  } while (next != Next::close && !park(id, next));
  if (next == Next::close) end(id);
}

// A claimed session whose time is up, or that the server no longer wants.
void Worker::say_goodbye(SessionId id) {
  Session* session = nullptr;
  {
    const std::lock_guard lock(mutex_);
    session = sessions_.at(id).session.get();
  }
  if (session->control.arrival && !services_.draining.load())
    log_refused_arrival(*session, "no PROXY header in time");
  session->last_words(421, services_.draining.load() ? Text("The server is stopping")
                           : session->is_logged_in() ? Text("Idle for too long")
                                                     : Text("Login took too long"));
  end(id);
}

// A claimed session whose passive port nobody has come to. It goes on waiting.
void Worker::stop_listening(SessionId id) {
  Next waits_for = Next::close;
  SteadyTime goodbye{};
  {
    const std::lock_guard lock(mutex_);
    Slot& slot = sessions_.at(id);
    slot.session->give_up_listening();
    waits_for = slot.waits_for;
    goodbye = slot.goodbye;
  }
  if (!park(id, waits_for, goodbye)) say_goodbye(id);
}

// An exception ends its own session only.
void Worker::run_guarded(Session& session, Next& next) {
  try {
    next = run_session(session);
  } catch (const std::exception& error) {
    next = Next::close;
    services_.logs.service(Logs::Level::error,
                           fmt::format("session {} ended by an exception: {}", session.name, error.what()));
  }
}

// False: the session must be run once more, to say good bye or to end.
bool Worker::park(SessionId id, Next next, std::optional<SteadyTime> goodbye) {
  const std::lock_guard lock(mutex_);
  if (services_.draining.load()) return false;
  Slot& slot = sessions_.at(id);
  const int fd = slot.session->control.stream.fd();
  // A socket that can be written to is ready at once, but behind the others.
  const std::uint32_t events = (next == Next::park_to_read ? EPOLLIN : EPOLLOUT) | EPOLLONESHOT;
  slot.waits_for = next;
  slot.goodbye = goodbye.value_or(waiting_deadline(*slot.session).when());
  const SteadyTime when = std::min(slot.goodbye, listening_deadline(*slot.session).when());
  slot.deadline = waiting_.emplace(when, id);
  slot.is_waiting = true;
  arm_timer_locked(when);
  if (slot.in_epoll) {
    rearm(epoll_.get(), fd, events, id);
    return true;
  }
  slot.in_epoll = add(epoll_.get(), fd, events, id).has_value();
  if (slot.in_epoll) return true;
  forget_deadline_locked(slot);  // no room in the epoll set: this session cannot go on
  slot.session->control.broken = true;
  return false;
}

void Worker::end(SessionId id) {
  std::unique_ptr<Session> session;
  {
    const std::lock_guard lock(mutex_);
    session = std::move(sessions_.at(id).session);
    sessions_.erase(id);
  }
  session.reset();  // outside the lock: closing may take a while
  const std::lock_guard lock(mutex_);
  stop_if_done_locked();
}

std::vector<Worker::SessionId> Worker::waiting_sessions() {
  const std::lock_guard lock(mutex_);
  std::vector<SessionId> ids;
  for (const auto& [id, slot] : sessions_) {
    if (slot.is_waiting) ids.push_back(id);
  }
  return ids;
}

// --- with mutex_ held ---

void Worker::arm_timer_locked(SteadyTime when) {
  if (when >= armed_) return;
  armed_ = when;
  const auto since_boot = when.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
  itimerspec spec{};
  spec.it_value.tv_sec = seconds.count();
  spec.it_value.tv_nsec =
      std::max<long>(1, std::chrono::duration_cast<std::chrono::nanoseconds>(since_boot - seconds).count());
  CHECK(timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr) == 0);
}

void Worker::forget_deadline_locked(Slot& slot) {
  waiting_.erase(slot.deadline);
  slot.is_waiting = false;
}

void Worker::stop_if_done_locked() {
  if (accepts_ || arriving_ > 0 || !sessions_.empty() || is_stopping_) return;
  is_stopping_ = true;
  const std::uint64_t one = 1;
  CHECK(write(stop_event_.get(), &one, sizeof one) == sizeof one);  // level-triggered: wakes every thread
}

}  // namespace ferry
