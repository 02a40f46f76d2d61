// Lines where nobody types: from stdin, a file, or arguments.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "client/shell/input.h"

namespace ferry::client {
namespace {

constexpr std::size_t kChunk = 4096;
constexpr std::size_t kReserved = 64 * 1024;  // lines may be passwords: growing would leave copies of them

class PipeInput : public Input {
 public:
  bool is_interactive() const override { return false; }

  explicit PipeInput(UniqueFd file = {}) : file_(std::move(file)) { buffer_.reserve(kReserved); }
  ~PipeInput() override { wipe(buffer_); }
  PipeInput(const PipeInput&) = delete;
  PipeInput& operator=(const PipeInput&) = delete;

  Result<std::optional<std::string>> line(const std::string&) override {
    while (true) {
      const auto end = buffer_.find('\n');
      if (end != std::string::npos) return take(end, 1);
      if (at_end_ && buffer_.empty()) return std::optional<std::string>();
      if (at_end_) return take(buffer_.size(), 0);
      if (auto more = fill(); !more) return tl::unexpected(more.error());
    }
  }

  Result<Secret> secret(const std::string& prompt) override {
    auto text = line(prompt);
    if (!text) return tl::unexpected(text.error());
    if (!*text) return fail(Errc::bad_syntax, "the input ends where a password should be");
    Secret secret(**text);
    wipe(**text);
    return secret;
  }

  void remember(const std::string&) override {}

 private:
  std::optional<std::string> take(std::size_t length, std::size_t line_end) {
    std::string text = buffer_.substr(0, length);
    const std::size_t taken = length + line_end, before = buffer_.size();
    buffer_.erase(0, taken);
    // It may have been a password: what erase() left behind the end goes too.
    buffer_.resize(before, '\0');
    buffer_.resize(before - taken);
    if (!text.empty() && text.back() == '\r') text.pop_back();
    return text;
  }

  Status fill() {
    const std::size_t held = buffer_.size();
    buffer_.resize(held + kChunk);
    const ssize_t got = ::read(file_ ? file_.get() : STDIN_FILENO, buffer_.data() + held, kChunk);
    const int why = errno;
    buffer_.resize(held + static_cast<std::size_t>(std::max<ssize_t>(0, got)));
    if (got < 0 && why == EINTR) return fail(Errc::cancelled, "interrupted");
    if (got < 0) return fail_errno(why, file_ ? "the script" : "standard input");
    at_end_ = got == 0;
    return {};
  }

  UniqueFd file_;  // none: stdin
  std::string buffer_;
  bool at_end_ = false;
};

class LinesInput : public Input {
 public:
  LinesInput(std::vector<std::string> lines, bool may_ask) : lines_(std::move(lines)), may_ask_(may_ask) {}
  bool is_interactive() const override { return false; }

  Result<std::optional<std::string>> line(const std::string&) override {
    if (next_ == lines_.size()) return std::optional<std::string>();
    return std::optional<std::string>(lines_[next_++]);
  }
  Result<Secret> secret(const std::string& prompt) override {
    if (may_ask_) return ask_secret(prompt);
    return fail(Errc::bad_syntax,
                "a password cannot be asked for here; -f FILE takes it as a line of its own");
  }
  void remember(const std::string&) override {}

 private:
  std::vector<std::string> lines_;
  std::size_t next_ = 0;
  bool may_ask_;
};

}  // namespace

std::unique_ptr<Input> make_pipe_input() {
  return std::make_unique<PipeInput>();
}

std::unique_ptr<Input> make_script_input(UniqueFd file) {
  return std::make_unique<PipeInput>(std::move(file));
}

std::unique_ptr<Input> make_lines_input(std::vector<std::string> lines, bool may_ask) {
  return std::make_unique<LinesInput>(std::move(lines), may_ask);
}

}  // namespace ferry::client
