// Lines from stdin where nobody types.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "client/shell/input.h"

namespace ferry::client {
namespace {

class PipeInput : public Input {
 public:
  bool is_interactive() const override { return false; }

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
    buffer_.erase(0, length + line_end);
    if (!text.empty() && text.back() == '\r') text.pop_back();
    return text;
  }

  Status fill() {
    std::array<char, 4096> chunk;
    const ssize_t got = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) return fail(Errc::cancelled, "interrupted");
    if (got < 0) return fail_errno(errno, "standard input");
    at_end_ = got == 0;
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
    return {};
  }

  std::string buffer_;
  bool at_end_ = false;
};

}  // namespace

std::unique_ptr<Input> make_pipe_input() {
  return std::make_unique<PipeInput>();
}

}  // namespace ferry::client
