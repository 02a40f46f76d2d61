// What the parts of the TLS layer share: owners of OpenSSL's objects, the one mapping of its errors, and the
// state of a channel. Private to shared/net; nobody else sees an OpenSSL TLS type.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "shared/base/result.h"
#include "shared/net/tls.h"

namespace ferry::net {

template <auto kFree>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
using SslPtr = std::unique_ptr<SSL, FreeWith<SSL_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using SslSessionPtr = std::unique_ptr<SSL_SESSION, FreeWith<SSL_SESSION_free>>;

// OpenSSL's error queue -> Error, here and nowhere else; empties the queue. Errc::reset for an end without
// close_notify, else Errc::tls.
tl::unexpected<Error> fail_tls(std::string_view doing);

// A context with what both sides want: TLS 1.2 and up, AEAD suites, no compression, no renegotiation, buffers
// only while in use.
SslCtxPtr make_context(const SSL_METHOD* method);

// The only name in ALPN that is ours, in wire form.
inline constexpr unsigned char kAlpnFtp[] = {3, 'f', 't', 'p'};

std::string fingerprint_of(const X509* certificate);  // SHA-256, "AB:CD:…"
TlsChannel::PeerCertificate describe_certificate(const X509* certificate);
std::string common_name_of(const X509* certificate);  // "" unless there is exactly one

// Certificate (with its chain) and key of this end. Errc::tls says which file and why.
Status load_identity(SSL_CTX* context, const std::string& certificate_file, const std::string& key_file);

// One connection. The SSL's app data points here, so it must not move. Every call clears OpenSSL's queue
// before and after.
struct TlsChannel::Impl {
  explicit Impl(SSL_CTX* context);
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  static Impl& of(const SSL* ssl);

  void attach(int fd);  // borrows the descriptor
  // For a data connection: takes several records from the socket at once, where OpenSSL would read each one's
  // header and body apart. What has been taken is not announced by poll(2), so such a channel must be read
  // until it wants more.
  void read_in_bulk();
  Result<Progress> handshake();
  Result<Progress> read(std::span<char> buffer);
  Result<Progress> write(std::string_view bytes);
  Result<Progress> send_close_notify();  // nothing if there has been no whole handshake
  bool has_buffered() const { return SSL_pending(ssl.get()) > 0; }

  SslPtr ssl;

  // Server.
  SessionTag tag{};
  bool resumes = false;          // a data channel: takes tickets that carry `tag`
  bool foreign_ticket = false;   // it was offered another one
  bool chain_is_broken = false;  // the client's certificate leads to none of our CAs

  // Client.
  std::optional<std::string> required_fingerprint;  // data channel
  bool keeps_session = false;                       // control channel
  SslSessionPtr newest_session;

  bool established =
      false;  // handshake complete and, for a client's data channel, the certificate is the right one
  bool saw_close_notify = false;
  bool saw_bare_end = false;
  std::optional<Errc> broken;  // a fatal error has been reported; OpenSSL must not be asked again

 private:
  Result<Progress> outcome(int returned, const char* doing);
  Status check_required_fingerprint();
};

}  // namespace ferry::net
