#include "tests/support/child.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>

namespace ferry::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

[[noreturn]] void throw_errno(const std::string& what, int error_number = errno) {
  throw std::system_error(error_number, std::generic_category(), what);
}

UniqueFd memory_file(const char* name) {
  UniqueFd fd(::memfd_create(name, MFD_CLOEXEC));
  if (!fd) throw_errno("memfd_create");
  return fd;
}

// Standard input as a file: unlike a pipe it never blocks us or raises SIGPIPE, whatever the program reads.
UniqueFd input_file(std::string_view text) {
  UniqueFd fd = memory_file("input");
  while (!text.empty()) {
    const ssize_t written = ::write(fd.get(), text.data(), text.size());
    if (written < 0) throw_errno("write standard input");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) throw_errno("lseek");
  return fd;
}

UniqueFd output_file(const std::filesystem::path& path) {
  if (path.empty()) {
    UniqueFd memory = memory_file("output");
    if (::fcntl(memory.get(), F_SETFL, O_APPEND) != 0) throw_errno("fcntl");
    return memory;
  }
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!fd) throw_errno(path.string());
  return fd;
}

std::string content(const UniqueFd& fd) {
  std::string text;
  std::array<char, 65536> buffer;
  ssize_t got = 0;
  while ((got = ::pread(fd.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()))) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::vector<std::string> merged_environment(const ChildOptions& options) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    bool replaced = false;
    for (const auto& [key, value] : options.environment) replaced = replaced || key == name;
    if (!replaced) merged.emplace_back(text);
  }
  for (const auto& [key, value] : options.environment) merged.push_back(key + "=" + value);
  return merged;
}

std::vector<char*> c_strings(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const auto& text : strings)
    pointers.push_back(const_cast<char*>(text.c_str()));  // exec's old signature
  pointers.push_back(nullptr);
  return pointers;
}

// Everything the child touches between fork and exec, made before: there only async-signal-safe calls are
// allowed.
struct Launch {
  char* const* argv;
  char* const* environment;
  const char* working_dir;  // nullptr: stay
  int input, output, error;
  int failure;  // gets errno if exec does not happen; closed by a successful exec
  pid_t parent;
};

// dup2 clears close-on-exec unless source and target are the same descriptor.
bool place_fd(int from, int to) {
  return from == to ? ::fcntl(to, F_SETFD, 0) == 0 : ::dup2(from, to) == to;
}

// A parent run with standard descriptors closed gets its files opened as 0 to 2, where place_fd would
// overwrite one before its turn.
int out_of_the_way(int fd) {
  return fd > STDERR_FILENO ? fd : ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

[[noreturn]] void become(const Launch& launch) {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);

  const int input = out_of_the_way(launch.input);
  const int output = out_of_the_way(launch.output);
  const int error = out_of_the_way(launch.error);
  const int failure = out_of_the_way(launch.failure);
  const bool ready = ::setpgid(0, 0) == 0 && ::prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 &&
                     place_fd(input, STDIN_FILENO) && place_fd(output, STDOUT_FILENO) &&
                     place_fd(error, STDERR_FILENO) &&
                     (launch.working_dir == nullptr || ::chdir(launch.working_dir) == 0);
  if (::getppid() != launch.parent) ::_exit(127);  // it died before prctl: nobody would end us
  if (ready) ::execvpe(launch.argv[0], launch.argv, launch.environment);
  const int why = errno;
  [[maybe_unused]] const ssize_t told = ::write(failure, &why, sizeof why);
  ::_exit(127);
}

// 0, or the errno of the child that could not become the program. Blocks until exec has happened or failed.
int launch_failure(const UniqueFd& pipe) {
  int why = 0;
  ssize_t got = 0;
  do {
    got = ::read(pipe.get(), &why, sizeof why);
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof why) ? why : 0;
}

// Not libc's function: the header of glibc 2.36 declares it without C linkage.
UniqueFd process_fd(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

// pid as for waitpid: a process, or with a minus all that is left of a group. Blocks until none is left.
void reap(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) > 0 || errno == EINTR) {
  }
}

// While it lives, children of a process that dies become ours, not those of init, which may be slow to reap
// them.
class OrphanAdoption {
 public:
  OrphanAdoption() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }
  OrphanAdoption(const OrphanAdoption&) = delete;
  OrphanAdoption& operator=(const OrphanAdoption&) = delete;
  ~OrphanAdoption() { ::prctl(PR_SET_CHILD_SUBREAPER, 0); }
};

struct LoopbackAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

LoopbackAddress loopback_address(const std::string& host, std::uint16_t port) {
  LoopbackAddress address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.length = sizeof *v4;
  } else if (::inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.length = sizeof *v6;
  } else {
    throw std::invalid_argument("not a numeric address: " + host);
  }
  return address;
}

// A bound socket, or an empty one with errno set.
UniqueFd bound_socket(LoopbackAddress& address) {
  UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  auto* generic = reinterpret_cast<sockaddr*>(&address.storage);
  const int yes = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(fd.get(), generic, address.length) != 0 ||
      ::getsockname(fd.get(), generic, &address.length) != 0) {
    return UniqueFd();
  }
  return fd;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& argv, const ChildOptions& options)
    : out_(output_file(options.output_file)), err_(output_file(options.error_file)) {
  const UniqueFd input = input_file(options.input);
  const std::vector<std::string> environment = merged_environment(options);
  const std::vector<char*> argument_pointers = c_strings(argv);
  const std::vector<char*> environment_pointers = c_strings(environment);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("pipe2");
  const UniqueFd failure_reader(ends[0]);
  UniqueFd failure_writer(ends[1]);
  const Launch launch{argument_pointers.data(),
                      environment_pointers.data(),
                      options.working_dir.empty() ? nullptr : options.working_dir.c_str(),
                      input.get(),
                      out_.get(),
                      err_.get(),
                      failure_writer.get(),
                      ::getpid()};
  pid_ = ::fork();
  if (pid_ < 0) throw_errno("fork");
  if (pid_ == 0) become(launch);
  failure_writer.reset();
  const int why = launch_failure(failure_reader);
  if (why == 0) pidfd_ = process_fd(pid_);
  const int error_number = why != 0 ? why : errno;
  if (pidfd_) return;
  ::kill(pid_, SIGKILL);
  reap(pid_);
  throw_errno("cannot start " + argv.front(), error_number);
}

ChildProcess::~ChildProcess() {
  const OrphanAdoption adoption;
  ::kill(-pid_, SIGKILL);
  reap(pid_);
  reap(-pid_);
}

std::optional<int> ChildProcess::wait(milliseconds limit) const {
  const auto deadline = steady_clock::now() + limit;
  int ready = 0;
  do {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    pollfd ended{pidfd_.get(), POLLIN, 0};
    ready = ::poll(&ended, 1, static_cast<int>(std::max<milliseconds::rep>(left.count(), 0)));
  } while (ready < 0 && errno == EINTR);
  if (ready < 0) throw_errno("poll");
  if (ready == 0) return std::nullopt;
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0) throw_errno("waitid");
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

void ChildProcess::send_signal(int number) const {
  if (::kill(pid_, number) != 0) throw_errno("kill");
}

int ChildProcess::terminate(milliseconds limit) const {
  const OrphanAdoption adoption;
  send_signal(SIGTERM);
  if (const auto status = wait(limit)) return *status;
  ::kill(-pid_, SIGKILL);
  const auto status = wait(std::chrono::seconds(10));
  if (!status) throw std::runtime_error("process " + std::to_string(pid_) + " survives SIGKILL");
  return *status;
}

std::string ChildProcess::out() const {
  return content(out_);
}
std::string ChildProcess::err() const {
  return content(err_);
}

RunResult run(const std::vector<std::string>& argv, const ChildOptions& options, milliseconds limit) {
  const ChildProcess child(argv, options);
  const auto status = child.wait(limit);
  if (!status)
    throw std::runtime_error(argv.front() + " does not end; so far:\n" + child.out() + child.err());
  return {*status, child.out(), child.err()};
}

std::uint16_t free_port(const std::string& host) {
  LoopbackAddress address = loopback_address(host, 0);
  if (!bound_socket(address)) throw_errno("no free port on " + host);
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
  return ntohs(address.storage.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
}

bool is_port_free(const std::string& host, std::uint16_t port) {
  LoopbackAddress address = loopback_address(host, port);
  return static_cast<bool>(bound_socket(address));
}

bool wait_until(const std::function<bool()>& condition, milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  while (!condition()) {
    if (steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

}  // namespace ferry::test
