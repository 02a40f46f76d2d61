// One FTP reply line or block on the wire (RFC 959 §4.2). Pure text, no I/O; used by server and client.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

namespace ferry::ftp {

struct Reply {
  int code = 0;  // 100..599
  // Text of each line, without code and separator, or without a middle line's one leading space. At least
  // one.
  std::vector<std::string> lines;

  bool is_preliminary() const { return code / 100 == 1; }
  bool is_completion() const { return code / 100 == 2; }
  bool is_intermediate() const { return code / 100 == 3; }
  std::string text() const;  // lines joined with '\n'
};

// Wire form with CRLF: "220 text", or "211-first", " middle", "211 last" for several lines. CR, LF and NUL in
// the texts become '?'. A middle line is sent with one leading space, so that no text of ours can look like
// the last line (RFC 959 §4.2).
std::string format_reply(const Reply& reply);
std::string format_reply(int code, std::string_view text);
// One of the lines in front of the last, "213-text": a reply that is not known whole is sent line by line.
std::string format_reply_line(int code, std::string_view text);

// Collects replies out of a byte stream. Keeps at most kMaxReplyBytes of one reply; beyond that, or on a line
// that cannot be part of a reply: Errc::too_long / Errc::bad_syntax and the parser stays failed.
class ReplyParser {
 public:
  static constexpr std::size_t kMaxReplyBytes =
      256 * 1024;  // a STAT listing over the control connection fits

  Status feed(std::string_view bytes);
  std::optional<Reply> next();  // whole replies in order; nullopt = need more bytes

 private:
  std::string buffer_;
  Reply current_;
  std::size_t current_bytes_ = 0;
  bool in_block_ = false;
  std::optional<Error> failed_;
  std::vector<Reply> ready_;
  std::size_t taken_ = 0;
  Status take_line(std::string_view line);
};

}  // namespace ferry::ftp
