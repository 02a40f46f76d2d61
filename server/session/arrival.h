// Connections through a load balancer: the PROXY header that must come first, before our greeting and before
// TLS, and what it makes of the session. A slow one costs no thread, like a slow TLS handshake. In a worker;
// who may send a header at all has been decided before (Services::may_send_header).
#pragma once

#include "server/session/session.h"

namespace ferry {

// Reads on as far as it goes without waiting, and no byte behind the header. nullopt: the client is known,
// its session may begin; else what to do now.
std::optional<Next> continue_arrival(Session& session);

// One line in login.log; the session is to be closed without a word.
void log_refused_arrival(Session& session, std::string_view reason);

}  // namespace ferry
