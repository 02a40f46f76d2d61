// Data connections: made as PASV, EPSV, PORT or EPRT prepared them, from or to the client's own address only
// (or its load balancer's, under TLS), in clear or under TLS bound to this session (RFC 4217 §7, §10; RFC
// 2577 on bounces).
#pragma once

#include "server/session/session.h"
#include "server/session/watch.h"
#include "shared/net/stream.h"

namespace ferry {

// Binds a listener on the address the client reached us at (behind a balancer on all of them) and keeps it in
// session.data. Returns its address.
// Errc::busy: no free port.
Result<net::Address> prepare_passive(Session& session);

inline bool has_data_settings(const Session& session) {
  return session.data.listener || session.data.target;
}

// Waits for (or makes) the connection, in clear. The prepared listener or target is used up, also on failure.
// Errc::refused with the text for a 425.
Result<net::Stream> open_data(Session& session, Watch& watch);

// After the 150: the TLS handshake when PROT P is in force, and the resumption policy. Errc::tls with the
// text for a 522.
Status secure_data(Session& session, net::Stream& data, Watch& watch);

// A client's TLS 1.3 ticket is good once: after a transfer the next reply brings a fresh one.
void refresh_ticket(Session& session);
// The same before a data connection that would be made with a ticket so old that it might end meanwhile.
void refresh_old_ticket(Session& session, std::chrono::steady_clock::time_point now);

// Ends a data connection whose bytes are all written. Call before the final reply.
Status finish_data(Session& session, net::Stream& data, Watch& watch);
// After the final reply: waits a moment for the client to close first, so that our close does not send RST
// over bytes it still has to read.
void close_data(Session& session, net::Stream data);

// After the reply that refuses the rest of an upload: lets the client finish sending it, for some seconds, so
// that it reads the reply.
void drain_data(Session& session, net::Stream& data);

}  // namespace ferry
