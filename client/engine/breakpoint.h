// What ferryd keeps of an upload that broke off: SITE BREAKPOINT (docs/protocol.md). Other servers do not
// have it; a piece of an upload is then what stands under the file's own name.
#pragma once

#include <optional>
#include <string>

#include "client/engine/connection.h"
#include "shared/base/bytes.h"

namespace ferry::client {

struct Breakpoint {
  Bytes offset = 0;                   // the server has the bytes before it
  std::optional<Bytes> expected;      // of the whole file, if that was announced
  std::optional<std::string> sha256;  // of the bytes before `offset`, lower-case hex
  bool is_running = false;            // another session writes it now
  std::string path;
};

bool has_breakpoints(const Features& features);

// The 213 block's entry, "Offset=5;SHA-256=…;State=waiting; /path": the only one, or the one for `path`.
// Errc::not_found, Errc::bad_syntax.
Result<Breakpoint> parse_breakpoint(const ftp::Reply& reply, const std::string& path);

// What waits under this name, or runs. nullopt: nothing, or the server has no such command, or its answer is
// not understood.
Result<std::optional<Breakpoint>> ask_breakpoint(Connection& connection, const std::string& remote);

}  // namespace ferry::client
