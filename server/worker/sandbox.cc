#include "server/worker/sandbox.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <net/if.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>

#include "shared/base/sanitized.h"
#include "shared/base/unique_fd.h"

#if FERRY_SANITIZED
#include <sanitizer/common_interface_defs.h>
#endif

namespace ferry {

namespace {

// Version 2 of Landlock (Linux 5.19) allows renames between folders; a worker publishes uploads by such a
// rename.
constexpr int kNeededLandlock = 2;
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
constexpr std::uint64_t kFolderRights = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
                                        LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                        LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                        LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER;
// Handled and given to nobody: running programs, devices, sockets, FIFOs, links.
constexpr std::uint64_t kNobodysRights = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                         LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                         LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

int landlock_version() {
  return static_cast<int>(syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
}

Status allow_folder(int rules, const std::string& path, std::uint64_t rights) {
  const UniqueFd folder(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!folder) return fail_errno(errno, path);
  landlock_path_beneath_attr beneath{};
  beneath.allowed_access = rights;
  beneath.parent_fd = folder.get();
  if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0) {
    return fail_errno(errno, "landlock: " + path);
  }
  return {};
}

// A sanitizer finds leaks by way of /proc, names functions by the debug information of every library, and
// writes where its log_path points to.
Status allow_sanitizer(int rules, [[maybe_unused]] std::uint64_t folder_rights) {
#if FERRY_SANITIZED
  const char* report = __sanitizer_get_report_path();  // null or empty: standard error
  const std::filesystem::path reports = std::filesystem::path(report ? report : "").parent_path();
  if (!reports.empty()) {
    if (auto added = allow_folder(rules, reports, folder_rights); !added) return added;
  }
#endif
  return allow_folder(rules, "/", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
}

Status enter_landlock(const SandboxPaths& paths, Logs& logs) {
  const int version = landlock_version();
  if (version < kNeededLandlock) {
    logs.service(Logs::Level::warning,
                 "this kernel offers no Landlock from version 2 on: workers are confined by openat2, their "
                 "user and seccomp only");
    return {};
  }
  const std::uint64_t folder_rights = kFolderRights | (version >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0);
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = folder_rights | kNobodysRights;
  const UniqueFd rules(
      static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (!rules) return fail_errno(errno, "landlock");
  for (const std::string& path : paths.needed) {
    if (auto added = allow_folder(rules.get(), path, folder_rights); !added) return added;
  }
  for (const std::string& path : paths.homes) {
    if (auto added = allow_folder(rules.get(), path, folder_rights); !added) {
      logs.service(Logs::Level::warning,
                   "a home cannot be used until the next reload: " + added.error().context);
    }
  }
  if (kIsSanitized) {
    if (auto added = allow_sanitizer(rules.get(), folder_rights); !added) return added;
  }
  if (syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) return fail_errno(errno, "landlock");
  return {};
}

// What a worker calls, itself and through libc, OpenSSL, SQLite and spdlog.
// clang-format off
constexpr int kCalls[] = {
    // memory, threads, time
    SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mprotect), SCMP_SYS(mremap), SCMP_SYS(madvise),
    SCMP_SYS(mlock), SCMP_SYS(munlock), SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address), SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(membarrier), SCMP_SYS(restart_syscall), SCMP_SYS(exit),
    SCMP_SYS(exit_group), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(sysinfo),
    SCMP_SYS(uname), SCMP_SYS(getrusage), SCMP_SYS(getuid), SCMP_SYS(geteuid),
    SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getcwd), SCMP_SYS(umask),
    // signals: a failed CHECK aborts
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    // files
    SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(open), SCMP_SYS(close), SCMP_SYS(read), SCMP_SYS(write),
    SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(lseek),
    SCMP_SYS(fstat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
    SCMP_SYS(fstatfs), SCMP_SYS(statfs), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
    SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(flock),
    SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(fadvise64), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
    SCMP_SYS(copy_file_range), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(unlink),
    SCMP_SYS(unlinkat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(chmod), SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat), SCMP_SYS(utimensat), SCMP_SYS(dup),
    // sockets and waiting
    SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(connect),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
    SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(shutdown),
    SCMP_SYS(sendfile), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(eventfd2), SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
};
// clang-format on

struct FilterReleaser {
  void operator()(void* filter) const { seccomp_release(filter); }
};

constexpr scmp_arg_cmp equals(unsigned argument, scmp_datum_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}

Status enter_seccomp() {
  // What is not listed fails with EPERM: a library that tries something new carries on or reports, and an
  // intruder gets nothing.
  const std::unique_ptr<void, FilterReleaser> filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (!filter) return fail(Errc::io, "seccomp: no filter");
  int error = 0;
  const auto allow = [&](int call, std::initializer_list<scmp_arg_cmp> conditions) {
    if (error == 0)
      error = seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call,
                                     static_cast<unsigned>(conditions.size()), conditions.begin());
  };
  for (const int call : kCalls) allow(call, {});
  // Threads, not processes; clone3 hides its flags from the filter, so libc is told to use clone.
  allow(SCMP_SYS(clone), {scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD}});
  if (error == 0) error = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  allow(SCMP_SYS(tgkill), {equals(0, static_cast<scmp_datum_t>(getpid()))});  // abort()
  allow(SCMP_SYS(prlimit64), {equals(0, 0)});  // its own; those of others could stop them
  // Never F_SETOWN and F_SETSIG, which together send any signal to any process of the same user.
  for (const int command : {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_DUPFD_CLOEXEC,
                            F_OFD_GETLK, F_OFD_SETLK})
    allow(SCMP_SYS(fcntl), {equals(1, static_cast<scmp_datum_t>(command))});
  allow(SCMP_SYS(ioctl), {equals(1, TCGETS)});       // isatty(); never TIOCSTI
  allow(SCMP_SYS(ioctl), {equals(1, SIOCGIFNAME)});  // the zone of fe80::1%eth0
  allow(SCMP_SYS(socket), {equals(0, AF_INET)});
  allow(SCMP_SYS(socket), {equals(0, AF_INET6)});
  if (error == 0) error = seccomp_load(filter.get());
  if (error != 0) return fail_errno(-error, "seccomp");
  return {};
}

}  // namespace

Status enter_sandbox(const SandboxPaths& paths, Logs& logs) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno(errno, "no_new_privs");
  if (auto locked = enter_landlock(paths, logs); !locked) return locked;
  return kIsSanitized ? Status{} : enter_seccomp();  // a sanitizer calls what no worker does
}

}  // namespace ferry
