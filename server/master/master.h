// ferryd's master process: holds the listeners, forks workers, settles after deaths, reloads, drains.
// Single-threaded; its whole life is the loop in Master::run. Never touches a client's bytes, nor the store.
#pragma once

#include <vector>

#include "server/master/control.h"
#include "server/master/notify.h"
#include "server/master/prefork.h"
#include "server/master/resolver.h"
#include "server/master/service.h"
#include "server/master/settler.h"
#include "shared/base/result.h"
#include "shared/base/unique_fd.h"

namespace ferry {

class Master final : public ControlDesk {
 public:
  Master(Service service, ControlSocket control, UniqueFd signals);

  // Until SIGTERM or SIGINT has been obeyed: 0; 1 when it could not start.
  int run();

  // --- requests over the control socket ---
  std::vector<SessionView> sessions() const override;
  MasterStatus status() const override;
  Status reload() override;  // new workers in any case: they alone learn of new homes
  Status kick(std::uint64_t session) override;

 private:
  enum class Phase { settling, serving, draining, ended };

  void wait_for_something();
  Deadline next_deadline() const;
  void read_signals();
  void reap();
  void serve_if_ready();
  void start_serving();
  void tell_names(const std::vector<std::size_t>& numbers);
  void refuse_start(const std::string& why);
  void stop();
  void end_when_drained();
  enum class Generation { always, if_anything_changed };
  Status reload(Generation wanted);
  Status put_to_work_guarded(Options options, Generation wanted);
  Status put_to_work(Options options, Generation wanted);
  void log(Logs::Level level, const std::string& text) { service_.logs->service(level, text); }

  Service service_;
  ControlSocket control_;
  UniqueFd signals_;  // signalfd(2)
  Workers workers_;
  Settler settler_;
  Resolver resolver_;
  Notifier notifier_;
  SteadyTime started_;
  Phase phase_ = Phase::settling;
  bool is_settled_ = false;                    // store and disk agree
  Deadline names_due_ = Deadline::infinite();  // then the start does not wait any longer for host names
  Deadline drain_end_ = Deadline::infinite();
  int exit_code_ = 0;
  // What signals asked for since the loop last looked.
  bool child_ended_ = false, reload_asked_ = false;
  int stops_asked_ = 0;
};

// Prepares and runs ferryd in this process. 1 and a sentence on stderr when it cannot start.
int run_master(StartArguments arguments, Options options);

}  // namespace ferry
