#include "client/line/session.h"

#include <unistd.h>

#include "client/engine/retry.h"
#include "client/line/console.h"
#include "client/line/json_lines.h"
#include "client/line/log_text.h"
#include "client/line/netrc.h"
#include "client/line/output.h"
#include "client/line/secrets.h"
#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

constexpr const char* kAnonymous = "anonymous";
constexpr const char* kAnonymousPassword =
    "ferry@";  // what servers want there is the shape of a mail address

void print_dialogue(Speaker speaker, const std::string& line) {
  const std::string text = (speaker == Speaker::client ? "> " : "< ") + terminal_safe(line);
  Console::of_process().print(text + "\n");
  write_log(log_line("ftp", text));
}

// For -v: where we are, and how safe that is.
void tell_connection(const Connection& connection) {
  std::string text = "connected to " + connection.site().key() + " (" + connection.peer().ip() + "), ";
  if (const auto* tls = connection.tls()) {
    text += tls->version() + " " + tls->cipher() + ", certificate sha256:" + tls->peer_fingerprint();
  } else {
    text += "in clear";
  }
  print_detail(text);
}

bool is_anonymous(const std::string& user) {
  return user == kAnonymous || user == "ftp";
}

// A certificate that was accepted is not asked about again, and another one is none for the middle of a job.
class NeverTrusts : public TrustAsker {
 public:
  TrustAnswer unknown_certificate(const Site&, const Certificate&) override { return TrustAnswer::no; }
};

Status log_in(Connection& connection, const Credentials& credentials) {
  auto login = connection.login(credentials.user, credentials.password);
  if (!login) connection.quit();
  return login;
}

}  // namespace

Site with_options(Site site, const Options& options) {
  if (options.security) {
    const bool had_default_port = site.port == ftp::Url{site.security, "", 0, {}, ""}.effective_port();
    site.security = *options.security;
    if (had_default_port) site.port = ftp::Url{site.security, "", 0, {}, ""}.effective_port();
  }
  if (options.port != 0) site.port = options.port;
  if (options.active) site.active = true;
  if (!options.ca_file.empty()) site.ca_file = options.ca_file;
  if (!options.pin.empty()) site.pinned = options.pin;
  if (!options.charset.empty()) site.charset = options.charset;
  site.timeout = options.timeout;
  if (options.verbosity > 1) site.dialogue = print_dialogue;
  return site;
}

bool looks_like_url(const std::string& operand) {
  return operand.find("://") != std::string::npos;
}

std::string Target::resolve(const Connection& connection) const {
  return is_url ? remote_path(connection.home(), path) : connection.absolute(path);
}

Result<Target> target_of_url(const Options& options, const std::string& url) {
  auto parsed = ftp::parse_url(url);
  if (!parsed) return tl::unexpected(parsed.error());
  Target target;
  target.site = with_options(site_of(*parsed), options);
  target.user = !options.user.empty() ? options.user : parsed->user.value_or("");
  target.path = parsed->path;
  target.is_url = true;
  return target;
}

Target target_of_path(const Options& options, const std::string& path) {
  Target target;
  Site site;
  site.host = canonical_host(options.host);
  target.site = with_options(std::move(site), options);
  target.user = options.user;
  target.path = path;
  return target;
}

Sessions::Sessions(const Options& options, Cancel& cancel)
    : options_(options),
      cancel_(cancel),
      may_ask_(!options.no_input && ::isatty(STDIN_FILENO) == 1),
      vault_(options, may_ask_),
      trust_(TrustStore::default_path()),
      asker_(may_ask_, options.accept_new) {
  if (options.limit.down) down_.emplace(*options.limit.down);
  if (options.limit.up) up_.emplace(*options.limit.up);
}

RateLimits Sessions::limits() {
  return {down_ ? &*down_ : nullptr, up_ ? &*up_ : nullptr};
}

Result<Secret> Sessions::password_for(const Site& site, const std::string& user) {
  const SecretSource given{options_.password_file, options_.password_fd};
  if (given.is_set() && !has_given_password_) {
    auto secret = given.read();
    if (!secret) return secret;
    given_password_ = std::move(*secret);
    has_given_password_ = true;
  }
  if (given.is_set()) return given_password_.copy();
  if (!site.saved_as.empty()) {
    auto sealed = vault_.password({site.saved_as, site.key(), user});
    if (!sealed) return tl::unexpected(sealed.error());
    if (*sealed) return std::move(**sealed);
  }
  auto entry = netrc_for(site.host, user);
  if (!entry) return tl::unexpected(entry.error());
  if (*entry && (*entry)->has_password) return std::move((*entry)->password);
  if (is_anonymous(user)) return Secret(kAnonymousPassword);
  if (!may_ask_) {
    return fail(Errc::bad_syntax,
                "no password for " + user + "@" + site.key() +
                    ": --password-file, --password-fd or ~/.netrc give one" +
                    (vault_.is_locked() ? ", --passphrase-file or --passphrase-fd open the saved one" : ""));
  }
  const std::string question = "Password of " + user + "@" + site.key() + ": ";
  emit_json("ask", JsonObject().text("about", "password").text("message", question));
  const Console::Pause pause;
  return ask_secret(question);
}

Result<Credentials> Sessions::credentials_for(const Site& site, const std::string& user) {
  Credentials credentials;
  credentials.user = user;
  if (credentials.user.empty()) {
    auto entry = netrc_for(site.host, "");
    if (!entry) return tl::unexpected(entry.error());
    credentials.user = *entry ? (*entry)->user : kAnonymous;
  }
  auto password = password_for(site, credentials.user);
  if (!password) return tl::unexpected(password.error());
  credentials.password = std::move(*password);
  return credentials;
}

Result<std::unique_ptr<Connection>> Sessions::open(const Site& site, const Credentials& credentials) {
  auto connection = Connection::open(site, trust_, asker_, cancel_);
  if (!connection) return connection;
  tell_connection(**connection);
  (*connection)->limit_rates(limits());
  if (auto login = log_in(**connection, credentials); !login) return tl::unexpected(login.error());
  return connection;
}

Result<std::unique_ptr<Connection>> Sessions::reach(const Site& site) {
  return Connection::open(site, trust_, asker_, cancel_);
}

Result<Sessions::LoggedIn> Sessions::enter(const Site& site, const std::string& user) {
  std::optional<Credentials> credentials;
  if (!may_ask_) {  // what is missing shows before anything is connected
    auto known = credentials_for(site, user);
    if (!known) return tl::unexpected(known.error());
    credentials = std::move(*known);
  }
  auto connection = Connection::open(site, trust_, asker_, cancel_);
  if (!connection) return tl::unexpected(connection.error());
  tell_connection(**connection);
  if (!credentials) {
    auto asked = credentials_for(site, user);
    if (!asked) return tl::unexpected(asked.error());
    credentials = std::move(*asked);
  }
  (*connection)->limit_rates(limits());
  if (auto login = log_in(**connection, *credentials); !login) return tl::unexpected(login.error());
  return LoggedIn{std::move(*connection), std::move(*credentials)};
}

Result<Connection*> Sessions::to(const Target& target) {
  const std::string key = target.user + "@" + target.site.key();
  pool_.reset();
  if (current_ && current_key_ == key && current_->usable()) return current_.get();
  quit();
  auto entered = enter(target.site, target.user);
  if (!entered) return tl::unexpected(entered.error());
  current_ = std::move(entered->connection);
  current_credentials_ = std::move(entered->credentials);
  current_key_ = key;
  return current_.get();
}

OpenSession Sessions::opener(const Connection& connection, const Credentials& credentials) {
  return
      [this, site = connection.site(), &credentials](Cancel& cancel) -> Result<std::unique_ptr<Connection>> {
        NeverTrusts asker;
        auto fresh = Connection::open(site, trust_, asker, cancel);
        if (!fresh) return fresh;
        (*fresh)->limit_rates(limits());
        if (auto login = log_in(**fresh, credentials); !login) return tl::unexpected(login.error());
        return fresh;
      };
}

Result<Sessions::Pooled> Sessions::pool_to(const Target& target) {
  pool_.reset();
  Retries retries({.retries = options_.retries});
  auto first = to(target);
  while (!first &&
         is_crowded(first.error())) {  // what cannot be reached may be misspelt: that is told at once
    const auto span = retries.after(first.error());
    if (!span) break;
    if (!options_.quiet) print_error(first.error().context + "; trying again");
    if (auto waited = pause(*span, cancel_); !waited) return tl::unexpected(waited.error());
    first = to(target);
  }
  if (!first) return tl::unexpected(first.error());
  pool_ = std::make_unique<SessionPool>(opener(**first, current_credentials_),
                                        PoolOptions{.most = options_.parallel});
  pool_->include(**first);
  return Pooled{pool_.get(), *first};
}

void Sessions::quit() {
  pool_.reset();
  if (current_) current_->quit();
  current_.reset();
}

}  // namespace ferry::client
