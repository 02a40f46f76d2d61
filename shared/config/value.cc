// What the kinds of option values are: reading, writing, comparing. One function per kind; the table says
// which.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <type_traits>

#include "shared/base/check.h"
#include "shared/config/passive_rule.h"
#include "shared/config/table.h"
#include "shared/ftp/host_name.h"
#include "shared/net/address.h"
#include "shared/net/network.h"

namespace ferry::config {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxText = 500;  // a greeting must fit a reply line

struct Word {
  std::string_view text;
  int value;
};
constexpr Word kTlsWords[] = {{"required", static_cast<int>(TlsPolicy::required)},
                              {"offered", static_cast<int>(TlsPolicy::offered)},
                              {"off", static_cast<int>(TlsPolicy::off)}};
constexpr Word kResumptionWords[] = {{"required", static_cast<int>(DataResumption::required)},
                                     {"preferred", static_cast<int>(DataResumption::preferred)},
                                     {"off", static_cast<int>(DataResumption::off)}};
constexpr Word kRegistrationWords[] = {{"closed", static_cast<int>(Registration::closed)},
                                       {"open", static_cast<int>(Registration::open)}};
constexpr Word kClientCertificateWords[] = {{"required", static_cast<int>(ClientCertificates::required)},
                                            {"optional", static_cast<int>(ClientCertificates::optional)},
                                            {"off", static_cast<int>(ClientCertificates::off)}};
constexpr Word kUploadEndWords[] = {{"strict", static_cast<int>(UploadEnd::strict)},
                                    {"size-or-notify", static_cast<int>(UploadEnd::size_or_notify)},
                                    {"off", static_cast<int>(UploadEnd::off)}};

std::span<const Word> words_of(const Row& row) {
  if (std::holds_alternative<Registration Options::*>(row.member)) return kRegistrationWords;
  if (std::holds_alternative<TlsPolicy Options::*>(row.member)) return kTlsWords;
  if (std::holds_alternative<ClientCertificates Options::*>(row.member)) return kClientCertificateWords;
  if (std::holds_alternative<UploadEnd Options::*>(row.member)) return kUploadEndWords;
  return kResumptionWords;
}

bool has_control_bytes(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

tl::unexpected<Error> not_allowed(const Row& row, std::string_view text) {
  const std::string shown =
      has_control_bytes(text) ? "a value with control characters" : fmt::format("\"{}\"", text);
  return fail(Errc::bad_syntax, fmt::format("{} is not accepted; allowed: {}", shown, allowed_text(row)));
}

// Numbers in the row's own unit, so that integer, size and duration share the range check.
Result<std::int64_t> magnitude(Kind kind, std::string_view text) {
  if (kind == Kind::size) return parse_bytes(text);
  if (kind == Kind::duration)
    return parse_duration(text).map([](milliseconds span) { return std::int64_t{span.count()}; });
  return parse_number(text);
}

std::int64_t bound(const Row& row, std::string_view text) {
  const auto value = magnitude(row.kind, text);
  CHECK(value.has_value());
  return *value;
}

Result<std::int64_t> read_magnitude(const Row& row, std::string_view text) {
  const auto value = magnitude(row.kind, text);
  if (!value || *value < bound(row, row.least) || *value > bound(row, row.most))
    return not_allowed(row, text);
  return *value;
}

Result<PortRange> read_ports(const Row& row, std::string_view text) {
  constexpr std::int64_t kMaxPort = 65535;
  if (text == "0") return PortRange{};
  const auto dash = text.find('-');
  const auto first = parse_number(text.substr(0, dash), kMaxPort);
  const auto last = dash == std::string_view::npos ? first : parse_number(text.substr(dash + 1), kMaxPort);
  if (!first || !last || *first == 0 || *first > *last) return not_allowed(row, text);
  return PortRange{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
}

std::string absolute_path(std::string_view text, const std::string& base) {
  const auto path = (std::filesystem::path(base) / text).lexically_normal();
  return (path.has_filename() || !path.has_relative_path() ? path : path.parent_path()).string();
}

Result<std::string> read_string(const Row& row, std::string_view text, const std::string& base) {
  if (has_control_bytes(text) || text.size() > (row.kind == Kind::text ? kMaxText : 4000))
    return not_allowed(row, text);
  switch (row.kind) {
    case Kind::path:
    case Kind::optional_path:
      if (!text.empty()) return absolute_path(text, base);
      if (row.kind == Kind::path) return not_allowed(row, text);
      break;
    case Kind::passive_target:
      if (!parse_passive_target(text)) return not_allowed(row, text);
      break;
    case Kind::user:
      if (text.find_first_of(": \t/") != std::string_view::npos || text == "root")
        return not_allowed(row, text);
      break;
    default:
      break;
  }
  return std::string(text);
}

// One item of a list, as it is kept.
Result<std::string> read_item(Kind kind, const std::string& text) {
  if (kind == Kind::passive_rules)
    return parse_passive_rule(text).map([&](const PassiveRule&) { return text; });
  if (kind == Kind::hosts) return ftp::parse_host_name(text);
  if (kind == Kind::networks)
    return net::Network::parse(text).map([](const net::Network& network) { return network.to_string(); });
  return net::Address::parse_listen(text).map(
      [](const net::Address& address) { return address.to_string(); });
}

Result<std::vector<std::string>> read_list(const Row& row, const RawValue& value) {
  std::vector<std::string> items;
  for (const std::string& text : value) {
    auto item = read_item(row.kind, text);
    // A network that is one but for its last bits: what is meant cannot be guessed from what is allowed.
    if (!item && item.error().kind == Errc::out_of_range)
      return fail(Errc::bad_syntax, fmt::format("{}; allowed: {}", item.error().context, allowed_text(row)));
    if (!item) return not_allowed(row, text);
    items.push_back(std::move(*item));
  }
  return items;
}

Result<int> read_word(const Row& row, std::string_view text) {
  for (const Word& word : words_of(row)) {
    if (word.text == text) return word.value;
  }
  return not_allowed(row, text);
}

Result<bool> read_boolean(const Row& row, std::string_view text) {
  if (text != "true" && text != "false") return not_allowed(row, text);
  return text == "true";
}

template <typename T>
Result<T> read_scalar(const Row& row, const std::string& text, const std::string& base) {
  if constexpr (std::is_same_v<T, bool>) {
    return read_boolean(row, text);
  } else if constexpr (std::is_same_v<T, int> || std::is_same_v<T, Bytes> ||
                       std::is_same_v<T, milliseconds>) {
    return read_magnitude(row, text).map([](std::int64_t value) { return static_cast<T>(value); });
  } else if constexpr (std::is_enum_v<T>) {
    return read_word(row, text).map([](int value) { return static_cast<T>(value); });
  } else if constexpr (std::is_same_v<T, PortRange>) {
    return read_ports(row, text);
  } else {
    return read_string(row, text, base);
  }
}

std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string ports_text(PortRange range) {
  return range.first == range.last ? std::to_string(range.first)
                                   : fmt::format("{}-{}", range.first, range.last);
}

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + toml_text(item);
  return "[" + out + "]";
}

template <typename T>
std::string scalar_toml(const Row& row, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_same_v<T, int>) {
    return std::to_string(value);
  } else if constexpr (std::is_same_v<T, Bytes>) {
    return toml_text(bytes_setting(value));
  } else if constexpr (std::is_same_v<T, milliseconds>) {
    return toml_text(duration_setting(value));
  } else if constexpr (std::is_enum_v<T>) {
    return toml_text(std::ranges::find(words_of(row), static_cast<int>(value), &Word::value)->text);
  } else if constexpr (std::is_same_v<T, PortRange>) {
    return toml_text(ports_text(value));
  } else if constexpr (std::is_same_v<T, std::string>) {
    return toml_text(value);
  } else {
    return joined(value);
  }
}

std::string words_text(const Row& row) {
  std::string out;
  for (const Word& word : words_of(row)) {
    const bool last = word.text == words_of(row).back().text;
    out += fmt::format("{}{}", out.empty() ? "" : last ? " or " : ", ", word.text);
  }
  return out;
}

bool equal(const PortRange& a, const PortRange& b) {
  return a.first == b.first && a.last == b.last;
}
template <typename T>
bool equal(const T& a, const T& b) {
  return a == b;
}

}  // namespace

RawValue raw_value(const Row& row, std::string_view bare) {
  if (!is_list(row.kind)) return {std::string(bare)};
  RawValue items;
  while (!bare.empty()) {
    const auto comma = bare.find(',');
    items.emplace_back(bare.substr(0, comma));
    bare.remove_prefix(comma == std::string_view::npos ? bare.size() : comma + 1);
  }
  return items;
}

Status read_value(const Row& row, const RawValue& value, const std::string& base, Options& options) {
  return std::visit(
      [&]<typename T>(T Options::*member) -> Status {
        if constexpr (std::is_same_v<T, std::vector<std::string>>) {
          return read_list(row, value).map([&](auto list) { options.*member = std::move(list); });
        } else {
          CHECK(value.size() == 1);
          return read_scalar<T>(row, value.front(), base).map([&](auto good) {
            options.*member = std::move(good);
          });
        }
      },
      row.member);
}

std::string value_toml(const Row& row, const Options& options) {
  return std::visit([&](auto member) { return scalar_toml(row, options.*member); }, row.member);
}

std::string allowed_text(const Row& row) {
  switch (row.kind) {
    case Kind::boolean:
      return "true or false";
    case Kind::integer:
      return fmt::format("a number from {} to {}", row.least, row.most);
    case Kind::size:
      return fmt::format("a size from {} to {}, such as \"500M\" or \"2G\"", row.least, row.most);
    case Kind::duration:
      return fmt::format("a time from {} to {}, such as \"90s\", \"5m\" or \"7d\"", row.least, row.most);
    case Kind::words:
      return words_text(row);
    case Kind::text:
      return fmt::format("a text of at most {} bytes without control characters", kMaxText);
    case Kind::path:
      return "a path, not empty";
    case Kind::optional_path:
      return "a path, or empty";
    case Kind::passive_target:
      return "an IPv4 address, a host name, or empty";
    case Kind::passive_rules:
      return "a list of IPv4 networks with an IPv4 address, a host name or local, such as "
             "[\"10.0.0.0/8=local\", \"192.168.0.0/16=192.168.1.5\"]";
    case Kind::networks:
      return "a list of networks and addresses, such as [\"10.0.0.0/8\", \"fd00::1\"]";
    case Kind::addresses:
      return "a list of numeric addresses with a port, such as [\"127.0.0.1:2121\", \"[::1]:2121\"]";
    case Kind::hosts:
      return "a list of host names, IPv4 addresses and IPv6 addresses in brackets, such as "
             "[\"ftp.example.org\"]";
    case Kind::ports:
      return "0, or FIRST-LAST with 1 <= FIRST <= LAST <= 65535";
    case Kind::user:
      return "the name of a user other than root, or empty";
  }
  return "";
}

bool same_value(const Row& row, const Options& a, const Options& b) {
  return std::visit([&](auto member) { return equal(a.*member, b.*member); }, row.member);
}

void copy_value(const Row& row, const Options& from, Options& to) {
  std::visit([&](auto member) { to.*member = from.*member; }, row.member);
}

}  // namespace ferry::config
