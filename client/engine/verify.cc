#include "client/engine/verify.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <vector>

#include "client/engine/data.h"
#include "client/engine/transfer_io.h"
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

// nullopt: the server does not do that for this file; it is asked another way then.
Result<std::optional<std::string>> ask_hash(Connection& connection, const std::string& remote,
                                            DigestKind kind) {
  const std::string offered = connection.features().parameters("HASH");
  const std::string name(digest_name(kind));
  if (offered.find(name) == std::string::npos) return std::optional<std::string>();
  auto selected = connection.command("OPTS", "HASH " + name);
  if (!selected) return tl::unexpected(selected.error());
  if (!selected->is_completion()) return std::optional<std::string>();
  auto reply = connection.command("HASH", remote);
  if (!reply) return tl::unexpected(reply.error());
  return reply->code == 213 ? digest_in_words(reply->text(), kind) : std::nullopt;
}

Result<std::optional<std::string>> ask_x_verb(Connection& connection, const std::string& remote,
                                              DigestKind kind) {
  const std::string verb = x_verb(kind);
  if (!connection.features().has(verb)) return std::optional<std::string>();
  auto reply = connection.command(verb, remote);
  if (!reply) return tl::unexpected(reply.error());
  return reply->is_completion() ? digest_in_words(reply->text(), kind) : std::nullopt;
}

Result<std::string> read_back(Connection& connection, const std::string& remote, DigestKind kind,
                              const OnProgress& progress) {
  Digest digest(kind);
  TransferState state;
  state.phase = Phase::verifying;
  const auto hash_all = [&](net::Stream& data) -> Status {
    std::vector<char> buffer(kTransferBuffer);
    while (true) {
      auto got = read_some(data, buffer, Deadline::after(connection.site().timeout), connection.cancel());
      if (!got) return tl::unexpected(got.error());
      if (*got == 0) return {};
      digest.update({buffer.data(), *got});
      state.done += static_cast<Bytes>(*got);
      if (progress) progress(state);
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

Result<RemoteDigest> remote_digest(Connection& connection, const std::string& remote, DigestKind kind,
                                   const OnProgress& progress, std::string_view final_text) {
  if (auto said = announced_digest(final_text, kind)) return RemoteDigest{*said, DigestSource::announced};
  for (const auto ask : {ask_hash, ask_x_verb}) {
    auto told = ask(connection, remote, kind);
    if (!told) return tl::unexpected(told.error());
    if (*told) return RemoteDigest{**told, DigestSource::asked};
  }
  auto hex = read_back(connection, remote, kind, progress);
  if (!hex) return tl::unexpected(hex.error());
  return RemoteDigest{*hex, DigestSource::read_back};
}

}  // namespace ferry::client
