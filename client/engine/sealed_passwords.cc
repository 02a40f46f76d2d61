#include "client/engine/sealed_passwords.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "shared/base/ascii.h"
#include "shared/base/check.h"
#include "shared/base/digest.h"

namespace ferry::client {
namespace {

constexpr std::string_view kFirstWord = "ferry-passwords ";
constexpr std::string_view kFirstLine = "ferry-passwords 1\n";
constexpr std::string_view kCheck = "check";
constexpr std::size_t kLongestFile = 4 * 1024 * 1024;
// What a file may cost whoever opens it.
constexpr Bytes kMostMemory = 1024LL * 1024 * 1024;
constexpr unsigned kMostPasses = 100;

std::string encoded(std::string_view text) {
  std::string word;
  for (const char c : text) {
    const bool is_plain = c > ' ' && c < 0x7F && c != '%';
    word += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return word;
}

// Of a %XX that encoded() would not write nothing is said here: parse() compares the whole.
std::string decoded(std::string_view word) {
  std::string text;
  for (std::size_t i = 0; i < word.size(); ++i) {
    unsigned value = 0;
    const bool is_code =
        word[i] == '%' && word.size() - i > 2 &&
        std::from_chars(word.data() + i + 1, word.data() + i + 3, value, 16).ptr == word.data() + i + 3;
    text += is_code ? static_cast<char>(value) : word[i];
    if (is_code) i += 2;
  }
  return text;
}

std::string words_of(const SealedFor& what) {
  return encoded(what.site) + " " + encoded(what.server) + " " + encoded(what.user);
}

std::string bound_to(const SealedFor& what) {
  return "entry " + words_of(what);
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t from = 0;;) {
    const auto blank = line.find(' ', from);
    words.push_back(line.substr(from, blank - from));
    if (blank == std::string_view::npos) return words;
    from = blank + 1;
  }
}

template <typename Number>
bool read_number(std::string_view word, Number most, Number& number) {
  const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), number);
  return failure == std::errc() && end == word.data() + word.size() && number > 0 && number <= most;
}

bool read_box(std::string_view word, std::string& bytes) {
  auto decoded_bytes = bytes_of_base64(word);
  if (!decoded_bytes || decoded_bytes->empty()) return false;
  bytes = std::move(*decoded_bytes);
  return true;
}

std::string with_end(std::string lines) {
  Digest digest(DigestKind::sha256);
  digest.update(lines);
  return lines + "end " + digest.hex() + "\n";
}

tl::unexpected<Error> damaged() {
  return fail(Errc::corrupt, "the file is damaged");
}

}  // namespace

Result<SealedPasswords::Opened> SealedPasswords::create(const Secret& passphrase, KeyCost cost) {
  SealedPasswords fresh;
  fresh.cost_ = cost;
  fresh.salt_ = make_salt();
  auto key = key_of_passphrase(passphrase, fresh.salt_, cost);
  if (!key) return tl::unexpected(key.error());
  fresh.check_ = seal(*key, "", kCheck);
  return Opened{std::move(fresh), std::move(*key)};
}

Status SealedPasswords::read_line(std::string_view line) {
  const auto words = split(line);
  if (words[0] == "argon2id" && words.size() == 4) {
    const bool fine = read_number(words[1], kMostPasses, cost_.passes) &&
                      read_number(words[2], kMostMemory, cost_.memory) && read_box(words[3], salt_);
    return fine && salt_.size() == make_salt().size() ? Status() : damaged();
  }
  if (words[0] == kCheck && words.size() == 2) return read_box(words[1], check_) ? Status() : damaged();
  if (words[0] != "entry" || words.size() != 5) return damaged();
  Entry entry{{decoded(words[1]), decoded(words[2]), decoded(words[3])}, {}};
  if (!read_box(words[4], entry.box) || find(entry.what.site) != nullptr) return damaged();
  if (entry.what.site.empty() || entry.what.server.empty() || entry.what.user.empty()) return damaged();
  entries_.push_back(std::move(entry));
  return {};
}

Result<SealedPasswords> SealedPasswords::parse(std::string_view text) {
  if (text.size() > kLongestFile || !text.starts_with(kFirstWord)) return damaged();
  if (!text.starts_with(kFirstLine))
    return fail(Errc::unsupported, "the file is damaged, or a newer ferry has written it");
  SealedPasswords passwords;
  std::string_view lines = text.substr(kFirstLine.size());
  while (!lines.starts_with("end ")) {
    const auto end = lines.find('\n');
    if (end == std::string_view::npos) return damaged();
    if (auto read = passwords.read_line(lines.substr(0, end)); !read) return tl::unexpected(read.error());
    lines.remove_prefix(end + 1);
  }
  if (passwords.salt_.empty() || passwords.check_.empty() || passwords.text() != text) return damaged();
  return passwords;
}

std::string SealedPasswords::text() const {
  std::string lines(kFirstLine);
  lines += fmt::format("argon2id {} {} {}\n", cost_.passes, cost_.memory, base64_of(salt_));
  lines += fmt::format("{} {}\n", kCheck, base64_of(check_));
  for (const Entry& entry : entries_) lines += bound_to(entry.what) + " " + base64_of(entry.box) + "\n";
  return with_end(std::move(lines));
}

Result<Secret> SealedPasswords::key(const Secret& passphrase) const {
  auto key = key_of_passphrase(passphrase, salt_, cost_);
  if (key && !is_key(*key)) return fail(Errc::login_refused, "the passphrase is not the right one");
  return key;
}

bool SealedPasswords::is_key(const Secret& key) const {
  return unseal(key, check_, kCheck).has_value();
}

const SealedFor* SealedPasswords::find(std::string_view site) const {
  const auto found = std::ranges::find_if(entries_, [&](const Entry& e) { return e.what.site == site; });
  return found == entries_.end() ? nullptr : &found->what;
}

Result<Secret> SealedPasswords::open(const Secret& key, const SealedFor& what) const {
  const auto found = std::ranges::find_if(entries_, [&](const Entry& e) { return e.what == what; });
  if (found == entries_.end())
    return fail(Errc::not_found, "no password is saved for " + what.user + " on " + what.site);
  auto password = unseal(key, found->box, bound_to(what));
  if (!password)
    return fail(Errc::corrupt,
                "the entry of " + what.site + " was changed by somebody who has no passphrase");
  return password;
}

void SealedPasswords::put(const Secret& key, const SealedFor& what, const Secret& password) {
  CHECK(is_key(key) && !what.site.empty() && !what.server.empty() && !what.user.empty());
  Entry entry{what, seal(key, password.view(), bound_to(what))};
  const auto found = std::ranges::find_if(entries_, [&](const Entry& e) { return e.what.site == what.site; });
  if (found == entries_.end()) {
    entries_.push_back(std::move(entry));
  } else {
    *found = std::move(entry);
  }
}

bool SealedPasswords::forget(std::string_view site) {
  return std::erase_if(entries_, [&](const Entry& e) { return e.what.site == site; }) > 0;
}

Result<SealedPasswords::Opened> SealedPasswords::with_passphrase(const Secret& key, const Secret& passphrase,
                                                                 KeyCost cost) const {
  auto fresh = create(passphrase, cost);
  if (!fresh) return fresh;
  for (const Entry& entry : entries_) {
    auto password = open(key, entry.what);
    if (!password) return tl::unexpected(password.error());
    fresh->passwords.put(fresh->key, entry.what, *password);
  }
  return fresh;
}

}  // namespace ferry::client
