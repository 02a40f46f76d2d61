// A library for LD_PRELOAD that stands between ferryd (SQLite included) and libc's calls that read and change
// files. It counts them, and does to the n-th what a test asks for: see fault_layout.h. Made for workers that
// are locked in: after its start it needs readlink, getpid and tgkill, and allocates nothing.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/preload/fault_layout.h"

namespace {

using ferry::test::FaultAction;
using ferry::test::FaultLayout;
using ferry::test::FaultRecord;

FaultLayout* faults = nullptr;

// Before anything else runs; ferryd does not run as another user yet.
__attribute__((constructor)) void map_faults() {
  const char* file = getenv(ferry::test::kFaultFileVariable);
  if (file == nullptr) return;
  const int fd = open(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* mapped = mmap(nullptr, sizeof(FaultLayout), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (mapped != MAP_FAILED) faults = static_cast<FaultLayout*>(mapped);
}

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

void append(char* path, std::size_t room, const char* more) {
  strncat(path, more, room - strlen(path) - 1);
}

// "FOLDER/NAME"; an absolute or missing name stands alone, or the folder does.
void describe(FaultRecord& record, int fd, const char* name) {
  const std::size_t room = sizeof record.path;
  if (name == nullptr || name[0] != '/') {
    char link[32];
    snprintf(link, sizeof link, fd == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(link, record.path, room - 1);
    record.path[length > 0 ? length : 0] = '\0';
    if (name != nullptr) append(record.path, room, "/");
  }
  if (name != nullptr) append(record.path, room, name);
}

[[noreturn]] void die() {
  syscall(SYS_tgkill, getpid(), gettid(), SIGKILL);
  for (;;) pause();
}

// Calls `is_it(word, length)` for the words between "|" until it holds.
template <typename Test>
bool is_one_of(const char* words, const Test& is_it) {
  while (true) {
    const std::size_t length = strcspn(words, "|");
    if (is_it(words, length)) return true;
    if (words[length] == '\0') return false;
    words += length + 1;
  }
}

bool is_wanted_call(const char* call) {
  if (faults->call[0] == '\0') return true;
  return is_one_of(faults->call, [&](const char* word, std::size_t length) {
    return strlen(call) == length && memcmp(call, word, length) == 0;
  });
}

bool is_wanted_path(const char* path) {
  return is_one_of(faults->path, [&](const char* word, std::size_t length) {
    return memmem(path, strlen(path), word, length) != nullptr;
  });
}

// The places a call names, and whether the plan is about it.
struct Subject {
  int fd = AT_FDCWD;
  const char* name = nullptr;
  int other_fd = AT_FDCWD;  // a rename's target
  const char* other_name = nullptr;
};

bool is_meant(const char* call, const Subject& subject, FaultRecord& record) {
  if (faults == nullptr || faults->is_armed.load(std::memory_order_acquire) == 0) return false;
  if (faults->pid != 0 && faults->pid != getpid()) return false;
  if (!is_wanted_call(call)) return false;
  const int before = errno;
  strncpy(record.call, call, sizeof record.call - 1);
  describe(record, subject.fd, subject.name);
  bool is_there = is_wanted_path(record.path);
  if (!is_there && subject.other_name != nullptr) {
    FaultRecord other{};
    describe(other, subject.other_fd, subject.other_name);
    is_there = is_wanted_path(other.path);
  }
  errno = before;
  return is_there;
}

FaultAction next_action(const char* call, const Subject& subject) {
  FaultRecord record{};
  if (!is_meant(call, subject, record)) return FaultAction::none;
  const std::uint32_t number = faults->matched.fetch_add(1) + 1;
  if (number <= FaultLayout::kMostRecords) faults->records[number - 1] = record;
  if (number < faults->nth || number - faults->nth >= faults->times) return FaultAction::none;
  if (faults->action != FaultAction::none) faults->hit.fetch_add(1);
  return faults->action;
}

// `make(is_short)` makes the call.
template <typename Make>
auto pass(const char* call, const Subject& subject, const Make& make) -> decltype(make(false)) {
  const FaultAction action = next_action(call, subject);
  if (action == FaultAction::kill_before) die();
  if (action == FaultAction::fail) {
    errno = faults->error;
    return -1;
  }
  const auto result = make(action == FaultAction::shorten);
  if (action == FaultAction::kill_after) die();
  return result;
}

std::size_t half(std::size_t size, bool is_short) {
  return is_short && size > 1 ? size / 2 : size;
}

int open_at(const char* symbol, int folder, const char* name, int flags, mode_t mode) {
  static const auto next = real<int (*)(int, const char*, int, ...)>(symbol);
  if ((flags & (O_CREAT | O_TRUNC)) == 0) return next(folder, name, flags, mode);
  return pass("open", {folder, name}, [&](bool) { return next(folder, name, flags, mode); });
}

}  // namespace

extern "C" {

#define FERRY_MODE_OF(flags)                                        \
  mode_t mode = 0;                                                  \
  if (((flags)&O_CREAT) != 0 || ((flags)&O_TMPFILE) == O_TMPFILE) { \
    va_list more;                                                   \
    va_start(more, flags);                                          \
    mode = va_arg(more, mode_t);                                    \
    va_end(more);                                                   \
  }

int open(const char* name, int flags, ...) {
  FERRY_MODE_OF(flags)
  return open_at("openat", AT_FDCWD, name, flags, mode);
}
int open64(const char* name, int flags, ...) {
  FERRY_MODE_OF(flags)
  return open_at("openat", AT_FDCWD, name, flags, mode);
}
int openat(int folder, const char* name, int flags, ...) {
  FERRY_MODE_OF(flags)
  return open_at("openat", folder, name, flags, mode);
}
int openat64(int folder, const char* name, int flags, ...) {
  FERRY_MODE_OF(flags)
  return open_at("openat", folder, name, flags, mode);
}

// One definition for each of libc's two names of a call: with and without large-file support.
#define FERRY_AT_OFFSET(symbol, call, buffer_type)                                            \
  ssize_t symbol(int fd, buffer_type buffer, size_t size, off_t offset) {                     \
    static const auto next = real<ssize_t (*)(int, buffer_type, size_t, off_t)>(#symbol);     \
    return pass(call, {fd}, [&](bool s) { return next(fd, buffer, half(size, s), offset); }); \
  }
FERRY_AT_OFFSET(pwrite, "pwrite", const void*)
FERRY_AT_OFFSET(pwrite64, "pwrite", const void*)
FERRY_AT_OFFSET(pread, "pread", void*)
FERRY_AT_OFFSET(pread64, "pread", void*)

ssize_t write(int fd, const void* buffer, size_t size) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t)>("write");
  return pass("write", {fd}, [&](bool s) { return next(fd, buffer, half(size, s)); });
}

ssize_t copy_file_range(int in, off64_t* from, int out, off64_t* to, size_t size, unsigned flags) {
  static const auto next =
      real<ssize_t (*)(int, off64_t*, int, off64_t*, size_t, unsigned)>("copy_file_range");
  return pass("copy_file_range", {out},
              [&](bool s) { return next(in, from, out, to, half(size, s), flags); });
}

#define FERRY_TRUNCATE(symbol)                                            \
  int symbol(int fd, off_t size) noexcept {                               \
    static const auto next = real<int (*)(int, off_t)>(#symbol);          \
    return pass("ftruncate", {fd}, [&](bool) { return next(fd, size); }); \
  }
FERRY_TRUNCATE(ftruncate)
FERRY_TRUNCATE(ftruncate64)

#define FERRY_ALLOCATE(symbol)                                                          \
  int symbol(int fd, int mode, off_t offset, off_t size) {                              \
    static const auto next = real<int (*)(int, int, off_t, off_t)>(#symbol);            \
    return pass("fallocate", {fd}, [&](bool) { return next(fd, mode, offset, size); }); \
  }
FERRY_ALLOCATE(fallocate)
FERRY_ALLOCATE(fallocate64)

int fsync(int fd) {
  static const auto next = real<int (*)(int)>("fsync");
  return pass("fsync", {fd}, [&](bool) { return next(fd); });
}
int fdatasync(int fd) {
  static const auto next = real<int (*)(int)>("fdatasync");
  return pass("fdatasync", {fd}, [&](bool) { return next(fd); });
}
int fchmod(int fd, mode_t mode) noexcept {
  static const auto next = real<int (*)(int, mode_t)>("fchmod");
  return pass("fchmod", {fd}, [&](bool) { return next(fd, mode); });
}

int mkdirat(int folder, const char* name, mode_t mode) noexcept {
  static const auto next = real<int (*)(int, const char*, mode_t)>("mkdirat");
  return pass("mkdir", {folder, name}, [&](bool) { return next(folder, name, mode); });
}
int unlinkat(int folder, const char* name, int flags) noexcept {
  static const auto next = real<int (*)(int, const char*, int)>("unlinkat");
  return pass("unlink", {folder, name}, [&](bool) { return next(folder, name, flags); });
}
int unlink(const char* name) noexcept {
  static const auto next = real<int (*)(const char*)>("unlink");
  return pass("unlink", {AT_FDCWD, name}, [&](bool) { return next(name); });
}

int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  static const auto next = real<int (*)(int, const char*, int, const char*)>("renameat");
  return pass("rename", {from_folder, from, to_folder, to},
              [&](bool) { return next(from_folder, from, to_folder, to); });
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  static const auto next = real<int (*)(int, const char*, int, const char*, unsigned)>("renameat2");
  return pass("rename", {from_folder, from, to_folder, to},
              [&](bool) { return next(from_folder, from, to_folder, to, flags); });
}
int rename(const char* from, const char* to) noexcept {
  static const auto next = real<int (*)(const char*, const char*)>("rename");
  return pass("rename", {AT_FDCWD, from, AT_FDCWD, to}, [&](bool) { return next(from, to); });
}

}  // extern "C"
