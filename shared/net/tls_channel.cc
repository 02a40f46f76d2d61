#include <openssl/err.h>

#include <cerrno>
#include <new>

#include "shared/base/check.h"
#include "shared/net/tls_internal.h"

namespace ferry::net {
namespace {

using State = Progress::State;

// The forward-secret AEAD suites of TLS 1.2; the suites of TLS 1.3 are OpenSSL's own. No finite-field DHE:
// every client of the last ten years has ECDHE, and DHE lets a peer burn our CPU.
constexpr const char* kTls12Ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

std::string reason_text(unsigned long code) {
  if (code == 0) return "no reason given";
  if (const char* reason = ERR_reason_error_string(code)) return reason;
  char text[256];
  ERR_error_string_n(code, text, sizeof text);
  return text;
}

// SSL_get_error looks at the queue and we look at errno: neither may be of an earlier call.
void forget_errors() {
  ERR_clear_error();
  errno = 0;
}

bool is_bare_end(unsigned long code) {
  return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

}  // namespace

tl::unexpected<Error> fail_tls(std::string_view doing) {
  const unsigned long code = ERR_get_error();  // the oldest: the cause, not what followed from it
  ERR_clear_error();
  const std::string context(doing);
  if (is_bare_end(code)) {
    return fail(Errc::reset, context + ": truncated, the connection ended without close_notify");
  }
  return fail(Errc::tls, context + ": " + reason_text(code));
}

SslCtxPtr make_context(const SSL_METHOD* method) {
  SslCtxPtr context(SSL_CTX_new(method));
  if (!context) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), kTls12Ciphers);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  return context;
}

namespace {

// Instead of asking on the terminal, which a service has not.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

Status load_identity(SSL_CTX* context, const std::string& certificate_file, const std::string& key_file) {
  ERR_clear_error();
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1) {
    return fail_tls("certificate " + certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail_tls("key " + key_file);
  }
  if (SSL_CTX_check_private_key(context) != 1) return fail_tls("key " + key_file);
  return {};
}

TlsChannel::Impl::Impl(SSL_CTX* context) : ssl(SSL_new(context)) {
  if (!ssl) throw std::bad_alloc();
  SSL_set_app_data(ssl.get(), this);
}

namespace {

tl::unexpected<Error> refused_ticket() {
  return fail(Errc::tls, "TLS handshake: refused, it offered the ticket of another session");
}

}  // namespace

TlsChannel::Impl& TlsChannel::Impl::of(const SSL* ssl) {
  return *static_cast<Impl*>(SSL_get_app_data(ssl));
}

void TlsChannel::Impl::attach(int fd) {
  if (SSL_set_fd(ssl.get(), fd) != 1) throw std::bad_alloc();
}

void TlsChannel::Impl::read_in_bulk() {
  constexpr std::size_t kRecord = SSL3_RT_MAX_ENCRYPTED_LENGTH + SSL3_RT_HEADER_LENGTH;
  constexpr std::size_t kRecordsAtOnce = 6;
  SSL_set_read_ahead(ssl.get(), 1);
  SSL_clear_mode(ssl.get(),
                 SSL_MODE_RELEASE_BUFFERS);  // not for every record: this connection ends with its file
  SSL_set_default_read_buffer_len(ssl.get(), kRecordsAtOnce * kRecord);
}

Result<Progress> TlsChannel::Impl::handshake() {
  if (broken) return fail(*broken, "the TLS connection has failed before");
  if (established) return Progress{};
  forget_errors();
  auto progress = outcome(SSL_do_handshake(ssl.get()), "TLS handshake");
  if (!progress && foreign_ticket) return refused_ticket();
  if (!progress || progress->state != State::done) {
    if (progress && progress->state == State::end)
      return fail(Errc::reset, "TLS handshake: the peer went away");
    return progress;
  }
  // One that offered another session's ticket beside its own has resumed by now; it is refused as well.
  if (foreign_ticket) {
    broken = Errc::tls;
    return refused_ticket();
  }
  if (auto right = check_required_fingerprint(); !right) return tl::unexpected(right.error());
  established = true;
  return Progress{};
}

Status TlsChannel::Impl::check_required_fingerprint() {
  if (!required_fingerprint) return {};
  const X509Ptr certificate(SSL_get1_peer_certificate(ssl.get()));
  if (certificate && fingerprint_of(certificate.get()) == *required_fingerprint) return {};
  broken = Errc::untrusted;
  return fail(Errc::untrusted, "the data connection shows another certificate than the control connection");
}

Result<Progress> TlsChannel::Impl::read(std::span<char> buffer) {
  if (!established) {
    auto progress = handshake();
    if (!progress || progress->state != State::done) return progress;
  }
  if (broken) return fail(*broken, "the TLS connection has failed before");
  forget_errors();
  std::size_t got = 0;
  auto progress = outcome(SSL_read_ex(ssl.get(), buffer.data(), buffer.size(), &got), "read from the peer");
  if (progress) progress->bytes = got;
  return progress;
}

Result<Progress> TlsChannel::Impl::write(std::string_view bytes) {
  if (!established) {
    auto progress = handshake();
    if (!progress || progress->state != State::done) return progress;
  }
  if (broken) return fail(*broken, "the TLS connection has failed before");
  forget_errors();
  std::size_t sent = 0;
  auto progress = outcome(SSL_write_ex(ssl.get(), bytes.data(), bytes.size(), &sent), "write to the peer");
  if (progress) progress->bytes = sent;
  return progress;
}

Result<Progress> TlsChannel::Impl::send_close_notify() {
  if (!established || broken) return Progress{};
  forget_errors();
  if (SSL_in_init(ssl.get())) {  // a ticket waits to be sent; OpenSSL refuses to shut down before it is gone
    auto progress = outcome(SSL_do_handshake(ssl.get()), "end the TLS connection");
    if (!progress || progress->state != State::done) return progress;
  }
  const int returned = SSL_shutdown(ssl.get());
  if (returned >= 0) return Progress{};  // 0: sent; that the peer's has not come yet is no concern of ours
  return outcome(returned, "end the TLS connection");
}

// SSL_get_error's cases, for every call above.
Result<Progress> TlsChannel::Impl::outcome(int returned, const char* doing) {
  const int error_number = errno;
  switch (SSL_get_error(ssl.get(), returned)) {
    case SSL_ERROR_NONE:
      return Progress{};
    case SSL_ERROR_WANT_READ:
      return Progress{State::want_read, 0};
    case SSL_ERROR_WANT_WRITE:
      return Progress{State::want_write, 0};
    case SSL_ERROR_ZERO_RETURN:
      saw_close_notify = true;
      return Progress{State::end, 0};
    case SSL_ERROR_SYSCALL: {
      ERR_clear_error();
      auto failure = error_number != 0 ? fail_errno(error_number, doing)
                                       : fail(Errc::reset, std::string(doing) + ": the connection is gone");
      broken = failure.value().kind;
      return failure;
    }
    default: {
      saw_bare_end = is_bare_end(ERR_peek_error());
      auto failure = fail_tls(doing);
      broken = failure.value().kind;
      return failure;
    }
  }
}

TlsChannel::TlsChannel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsChannel::~TlsChannel() = default;

bool TlsChannel::resumed() const {
  return SSL_session_reused(impl_->ssl.get()) == 1;
}

std::string TlsChannel::version() const {
  return SSL_get_version(impl_->ssl.get());
}

std::string TlsChannel::cipher() const {
  return SSL_get_cipher_name(impl_->ssl.get());
}

std::string TlsChannel::peer_fingerprint() const {
  const X509Ptr certificate(SSL_get1_peer_certificate(impl_->ssl.get()));
  return certificate ? fingerprint_of(certificate.get()) : "";
}

std::optional<TlsChannel::PeerCertificate> TlsChannel::peer_certificate() const {
  const X509Ptr certificate(SSL_get1_peer_certificate(impl_->ssl.get()));
  if (!certificate) return std::nullopt;
  return describe_certificate(certificate.get());
}

std::optional<TlsChannel::ClientCertificate> TlsChannel::client_certificate() const {
  const X509Ptr certificate(SSL_get1_peer_certificate(impl_->ssl.get()));
  if (!certificate) return std::nullopt;
  return ClientCertificate{.fingerprint = fingerprint_of(certificate.get()),
                           .common_name = common_name_of(certificate.get()),
                           .is_verified = !impl_->chain_is_broken,
                           .is_in_time = X509_cmp_current_time(X509_get0_notBefore(certificate.get())) < 0 &&
                                         X509_cmp_current_time(X509_get0_notAfter(certificate.get())) > 0};
}

bool TlsChannel::foreign_ticket() const {
  return impl_->foreign_ticket;
}

bool TlsChannel::refresh_ticket() {
  // Fails on TLS 1.2 and before the handshake is complete, where there is nothing to refresh.
  return SSL_new_session_ticket(impl_->ssl.get()) == 1;
}

bool TlsChannel::saw_close_notify() const {
  return impl_->saw_close_notify;
}

bool TlsChannel::saw_bare_end() const {
  return impl_->saw_bare_end;
}

}  // namespace ferry::net
