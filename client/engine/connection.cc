#include "client/engine/connection.h"

#include <sys/socket.h>

#include <array>

#include "client/engine/reply_error.h"
#include "client/engine/wait.h"
#include "shared/ftp/command_line.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

constexpr std::chrono::milliseconds kQuitPatience{500};
constexpr int kMaxPreliminaries = 100;  // per command; each may be waited for anew

Error with_server(const Site& site, Error error) {
  const std::string server = site.key() + ": ";
  if (!error.context.starts_with(server)) error.context.insert(0, server);
  return error;
}

Certificate certificate_of(const net::TlsChannel& channel) {
  Certificate certificate;
  if (auto peer = channel.peer_certificate()) {
    certificate = {peer->subject,    peer->issuer,    peer->fingerprint,
                   peer->not_before, peer->not_after, std::nullopt};
  }
  certificate.why_untrusted = net::TlsClient::why_untrusted(channel);
  return certificate;
}

}  // namespace

Connection::Connection(Site site, Cancel& cancel, net::Stream stream)
    : site_(std::move(site)), cancel_(&cancel), control_(std::move(stream)) {}

Connection::~Connection() = default;

Result<std::unique_ptr<Connection>> Connection::open(const Site& site, TrustStore& store, TrustAsker& asker,
                                                     Cancel& cancel) {
  auto charset = Charset::create(site.charset);
  if (!charset) return tl::unexpected(charset.error());
  auto socket = dial(site.host, site.port, Deadline::after(site.timeout), &cancel);
  if (!socket) return tl::unexpected(with_server(site, socket.error()));
  net::set_no_delay(socket->get());
  net::set_keep_alive(socket->get());
  auto peer = net::Address::peer_of(socket->get());
  auto local = net::Address::local_of(socket->get());
  if (!peer || !local) return fail(Errc::reset, site.key() + ": the server hung up at once");
  std::unique_ptr<Connection> connection(new Connection(site, cancel, net::Stream(std::move(*socket))));
  connection->peer_ = *peer;
  connection->local_ = *local;
  connection->charset_ = std::move(*charset);
  if (auto greeted = connection->greet(store, asker); !greeted) {
    return tl::unexpected(greeted.error().kind == Errc::untrusted ? greeted.error()
                                                                  : with_server(site, greeted.error()));
  }
  return connection;
}

std::unique_ptr<Connection> Connection::over(const Site& site, UniqueFd socket, Cancel& cancel) {
  return std::unique_ptr<Connection>(new Connection(site, cancel, net::Stream(std::move(socket))));
}

Status Connection::greet(TrustStore& store, TrustAsker& asker) {
  if (site_.security == ftp::Security::implicit_tls) {
    if (auto encrypted = start_tls(store, asker); !encrypted) return encrypted;
  }
  if (auto greeting = take_greeting(); !greeting) return greeting;
  if (site_.security == ftp::Security::explicit_tls) {
    if (auto asked = ask_for_tls(); !asked) return asked;
    if (auto encrypted = start_tls(store, asker); !encrypted) return encrypted;
  }
  return is_encrypted() ? protect_data() : Status();
}

Status Connection::take_greeting() {
  auto reply = final_reply();  // 120 "ready in nnn minutes" is a preliminary one
  if (!reply) return tl::unexpected(reply.error());
  if (!reply->is_completion()) return tl::unexpected(reply_error("", "", *reply));
  greeting_ = reply->text();
  return {};
}

Status Connection::ask_for_tls() {
  auto reply = command("AUTH", "TLS");
  if (!reply) return tl::unexpected(reply.error());
  if (reply->code == 234) return {};
  return fail(Errc::tls,
              "the server offers no encryption (AUTH TLS: " + std::to_string(reply->code) + " " +
                  reply->lines.front() + "); --tls=off would send password and files in clear",
              reply->code);
}

Status Connection::start_tls(TrustStore& store, TrustAsker& asker) {
  auto client = net::TlsClient::create({site_.ca_file});
  if (!client) return tl::unexpected(client.error());
  tls_client_ = std::move(*client);
  control_.start_tls(tls_client_->control_channel(site_.host));
  // Whatever came in clear behind the 234 must not count as said under TLS (RFC 4217 §15).
  parser_ = ftp::ReplyParser();
  if (auto shaken = handshake(control_, deadline(), cancel_); !shaken) return shaken;
  return check_certificate(site_, certificate_of(*control_.tls()), store, asker);
}

Status Connection::protect_data() {
  if (auto size = require("PBSZ", "0", "data encryption"); !size) return tl::unexpected(size.error());
  if (auto level = require("PROT", "P", "data encryption"); !level) return tl::unexpected(level.error());
  return {};
}

Status Connection::login(const std::string& user, const Secret& password) {
  auto reply = command("USER", user);
  if (reply && reply->code == 331) {
    reply = command("PASS", password.view());
  }
  if (!reply) return tl::unexpected(reply.error());
  if (reply->code == 332) {
    return fail(
        Errc::login_refused,
        site_.key() + ": the server asks for an account beside the password (332), which ferry does not do",
        332);
  }
  if (!reply->is_completion()) {
    Error error = reply_error("PASS", user + "@" + site_.key(), *reply);
    if (reply->code >= 500) error.kind = Errc::login_refused;
    return tl::unexpected(std::move(error));
  }
  user_ = user;
  return prepare_session();
}

Status Connection::prepare_session() {
  auto feat = command("FEAT");
  if (!feat) return tl::unexpected(feat.error());
  features_ = Features(*feat);
  if (features_.has("UTF8") && !charset_.is_set()) {
    if (auto utf8 = command("OPTS", "UTF8 ON"); !utf8) return tl::unexpected(utf8.error());
  }
  if (auto type = require("TYPE", "I"); !type) return tl::unexpected(type.error());
  auto where = command("PWD");
  if (!where) return tl::unexpected(where.error());
  if (where->code == 257) {
    if (auto path = ftp::unquote_path(where->text())) directory_ = *path;
  }
  home_ = directory_;
  return {};
}

Status Connection::send(std::string_view verb, std::string_view argument) {
  // A password is no name, and an error must not tell it.
  auto bytes = verb == "PASS" ? Result<std::string>() : charset_.to_server(argument);
  if (!bytes) return tl::unexpected(bytes.error());
  auto line = ftp::format_command_line(verb, verb == "PASS" ? argument : *bytes);
  if (!line) return tl::unexpected(line.error());
  if (auto quiet = hear_unasked(); !quiet) return quiet;
  if (site_.dialogue) site_.dialogue(Speaker::client, shown_command(verb, argument));
  early_.reset();
  preliminaries_ = 0;
  asked_ = verb;
  auto sent = write_all(control_, *line, site_.timeout, cancel_);
  wipe(*line);  // it may be a password
  if (sent) return sent;
  broken_ = true;
  return tl::unexpected(lost(std::move(sent.error())));
}

// Between commands a server says nothing, except that it is about to leave (421). After anything else no
// reply could be told to belong to its command.
Status Connection::hear_unasked() {
  if (broken_)
    return tl::unexpected(farewell_ ? *farewell_
                                    : Error{Errc::closed, site_.key() + ": not connected any more"});
  const auto give_up = [this](Error error) {
    broken_ = true;
    return tl::unexpected<Error>(with_server(site_, std::move(error)));
  };
  std::array<char, 4096> buffer;
  auto reply = take_reply();
  while (!reply) {
    auto progress = control_.try_read(buffer);
    if (!progress) return give_up(std::move(progress.error()));
    if (progress->state == net::Progress::State::end) return give_up({Errc::closed, "the server hung up"});
    if (progress->state != net::Progress::State::done) return {};
    if (auto fed = parser_.feed(std::string_view(buffer.data(), progress->bytes)); !fed)
      return give_up({Errc::refused, "the server does not speak FTP: " + fed.error().context});
    reply = take_reply();
  }
  note_farewell(*reply);
  if (farewell_) return tl::unexpected(*farewell_);
  return give_up({Errc::refused, "the server answers what it was not asked (" + std::to_string(reply->code) +
                                     " " + reply->lines.front() + ")"});
}

// 421 may come as the answer to anything; what is asked afterwards is told why there is none.
void Connection::note_farewell(const ftp::Reply& reply) {
  if (reply.code != 421) return;
  broken_ = true;
  farewell_ = reply_error("", site_.key(), reply);
}

// Which server, and which command it left without an answer.
Error Connection::lost(Error error) const {
  if (error.kind == Errc::cancelled) return error;
  if (error.kind == Errc::timeout && !asked_.empty()) error.context.insert(0, asked_ + ": ");
  return with_server(site_, std::move(error));
}

std::optional<ftp::Reply> Connection::take_reply() {
  auto reply = parser_.next();
  if (reply && charset_.is_set()) {
    for (std::string& line : reply->lines) {
      if (auto text = charset_.from_server(line)) line = std::move(*text);
    }
  }
  if (reply && site_.dialogue) {
    for (const auto& line : shown_reply(*reply)) site_.dialogue(Speaker::server, line);
  }
  return reply;
}

Result<ftp::Reply> Connection::next_reply(Deadline until, const Cancel* cancel,
                                          std::optional<std::chrono::milliseconds> patience) {
  std::array<char, 16384> buffer;
  while (true) {
    if (auto reply = take_reply()) {
      note_farewell(*reply);
      if (reply->is_preliminary() && ++preliminaries_ > kMaxPreliminaries) {
        broken_ = true;
        return tl::unexpected(lost(Error{Errc::refused, "the server says \"wait\" without end"}));
      }
      return std::move(*reply);
    }
    auto got = read_some(control_, buffer, until, cancel);
    if (got && patience) until = Deadline::after(*patience);
    Status fed;
    if (!got) {
      fed = tl::unexpected(std::move(got.error()));
    } else if (*got == 0) {
      fed = fail(Errc::closed, "the server hung up");
    } else if (auto taken = parser_.feed(std::string_view(buffer.data(), *got)); !taken) {
      fed = fail(Errc::refused, "the server does not speak FTP: " + taken.error().context);
    }
    if (!fed) {
      broken_ = true;
      return tl::unexpected(lost(std::move(fed.error())));
    }
  }
}

Result<ftp::Reply> Connection::final_reply() {
  while (true) {
    auto reply = next_reply(deadline(), cancel_);
    if (!reply || !reply->is_preliminary()) return reply;
  }
}

Result<ftp::Reply> Connection::command(std::string_view verb, std::string_view argument) {
  if (auto sent = send(verb, argument); !sent) return tl::unexpected(sent.error());
  return final_reply();
}

Result<ftp::Reply> Connection::slow_command(std::string_view verb, std::string_view argument,
                                            std::chrono::milliseconds patience) {
  if (auto sent = send(verb, argument); !sent) return tl::unexpected(sent.error());
  while (true) {
    auto reply = next_reply(Deadline::after(patience), cancel_, patience);
    if (!reply || !reply->is_preliminary()) return reply;
  }
}

Result<ftp::Reply> Connection::require(std::string_view verb, std::string_view argument,
                                       std::string_view subject) {
  auto reply = command(verb, argument);
  if (reply && !reply->is_completion()) {
    return tl::unexpected(reply_error(verb, subject.empty() ? argument : subject, *reply));
  }
  return reply;
}

Result<ftp::Reply> Connection::start(std::string_view verb, std::string_view argument) {
  if (auto sent = send(verb, argument); !sent) return tl::unexpected(sent.error());
  return next_reply(deadline(), cancel_);
}

Result<ftp::Reply> Connection::finish() {
  if (early_) {
    ftp::Reply reply = std::move(*early_);
    early_.reset();
    return reply;
  }
  return final_reply();
}

bool Connection::has_early_reply() {
  if (early_ || broken_) return early_.has_value();
  std::array<char, 4096> buffer;
  auto progress = control_.try_read(buffer);
  if (!progress || progress->state != net::Progress::State::done) return false;  // an end shows in finish()
  if (!parser_.feed(std::string_view(buffer.data(), progress->bytes))) broken_ = true;
  while (auto reply = take_reply()) {
    note_farewell(*reply);
    if (!reply->is_preliminary()) early_ = std::move(*reply);
  }
  return early_.has_value();
}

std::optional<ftp::Reply> Connection::reply_within(std::chrono::milliseconds span) {
  if (early_) return finish().value();
  const Deadline until = Deadline::after(span);
  while (true) {
    auto reply = next_reply(until, nullptr);
    if (!reply) return std::nullopt;
    if (!reply->is_preliminary()) return std::move(*reply);
  }
}

void Connection::abort_transfer() {
  if (begin_abort()) end_abort();
}

bool Connection::begin_abort() {
  const bool transfer_answered = has_early_reply();
  if (broken_) return false;
  auto line = ftp::format_command_line("ABOR");
  if (site_.dialogue) site_.dialogue(Speaker::client, "ABOR");
  if (!line || !write_all(control_, *line, kAbortPatience, nullptr)) broken_ = true;
  // Two replies: the transfer's (426, or 226 if it was over already) and ABOR's own.
  awaited_ = transfer_answered ? 1 : 2;
  early_.reset();
  return !broken_;
}

void Connection::end_abort() {
  const Deadline until = Deadline::after(kAbortPatience);
  for (; awaited_ > 0; --awaited_) {
    if (!next_reply(until, nullptr)) return;  // which also gave the connection up
  }
}

void Connection::quit() {
  if (broken_) return;
  broken_ = true;
  auto line = ftp::format_command_line("QUIT");
  if (site_.dialogue) site_.dialogue(Speaker::client, "QUIT");
  if (!line || !write_all(control_, *line, kQuitPatience, nullptr)) return;
  (void)next_reply(Deadline::after(kQuitPatience), nullptr);
  (void)control_.finish(Deadline::after(kQuitPatience));
}

void Connection::hang_up() {
  broken_ = true;
  ::shutdown(control_.fd(), SHUT_RDWR);
}

bool Connection::usable() {
  return hear_unasked().has_value();
}

Status Connection::change_directory(const std::string& path) {
  if (auto changed = require("CWD", path); !changed) return tl::unexpected(changed.error());
  auto where = command("PWD");
  if (!where) return tl::unexpected(where.error());
  auto told = where->code == 257 ? ftp::unquote_path(where->text()) : Result<std::string>(absolute(path));
  directory_ = told ? *told : absolute(path);
  return {};
}

std::string Connection::absolute(std::string_view path) const {
  return ftp::join_path(directory_, path);
}

std::unique_ptr<net::TlsChannel> Connection::data_tls() const {
  return tls_client_->data_channel(site_.host, net::TlsClient::session_of(*control_.tls()),
                                   control_.tls()->peer_fingerprint());
}

}  // namespace ferry::client
