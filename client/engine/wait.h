// Blocking reads, writes and connects of the engine: each ends at its deadline and as soon as a stop is
// requested, which net::Stream's own blocking calls do not. `cancel` may be null: then only the deadline ends
// the wait.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/engine/cancel.h"
#include "shared/base/clock.h"
#include "shared/net/address.h"
#include "shared/net/socket.h"
#include "shared/net/stream.h"

namespace ferry::client {

// Errc::timeout, Errc::cancelled.
Status wait_ready(int fd, short events, Deadline deadline, const Cancel* cancel);

// Until one of two descriptors is ready to be read.
Status wait_readable(int fd, int other, Deadline deadline, const Cancel* cancel);

// At least one byte, or 0 at the peer's end. Errors as net::Stream::try_read.
Result<std::size_t> read_some(net::Stream& stream, std::span<char> buffer, Deadline deadline,
                              const Cancel* cancel);

// Writes everything; `stall` is how long it may stand still, not how long it may take.
Status write_all(net::Stream& stream, std::string_view bytes, std::chrono::milliseconds stall,
                 const Cancel* cancel);

// Ends our direction in order: close_notify under TLS, then FIN.
Status finish(net::Stream& stream, Deadline deadline, const Cancel* cancel);

Status handshake(net::Stream& stream, Deadline deadline, const Cancel* cancel);

// Errc::not_found, Errc::timeout. As with dial(), the resolver is left behind when it takes too long.
Result<std::vector<net::Address>> resolve_within(const std::string& host, std::uint16_t port,
                                                 Deadline deadline, const Cancel* cancel);

// Resolves `host` and connects to the first of its addresses that answers; each gets an equal share of the
// time. The resolver has no deadline of its own, so this happens on a thread that is left behind when the
// wait ends first. Errc::refused when there is no such host or nobody listens.
Result<UniqueFd> dial(const std::string& host, std::uint16_t port, Deadline deadline, const Cancel* cancel);

}  // namespace ferry::client
