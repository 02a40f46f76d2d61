// One byte stream over a socket, in clear or TLS. Two ways to use it: try_* never waits (a session that is
// parked while its peer is slow), read/write/… wait until a deadline (straight-line code that owns a thread).
// One thread at a time, except interrupt().
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "shared/base/bytes.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/base/unique_fd.h"
#include "shared/net/address.h"

namespace ferry::net {

// What a try_* call could do. `want` says what to poll for before trying again.
struct Progress {
  enum class State {
    done,
    want_read,
    want_write,
    end
  };  // end: the peer ended in order (FIN; under TLS close_notify)
  State state = State::done;
  std::size_t bytes = 0;
};

class TlsChannel;  // tls.h

class Stream {
 public:
  explicit Stream(UniqueFd socket);  // in clear; takes a non-blocking socket
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();  // closes without ceremony; see finish()

  // Errors of all reads: Errc::reset (connection broken, or under TLS an end without close_notify:
  // truncation), Errc::tls, Errc::io.
  Result<Progress> try_read(std::span<char> buffer);
  // After want_write or want_read try again with the same bytes first (wherever they lie by then): under TLS
  // part of them may already be encrypted. Under TLS the process must ignore SIGPIPE, because OpenSSL writes
  // with write(2).
  Result<Progress> try_write(std::string_view bytes);

  // Blocks until at least one byte, the end (0) or the deadline (Errc::timeout).
  Result<std::size_t> read(std::span<char> buffer, Deadline deadline);
  // Blocks until all is written to the socket. The deadline is of the whole call.
  Status write_all(std::string_view bytes, Deadline deadline);

  // From here the stream speaks TLS through `channel`, whose handshake may still have to be driven with
  // try_handshake()/handshake().
  void start_tls(std::unique_ptr<TlsChannel> channel);
  Result<Progress> try_handshake();
  Status handshake(Deadline deadline);  // blocks; Errc::tls, Errc::untrusted, Errc::timeout

  // Ends our direction in order: close_notify under TLS, then FIN. Blocks until sent or the deadline. Reading
  // goes on to work.
  Status finish(Deadline deadline);
  Result<Progress> try_finish();  // the same, without waiting

  // TLS alone ends and the socket stays, in clear (RFC 4217 §5): send ours, read until the peer's has come
  // (State::end and tls()->saw_close_notify()), leave_tls(). Bytes behind the peer's are still in the socket.
  Result<Progress> try_close_notify();
  void leave_tls();

  bool is_tls() const { return tls_ != nullptr; }
  bool has_buffered()
      const;  // bytes already read from the socket (inside TLS) that poll(2) would not announce
  TlsChannel* tls() { return tls_.get(); }
  const TlsChannel* tls() const { return tls_.get(); }
  int fd() const { return socket_.get(); }
  UniqueFd release();  // gives the socket away (clear streams only; TLS state is dropped)

  // shutdown(2) of both directions: wakes whoever waits on this stream with an end or an error. Any thread,
  // but not against the destructor.
  void interrupt();

 private:
  UniqueFd socket_;
  std::unique_ptr<TlsChannel> tls_;
};

}  // namespace ferry::net
