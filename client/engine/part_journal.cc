#include "client/engine/part_journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <set>
#include <sstream>
#include <vector>

#include "client/engine/record_words.h"
#include "client/engine/transfer_io.h"
#include "shared/base/unique_fd.h"

namespace ferry::client {
namespace {

constexpr std::string_view kHeading = "ferry-part 1";
constexpr std::size_t kMaxJournal = 64 * 1024;  // three names of 4 KiB, escaped, fit

using Words = std::vector<std::string>;

Words words_of(const std::string& line) {
  std::istringstream stream(line);
  Words words;
  for (std::string word; stream >> word;) words.push_back(std::move(word));
  return words;
}

std::size_t hex_digits(DigestKind kind) {
  return Digest(kind).hex().size();
}

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool take_synced(PartJournal& journal, const Words& words) {
  if (words.size() != 2 && words.size() != 4) return false;
  const auto synced = parse_number(words[1]);
  if (!synced) return false;
  journal.synced = *synced;
  if (words.size() == 2) return true;
  journal.digest_kind = parse_digest_kind(words[2]);
  journal.digest = words[3];
  return journal.digest_kind && is_lower_hex(journal.digest) &&
         journal.digest.size() == hex_digits(*journal.digest_kind);
}

bool take_modified(PartJournal& journal, const std::string& word) {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (failure != std::errc() || end != word.data() + word.size()) return false;
  journal.modified_ns = value;
  return true;
}

bool take_line(PartJournal& journal, const Words& words) {
  if (words[0] == "from" && words.size() == 4) {
    journal.from = {unescaped_word(words[1]), unescaped_word(words[2]), unescaped_word(words[3])};
    return true;
  }
  if (words[0] == "synced") return take_synced(journal, words);
  if (words.size() != 2) return false;
  if (words[0] == "boot") {
    journal.boot = unescaped_word(words[1]);
    return true;
  }
  if (words[0] == "modified") return take_modified(journal, words[1]);
  const auto size = parse_number(words[1]);
  if (words[0] != "size" || !size) return false;
  journal.size = *size;
  return true;
}

Result<std::string> read_whole(int fd, const std::string& path) {
  std::string text(kMaxJournal + 1, '\0');
  std::size_t held = 0;
  while (held < text.size()) {
    const ssize_t got = ::read(fd, text.data() + held, text.size() - held);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, path);
    if (got == 0) break;
    held += static_cast<std::size_t>(got);
  }
  if (held > kMaxJournal) return fail(Errc::bad_syntax, path + ": is too long for a journal");
  text.resize(held);
  return text;
}

}  // namespace

std::string format_journal(const PartJournal& journal) {
  std::string text(kHeading);
  text += "\nfrom " + escaped_word(journal.from.server) + " " + escaped_word(journal.from.user) + " " +
          escaped_word(journal.from.remote) + "\n";
  if (journal.size) text += "size " + std::to_string(*journal.size) + "\n";
  if (journal.modified_ns) text += "modified " + std::to_string(*journal.modified_ns) + "\n";
  text += "synced " + std::to_string(journal.synced);
  if (journal.digest_kind) {
    text += " " + std::string(digest_name(*journal.digest_kind)) + " " + journal.digest;
  }
  return text + "\nboot " + escaped_word(journal.boot) + "\nend\n";
}

Result<PartJournal> parse_journal(std::string_view text) {
  const auto bad = [] { return fail(Errc::bad_syntax, "no journal of a download"); };
  if (text.size() > kMaxJournal || text.find('\0') != text.npos) return bad();
  std::istringstream lines{std::string(text)};
  std::string line;
  if (!std::getline(lines, line) || line != kHeading) return bad();
  PartJournal journal;
  std::set<std::string> seen;
  while (std::getline(lines, line)) {
    if (line == "end") {
      const bool is_whole = seen.count("from") + seen.count("synced") + seen.count("boot") == 3;
      const bool is_last = lines.peek() == std::istringstream::traits_type::eof();
      if (!is_whole || !is_last || text.back() != '\n') return bad();
      return journal;
    }
    const Words words = words_of(line);
    if (words.empty() || !seen.insert(words[0]).second || !take_line(journal, words)) return bad();
  }
  return bad();
}

std::string boot_id() {
  const UniqueFd fd(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  if (!fd) return "";
  auto text = read_whole(fd.get(), "boot_id");
  if (!text) return "";
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return *text;
}

Bytes trusted_bytes(const PartJournal& journal, Bytes there, std::string_view boot_now) {
  const bool same_run = !journal.boot.empty() && journal.boot == boot_now;
  return same_run ? there : std::min(there, journal.synced);
}

std::string journal_path(const std::string& part_path) {
  return part_path + ".journal";
}

Result<PartJournal> read_journal(const std::string& part_path) {
  const std::string path = journal_path(part_path);
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return fail_errno(errno, path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno(errno, path);
  if (!S_ISREG(info.st_mode) || info.st_uid != ::geteuid() || info.st_nlink != 1)
    return fail(Errc::exists, path + ": is no file of ours alone");
  auto text = read_whole(fd.get(), path);
  if (!text) return tl::unexpected(text.error());
  return parse_journal(*text);
}

Status write_journal(const std::string& part_path, const PartJournal& journal, Durability durability) {
  const std::string path = journal_path(part_path), fresh = path + ".new";
  ::unlink(fresh.c_str());  // of a run that was killed; O_EXCL then opens no file or link of somebody else's
  const UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno(errno, fresh);
  Status done = write_fully(fd.get(), format_journal(journal));
  if (done && durability == Durability::on_disk && ::fdatasync(fd.get()) != 0)
    done = fail_errno(errno, fresh);
  if (done && ::rename(fresh.c_str(), path.c_str()) != 0) done = fail_errno(errno, path);
  if (!done) ::unlink(fresh.c_str());
  return done;
}

void remove_journal(const std::string& part_path) {
  const std::string path = journal_path(part_path);
  ::unlink(path.c_str());
  ::unlink((path + ".new").c_str());
}

}  // namespace ferry::client
