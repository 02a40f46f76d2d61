#include "client/line/netrc.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "shared/base/unique_fd.h"

namespace ferry::client {
namespace {

constexpr std::size_t kMaxNetrc = 1024 * 1024;
constexpr std::size_t kLongestWord = 4096;  // longer ones work, but leave copies in memory

// Words of a netrc file; owns nothing.
class Words {
 public:
  explicit Words(std::string_view text) : text_(text) {}

  // Where a keyword may stand, and only there, # begins a comment. False at the end.
  bool next_keyword(std::string& word) {
    skip_blanks_and_comments();
    return next_value(word);
  }

  // The word behind a keyword; it may begin with # and never comes from another line. False: there is none.
  bool next_value(std::string& word) {
    wipe(word);
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    if (at_ >= text_.size() || is_blank(text_[at_])) return false;
    if (text_[at_] == '"') return quoted(word);
    while (at_ < text_.size() && !is_blank(text_[at_])) word += text_[at_++];
    return true;
  }

  // A macro ends at the first empty line.
  void skip_macro() {
    const auto end = text_.find("\n\n", at_);
    at_ = end == std::string_view::npos ? text_.size() : end + 2;
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  void skip_blanks_and_comments() {
    while (at_ < text_.size()) {
      if (text_[at_] == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (is_blank(text_[at_])) {
        ++at_;
      } else {
        return;
      }
    }
  }

  bool quoted(std::string& word) {
    for (++at_; at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
      word += text_[at_];
    }
    if (at_ < text_.size() && text_[at_] == '"') ++at_;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<NetrcEntry> find_in_netrc(std::string_view text, std::string_view host, std::string_view user) {
  Words words(text);
  NetrcEntry entry;
  bool applies = false;
  std::string word;
  word.reserve(kLongestWord);  // no copies left behind by growing
  const auto is_wanted = [&] {
    return applies && !entry.user.empty() && (user.empty() || entry.user == user);
  };
  while (words.next_keyword(word)) {
    if (word == "machine" || word == "default") {
      if (is_wanted()) break;
      entry = {};
      applies = word == "default";
      if (!applies && words.next_value(word)) applies = word == host;
    } else if (word == "login") {
      if (words.next_value(word)) entry.user = word;
    } else if (word == "password") {
      entry.has_password = words.next_value(word);
      entry.password = Secret(word);
    } else if (word == "account") {
      (void)words.next_value(word);
    } else if (word == "macdef") {
      words.skip_macro();
    }
  }
  wipe(word);
  if (!is_wanted()) return std::nullopt;
  return entry;
}

Result<std::optional<NetrcEntry>> netrc_for(const std::string& host, const std::string& user) {
  const char* home = std::getenv("HOME");
  if (home == nullptr) return std::optional<NetrcEntry>();
  const std::string path = std::string(home) + "/.netrc";
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && (errno == ENOENT || errno == EACCES)) return std::optional<NetrcEntry>();
  if (!fd) return fail_errno(errno, path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno(errno, path);
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(Errc::permission, path + ": others may read it, so ferry does not; chmod 600 it");
  }
  std::string text;
  text.resize(kMaxNetrc);  // read in place: no copies left behind by growing, or in a buffer
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  auto found = find_in_netrc(text, host, user);
  wipe(text);
  return found;
}

}  // namespace ferry::client
