// The one place that decides whether a command may run. Order, fixed: unknown 500, argument 501, known but
// off 502 (533 where TLS has taken its place), not logged in 530, TLS needed (530 for a password in clear,
// 521 for data in clear), permission 550. What depends on a handler's own state (sequence, 503) is the
// handler's.
#pragma once

#include <optional>

#include "server/commands/table.h"
#include "shared/ftp/reply.h"

namespace ferry {

std::optional<ftp::Reply> refuse(const Session& session, const Command* command, bool has_argument);

// The life of a session's commands: runs them while they keep coming, then says how to wait for more. Blocks;
// owns the session meanwhile.
Next run_session(Session& session);

}  // namespace ferry
