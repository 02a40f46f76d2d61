// TCP sockets, POSIX through libc: listen, accept, connect, wait. Every socket is non-blocking and
// close-on-exec from birth; "blocks" below means: waits in poll(2) until the deadline, never longer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/base/unique_fd.h"
#include "shared/net/address.h"

namespace ferry::net {

struct ListenOptions {
  int backlog = 1024;
  bool reuse_port = false;  // SO_REUSEPORT: one listener per worker spreads connections
};

// Bound and listening. SO_REUSEADDR; IPv6 sockets are IPV6_V6ONLY. Errc::busy when the address is in use,
// Errc::permission.
Result<UniqueFd> listen_on(const Address& address, ListenOptions options = {});

// As listen_on with backlog 1, for one passive data connection on `address`'s IP and a free port from [first,
// last]; a random start so that ports are not guessable. first == 0: the kernel chooses. Errc::busy when none
// is free.
Result<UniqueFd> listen_in_range(const Address& address, std::uint16_t first, std::uint16_t last);

struct Accepted {
  UniqueFd socket;
  Address peer;
};
// Takes one waiting connection without blocking; Errc::timeout when none waits.
Result<Accepted> accept_now(int listener);

// Begins to connect; `from` binds the local end first (its port may be 0), not set: the system chooses. When
// the socket becomes writable, connect_outcome() tells how it went: Errc::refused, Errc::timeout.
Result<UniqueFd> start_connect(const Address& to, const Address& from = {});
Status connect_outcome(int socket, const Address& to);

// Connects with a deadline. `from` binds the local end first (its port may be 0); not set: the system
// chooses. Errc::timeout, Errc::refused.
Result<UniqueFd> connect_to(const Address& to, Deadline deadline, const Address& from = {});

// Waits for `events` (POLLIN | POLLOUT) on one descriptor. Blocks. True: ready (or an error is pending, which
// the next call tells). False: passed.
bool wait_for(int fd, short events, Deadline deadline);

// Bytes that were written and that the peer's machine has not confirmed: they may still be here (SIOCOUTQ).
std::size_t unsent_bytes(int socket);

void set_no_delay(int socket);
// Telnet's Synch comes as urgent data before an ABOR; out of line its last byte would be lost (RFC 959
// §4.1.3).
void keep_urgent_inline(int socket);
void set_keep_alive(int socket);  // probes after 60 s, every 15 s, 4 times

}  // namespace ferry::net
