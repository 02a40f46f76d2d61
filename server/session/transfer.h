// What all transfers share: the data connection around them, the replies, the log line, and the loops that
// move bytes while the control connection is watched. Buffers have a fixed size whatever the file's is.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "server/session/data.h"
#include "server/session/permit.h"
#include "server/session/session.h"
#include "server/session/upload.h"
#include "server/session/watch.h"

namespace ferry {

struct TransferPlan {
  enum class Direction { in, out };
  Direction direction = Direction::out;
  std::string_view kind;  // "upload", "download", "list": in STAT, scoreboard and transfer.log
  std::string path;       // canonical
  std::string opening;    // text of the 150
  Bytes expected = -1;    // for percent; -1: unknown
  // Before a refusal is said: a client may act on it at once. `is_abort`: it waits for the reply.
  std::function<void(bool is_abort)> undo = {};
  const TransferPermit* permit = nullptr;  // one that is held already
};

// Opens the data connection, says 150, secures it, runs `move`, ends it, says 226 with the text `done` gives,
// or what went wrong. `done` runs when the data connection has ended in order and may still fail. Blocks as
// long as the transfer takes.
void run_transfer(Session& session, const TransferPlan& plan,
                  const std::function<Status(net::Stream& data, Watch& watch)>& move,
                  const std::function<Result<std::string>(Watch& watch)>& done);

// --- loops for `move`; deadlines: data_timeout without any progress ---
Status send_bytes(Session& session, net::Stream& data, Watch& watch, std::string_view bytes);
Status send_file(Session& session, net::Stream& data, Watch& watch, int file, Bytes offset, Bytes end);
// How sure it is that the sender meant the end to be there: a close_notify or an announced size prove it, a
// FIN in clear does not.
enum class EndOfData { proven, assumed };
// To the end of the data, and of the file where a range of it came.
Result<EndOfData> receive_file(Session& session, net::Stream& data, Watch& watch, Upload& upload);

// Collects listing lines and sends them in large pieces.
class LineSender {
 public:
  LineSender(Session& session, net::Stream& data, Watch& watch)
      : session_(session), data_(data), watch_(watch) {}
  Status add(std::string_view line);  // CRLF is put behind it
  Status flush();

 private:
  Session& session_;
  net::Stream& data_;
  Watch& watch_;
  std::string buffer_;
};

}  // namespace ferry
