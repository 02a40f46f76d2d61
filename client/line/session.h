// From options to a logged-in connection: which site, which user, where the password comes from. Used by
// sub-commands and shell.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client/engine/connection.h"
#include "client/engine/pool.h"
#include "client/line/options.h"
#include "client/line/terminal.h"
#include "client/line/vault.h"

namespace ferry::client {

// What one operand, or the options alone, say about where to go.
struct Target {
  Site site;
  std::string user;  // "" not said
  std::string path;  // as in the URL (is_url), else as the server spells it
  bool is_url = false;

  // Absolute on the server `connection` is logged in to.
  std::string resolve(const Connection& connection) const;
};

// Errc::bad_syntax, Errc::permission (a password in the URL).
Result<Target> target_of_url(const Options& options, const std::string& url);
Target target_of_path(const Options& options, const std::string& path);  // with -s

// The site with what the command line says otherwise.
Site with_options(Site site, const Options& options);

struct Credentials {
  std::string user;
  Secret password;
};

class Sessions {
 public:
  Sessions(const Options& options, Cancel& cancel);

  // The connection to `target`: the one there is, if it leads to the same place, else a new one. Borrowed
  // until the next call.
  Result<Connection*> to(const Target& target);
  struct LoggedIn {
    std::unique_ptr<Connection> connection;
    Credentials credentials;
  };
  // A new connection. The password comes from options, the sealed ones, netrc or a question, in this order,
  // and a question only comes once the server is trusted; anonymous when nobody names a user.
  // Errc::bad_syntax: nobody can be asked.
  Result<LoggedIn> enter(const Site& site, const std::string& user);
  // Those of enter(). The question comes at once.
  Result<Credentials> credentials_for(const Site& site, const std::string& user);
  // A new connection with credentials that are known already.
  Result<std::unique_ptr<Connection>> open(const Site& site, const Credentials& credentials);
  // Connected and trusted, but nobody is logged in.
  Result<std::unique_ptr<Connection>> reach(const Site& site);
  // The sessions to `target`, as many as Options::parallel; the first one is opened here, as by to(), and is
  // `first`. Borrowed until the next call of this or of to().
  struct Pooled {
    SessionPool* pool = nullptr;
    Connection* first = nullptr;
  };
  Result<Pooled> pool_to(const Target& target);
  // Opens further sessions like `connection`; never asks. For a SessionPool that ends before this.
  OpenSession opener(const Connection& connection, const Credentials& credentials);
  bool may_ask() const { return may_ask_; }
  Cancel& cancel() { return cancel_; }
  const Options& options() const { return options_; }
  void quit();

 private:
  RateLimits limits();
  Result<Secret> password_for(const Site& site, const std::string& user);

  const Options& options_;
  Cancel& cancel_;
  bool may_ask_;
  Vault vault_;
  TrustStore trust_;
  TerminalTrust asker_;
  std::optional<RateLimit> down_, up_;  // of all sessions
  std::unique_ptr<Connection> current_;
  Credentials current_credentials_;
  std::string current_key_;
  std::unique_ptr<SessionPool> pool_;  // of `current_` and others like it
  Secret given_password_;              // from --password-file or --password-fd, read once
  bool has_given_password_ = false;
};

// Is this an operand for target_of_url?
bool looks_like_url(const std::string& operand);

}  // namespace ferry::client
