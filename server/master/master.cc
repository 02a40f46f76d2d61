#include "server/master/master.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <utility>

#include "server/master/prepare.h"
#include "server/master/process_title.h"
#include "shared/base/check.h"
#include "shared/base/terminal_text.h"
#include "shared/base/version.h"
#include "shared/config/run_as.h"

namespace ferry {

namespace {

using namespace std::chrono_literals;
using Level = Logs::Level;

// After drain_timeout workers cut their transfers; this long they may take to park them before they are
// killed.
constexpr auto kGrace = 3s;
// A start waits so long for host names, so that the first clients need not come again.
constexpr auto kPatienceForNames = 5s;

Result<UniqueFd> open_signals() {
  sigset_t ours;
  ::sigemptyset(&ours);
  for (const int signal : {SIGCHLD, SIGHUP, SIGINT, SIGTERM}) ::sigaddset(&ours, signal);
  if (::sigprocmask(SIG_BLOCK, &ours, nullptr) != 0) return fail_errno(errno, "sigprocmask");
  UniqueFd fd(::signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return fail_errno(errno, "signalfd");
  return fd;
}

int say_why(const Error& error) {
  std::fprintf(stderr, "ferryd: %s\n", terminal_safe(error.context).c_str());
  return 1;
}

}  // namespace

Master::Master(Service service, ControlSocket control, UniqueFd signals)
    : service_(std::move(service)),
      control_(std::move(control)),
      signals_(std::move(signals)),
      workers_(service_),
      settler_(service_),
      resolver_(service_),
      started_(std::chrono::steady_clock::now()) {}

int Master::run() {
  settler_.ask_for_all();
  if (const auto known = resolver_.look_up_names_of(service_.options); !known)
    refuse_start(known.error().context);
  while (phase_ != Phase::ended) {
    if (phase_ != Phase::draining) {
      settler_.start_if_due();
      resolver_.start_if_due();
    }
    workers_.fill_empty_places();
    notifier_.keep_watchdog_quiet();
    wait_for_something();
    read_signals();
    if (std::exchange(child_ended_, false)) reap();
    serve_if_ready();
    if (stops_asked_ > 0) stop();
    // One that comes while the start is under way is obeyed after it; the log tells how it went.
    if (phase_ == Phase::serving && std::exchange(reload_asked_, false))
      static_cast<void>(reload(Generation::if_anything_changed));
    workers_.send_unsent();
    control_.serve(*this);
    if (phase_ == Phase::draining) end_when_drained();
  }
  control_.remove(service_.run_as);
  remove_addresses(service_);
  log(Level::info, "ferryd ended");
  return exit_code_;
}

void Master::wait_for_something() {
  std::vector<pollfd> polls{{signals_.get(), POLLIN, 0}};
  control_.add_polls(polls);
  for (const int link : workers_.links_with_unsent()) polls.push_back({link, POLLOUT, 0});
  const int ready = ::poll(polls.data(), polls.size(), next_deadline().poll_timeout_ms());
  CHECK(ready >= 0 || errno == EINTR);
}

Deadline Master::next_deadline() const {
  Deadline next = control_.next_deadline().sooner(notifier_.next_watchdog()).sooner(drain_end_);
  if (phase_ == Phase::draining) return next;
  if (phase_ == Phase::settling) next = next.sooner(names_due_);
  return next.sooner(workers_.next_fork()).sooner(settler_.next_start()).sooner(resolver_.next_start());
}

void Master::read_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGCHLD) child_ended_ = true;
    if (info.ssi_signo == SIGHUP) reload_asked_ = true;
    if (info.ssi_signo == SIGINT || info.ssi_signo == SIGTERM) ++stops_asked_;
  }
}

void Master::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (const auto owner = workers_.bury(pid, status)) {
      settler_.ask_for(*owner);
    } else if (const auto settled = settler_.bury(pid, status); settled && phase_ == Phase::settling) {
      if (*settled == Settler::End::failed)
        refuse_start("what the last run left behind cannot be settled; ferryd.log says why");
      if (*settled == Settler::End::store_damaged) {
        refuse_start(
            fmt::format("the store {} cannot be used, ferryd.log says why; `ftpadm restore FILE` puts a "
                        "backup in its place",
                        service_.options.store));
      }
      is_settled_ = *settled == Settler::End::done;
      names_due_ = Deadline::after(kPatienceForNames);
    } else if (const auto changed = resolver_.bury(pid)) {
      tell_names(*changed);
    }
  }
}

void Master::serve_if_ready() {
  if (phase_ == Phase::settling && is_settled_ && (resolver_.knows_first_answers() || names_due_.passed()))
    start_serving();
}

void Master::tell_names(const std::vector<std::size_t>& numbers) {
  for (const std::size_t number : numbers)
    workers_.tell_all(
        {LinkMessage::Kind::name, std::uint64_t{number} << 32 | service_.names.all()[number].ipv4});
}

void Master::start_serving() {
  phase_ = Phase::serving;
  workers_.start_generation();
  for (const auto& place : service_.listeners.places()) {
    log(Level::info,
        fmt::format("listening on {}{}{}", place.address, place.kind.implicit_tls ? " (implicit TLS)" : "",
                    place.kind.proxied ? " (behind a load balancer)" : ""));
  }
  if (const auto written = write_addresses(service_); !written) log(Level::error, written.error().context);
  notifier_.ready(fmt::format("{} workers", service_.workers));
}

void Master::refuse_start(const std::string& why) {
  log(Level::error, why);
  std::fprintf(stderr, "ferryd: %s\n", terminal_safe(why).c_str());
  exit_code_ = 1;
  phase_ = Phase::ended;
}

// SIGTERM: running transfers may finish; a second one: nothing may.
void Master::stop() {
  const bool at_once = std::exchange(stops_asked_, 0) > 1 || phase_ == Phase::draining;
  if (phase_ != Phase::draining) {
    phase_ = Phase::draining;
    notifier_.stopping();
    log(Level::info, fmt::format("stopping; running transfers may go on for {} s",
                                 service_.options.drain_timeout.count() / 1000));
    drain_end_ = Deadline::after(service_.options.drain_timeout + kGrace);
    service_.listeners = Listeners();  // the workers close theirs: new connections are refused
    workers_.stop_replacing();
    resolver_.kill();
    workers_.tell_all(
        {LinkMessage::Kind::drain, static_cast<std::uint64_t>(service_.options.drain_timeout.count())});
  }
  if (at_once) drain_end_ = Deadline::after({});
}

void Master::end_when_drained() {
  if (drain_end_.passed()) {
    workers_.kill_all();
    settler_.kill();
    drain_end_ = Deadline::infinite();  // what was killed only needs to be reaped
  }
  if (workers_.none_left() && !settler_.is_running()) phase_ = Phase::ended;
}

Status Master::reload() {
  return reload(Generation::always);
}

// Logs are opened anew in any case: that is what logrotate sends the signal for.
Status Master::reload(Generation wanted) {
  if (phase_ != Phase::serving) return fail(Errc::busy, "ferryd is starting or stopping");
  notifier_.reloading();
  {
    const ActAs acting(service_.run_as);
    service_.logs->reopen();
  }
  workers_.tell_all({LinkMessage::Kind::reopen_logs, 0});
  auto options = load_options(service_.arguments.source, service_.arguments.sets);
  const Status done =
      options ? put_to_work_guarded(std::move(*options), wanted) : Status(tl::unexpected(options.error()));
  if (!done) log(Level::error, "not reloaded, the old configuration stays: " + done.error().context);
  notifier_.ready(fmt::format("{} workers", service_.workers));
  return done;
}

// An exception would end the master, and all sessions with it.
Status Master::put_to_work_guarded(Options options, Generation wanted) {
  try {
    return put_to_work(std::move(options), wanted);
  } catch (const std::exception& error) {
    return fail(Errc::io, error.what());
  }
}

Status Master::put_to_work(Options options, Generation wanted) {
  const auto fixed = changed_but_not_reloadable(service_.options, options);
  if (auto kept = keep_not_reloadable(service_.options, options); !kept) return kept;
  for (const std::string& name : fixed)
    log(Level::warning, fmt::format("the new value of {} counts from the next start", name));
  std::string tls_files = stamp_of_tls(options);
  if (wanted == Generation::if_anything_changed && tls_files == service_.tls_files &&
      dump_options(options) == dump_options(service_.options)) {
    resolver_.look_up_now();
    log(Level::info, "logs opened anew; configuration and certificate are what they were");
    return {};
  }
  if (auto room = workers_.check_room_for_generation(); !room) return room;
  if (auto possible = check_listener_kinds(options, service_.listeners); !possible) return possible;
  auto tls = load_tls(options, service_.run_as, *service_.logs);
  if (!tls) return tl::unexpected(tls.error());
  if (auto known = resolver_.look_up_names_of(options); !known) return known;
  if (*tls && service_.tls) (*tls)->take_ticket_keys(*service_.tls);
  service_.options = std::move(options);
  service_.tls = std::move(*tls);
  service_.tls_files = std::move(tls_files);
  workers_.start_generation();
  log(Level::info, fmt::format("reloaded, generation {}", workers_.generation()));
  return {};
}

std::vector<SessionView> Master::sessions() const {
  return service_.scoreboard->list();
}

MasterStatus Master::status() const {
  const auto uptime =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_);
  return {workers_.pids(), workers_.owners(),          settler_.is_running(), workers_.generation(),
          uptime,          service_.listeners.places()};
}

Status Master::kick(std::uint64_t session) {
  for (const SessionView& view : service_.scoreboard->list()) {
    if (view.session == session && workers_.tell(view.pid, {LinkMessage::Kind::kick, session})) return {};
  }
  return fail(Errc::not_found, "no such session");
}

int run_master(StartArguments arguments, Options options) {
  ::umask(027);
  std::signal(SIGPIPE, SIG_IGN);
  auto signals = open_signals();
  if (!signals) return say_why(signals.error());
  auto service = prepare_service(std::move(arguments), std::move(options));
  if (!service) return say_why(service.error());
  auto control = ControlSocket::open(service->options.run_dir, service->run_as);
  if (!control) return say_why(control.error());
  service->logs->service(Level::info, fmt::format("ferryd {} started, {} workers as user {}", kVersion,
                                                  service->workers, service->run_as.name));
  set_process_title("ferryd: master");
  return Master(std::move(*service), std::move(*control), std::move(*signals)).run();
}

}  // namespace ferry
