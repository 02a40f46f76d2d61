#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <new>

#include "shared/net/tls_internal.h"

namespace ferry::net {

struct TlsClient::Impl {
  SslCtxPtr context;
};

namespace {

// OpenSSL hands over its reference when we answer 1.
int keep_session(SSL* ssl, SSL_SESSION* session) {
  TlsChannel::Impl& channel = TlsChannel::Impl::of(ssl);
  if (!channel.keeps_session || SSL_SESSION_is_resumable(session) != 1) return 0;
  channel.newest_session.reset(session);
  return 1;
}

// With a name: SNI, and the certificate must be for it. An address has no SNI (RFC 6066 §3).
void expect_host(SSL* ssl, const std::string& host) {
  X509_VERIFY_PARAM* expected = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1) return;
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size());
  SSL_set_tlsext_host_name(ssl, host.c_str());
  ERR_clear_error();  // of the attempt to read an address
}

std::unique_ptr<TlsChannel::Impl> make_client_channel(SSL_CTX* context, const std::string& host) {
  auto channel = std::make_unique<TlsChannel::Impl>(context);
  SSL_set_connect_state(channel->ssl.get());
  expect_host(channel->ssl.get(), host);
  return channel;
}

// OpenSSL marks a TLS 1.3 session as used up by the first handshake; a copy keeps the original for the next
// one.
SslSessionPtr copy_session(const SSL_SESSION* session) {
  SslSessionPtr copy(SSL_SESSION_dup(session));
  if (!copy) throw std::bad_alloc();
  return copy;
}

}  // namespace

TlsClient::TlsClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsClient::~TlsClient() = default;

Result<std::shared_ptr<TlsClient>> TlsClient::create(const Options& options) {
  auto impl = std::make_unique<Impl>(Impl{make_context(TLS_client_method())});
  SSL_CTX* context = impl->context.get();
  ERR_clear_error();
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);  // a system without CAs: nothing is trusted, the user may pin
  } else if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
    return fail_tls("CA file " + options.ca_file);
  }
  if (!options.certificate_file.empty()) {
    if (auto loaded = load_identity(context, options.certificate_file, options.key_file); !loaded)
      return tl::unexpected(loaded.error());
  }
  if (options.allow_tls12_only) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  // NONE: the handshake goes on whatever the verdict, which why_untrusted() tells; the engine then asks or
  // refuses.
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_alpn_protos(context, kAlpnFtp, sizeof kAlpnFtp);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_session);
  ERR_clear_error();
  return std::make_shared<TlsClient>(std::move(impl));
}

std::unique_ptr<TlsChannel> TlsClient::control_channel(const std::string& host) const {
  auto channel = make_client_channel(impl_->context.get(), host);
  channel->keeps_session = true;
  return std::make_unique<TlsChannel>(std::move(channel));
}

std::unique_ptr<TlsChannel> TlsClient::data_channel(const std::string& host, const TlsSession& session,
                                                    const std::string& expected_fingerprint) const {
  auto channel = make_client_channel(impl_->context.get(), host);
  channel->required_fingerprint = expected_fingerprint;
  channel->read_in_bulk();
  if (session.is_set()) {
    const SslSessionPtr copy = copy_session(static_cast<const SSL_SESSION*>(session.session_.get()));
    SSL_set_session(channel->ssl.get(), copy.get());
  }
  return std::make_unique<TlsChannel>(std::move(channel));
}

std::optional<std::string> TlsClient::why_untrusted(const TlsChannel& channel) {
  const SSL* ssl = channel.impl().ssl.get();
  if (!channel.impl().established) return "there has been no TLS handshake";
  const X509Ptr certificate(SSL_get1_peer_certificate(ssl));
  if (!certificate) return "the server showed no certificate";
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict == X509_V_OK) return std::nullopt;
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    return "the certificate is for another host";
  }
  return X509_verify_cert_error_string(verdict);
}

TlsSession TlsClient::session_of(const TlsChannel& control) {
  TlsSession result;
  if (const SSL_SESSION* newest = control.impl().newest_session.get()) {
    result.session_ = std::shared_ptr<SSL_SESSION>(copy_session(newest));
  }
  return result;
}

}  // namespace ferry::net
