// The control connection while data moves: the thread that transfers looks at both. ABOR, STAT and the loss
// of the control connection act at once; every other command waits its turn (RFC 959 §4.1.3, RFC 1123
// §4.1.2.10 for the order).
#pragma once

#include <poll.h>

#include <functional>
#include <string>

#include "server/session/session.h"

namespace ferry {

class Watch {
 public:
  // `what` and `path` are for STAT and the scoreboard: "upload", "/a/b".
  Watch(Session& session, std::string_view what, std::string path);
  ~Watch();

  // Waits until `fd` has `events`. Errc::cancelled: ABOR came, or the control connection is gone, or the
  // session was kicked (context says which); Errc::timeout: the deadline.
  Status wait(int fd, short events, Deadline deadline);
  // As wait, without waiting: only looks whether something came on the control connection. Call once per
  // chunk.
  Status look();
  // As look, but every time; and what an earlier look found and nobody acted upon is told again.
  Status look_now();

  void count(Bytes bytes);                      // moved since the last call
  void expect(Bytes total) { total_ = total; }  // for percent
  Bytes bytes() const { return bytes_; }
  double seconds() const;
  // For a command that has sent no reply yet: STAT waits its turn, too, and `tell` says in the reply of the
  // command itself how far it is.
  void on_stat(std::function<void()> tell) { tell_ = std::move(tell); }
  // The transfer's first reply has been sent: from here STAT is answered at once, and those that have come
  // before are. Before that its 213 would be taken for the transfer's own reply.
  void begin_telling();
  // The client said QUIT and hung up: it takes no reply, but what it sent shall count (RFC 959 §4.1.1 sets
  // that apart from an unexpected close).
  bool was_left() const { return was_left_; }
  bool aborted() const { return aborted_; }  // by ABOR: 426 now, 226 for the ABOR itself (RFC 959 §5.4)

 private:
  Status look_at_buffer();
  short control_events() const;
  pollfd control_poll() const;
  Status lose_control();
  Status read_control();
  Status take_line(net::LineReader::Line line);
  void answer_stat();

  Session& session_;
  std::string what_, path_;
  std::function<void()> tell_;
  Bytes bytes_ = 0, total_ = -1;
  std::chrono::steady_clock::time_point started_, last_look_;
  bool aborted_ = false;
  bool tells_ = false;
  bool was_left_ = false;
  bool looked_at_buffer_ = false;  // lines that came in one packet with the transfer's command
};

}  // namespace ferry
