#include "shared/base/secret.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <optional>
#include <utility>

#include "shared/base/sodium.h"
#include "shared/base/terminal_text.h"
#include "shared/base/unique_fd.h"

namespace ferry {

namespace {

constexpr std::size_t kLongestSecret = 1024;

// Locked between guard pages, kept out of core dumps, wiped by sodium_free.
char* allocate_locked(std::size_t size) {
  ensure_sodium();
  void* memory = ::sodium_malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return static_cast<char*>(memory);
}

// A line while it is typed or read: locked as a Secret is.
class LockedLine {
 public:
  LockedLine() : data_(allocate_locked(kLongestSecret)) {}
  LockedLine(const LockedLine&) = delete;
  LockedLine& operator=(const LockedLine&) = delete;
  ~LockedLine() { ::sodium_free(data_); }

  std::string_view view() const { return {data_, size_}; }
  bool is_full() const { return size_ == kLongestSecret; }
  void push(char c) { data_[size_++] = c; }
  void shorten(std::size_t size) { size_ = std::min(size, size_); }
  void erase_last_character() {
    while (size_ > 0 && (static_cast<unsigned char>(data_[--size_]) & 0xC0) == 0x80) {
    }
  }

 private:
  char* data_;
  std::size_t size_ = 0;
};

// One byte; nullopt at the end. Byte by byte, so that what follows the line stays in the descriptor.
Result<std::optional<char>> read_byte(int fd) {
  char byte = 0;
  while (true) {
    const ssize_t count = ::read(fd, &byte, 1);
    if (count > 0) return byte;
    if (count == 0) return std::nullopt;
    if (errno != EINTR) return fail_errno(errno, "cannot read the password");
  }
}

void write_text(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;  // the prompt is a courtesy: reading goes on without
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

// While a terminal is without echo, signals that end programs only leave a mark here. When the terminal is as
// before, what came is raised again: then the program does what it always does about it.
class HeldSignals {
 public:
  HeldSignals() {
    came_ = 0;
    struct sigaction action {};
    action.sa_handler = [](int number) { came_ = number; };
    ::sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      ::sigaction(kSignals[i], nullptr, &before_[i]);
      if (before_[i].sa_handler != SIG_IGN) ::sigaction(kSignals[i], &action, nullptr);
    }
  }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  ~HeldSignals() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
    if (came_ != 0) ::kill(::getpid(), came_);
  }
  static bool came() { return came_ != 0; }

 private:
  static constexpr std::array<int, 4> kSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  static inline volatile std::sig_atomic_t came_ = 0;
  std::array<struct sigaction, kSignals.size()> before_{};
};

// Looked at between waits: whichever thread a signal went to.
constexpr int kSignalCheckMs = 100;

// False when a signal came first.
bool wait_for_key(int fd) {
  pollfd watched{fd, POLLIN, 0};
  while (!HeldSignals::came()) {
    if (::poll(&watched, 1, kSignalCheckMs) > 0) return true;
  }
  return false;
}

// Keys come one by one, without echo and without signals, until this ends.
class QuietTerminal {
 public:
  explicit QuietTerminal(int fd) : fd_(fd) {
    is_terminal_ = ::tcgetattr(fd_, &before_) == 0;
    if (!is_terminal_) return;
    termios quiet = before_;
    quiet.c_lflag &= static_cast<tcflag_t>(~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG));
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    is_terminal_ = ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
  }
  QuietTerminal(const QuietTerminal&) = delete;
  QuietTerminal& operator=(const QuietTerminal&) = delete;
  ~QuietTerminal() {
    if (is_terminal_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  bool is_terminal() const { return is_terminal_; }

 private:
  int fd_;
  termios before_{};
  bool is_terminal_ = false;
};

Result<Secret> read_typed_line(int fd) {
  constexpr char kCtrlC = 0x03, kCtrlD = 0x04, kBackspace = 0x08, kCtrlU = 0x15, kDelete = 0x7F;
  LockedLine line;
  while (true) {
    if (!wait_for_key(fd)) return fail(Errc::cancelled, "interrupted");
    const auto key = read_byte(fd);
    if (!key) return tl::unexpected(key.error());
    if (!*key || **key == kCtrlC || **key == kCtrlD) return fail(Errc::cancelled, "no password was given");
    switch (**key) {
      case '\r':
      case '\n':
        return Secret(line.view());
      case kBackspace:
      case kDelete:
        line.erase_last_character();
        break;
      case kCtrlU:
        line.shorten(0);
        break;
      default:
        if (line.is_full()) return fail(Errc::too_long, "password is longer than 1,024 bytes");
        line.push(**key);
    }
  }
}

}  // namespace

Secret::Secret(std::string_view text) {
  if (text.empty()) return;
  data_ = allocate_locked(text.size());
  size_ = text.size();
  std::memcpy(data_, text.data(), size_);
}

Secret Secret::made(std::size_t size, const std::function<void(char*)>& fill) {
  Secret secret;
  secret.data_ = allocate_locked(size);
  secret.size_ = size;
  fill(secret.data_);
  return secret;
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    ::sodium_free(data_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Secret::~Secret() {
  ::sodium_free(data_);
}

void wipe(std::string& text) {
  text.resize(text.capacity());  // what an earlier, longer content left behind goes too; never reallocates
  ::sodium_memzero(text.data(), text.size());
  text.clear();
}

Result<Secret> read_secret_line(int fd) {
  LockedLine line;
  while (true) {
    const auto byte = read_byte(fd);
    if (!byte) return tl::unexpected(byte.error());
    if (!*byte || **byte == '\n') break;
    if (line.is_full()) return fail(Errc::too_long, "password is longer than 1,024 bytes");
    line.push(**byte);
  }
  if (!line.view().empty() && line.view().back() == '\r') line.shorten(line.view().size() - 1);
  if (line.view().empty()) return fail(Errc::bad_syntax, "password is empty");
  return Secret(line.view());
}

Result<Secret> ask_secret(std::string_view prompt) {
  const UniqueFd tty(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!tty) return fail(Errc::unsupported, "no terminal to ask for a password on");
  const HeldSignals held;  // before the terminal changes, and until after it is as before
  const QuietTerminal quiet(tty.get());
  if (!quiet.is_terminal()) return fail(Errc::unsupported, "no terminal to ask for a password on");
  write_text(tty.get(), terminal_safe(prompt));
  auto secret = read_typed_line(tty.get());
  write_text(tty.get(), "\n");
  return secret;
}

Secret generate_password(std::size_t length) {
  constexpr std::string_view kAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  ensure_sodium();
  std::string text(length, '\0');
  for (char& c : text) c = kAlphabet[::randombytes_uniform(kAlphabet.size())];
  Secret secret(text);
  wipe(text);
  return secret;
}

}  // namespace ferry
