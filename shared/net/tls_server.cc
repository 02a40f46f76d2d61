#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <sodium.h>

#include <array>
#include <cerrno>

#include "shared/base/check.h"
#include "shared/net/tls_internal.h"

namespace ferry::net {

struct TlsServer::Impl {
  SslCtxPtr context;
};

namespace {

constexpr long kTicketLifetimeSeconds = 24 * 60 * 60;
// A client opens its first data connections before a refreshed ticket reaches it.
constexpr std::size_t kTicketsAfterHandshake = 2;

// Every ticket carries the tag of the session it is issued on.
int put_tag_into_ticket(SSL* ssl, void*) {
  const SessionTag& tag = TlsChannel::Impl::of(ssl).tag;
  return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), tag.data(), tag.size());
}

bool carries_tag(SSL_SESSION* session, const SessionTag& tag) {
  void* data = nullptr;
  std::size_t size = 0;
  return SSL_SESSION_get0_ticket_appdata(session, &data, &size) == 1 && size == tag.size() &&
         CRYPTO_memcmp(data, tag.data(), size) == 0;
}

// Called for every ticket a client offers. A control connection starts a session, so it resumes nothing; a
// data connection resumes its own session or none.
SSL_TICKET_RETURN judge_ticket(SSL* ssl, SSL_SESSION* session, const unsigned char*, std::size_t,
                               SSL_TICKET_STATUS status, void*) {
  TlsChannel::Impl& channel = TlsChannel::Impl::of(ssl);
  if (!channel.resumes || status == SSL_TICKET_EMPTY) return SSL_TICKET_RETURN_IGNORE_RENEW;
  const bool readable = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
  if (readable && carries_tag(session, channel.tag)) return SSL_TICKET_RETURN_USE;
  channel.foreign_ticket = true;
  return SSL_TICKET_RETURN_ABORT;
}

// A client that names protocols (ALPN) and not FTP among them has been led here by somebody else (the ALPACA
// attack).
int select_ftp(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
               unsigned int offered_size, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kAlpnFtp, sizeof kAlpnFtp, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// Instead of asking on the terminal, which a service has not.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

Status check_readable(const std::string& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, file);
  return {};
}

Status load_files(SSL_CTX* context, const std::string& certificate_file, const std::string& key_file) {
  for (const std::string& file : {certificate_file, key_file}) {
    if (auto readable = check_readable(file); !readable) return readable;
  }
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

std::unique_ptr<TlsChannel::Impl> make_server_channel(SSL_CTX* context, const SessionTag& tag) {
  auto channel = std::make_unique<TlsChannel::Impl>(context);
  channel->tag = tag;
  SSL_set_accept_state(channel->ssl.get());
  // The ticket's tag decides; this makes OpenSSL itself refuse a session of another context, should the first
  // door ever stand open.
  SSL_set_session_id_context(channel->ssl.get(), tag.data(), static_cast<unsigned>(tag.size()));
  return channel;
}

}  // namespace

SessionTag make_session_tag() {
  SessionTag tag;
  randombytes_buf(tag.data(), tag.size());
  return tag;
}

TlsServer::TlsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsServer::~TlsServer() = default;

Result<std::shared_ptr<TlsServer>> TlsServer::load(const std::string& certificate_file,
                                                   const std::string& key_file) {
  auto impl = std::make_unique<Impl>(Impl{make_context(TLS_server_method())});
  SSL_CTX* context = impl->context.get();
  if (auto loaded = load_files(context, certificate_file, key_file); !loaded) {
    return tl::unexpected(loaded.error());
  }
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, kTicketLifetimeSeconds);
  SSL_CTX_set_session_ticket_cb(context, put_tag_into_ticket, judge_ticket, nullptr);
  SSL_CTX_set_alpn_select_cb(context, select_ftp, nullptr);
  return std::make_shared<TlsServer>(std::move(impl));
}

std::unique_ptr<TlsChannel> TlsServer::control_channel(const SessionTag& tag) const {
  auto channel = make_server_channel(impl_->context.get(), tag);
  SSL_set_num_tickets(channel->ssl.get(), kTicketsAfterHandshake);
  return std::make_unique<TlsChannel>(std::move(channel));
}

std::unique_ptr<TlsChannel> TlsServer::data_channel(const SessionTag& tag) const {
  auto channel = make_server_channel(impl_->context.get(), tag);
  channel->resumes = true;
  channel->read_in_bulk();
  // Tickets come on the control connection. One on an upload's data connection would stay unread, and the
  // client's close send RST.
  SSL_set_num_tickets(channel->ssl.get(), 0);
  return std::make_unique<TlsChannel>(std::move(channel));
}

void TlsServer::take_ticket_keys(const TlsServer& other) {
  std::array<unsigned char, 80> keys;
  const long size = SSL_CTX_get_tlsext_ticket_keys(impl_->context.get(), nullptr, 0);
  CHECK(size == static_cast<long>(keys.size()));
  CHECK(SSL_CTX_get_tlsext_ticket_keys(other.impl_->context.get(), keys.data(), size) == 1);
  CHECK(SSL_CTX_set_tlsext_ticket_keys(impl_->context.get(), keys.data(), size) == 1);
  OPENSSL_cleanse(keys.data(), keys.size());
}

std::string TlsServer::fingerprint() const {
  return fingerprint_of(SSL_CTX_get0_certificate(impl_->context.get()));
}

}  // namespace ferry::net
