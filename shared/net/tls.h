// TLS 1.2/1.3 through OpenSSL: the only folder that includes openssl/ssl.h. Server contexts are made by
// ferryd's master before the fork, so that all workers share ticket keys; client contexts by the engine of
// ferry.
//
// Processes that use it ignore SIGPIPE. ferryd also calls keep_tls_buffers_apart() (tls_memory.h) first of
// all.
//
// Session binding (server): every control connection draws a random SessionTag. Tickets issued on it carry
// the tag; a data connection is given the same tag and accepts only tickets that carry it. A data handshake
// that offers any other ticket fails (foreign_ticket()). One that TLS 1.2 gave on a data connection of the
// same session counts as none.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/base/unique_fd.h"
#include "shared/net/stream.h"

namespace ferry::net {

using SessionTag = std::array<unsigned char, 32>;
SessionTag make_session_tag();  // random

// How long a ticket resumes: the longest TLS 1.3 allows (RFC 8446 §4.6.1).
inline constexpr std::chrono::hours kTicketLifetime{7 * 24};

// One TLS connection's state, on top of a Stream's socket. Made by the contexts below, driven by Stream.
class TlsChannel {
 public:
  struct Impl;
  explicit TlsChannel(std::unique_ptr<Impl> impl);
  ~TlsChannel();

  // After the handshake:
  bool resumed() const;
  std::string version() const;           // "TLSv1.3"
  std::string cipher() const;            // "TLS_AES_256_GCM_SHA384"
  std::string peer_fingerprint() const;  // SHA-256 of the peer's certificate, "AB:CD:…", "" if it sent none
  struct PeerCertificate {
    std::string subject, issuer, fingerprint, not_before, not_after;  // foreign text, as it is
  };
  std::optional<PeerCertificate> peer_certificate() const;

  // Server side, after a handshake that resumed nothing: what the client showed of itself; nullopt: nothing.
  struct ClientCertificate {
    std::string fingerprint;   // as peer_fingerprint()
    std::string common_name;   // UTF-8, foreign text; "" unless the subject has exactly one
    bool is_verified = false;  // a chain leads to the CA file's, and it is for clients
    bool is_in_time = false;   // not before its first day, not after its last
  };
  std::optional<ClientCertificate> client_certificate() const;

  // Server side of a data connection: the handshake offered a ticket that is not this session's; it has been
  // refused.
  bool foreign_ticket() const;
  // Server: sends a new TLS 1.3 ticket with the next write (nothing on TLS 1.2), because clients use one only
  // once.
  // True if there will be one.
  bool refresh_ticket();
  bool saw_close_notify() const;
  // The peer ended its direction (FIN) without close_notify: some do so at the end of a file, and so does
  // whoever cuts a connection. A broken connection (RST) is neither.
  bool saw_bare_end() const;

  Impl& impl() { return *impl_; }
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// Whether a server asks clients for certificates. required: a handshake without one that leads to the CA
// file's fails. optional: it goes on whatever they show; client_certificate() tells what that is worth.
struct ClientVerification {
  enum class Mode { off, optional, required };
  Mode mode = Mode::off;
  std::string ca_file;  // PEM; "" (not with required): none is ever verified
};

// Server side, one per ferryd; immutable after construction, any thread. Workers inherit it through fork.
class TlsServer {
 public:
  // PEM files; the chain may follow the certificate. TLS 1.2 and 1.3, no renegotiation, stateless tickets
  // (keys drawn here), no session cache. Errc::not_found, Errc::permission, Errc::tls (says which file and
  // why, e.g. key does not match).
  static Result<std::shared_ptr<TlsServer>> load(const std::string& certificate_file,
                                                 const std::string& key_file,
                                                 const ClientVerification& clients = {});
  ~TlsServer();

  std::unique_ptr<TlsChannel> control_channel(const SessionTag& tag) const;
  // Gives no TLS 1.3 tickets (an unread one would make an uploading client's close send RST);
  // refresh_ticket() on the control connection does.
  std::unique_ptr<TlsChannel> data_channel(const SessionTag& tag) const;
  // Ticket keys of `other` go on to be accepted and used, so that a reloaded certificate does not break
  // resumption of running sessions.
  void take_ticket_keys(const TlsServer& other);
  std::string fingerprint() const;  // of our certificate, "AB:CD:…"

  struct Impl;
  explicit TlsServer(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

// Makes an ECDSA P-256 self-signed certificate for `common_name`, valid 10 years; the key file is created
// 0600, neither file is overwritten (Errc::exists).
Status make_self_signed(const std::string& certificate_file, const std::string& key_file,
                        const std::string& common_name);

// A TLS session the client keeps from the control connection to resume it on data connections. Copyable
// handle; empty by default.
class TlsSession {
 public:
  TlsSession() = default;
  bool is_set() const { return session_ != nullptr; }
  std::shared_ptr<void> session_;  // SSL_SESSION; only shared/net looks inside
};

// Client side. Not thread-safe while it is being configured; channels may be made from any thread afterwards.
class TlsClient {
 public:
  struct Options {
    std::string ca_file;                               // "": the system's CAs
    bool allow_tls12_only = false;                     // test aid: no TLS 1.3
    std::string certificate_file = {}, key_file = {};  // PEM, shown to servers that ask; "": none
  };
  static Result<std::shared_ptr<TlsClient>> create(const Options& options);
  ~TlsClient();

  // Control connection: SNI and host name check for `host`. The verdict does not fail the handshake by
  // itself; ask why_untrusted().
  std::unique_ptr<TlsChannel> control_channel(const std::string& host) const;
  // Data connection: resumes `session` if it is set. The peer's certificate must be the one with
  // `expected_fingerprint` (the control connection's), else the handshake ends with Errc::untrusted.
  std::unique_ptr<TlsChannel> data_channel(const std::string& host, const TlsSession& session,
                                           const std::string& expected_fingerprint) const;
  // Did the chain and the host name verify? Else a sentence why not.
  static std::optional<std::string> why_untrusted(const TlsChannel& channel);
  // Newest session of a control channel that can be resumed: a fresh ticket if the server sent one since,
  // else a copy of the last (OpenSSL uses a TLS 1.3 ticket once, so a copy is handed out each time).
  static TlsSession session_of(const TlsChannel& control);

  struct Impl;
  explicit TlsClient(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry::net
