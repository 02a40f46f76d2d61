// CRLF lines out of a Stream with a bound on their length; keeps memory only while bytes wait, so an idle
// session holds none. A bare LF ends a line too (old clients). Used by the server for commands; the client
// parses replies with ftp::ReplyParser.
#pragma once

#include <optional>
#include <string>

#include "shared/base/result.h"
#include "shared/net/stream.h"

namespace ferry::net {

class LineReader {
 public:
  // `max_line` bytes without the line end; a longer line is dropped up to its end and reported once as
  // Errc::too_long, after which reading goes on.
  explicit LineReader(std::size_t max_line) : max_line_(max_line) {}

  struct Line {
    enum class State {
      line,
      need_more,
      end
    };  // need_more: nothing complete and the socket has no more now; end: peer is gone
    State state = State::need_more;
    std::string text;       // without CRLF
    bool too_long = false;  // state == line, text is empty: the line was over the bound and has been dropped
  };

  // Never waits. Errors as Stream::try_read, and Errc::too_long for a line that has no end after 1 MiB: hang
  // up. want_write from TLS is reported as need_more.
  Result<Line> next(Stream& stream);

  // Whole line already in memory, without touching the socket.
  std::optional<Line> next_buffered();

  // Whether the beginning of a line has come and its end has not.
  bool is_within_line() const { return buffered_bytes() > 0 || dropped_ > 0; }
  std::size_t buffered_bytes() const { return buffer_.size() - start_; }
  void discard();  // forget what was read: after AUTH TLS, what came in clear must not be run inside (RFC
                   // 4217 §15, CVE-2011-1575)
  void release_memory();  // frees the buffer if it is empty; call before parking

 private:
  std::size_t max_line_;
  std::string buffer_;
  std::size_t start_ = 0;
  std::size_t dropped_ =
      0;  // bytes of a line over the bound that are gone already; 0: no such line is being read

  void forget_buffer();
};

}  // namespace ferry::net
