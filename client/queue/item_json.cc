#include <sodium.h>

#include <algorithm>
#include <array>
#include <limits>

#include "client/queue/item_json_internal.h"
#include "shared/base/utf8.h"

namespace ferry::client {
namespace {

constexpr Bytes kMost = Bytes{1} << 60;  // beyond it a number is no size of anything

struct KindWord {
  Errc kind;
  std::string_view text;
};
// Errors keep what a front end and the retry policy branch on.
constexpr std::array<KindWord, 26> kKinds{{
    {Errc::io, "io"},
    {Errc::not_found, "not_found"},
    {Errc::exists, "exists"},
    {Errc::not_empty, "not_empty"},
    {Errc::permission, "permission"},
    {Errc::is_directory, "is_directory"},
    {Errc::not_directory, "not_directory"},
    {Errc::outside, "outside"},
    {Errc::busy, "busy"},
    {Errc::no_space, "no_space"},
    {Errc::over_quota, "over_quota"},
    {Errc::name_refused, "name_refused"},
    {Errc::too_long, "too_long"},
    {Errc::bad_syntax, "bad_syntax"},
    {Errc::out_of_range, "out_of_range"},
    {Errc::timeout, "timeout"},
    {Errc::closed, "closed"},
    {Errc::reset, "reset"},
    {Errc::cancelled, "cancelled"},
    {Errc::refused, "refused"},
    {Errc::login_refused, "login_refused"},
    {Errc::tls, "tls"},
    {Errc::untrusted, "untrusted"},
    {Errc::digest_mismatch, "digest_mismatch"},
    {Errc::corrupt, "corrupt"},
    {Errc::unsupported, "unsupported"},
}};

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char next = decode_utf8(text);
    if (!next.is_valid) return false;
    text.remove_prefix(next.length);
  }
  return true;
}

std::string to_base64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // its NUL
  return text;
}

std::optional<std::string> from_base64(const std::string& text) {
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, &end, sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != text.data() + text.size())
    return std::nullopt;
  bytes.resize(size);
  return bytes;
}

// --- writing ---

std::int64_t milliseconds_of(WallTime when) {
  return std::chrono::floor<std::chrono::milliseconds>(when).time_since_epoch().count();
}

std::string resume_word(Resume resume) {
  switch (resume) {
    case Resume::never:
      return "never";
    case Resume::ask:
      return "ask";
    case Resume::always:
      return "always";
    case Resume::automatic:
      break;
  }
  return "auto";
}

std::string verify_word(const VerifyWish& wish) {
  if (wish.how == VerifyWish::How::never) return "none";
  return wish.how == VerifyWish::How::always ? std::string(digest_name(wish.kind)) : "auto";
}

std::string preserve_word(const Preserve& preserve) {
  if (preserve.time) return preserve.mode ? "time,mode" : "time";
  return preserve.mode ? "mode" : "none";
}

std::string security_word(ftp::Security security) {
  if (security == ftp::Security::clear) return "off";
  return security == ftp::Security::implicit_tls ? "implicit" : "required";
}

Json json_of_site(const Site& site) {
  Json json;
  put_bytes(json, "host", site.host);
  json["port"] = site.port;
  json["tls"] = security_word(site.security);
  if (site.active) json["active"] = true;
  if (!site.ca_file.empty()) put_bytes(json, "ca", site.ca_file);
  if (!site.pinned.empty()) json["pin"] = site.pinned;
  if (!site.charset.empty()) put_bytes(json, "charset", site.charset);
  json["timeout_ms"] = site.timeout.count();
  return json;
}

Json json_of_error(const ItemError& error) {
  Json json;
  const auto word = std::ranges::find(kKinds, error.kind, &KindWord::kind);
  json["class"] = word == kKinds.end() ? "io" : word->text;
  put_bytes(json, "text", error.text);
  if (error.reply_code != 0) json["ftp_code"] = error.reply_code;
  return json;
}

// --- reading ---

tl::unexpected<Error> damaged(const std::string& why) {
  return fail(Errc::corrupt, why);
}

// Reads members one by one; the first that is wrong is remembered and the others keep what they were.
class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}

  bool has(const std::string& key) const { return json_.contains(key); }
  void bytes(const std::string& key, std::string& value, bool is_needed) {
    if (!is_needed && !has(key)) return;
    auto taken = take_bytes(json_, key);
    if (!taken) return complain(taken.error().context);
    if (taken->find('\0') != std::string::npos) return complain(key + " has a NUL");
    value = std::move(*taken);
  }
  void flag(const std::string& key, bool& value) {
    if (!has(key)) return;
    if (!json_[key].is_boolean()) return complain(key + " is neither true nor false");
    value = json_[key].get<bool>();
  }
  template <typename Number>
  void number(const std::string& key, Number& value, std::int64_t least, std::int64_t most) {
    if (!has(key)) return;
    const Json& member = json_[key];
    const bool fits =
        member.is_number_unsigned()
            ? member.get<std::uint64_t>() <= static_cast<std::uint64_t>(most) &&
                  (least <= 0 || member.get<std::uint64_t>() >= static_cast<std::uint64_t>(least))
            : member.is_number_integer() && member.get<std::int64_t>() >= least &&
                  member.get<std::int64_t>() <= most;
    if (!fits) return complain(key + " is no number in its range");
    value = member.get<Number>();
  }
  void time(const std::string& key, WallTime& value) {
    std::int64_t milliseconds = milliseconds_of(value);
    constexpr std::int64_t kFarthest = std::numeric_limits<std::int64_t>::max() / 1'000'000;
    number(key, milliseconds, 0, kFarthest);
    value = WallTime(std::chrono::milliseconds(milliseconds));
  }
  template <typename Value, typename Parse>
  void word(const std::string& key, Value& value, Parse parse) {
    if (!has(key)) return;
    const auto parsed = json_[key].is_string() ? parse(json_[key].get<std::string>()) : std::nullopt;
    if (!parsed) return complain(key + " is no word known here");
    value = *parsed;
  }
  Status part(const std::string& key) {
    if (!has(key) || !json_[key].is_object()) complain("no " + key);
    return outcome_;
  }
  void complain(const std::string& why) {
    if (outcome_) outcome_ = damaged(why);
  }
  const Status& outcome() const { return outcome_; }

 private:
  const Json& json_;
  Status outcome_;
};

std::optional<ftp::Security> parse_security(std::string_view text) {
  if (text == "required") return ftp::Security::explicit_tls;
  if (text == "implicit") return ftp::Security::implicit_tls;
  if (text == "off") return ftp::Security::clear;
  return std::nullopt;
}

std::optional<Direction> parse_direction(std::string_view text) {
  if (text == "up") return Direction::up;
  if (text == "down") return Direction::down;
  return std::nullopt;
}

std::optional<Errc> parse_kind(std::string_view text) {
  const auto word = std::ranges::find(kKinds, text, &KindWord::text);
  return word == kKinds.end() ? std::nullopt : std::optional(word->kind);
}

// A pin that is lost, or a mode of encryption, would change who is trusted: what is not understood is damage.
Result<Site> site_of_json(const Json& json) {
  Site site;
  Reader reader(json);
  reader.bytes("host", site.host, true);
  reader.number("port", site.port, 1, 65535);
  if (!reader.has("tls")) reader.complain("no tls");
  reader.word("tls", site.security, parse_security);
  reader.flag("active", site.active);
  reader.bytes("ca", site.ca_file, false);
  reader.bytes("charset", site.charset, false);
  std::string pin;
  reader.bytes("pin", pin, false);
  if (!pin.empty()) {
    const auto fingerprint = parse_fingerprint(pin);
    if (!fingerprint) reader.complain("pin is no fingerprint");
    site.pinned = fingerprint.value_or("");
  }
  std::int64_t timeout = site.timeout.count();
  reader.number("timeout_ms", timeout, 1, std::int64_t{1} << 40);
  site.timeout = std::chrono::milliseconds(timeout);
  if (site.host.empty()) reader.complain("no host");
  if (!reader.outcome()) return tl::unexpected(reader.outcome().error());
  return site;
}

Result<ItemError> error_of_json(const Json& json) {
  ItemError error;
  Reader reader(json);
  reader.word("class", error.kind, parse_kind);
  reader.bytes("text", error.text, true);
  reader.number("ftp_code", error.reply_code, 0, 999);
  if (!reader.outcome()) return tl::unexpected(reader.outcome().error());
  return error;
}

void read_progress(Reader& reader, QueueItem& item) {
  reader.number("done", item.bytes_done, 0, kMost);
  if (reader.has("total")) {
    Bytes total = 0;
    reader.number("total", total, 0, kMost);
    item.bytes_total = total;
  }
  reader.number("files_done", item.files_done, 0, kMost);
  reader.number("files_total", item.files_total, 0, kMost);
  reader.number("attempts", item.attempts, 0, 1'000'000);
  reader.time("added_ms", item.added);
  reader.time("changed_ms", item.changed);
  if (reader.has("next_try_ms")) {
    WallTime next{};
    reader.time("next_try_ms", next);
    item.next_try = next;
  }
}

void read_wish(Reader& reader, QueueItem& item) {
  if (!reader.has("direction")) reader.complain("no direction");
  reader.word("direction", item.direction, parse_direction);
  reader.bytes("user", item.user, true);
  reader.bytes("local", item.local, true);
  reader.bytes("remote", item.remote, true);
  reader.flag("from_login", item.from_login);
  reader.flag("recursive", item.recursive);
  if (reader.has("folder")) {
    bool is_folder = false;
    reader.flag("folder", is_folder);
    item.is_folder = is_folder;
  }
  reader.number("priority", item.priority, kLeastPriority, kMostPriority);
  reader.word("resume", item.resume, [](std::string_view text) { return parse_resume(text); });
  reader.word("preserve", item.preserve, [](std::string_view text) { return parse_preserve(text); });
  reader.word("verify", item.verify, [](std::string_view text) { return parse_verify_wish(text); });
}

}  // namespace

void put_bytes(Json& json, const std::string& key, std::string_view bytes) {
  json[key] = bytes;
  if (!is_utf8(bytes)) json[key + "_b64"] = to_base64(bytes);
}

Result<std::string> take_bytes(const Json& json, const std::string& key) {
  const std::string exact = json.contains(key + "_b64") ? key + "_b64" : key;
  if (!json.contains(exact) || !json[exact].is_string()) return damaged("no " + key);
  auto text = json[exact].get<std::string>();
  if (exact == key) return text;
  auto bytes = from_base64(text);
  if (!bytes) return damaged(exact + " is no base64");
  return std::move(*bytes);
}

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json json_of(const QueueItem& item) {
  Json json;
  json["id"] = item.id;
  json["direction"] = item.direction == Direction::up ? "up" : "down";
  json["site"] = json_of_site(item.site);
  put_bytes(json, "user", item.user);
  put_bytes(json, "local", item.local);
  put_bytes(json, "remote", item.remote);
  if (item.from_login) json["from_login"] = true;
  if (item.recursive) json["recursive"] = true;
  if (item.is_folder) json["folder"] = *item.is_folder;
  if (item.priority != 0) json["priority"] = item.priority;
  json["resume"] = resume_word(item.resume);
  json["verify"] = verify_word(item.verify);
  json["preserve"] = preserve_word(item.preserve);
  json["state"] = state_word(item.state);
  if (item.bytes_done != 0) json["done"] = item.bytes_done;
  if (item.bytes_total) json["total"] = *item.bytes_total;
  if (item.files_done != 0) json["files_done"] = item.files_done;
  if (item.files_total != 0) json["files_total"] = item.files_total;
  if (item.attempts != 0) json["attempts"] = item.attempts;
  if (item.error) json["error"] = json_of_error(*item.error);
  if (item.question != Question::none) json["question"] = question_word(item.question);
  if (item.has_begun) json["begun"] = true;
  if (item.has_leftover) json["leftover"] = true;
  json["added_ms"] = milliseconds_of(item.added);
  json["changed_ms"] = milliseconds_of(item.changed);
  if (item.next_try) json["next_try_ms"] = milliseconds_of(*item.next_try);
  return json;
}

Result<QueueItem> item_of(const Json& json) {
  if (!json.is_object()) return damaged("no item");
  QueueItem item;
  Reader reader(json);
  reader.number("id", item.id, 1, kMost);
  read_wish(reader, item);
  if (!reader.has("state")) reader.complain("no state");
  reader.word("state", item.state, parse_state);
  reader.word("question", item.question, parse_question);
  reader.flag("begun", item.has_begun);
  reader.flag("leftover", item.has_leftover);
  read_progress(reader, item);
  if (auto there = reader.part("site"); !there) return tl::unexpected(there.error());
  auto site = site_of_json(json["site"]);
  if (!site) return tl::unexpected(site.error());
  item.site = std::move(*site);
  if (json.contains("error")) {
    auto error = error_of_json(json["error"]);
    if (!error) return tl::unexpected(error.error());
    item.error = std::move(*error);
  }
  if (item.id == 0) return damaged("no id");
  if (item.local.empty() || item.local.front() != '/') return damaged("local is no absolute path");
  if (!item.from_login && (item.remote.empty() || item.remote.front() != '/'))
    return damaged("remote is no absolute path");
  return item;
}

}  // namespace ferry::client
