// Digests of files: HASH (draft-bryan-ftpext-hash), and what older clients ask for: XCRC, XMD5, XSHA, XSHA1,
// XSHA256, XSHA512 (as Serv-U and ProFTPD have them) and MD5 (draft-twine-ftpmd5).
#include <fmt/core.h>

#include <algorithm>
#include <string>

#include "server/commands/handlers.h"
#include "server/session/hashing.h"
#include "server/session/replies.h"

namespace ferry {

namespace {

// §3.5 of the draft has codes of its own.
Error in_words_of_hash(Error error) {
  if (error.kind == Errc::is_directory) error.reply_code = 553;
  if (error.kind == Errc::unsupported) error.reply_code = 551;
  if (error.kind == Errc::permission) error.reply_code = 552;
  return error;
}

Error in_words_of_older(Error error, bool is_md5) {
  const bool is_no_file = error.kind == Errc::is_directory || error.kind == Errc::unsupported;
  if (is_no_file) error.reply_code = is_md5 ? 504 : 550;
  return error;
}

// The bytes a RANG selects of what is there. Errc::out_of_range if it selects none.
Result<ftp::ByteRange> selected(const Session& session, const Digestible& source) {
  const auto range = session.transfer.range;
  if (!range) return ftp::ByteRange{0, source.info.size};
  if (range->first >= source.info.size) {
    return refusal(Errc::out_of_range, "{} has {} bytes, cannot start at {}", source.place.path,
                   source.info.size, range->first);
  }
  return ftp::ByteRange{range->first, std::min(range->end, source.info.size)};
}

struct Asked {
  ftp::DigestArgument argument;
  Digestible source;
};

// The first reading of the argument under which there is something; if there is none, what the likeliest
// meets.
Result<Asked> find_asked(Session& session, std::string_view text) {
  auto ways = ftp::parse_digest_argument(text);
  if (!ways) return tl::unexpected(ways.error());
  std::optional<Error> first_error;
  for (ftp::DigestArgument& way : *ways) {
    auto source = open_for_digest(session, session.absolute(way.path));
    if (source) return Asked{std::move(way), std::move(*source)};
    if (source.error().kind != Errc::not_found) return tl::unexpected(source.error());
    if (!first_error) first_error = source.error();
  }
  return tl::unexpected(*first_error);
}

void answer_older(Session& session, std::string_view text, DigestKind kind, bool is_md5 = false) {
  LongReply reply(session, is_md5 ? 251 : 250);
  auto asked = find_asked(session, text);
  if (!asked) return refuse_digest(session, reply, in_words_of_older(asked.error(), is_md5), false);
  const Bytes size = asked->source.info.size;
  const Bytes start = asked->argument.start.value_or(0), end = asked->argument.end.value_or(size);
  if (start > end || end > size) {
    return session.reply(501, "{} has {} bytes, they end before {}", asked->source.place.path, size,
                         std::max(start, end));
  }
  bool is_aborted = false;
  const auto hex = digest_of(session, asked->source, kind, start, end, reply, is_aborted);
  if (!hex) return refuse_digest(session, reply, in_words_of_older(hex.error(), is_md5), is_aborted);
  if (is_md5) return reply.end(251, fmt::format("{} {}", asked->argument.path, *hex));
  reply.end(250, *hex);
}

}  // namespace

void cmd_hash(Session& session, std::string_view argument) {
  const DigestKind kind = session.transfer.hash;
  LongReply reply(session, 213);
  auto source = open_for_digest(session, session.absolute(argument));
  if (!source) return refuse_digest(session, reply, in_words_of_hash(source.error()), false);
  const auto range = selected(session, *source);
  if (!range) return refuse_digest(session, reply, range.error(), false);
  bool is_aborted = false;
  const auto hex = digest_of(session, *source, kind, range->first, range->end, reply, is_aborted);
  if (!hex) return refuse_digest(session, reply, in_words_of_hash(hex.error()), is_aborted);
  // The last byte is not before the first (§3): an empty file has "0-0".
  const Bytes last = std::max(range->end - 1, range->first);
  reply.end(213, fmt::format("{} {}-{} {} {}", digest_name(kind), range->first, last, *hex, argument));
}

void cmd_md5(Session& session, std::string_view argument) {
  answer_older(session, argument, DigestKind::md5, true);
}

void cmd_xcrc(Session& session, std::string_view argument) {
  answer_older(session, argument, DigestKind::crc32);
}

void cmd_xmd5(Session& session, std::string_view argument) {
  answer_older(session, argument, DigestKind::md5);
}

void cmd_xsha1(Session& session, std::string_view argument) {
  answer_older(session, argument, DigestKind::sha1);
}

void cmd_xsha256(Session& session, std::string_view argument) {
  answer_older(session, argument, DigestKind::sha256);
}

void cmd_xsha512(Session& session, std::string_view argument) {
  answer_older(session, argument, DigestKind::sha512);
}

}  // namespace ferry
