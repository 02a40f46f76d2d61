// One data connection and the transfer command around it (RFC 959 §3.2, RFC 2428, RFC 4217 §9-10).
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "client/engine/connection.h"
#include "shared/base/bytes.h"

namespace ferry::client {

struct DataCommand {
  std::string verb;
  std::string argument;
  Bytes offset = 0;        // REST before it
  bool is_upload = false;  // who ends the data: we (STOR) or the server
  // Set while a download is moved: nothing is wrong with the connection, but no more is wanted.
  const bool* unwanted = nullptr;
  // An upload: bytes of it that this machine still holds, while the last of them leave.
  std::function<void(Bytes unsent)> leaving = {};
};

// Moves the bytes. Gets the open data stream; an upload returns when everything was written, a download when
// the peer's end was read.
using MoveData = std::function<Status(net::Stream& data)>;
// Told when the bytes are through (of an upload: have left this machine) and the server's verdict is all that
// is missing.
using OnConfirming = std::function<void()>;

// Opens a data connection (EPSV, else PASV, or EPRT/PORT when site.active), sends the command, moves, closes
// in order and waits for the final reply, which it returns (2xx). A refusal is an Error from the reply,
// whichever side of the data it came on (Errc::out_of_range when it is the offset that is refused). When
// stopped in the middle the transfer is aborted on the server as well.
Result<ftp::Reply> run_data_command(Connection& connection, const DataCommand& command, const MoveData& move,
                                    const OnConfirming& confirming = {});

}  // namespace ferry::client
