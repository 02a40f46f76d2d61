#include "client/engine/account.h"

#include "client/engine/reply_error.h"
#include "shared/base/check.h"

namespace ferry::client {
namespace {

constexpr std::string_view kUnlimited = "unlimited";

// The number behind `word`, which stands in front of it: "of 100" -> 100. nullopt: no number there.
std::optional<std::int64_t> number_behind(std::string_view text, std::string_view word) {
  const auto at = text.find(word);
  if (at == text.npos) return std::nullopt;
  text.remove_prefix(at + word.size());
  const auto number = parse_number(text.substr(0, text.find_first_not_of("0123456789")));
  return number ? std::optional<std::int64_t>(*number) : std::nullopt;
}

// "5 of 100, left 95". Errc::bad_syntax.
Result<Allowance> parse_allowance(std::string_view text) {
  Allowance allowance;
  allowance.used = number_behind(text, "");
  const auto of = text.find(" of ");
  if (!allowance.used || of == text.npos) return fail(Errc::bad_syntax, "no line of SITE QUOTA");
  const bool is_unlimited = text.substr(of + 4).starts_with(kUnlimited);
  allowance.quota = number_behind(text, " of ");
  if (!allowance.quota && !is_unlimited) return fail(Errc::bad_syntax, "no line of SITE QUOTA");
  allowance.left = number_behind(text, ", left ");
  if (!allowance.left && allowance.quota) {
    allowance.left = std::max<std::int64_t>(0, *allowance.quota - *allowance.used);
  }
  return allowance;
}

// The rest of the reply's line that begins so.
std::optional<std::string_view> line_behind(const ftp::Reply& reply, std::string_view begin) {
  for (const std::string_view line : reply.lines) {
    if (line.starts_with(begin)) return line.substr(begin.size());
  }
  return std::nullopt;
}

// 350, then PASS. What is refused in the second step is the name or the password.
Result<std::string> send_new_password(Connection& connection, const Secret& password,
                                      const std::string& subject) {
  auto reply = connection.command("PASS", password.view());
  if (!reply) return tl::unexpected(reply.error());
  if (reply->is_completion()) return reply->text();
  Error error = reply_error("PASS", subject, *reply);
  if (reply->code == 501) error = Error{Errc::permission, subject + ": " + reply->text(), reply->code};
  return tl::unexpected(std::move(error));
}

}  // namespace

Result<Quota> parse_quota(const ftp::Reply& reply) {
  const auto bytes = line_behind(reply, "Bytes used: ");
  if (!bytes) return fail(Errc::bad_syntax, "no answer of SITE QUOTA");
  auto allowance = parse_allowance(*bytes);
  if (!allowance) return tl::unexpected(allowance.error());
  Quota quota;
  quota.bytes = *allowance;
  if (const auto files = line_behind(reply, "Files used: ")) {
    auto counted = parse_allowance(*files);
    if (!counted) return tl::unexpected(counted.error());
    quota.files = *counted;
  }
  return quota;
}

Result<Quota> ask_quota(Connection& connection, const std::string& folder) {
  auto told = connection.command("SITE", "QUOTA");
  if (!told) return tl::unexpected(told.error());
  if (told->is_completion()) {
    if (auto quota = parse_quota(*told)) return quota;
  }
  if (!connection.features().has("AVBL"))
    return fail(Errc::unsupported, "the server does not tell quotas (neither SITE QUOTA nor AVBL)");
  auto available = connection.require("AVBL", folder);
  if (!available) return tl::unexpected(available.error());
  const auto left = parse_number(available->text());
  if (!left) return fail(Errc::unsupported, "AVBL: the answer is no number: " + available->text());
  Quota quota;
  quota.bytes.left = *left;
  return quota;
}

Result<std::string> change_password(Connection& connection, const Secret& password) {
  const std::string subject = "changing the password";
  auto asked = connection.command("SITE", "PASSWD");
  if (!asked) return tl::unexpected(asked.error());
  if (!asked->is_intermediate()) return tl::unexpected(reply_error("SITE", subject, *asked));
  return send_new_password(connection, password, subject);
}

Result<std::string> register_account(Connection& connection, const std::string& name,
                                     const Secret& password) {
  CHECK(connection.is_encrypted());
  auto asked = connection.command("SITE", "REGISTER " + name);
  if (!asked) return tl::unexpected(asked.error());
  if (asked->is_intermediate()) return send_new_password(connection, password, name);
  Error error = reply_error("SITE", name, *asked);
  // What servers say to a SITE command that they don't have, before a login.
  const bool is_unknown = asked->code == 530 || error.kind == Errc::unsupported;
  if (is_unknown) {
    error.kind = Errc::unsupported;
    error.context = "people cannot register on this server (" + std::to_string(asked->code) + " " +
                    asked->lines.front() + ")";
  }
  return tl::unexpected(std::move(error));
}

}  // namespace ferry::client
