#include "client/engine/verify.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <vector>

#include "client/engine/data.h"
#include "client/engine/wait.h"

namespace ferry::client {
namespace {

std::size_t hex_length(DigestKind kind) {
  switch (kind) {
    case DigestKind::sha256:
      return 64;
    case DigestKind::sha512:
      return 128;
    case DigestKind::sha1:
      return 40;
    case DigestKind::md5:
      return 32;
    case DigestKind::crc32:
      return 8;
  }
  return 0;
}

std::string x_verb(DigestKind kind) {
  switch (kind) {
    case DigestKind::sha256:
      return "XSHA256";
    case DigestKind::sha512:
      return "XSHA512";
    case DigestKind::sha1:
      return "XSHA1";
    case DigestKind::md5:
      return "XMD5";
    case DigestKind::crc32:
      return "XCRC";
  }
  return "";
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

constexpr std::size_t kReadBackBuffer = 256 * 1024;

// What a server may take to read a file before it answers, on top of its usual time: a slow disk.
constexpr Bytes kSlowestBytesPerSecond = 10'000'000;
constexpr Bytes kUnknownSize = 3'000'000'000;

std::chrono::milliseconds patience_for(const Connection& connection, std::optional<Bytes> size) {
  constexpr Bytes kMost = Bytes{1} << 50;  // sizes come from servers
  const Bytes bytes = std::min(size.value_or(kUnknownSize), kMost);
  return connection.site().timeout + std::chrono::seconds(bytes / kSlowestBytesPerSecond);
}

// FEAT: "HASH SHA-256*;SHA-512;SHA-1", the star behind what is chosen at first.
bool offers_hash(const Features& features, DigestKind kind, bool* is_chosen = nullptr) {
  std::istringstream names(features.parameters("HASH"));
  for (std::string name; std::getline(names, name, ';');) {
    const bool has_star = !name.empty() && name.back() == '*';
    if (has_star) name.pop_back();
    if (name != digest_name(kind)) continue;
    if (is_chosen != nullptr) *is_chosen = has_star;
    return true;
  }
  return false;
}

// False: the server will not compute this kind.
Result<bool> choose_hash(Connection& connection, DigestKind kind) {
  bool is_chosen = false;
  if (!offers_hash(connection.features(), kind, &is_chosen)) return false;
  auto& chosen = connection.manners().hash;
  if (!chosen && is_chosen) chosen = kind;
  if (chosen == kind) return true;
  auto selected = connection.command("OPTS", "HASH " + std::string(digest_name(kind)));
  if (!selected) return tl::unexpected(selected.error());
  if (!selected->is_completion()) return false;
  chosen = kind;
  return true;
}

// nullopt: the server does not do that for this file; it is asked another way then.
Result<std::optional<std::string>> ask_hash(Connection& connection, const std::string& remote,
                                            DigestKind kind, std::optional<Bytes> size) {
  auto chosen = choose_hash(connection, kind);
  if (!chosen) return tl::unexpected(chosen.error());
  if (!*chosen) return std::optional<std::string>();
  auto reply = connection.slow_command("HASH", remote, patience_for(connection, size));
  if (!reply) return tl::unexpected(reply.error());
  return reply->code == 213 ? digest_in_words(reply->lines.back(), kind) : std::nullopt;
}

// In quotes where a blank could end the name (Serv-U's form, which ProFTPD and ferryd want as well).
std::string quoted(const std::string& remote) {
  if (remote.find_first_of(" \"") == std::string::npos) return remote;
  std::string path = "\"";
  for (const char c : remote) path += c == '"' ? std::string("\"\"") : std::string(1, c);
  return path + '"';
}

Result<std::optional<std::string>> ask_x_verb(Connection& connection, const std::string& remote,
                                              DigestKind kind, std::optional<Bytes> size) {
  const std::string verb = x_verb(kind);
  if (!connection.features().has(verb)) return std::optional<std::string>();
  auto reply = connection.slow_command(verb, quoted(remote), patience_for(connection, size));
  if (!reply) return tl::unexpected(reply.error());
  return reply->is_completion() ? digest_in_words(reply->lines.back(), kind) : std::nullopt;
}

Result<std::optional<std::string>> ask_hash_of_prefix(Connection& connection, const std::string& remote,
                                                      DigestKind kind, Bytes length, bool is_all) {
  const bool has_ranges = connection.features().has("RANG");
  if (!has_ranges && !is_all) return std::optional<std::string>();
  auto chosen = choose_hash(connection, kind);
  if (!chosen) return tl::unexpected(chosen.error());
  if (!*chosen) return std::optional<std::string>();
  if (has_ranges) {
    auto range = connection.command("RANG", "0 " + std::to_string(length - 1));
    if (!range) return tl::unexpected(range.error());
    if (!range->is_intermediate()) return std::optional<std::string>();
  }
  auto reply = connection.slow_command("HASH", remote, patience_for(connection, length));
  if (!reply) return tl::unexpected(reply.error());
  if (has_ranges) {  // ProFTPD keeps the range for the next transfer
    if (auto whole = connection.command("RANG", "1 0"); !whole) return tl::unexpected(whole.error());
  }
  return reply->code == 213 ? hash_of_prefix(reply->lines.back(), kind, length, is_all) : std::nullopt;
}

Result<std::optional<std::string>> ask_x_verb_of_prefix(Connection& connection, const std::string& remote,
                                                        DigestKind kind, Bytes length, bool is_all) {
  if (is_all) return ask_x_verb(connection, remote, kind, length);
  const std::string verb = x_verb(kind);
  if (!connection.features().has(verb)) return std::optional<std::string>();
  const std::string range = quoted(remote) + " 0 " + std::to_string(length);
  auto reply = connection.slow_command(verb, range, patience_for(connection, length));
  if (!reply) return tl::unexpected(reply.error());
  return reply->is_completion() ? digest_in_words(reply->lines.back(), kind) : std::nullopt;
}

// nullopt: it does not tell.
Result<std::optional<RemoteDigest>> told_digest(Connection& connection, const std::string& remote,
                                                DigestKind kind, std::optional<Bytes> size,
                                                std::string_view final_text) {
  if (auto said = announced_digest(final_text, kind)) return RemoteDigest{*said, DigestSource::announced};
  for (const auto ask : {ask_hash, ask_x_verb}) {
    auto told = ask(connection, remote, kind, size);
    if (!told) return tl::unexpected(told.error());
    if (*told) return RemoteDigest{**told, DigestSource::asked};
  }
  return std::optional<RemoteDigest>();
}

Result<std::string> read_back(Connection& connection, const std::string& remote, DigestKind kind,
                              const OnReadBack& progress) {
  Digest digest(kind);
  Bytes done = 0;
  const auto hash_all = [&](net::Stream& data) -> Status {
    RateLimit* limit = connection.rate_limits().down;
    std::vector<char> buffer(limit != nullptr ? limit->portion() : kReadBackBuffer);
    while (true) {
      auto got = read_some(data, buffer, Deadline::after(connection.site().timeout), connection.cancel());
      if (!got) return tl::unexpected(got.error());
      if (*got == 0) return {};
      digest.update({buffer.data(), *got});
      done += static_cast<Bytes>(*got);
      if (progress) progress(done);
      if (limit == nullptr) continue;
      if (auto may_go_on = limit->wait_for(*got, connection.cancel()); !may_go_on) return may_go_on;
    }
  };
  auto reply = run_data_command(connection, {"RETR", remote, 0, false}, hash_all);
  if (!reply) return tl::unexpected(reply.error());
  return digest.hex();
}

}  // namespace

std::string_view source_words(DigestSource source) {
  switch (source) {
    case DigestSource::announced:
      return "computed by the server on arrival";
    case DigestSource::asked:
      return "computed by the server";
    case DigestSource::read_back:
      return "read back, the server offers no digest";
  }
  return "";
}

std::optional<std::string> announced_digest(std::string_view reply_text, DigestKind kind) {
  const std::string text = lower(reply_text);
  const std::string mark = lower(digest_name(kind)) + "=";
  const auto at = text.find(mark);
  if (at == std::string::npos) return std::nullopt;
  const std::string digits = text.substr(at + mark.size(), hex_length(kind));
  const auto end = at + mark.size() + digits.size();
  const bool goes_on = end < text.size() && std::isxdigit(static_cast<unsigned char>(text[end])) != 0;
  if (digits.size() != hex_length(kind) || !is_hex(digits) || goes_on) return std::nullopt;
  return digits;
}

std::optional<std::string> digest_in_words(std::string_view reply_text, DigestKind kind) {
  std::istringstream words{std::string(reply_text)};
  std::string word;
  while (words >> word) {
    if (word.size() == hex_length(kind) && is_hex(word)) return lower(word);
  }
  return std::nullopt;
}

std::optional<std::string> hash_of_prefix(std::string_view reply_text, DigestKind kind, Bytes length,
                                          bool is_all) {
  std::istringstream words{std::string(reply_text)};
  bool is_meant = is_all;
  for (std::string word; words >> word;) {
    const auto dash = word.find('-');
    if (dash == word.npos) continue;
    const auto first = parse_number(std::string_view(word).substr(0, dash));
    const auto last = parse_number(std::string_view(word).substr(dash + 1));
    if (!first || !last) continue;
    is_meant = *first == 0 && (*last == length - 1 || *last == length);
    break;
  }
  return is_meant ? digest_in_words(reply_text, kind) : std::nullopt;
}

std::optional<VerifyWish> parse_verify_wish(std::string_view text) {
  if (text == "auto") return VerifyWish{};
  if (text == "none") return VerifyWish{VerifyWish::How::never, DigestKind::sha256};
  const auto kind = parse_digest_kind(text);
  if (!kind || *kind == DigestKind::crc32) return std::nullopt;
  return VerifyWish{VerifyWish::How::always, *kind};
}

bool computes_digest(const Features& features, DigestKind kind) {
  return offers_hash(features, kind) || features.has(x_verb(kind));
}

std::optional<DigestKind> offered_digest(const Features& features) {
  for (const DigestKind kind : {DigestKind::sha256, DigestKind::sha512, DigestKind::sha1, DigestKind::md5}) {
    if (computes_digest(features, kind)) return kind;
  }
  return std::nullopt;
}

std::optional<DigestKind> wanted_digest(const VerifyWish& wish, const Features& features) {
  if (wish.how == VerifyWish::How::never) return std::nullopt;
  return wish.how == VerifyWish::How::always ? wish.kind : offered_digest(features);
}

Result<std::optional<std::string>> remote_prefix_digest(Connection& connection, const std::string& remote,
                                                        DigestKind kind, Bytes length, bool is_all) {
  for (const auto ask : {ask_hash_of_prefix, ask_x_verb_of_prefix}) {
    auto told = ask(connection, remote, kind, length, is_all);
    if (!told || *told) return told;
  }
  return std::optional<std::string>();
}

Result<RemoteDigest> remote_digest(Connection& connection, const std::string& remote, DigestKind kind,
                                   std::optional<Bytes> size, const OnReadBack& progress,
                                   std::string_view final_text) {
  auto told = told_digest(connection, remote, kind, size, final_text);
  if (!told) return tl::unexpected(told.error());
  if (*told) return std::move(**told);
  auto hex = read_back(connection, remote, kind, progress);
  if (!hex) return tl::unexpected(hex.error());
  return RemoteDigest{*hex, DigestSource::read_back};
}

Result<std::optional<Verified>> verify_sides(Connection& connection, const std::string& remote,
                                             const VerifyWish& wish, const Digest* here, Bytes size,
                                             const OnReadBack& progress, std::string_view final_text) {
  if (here == nullptr || wish.how == VerifyWish::How::never) return std::optional<Verified>();
  if (progress) progress(0);
  const DigestKind kind = here->kind();
  auto there = told_digest(connection, remote, kind, size, final_text);
  if (!there) return tl::unexpected(there.error());
  if (!*there && wish.how == VerifyWish::How::when_told) return std::optional<Verified>();
  if (!*there) {
    auto hex = read_back(connection, remote, kind, progress);
    if (!hex) return tl::unexpected(hex.error());
    *there = RemoteDigest{*hex, DigestSource::read_back};
  }
  if ((*there)->hex == here->hex()) return Verified{kind, (*there)->source};
  return fail(Errc::digest_mismatch, remote + ": the " + std::string(digest_name(kind)) +
                                         " digests differ: here " + here->hex() + ", on the server " +
                                         (*there)->hex);
}

}  // namespace ferry::client
