#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <tuple>

#include "shared/base/check.h"
#include "shared/net/tls_internal.h"

namespace ferry::net {

struct TlsServer::Impl {
  SslCtxPtr context;
};

namespace {

// A client that opens several data connections at once uses these up before a refreshed one reaches it.
constexpr std::size_t kTicketsAfterHandshake = 4;

// What every ticket carries: the tag of the session it is issued on, and on which kind of connection.
enum class BornOn : unsigned char { control, data };
using TicketNote = std::array<unsigned char, std::tuple_size_v<SessionTag> + 1>;

TicketNote make_note(const SessionTag& tag, BornOn born_on) {
  TicketNote note;
  std::copy(tag.begin(), tag.end(), note.begin());
  note.back() = static_cast<unsigned char>(born_on);
  return note;
}

int put_note_into_ticket(SSL* ssl, void*) {
  const TlsChannel::Impl& channel = TlsChannel::Impl::of(ssl);
  const TicketNote note = make_note(channel.tag, channel.resumes ? BornOn::data : BornOn::control);
  return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), note.data(), note.size());
}

std::optional<TicketNote> note_of(SSL_SESSION* session) {
  void* data = nullptr;
  std::size_t size = 0;
  TicketNote note;
  if (SSL_SESSION_get0_ticket_appdata(session, &data, &size) != 1 || size != note.size()) return std::nullopt;
  std::memcpy(note.data(), data, size);
  return note;
}

bool carries_tag(const TicketNote& note, const SessionTag& tag) {
  return CRYPTO_memcmp(note.data(), tag.data(), tag.size()) == 0;
}

// Called for every ticket a client offers. A control connection starts a session, so it resumes nothing; a
// data connection resumes its own session or none. TLS 1.2 gives a ticket on a data connection that resumed
// nothing, too. It proves nothing, whoever made that connection, and clients that keep sessions by host and
// port (Java) offer it by chance, when a passive port comes up again: it counts as none.
SSL_TICKET_RETURN judge_ticket(SSL* ssl, SSL_SESSION* session, const unsigned char*, std::size_t,
                               SSL_TICKET_STATUS status, void*) {
  TlsChannel::Impl& channel = TlsChannel::Impl::of(ssl);
  if (!channel.resumes || status == SSL_TICKET_EMPTY) return SSL_TICKET_RETURN_IGNORE_RENEW;
  const bool readable = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
  const auto note = readable ? note_of(session) : std::nullopt;
  if (note && carries_tag(*note, channel.tag)) {
    const bool on_control = note->back() == static_cast<unsigned char>(BornOn::control);
    return on_control ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_IGNORE_RENEW;
  }
  // refuse_foreign_ticket ends the handshake a moment later: at SSL_TICKET_RETURN_ABORT OpenSSL 3.0 loses the
  // session it has read from a TLS 1.3 ticket, and a client could have us lose memory as often as it likes.
  channel.foreign_ticket = true;
  return SSL_TICKET_RETURN_IGNORE;
}

// Called when the ClientHello is read and before anything is answered.
int refuse_foreign_ticket(SSL* ssl, void*) {
  return TlsChannel::Impl::of(ssl).foreign_ticket ? 0 : 1;
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

// Called for what is wrong with a client's chain. `optional` goes on, but remembers.
int note_broken_chain(int is_ok, X509_STORE_CTX* check) {
  if (is_ok == 1) return 1;
  const auto* ssl =
      static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx()));
  TlsChannel::Impl::of(ssl).chain_is_broken = true;
  return (SSL_get_verify_mode(ssl) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) == 0 ? 1 : 0;
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
  return load_identity(context, certificate_file, key_file);
}

Status ask_for_certificates(SSL_CTX* context, const ClientVerification& clients) {
  using Mode = ClientVerification::Mode;
  if (clients.mode == Mode::off) return {};
  CHECK(clients.mode == Mode::optional || !clients.ca_file.empty());
  if (!clients.ca_file.empty()) {
    if (auto readable = check_readable(clients.ca_file); !readable) return readable;
    ERR_clear_error();
    // Their names are told to the client, so that it knows which of its certificates is meant.
    STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(clients.ca_file.c_str());
    if (names == nullptr) return fail_tls("client_ca " + clients.ca_file);
    SSL_CTX_set_client_CA_list(context, names);  // the context's from here
    if (SSL_CTX_load_verify_file(context, clients.ca_file.c_str()) != 1)
      return fail_tls("client_ca " + clients.ca_file);
  }
  // Else the CAs of clients would complete our own chain.
  SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_verify(context,
                     SSL_VERIFY_PEER | (clients.mode == Mode::required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     note_broken_chain);
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
                                                   const std::string& key_file,
                                                   const ClientVerification& clients) {
  auto impl = std::make_unique<Impl>(Impl{make_context(TLS_server_method())});
  SSL_CTX* context = impl->context.get();
  if (auto loaded = load_files(context, certificate_file, key_file); !loaded) {
    return tl::unexpected(loaded.error());
  }
  if (auto asks = ask_for_certificates(context, clients); !asks) return tl::unexpected(asks.error());
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, std::chrono::seconds(kTicketLifetime).count());
  SSL_CTX_set_session_ticket_cb(context, put_note_into_ticket, judge_ticket, nullptr);
  SSL_CTX_set_cert_cb(context, refuse_foreign_ticket, nullptr);
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
