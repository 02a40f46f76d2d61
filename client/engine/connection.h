// The control connection to one server: connecting, encryption, login, commands and their replies. Blocking
// code for one thread; every wait ends at Site::timeout or when the Cancel is requested. No terminal:
// questions go to TrustAsker.
//
// After a wait for a reply was cut short nobody knows which reply belongs to which command: the connection is
// then no longer usable(), and its owner opens another.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/engine/cancel.h"
#include "client/engine/charset.h"
#include "client/engine/features.h"
#include "client/engine/rate.h"
#include "client/engine/site.h"
#include "client/engine/trust.h"
#include "shared/base/digest.h"
#include "shared/base/secret.h"
#include "shared/ftp/reply.h"
#include "shared/net/stream.h"
#include "shared/net/tls.h"

namespace ferry::client {

// What a server has taught us about itself, so that a refusal, or a choice, costs one round trip only.
struct Manners {
  bool epsv_refused = false;
  bool allo_refused = false;
  unsigned time_refused = 0;  // bits of TimeCommand (attributes.h)
  bool mff_refused = false, chmod_refused = false;
  std::optional<DigestKind> hash;  // what OPTS HASH has chosen
};

class Connection {
 public:
  // Connects, encrypts as site.security says and checks the certificate. Never goes on in clear unless
  // Security::clear was asked for. `store`, `asker` and `cancel` must outlive the connection. Errc::timeout,
  // refused, tls, untrusted, cancelled, unsupported (site.charset), …
  static Result<std::unique_ptr<Connection>> open(const Site& site, TrustStore& store, TrustAsker& asker,
                                                  Cancel& cancel);
  // Over a socket that is connected and has had its greeting, in clear; for tests of what holds connections.
  static std::unique_ptr<Connection> over(const Site& site, UniqueFd socket, Cancel& cancel);
  ~Connection();  // closes without QUIT; see quit()

  // From now on another one stops its waits. Only between commands.
  void heed(Cancel& cancel) { cancel_ = &cancel; }

  // USER, PASS, then what every session needs: FEAT, OPTS UTF8 ON, TYPE I, PWD. Errc::login_refused.
  Status login(const std::string& user, const Secret& password);

  // Sends one command and waits for its final reply, whatever it says. Error only when no reply came (or the
  // argument cannot be sent).
  Result<ftp::Reply> command(std::string_view verb, std::string_view argument = {});
  // As command(), but a refusal is an Error (reply_error); `subject` names what it was about, "" means
  // `argument`.
  Result<ftp::Reply> require(std::string_view verb, std::string_view argument = {},
                             std::string_view subject = {});

  // As command(), for what a server computes before it answers. Waits until the server has been silent for
  // `patience`, however long the whole takes: lines in front of the last one are signs of life.
  Result<ftp::Reply> slow_command(std::string_view verb, std::string_view argument,
                                  std::chrono::milliseconds patience);

  // A transfer command's two halves: start() returns the first reply (1xx when data follows), finish() the
  // final one.
  Result<ftp::Reply> start(std::string_view verb, std::string_view argument);
  Result<ftp::Reply> finish();
  // True when the final reply is here already, before finish(): the server refused in mid-transfer. Never
  // waits.
  bool has_early_reply();
  // ABOR, after the data connection was closed. Takes two seconds at most; when the replies don't add up the
  // connection is given up.
  void abort_transfer();
  // Its two halves, for an abort in good order: the data connection is read to its end in between.
  static constexpr std::chrono::milliseconds kAbortPatience{2'000};
  bool begin_abort();  // false: the connection is lost
  void end_abort();
  // A reply only if it comes within `span`; for the reason behind a data connection that failed.
  std::optional<ftp::Reply> reply_within(std::chrono::milliseconds span);

  // How fast files go over its data connections. What is lent must outlive the connection.
  void limit_rates(RateLimits limits) { rate_limits_ = limits; }
  const RateLimits& rate_limits() const { return rate_limits_; }

  void quit();  // QUIT in good manners; does not wait long for the answer
  void hang_up();  // at once, without a word
  // False after a failure, and once the server has hung up, said 421, or said what nobody asked for.
  bool usable();

  Status change_directory(const std::string& path);
  const std::string& directory() const {
    return directory_;
  }  // of the session, from PWD; "/" when the server has no PWD
  const std::string& home() const { return home_; }   // the folder the login began in
  std::string absolute(std::string_view path) const;  // joined to directory()

  // Site::charset is minded here alone: arguments of commands and replies are UTF-8 on this side. A name that
  // has no form over there is Errc::name_refused before anything is sent; a reply that is not in the charset
  // stays as it came. Names in listings come through this. Errc::bad_syntax.
  Result<std::string> name_from_server(std::string_view bytes) const { return charset_.from_server(bytes); }

  const Features& features() const { return features_; }
  const Site& site() const { return site_; }
  const std::string& user() const { return user_; }
  const std::string& greeting() const { return greeting_; }
  Cancel* cancel() const { return cancel_; }
  Manners& manners() { return manners_; }

  int control_fd() const { return control_.fd(); }  // readable when a reply may have come; to poll
  bool is_encrypted() const { return control_.is_tls(); }
  const net::TlsChannel* tls() const { return control_.tls(); }
  net::Address peer() const { return peer_; }
  net::Address local() const { return local_; }
  // TLS for a data connection: resumes the control connection's session and expects its certificate.
  std::unique_ptr<net::TlsChannel> data_tls() const;

 private:
  Connection(Site site, Cancel& cancel, net::Stream stream);
  Status greet(TrustStore& store, TrustAsker& asker);
  Status take_greeting();
  Status start_tls(TrustStore& store, TrustAsker& asker);
  Status ask_for_tls();
  Status protect_data();
  Status prepare_session();
  Status send(std::string_view verb, std::string_view argument);
  std::optional<ftp::Reply> take_reply();
  Status hear_unasked();
  void note_farewell(const ftp::Reply& reply);
  Error lost(Error error) const;
  // With `patience` whatever comes puts the deadline off to that much later.
  Result<ftp::Reply> next_reply(Deadline deadline, const Cancel* cancel,
                                std::optional<std::chrono::milliseconds> patience = {});
  Result<ftp::Reply> final_reply();
  Deadline deadline() const { return Deadline::after(site_.timeout); }

  Site site_;
  Cancel* cancel_;
  net::Stream control_;
  net::Address peer_, local_;
  std::shared_ptr<net::TlsClient> tls_client_;
  Charset charset_;
  ftp::ReplyParser parser_;
  std::optional<ftp::Reply> early_;
  std::optional<Error> farewell_;  // what 421 said
  Features features_;
  Manners manners_;
  RateLimits rate_limits_;
  std::string asked_;  // the last command's verb
  std::string user_, greeting_, directory_ = "/", home_ = "/";
  int preliminaries_ = 0;  // 1xx replies since the last command
  int awaited_ = 0;        // replies that begin_abort() made come
  bool broken_ = false;
};

}  // namespace ferry::client
