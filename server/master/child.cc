#include "server/master/child.h"

#include <fmt/core.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "server/master/process_title.h"
#include "shared/base/check.h"

namespace ferry {

namespace {

void close_all_but(std::vector<int> keeps) {
  for (const int standard : {0, 1, 2}) keeps.push_back(standard);
  std::ranges::sort(keeps);
  unsigned first = 0;
  for (const int kept : keeps) {
    const auto fd = static_cast<unsigned>(kept);
    if (fd > first) CHECK(::close_range(first, fd - 1, 0) == 0);
    first = std::max(first, fd + 1);
  }
  CHECK(::close_range(first, ~0U, 0) == 0);
}

void settle_signals() {
  for (const int ignored : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(ignored, SIG_IGN);
  sigset_t none;
  ::sigemptyset(&none);
  CHECK(::sigprocmask(SIG_SETMASK, &none, nullptr) == 0);
}

void drop_to(const RunAs& user) {
  if (::geteuid() != 0) return;
  const gid_t group = user.gid;
  CHECK(user.uid != 0);
  CHECK(::setgroups(1, &group) == 0);
  CHECK(::setresgid(user.gid, user.gid, user.gid) == 0);
  CHECK(::setresuid(user.uid, user.uid, user.uid) == 0);
  std::array<uid_t, 3> uids{};
  CHECK(::getresuid(&uids[0], &uids[1], &uids[2]) == 0);
  CHECK(std::ranges::all_of(uids, [&](uid_t uid) { return uid == user.uid; }));
  CHECK(::setuid(0) != 0);
}

// CAP_NET_BIND_SERVICE, which a service manager may have given to the master, is of no use to a worker.
void drop_capabilities() {
  CHECK(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  CHECK(::syscall(SYS_capset, &header, none.data()) == 0);
  CHECK(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

// After the change of user, which would undo it. The master may have died before.
void die_with(pid_t master) {
  CHECK(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0);
  if (::getppid() != master) std::_Exit(0);
}

}  // namespace

void become_worker(const ChildRole& role, pid_t master) {
  set_process_title(role.title);
  close_all_but(role.keeps);
  drop_to(role.run_as);
  drop_capabilities();
  die_with(master);
  settle_signals();
}

pid_t fork_child(const ChildRole& role, const std::function<int()>& life) {
  const pid_t master = ::getpid();
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  // Not through the master's stack, by return or by exception: its destructors would clean up what is still
  // in use.
  int code = 1;
  try {
    become_worker(role, master);
    code = life();
  } catch (const std::exception& error) {
    std::fputs(fmt::format("{}: {}\n", role.title, error.what()).c_str(), stderr);
    std::_Exit(code);
  }
  std::exit(code);
}

}  // namespace ferry
