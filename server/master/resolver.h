// Looks up the host names of passive_address and passive_address_for: a short-lived unprivileged child of the
// master, at most one at a time, because a lookup may block for long and reads strangers' bytes. The master
// gets a number and an address per name through a pipe, nothing else, and tells the workers what has changed.
#pragma once

#include <sys/types.h>

#include <vector>

#include "server/master/service.h"
#include "shared/base/clock.h"
#include "shared/base/unique_fd.h"

namespace ferry {

class Resolver {
 public:
  // `service` must outlive the object. Looks up at once.
  explicit Resolver(Service& service);

  // From now on the names of `options`; beginning at once. Errc::busy: too many since the start.
  Status look_up_names_of(const Options& options);
  void look_up_now() { next_ = Deadline::after({}); }

  // Forks the child when none runs and it is due: every minute.
  void start_if_due();
  // Takes note of a reaped child. nullopt: not ours; else the numbers of the names that mean something new.
  std::optional<std::vector<std::size_t>> bury(pid_t pid);

  bool knows_first_answers() const { return numbers_.empty() || has_run_; }
  void kill();
  Deadline next_start() const;

 private:
  int look_up(int pipe) const;  // in the child; its exit code

  Service& service_;
  std::vector<std::size_t> numbers_;
  Deadline next_ = Deadline::after({});
  pid_t pid_ = -1;
  UniqueFd answers_;
  std::vector<std::size_t> asked_;
  bool has_run_ = false;
};

}  // namespace ferry
