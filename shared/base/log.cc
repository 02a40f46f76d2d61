#include "shared/base/log.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <mutex>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include "shared/base/terminal_text.h"
#include "shared/base/unique_fd.h"

namespace ferry {

namespace {

// A line stays below PIPE_BUF, so that it is one piece in a pipe (stderr) too. Longer than every path of a
// request.
constexpr std::size_t kMaxText = 3500;

std::string one_line(std::string_view text) {
  std::string line = terminal_safe(text.substr(0, kMaxText));
  if (line.size() <= kMaxText && text.size() <= kMaxText) return line;
  std::size_t cut = std::min(line.size(), kMaxText);
  while (cut > 0 && cut < line.size() && (static_cast<unsigned char>(line[cut]) & 0xc0) == 0x80) --cut;
  return line.substr(0, cut) + " [cut]";
}

// A name that leads elsewhere is refused: whoever may write in the folder must not choose where our lines go.
Result<UniqueFd> open_append(const std::string& path) {
  UniqueFd fd(::open(path.c_str(),
                     O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0640));
  if (!fd) return fail_errno(errno, "cannot open log file " + path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail_errno(errno, "cannot examine log file " + path);
  if (!S_ISREG(status.st_mode)) return fail(Errc::io, "log file " + path + " is no regular file");
  return fd;
}

// Every line is one write, so that lines of several processes do not mix. What the disk refuses is lost: a
// full log disk must not stop a session.
class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LineSink(UniqueFd fd) : fd_(std::move(fd)) {}

  void replace(UniqueFd fd) {
    const std::lock_guard lock(mutex_);
    fd_ = std::move(fd);
  }
  int descriptor() {
    const std::lock_guard lock(mutex_);
    return fd_.get();
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    const char* at = line.data();
    for (std::size_t left = line.size(); left > 0;) {
      const ssize_t written = ::write(fd_.get(), at, left);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;
      at += written;
      left -= static_cast<std::size_t>(written);
    }
  }
  void flush_() override {}

  UniqueFd fd_;
};

enum Stream : std::size_t { kService, kLogin, kOperate, kTransfer, kStreams };
constexpr std::array<const char*, kStreams> kFileNames = {"ferryd.log", "login.log", "operate.log",
                                                          "transfer.log"};

constexpr const char* kTime = "%Y-%m-%dT%H:%M:%S.%eZ";

std::unique_ptr<spdlog::formatter> formatter_of(std::size_t stream) {
  const std::string pattern = std::string(kTime) + (stream == kService ? " %P %l %v" : " %v");
  return std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc, "\n");
}

}  // namespace

struct Logs::Impl {
  std::string folder;
  std::array<std::shared_ptr<LineSink>, kStreams> sinks;
  std::shared_ptr<LineSink> echo;  // null: none
  std::array<std::unique_ptr<spdlog::logger>, kStreams> loggers;

  std::string path(std::size_t stream) const { return folder + "/" + kFileNames[stream]; }

  void write(std::size_t stream, spdlog::level::level_enum level, std::string_view text) {
    loggers[stream]->log(level, spdlog::string_view_t(text.data(), text.size()));
  }
  void write_session(std::size_t stream, std::string_view session, std::string_view text) {
    write(stream, spdlog::level::info, fmt::format("{} {}", session, one_line(text)));
  }
};

Logs::Logs(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Logs::~Logs() = default;

Result<std::unique_ptr<Logs>> Logs::open(const std::string& folder, bool echo) {
  auto impl = std::make_unique<Impl>();
  impl->folder = folder;
  for (std::size_t stream = 0; stream < kStreams; ++stream) {
    auto fd = open_append(impl->path(stream));
    if (!fd) return tl::unexpected(fd.error());
    impl->sinks[stream] = std::make_shared<LineSink>(std::move(*fd));
    impl->loggers[stream] = std::make_unique<spdlog::logger>(kFileNames[stream], impl->sinks[stream]);
    if (stream == kService && echo) {
      impl->echo = std::make_shared<LineSink>(UniqueFd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)));
      impl->loggers[stream]->sinks().push_back(impl->echo);
    }
    impl->loggers[stream]->set_formatter(formatter_of(stream));
  }
  return std::make_unique<Logs>(std::move(impl));
}

void Logs::service(Level level, std::string_view text) {
  const auto severity = level == Level::info      ? spdlog::level::info
                        : level == Level::warning ? spdlog::level::warn
                                                  : spdlog::level::err;
  impl_->write(kService, severity, one_line(text));
}
void Logs::login(std::string_view session, std::string_view text) {
  impl_->write_session(kLogin, session, text);
}
void Logs::operate(std::string_view session, std::string_view text) {
  impl_->write_session(kOperate, session, text);
}
void Logs::transfer(std::string_view session, std::string_view text) {
  impl_->write_session(kTransfer, session, text);
}

void Logs::reopen() {
  for (std::size_t stream = 0; stream < kStreams; ++stream) {
    auto fd = open_append(impl_->path(stream));
    if (fd) {
      impl_->sinks[stream]->replace(std::move(*fd));
    } else {
      std::fprintf(stderr, "%s; the old file stays in use\n", fd.error().context.c_str());
    }
  }
}

std::vector<int> Logs::descriptors() const {
  std::vector<int> all;
  for (const auto& sink : impl_->sinks) all.push_back(sink->descriptor());
  if (impl_->echo) all.push_back(impl_->echo->descriptor());
  return all;
}

void Logs::flush() {
  for (const auto& logger : impl_->loggers) logger->flush();
}

}  // namespace ferry
