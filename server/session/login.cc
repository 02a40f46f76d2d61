#include "server/session/login.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>

#include "shared/base/ascii.h"

namespace ferry {

namespace {

// The right to work on a password. Those that wait for it hold a thread each, so only so many may: a flood of
// logins must leave threads to those who are in.
class PasswordCheckPermit {
 public:
  explicit PasswordCheckPermit(Services& services) : services_(services) {
    const int most = std::max(1, services.options.threads_per_worker / 4);
    is_given_ = services_.password_waiters.fetch_add(1) < most;
    if (is_given_) services_.password_checks.acquire();
    services_.password_waiters.fetch_sub(1);
  }
  ~PasswordCheckPermit() {
    if (is_given_) services_.password_checks.release();
  }
  PasswordCheckPermit(const PasswordCheckPermit&) = delete;
  PasswordCheckPermit& operator=(const PasswordCheckPermit&) = delete;
  bool is_given() const { return is_given_; }

 private:
  Services& services_;
  bool is_given_ = false;
};

// `account` null: there is no such user, and finding that out takes as long as a wrong password. Errc::busy:
// too many are being checked.
Result<bool> is_password_right(Session& session, const store::Account* account, const Secret& password) {
  Services& services = session.services;
  const std::string hash = account != nullptr ? account->password_hash : "";
  if (!hash.empty() && services.login_cache.knows(account->name, password, hash)) return true;
  const PasswordCheckPermit permit(services);
  if (!permit.is_given()) return refusal(Errc::busy, "Too many logins at once, try again in a moment");
  if (!verify_password(hash, password, services.options.password_cost())) return false;
  services.login_cache.remember(account->name, password, hash);
  return true;
}

bool can_write(const store::Account& account) {
  return !account.is_read_only && !account.is_guest;
}

// A home is opened for reading or for writing; the operator may change which while the session lives.
bool reopen_home(Session& session) {
  auto home = Home::open(session.account().home, can_write(session.account()));
  if (!home) {
    session.last_words(421, "The home of this account cannot be used now");
    session.ending = true;
    return false;
  }
  session.login.home.emplace(std::move(*home));
  return true;
}

std::string tls_text(const Session& session) {
  return session.control.stream.is_tls() ? session.control.stream.tls()->version() : "no";
}

void refuse_login(Session& session, std::string_view reason) {
  ++session.login.failures;
  session.login.wants_password = false;
  session.services.logs.login(
      session.name, fmt::format("login refused from={} tls={} user={} reason={}", session.peer.ip(),
                                tls_text(session), log_field(session.login.user), log_field(reason)));
  if (session.login.failures < kMaxLoginFailures) return session.reply(530, "Login incorrect");
  session.reply(421, "Login incorrect, too many times; good bye");
  session.ending = true;
}

Result<store::Account> guest_account(Session& session) {
  auto account = session.services.store.find_account(store::kGuestAccount);
  if (account && !account->is_guest) return fail(Errc::not_found, "the account 'guest' is an ordinary one");
  return account;
}

// How somebody proved who he is, with the reply that says so (RFC 959, RFC 2228 §3).
struct Proof {
  const char* name;
  int code;
  Text text;
};
constexpr Proof kByPassword{"password", 230, "Logged in"};
constexpr Proof kByCertificate{"certificate", 232, "Logged in by certificate"};
constexpr Proof kAsGuest{"nothing", 230, "Welcome, guest: you may look and download"};

// A fingerprint set for the account is the only certificate that is its own. Else the name counts that a CA
// of ours has confirmed; not one that somebody has given himself, or who came first has what another uploads.
bool is_certificate_of(const Session& session, const store::Account& account) {
  const net::TlsChannel::ClientCertificate& certificate = *session.certificate;
  if (!certificate.is_in_time || account.is_guest || store::is_guest_name(account.name)) return false;
  if (!account.certificate.empty()) return account.certificate == certificate.fingerprint;
  return !account.is_registered && certificate.is_verified && certificate.common_name == account.name;
}

// `epoch` is of before `account` was read: what changed since is noticed at the next command.
void enter(Session& session, store::Account account, std::uint64_t epoch, const Proof& proof) {
  auto home = Home::open(account.home, can_write(account));
  if (!home) {
    session.services.logs.service(
        Logs::Level::error, fmt::format("home of {} cannot be used: {}", account.name, home.error().context));
    return session.reply(530, "The home of this account cannot be used now; the operator's log says why");
  }
  const Options& options = session.services.options;
  const Scoreboard::Limits limits{options.max_sessions_per_address, options.max_sessions_per_user};
  if (auto seated = session.services.scoreboard.log_in(session.seat, account.name, limits); !seated) {
    session.services.logs.login(
        session.name, fmt::format("login refused from={} tls={} user={} reason=\"too many sessions\"",
                                  session.peer.ip(), tls_text(session), log_field(account.name)));
    session.reply(421, seated.error());
    session.ending = true;
    return;
  }
  if (auto noted = session.services.store.note_login(account.id, session.peer.ip(), wall_now()); !noted) {
    session.services.logs.service(Logs::Level::warning, "login not noted: " + noted.error().context);
  }
  session.services.logs.login(
      session.name, fmt::format("login ok from={} tls={} user={} by={}", session.peer.ip(), tls_text(session),
                                log_field(account.name), proof.name));
  session.login.wants_password = false;
  if (account.last_login)
    session.login.previous = iso_time(*account.last_login) + " from " + account.last_login_from;
  session.login.home.emplace(std::move(*home));
  session.login.account = std::move(account);
  session.login.epoch = epoch;
  session.login.since = std::chrono::steady_clock::now();
  session.cwd = "/";
  session.reply(proof.code, proof.text);
}

}  // namespace

void log_in(Session& session, const Secret& password) {
  const std::uint64_t epoch = session.services.current_account_epoch();
  if (session.login.as_guest) {
    auto guest = guest_account(session);
    if (!guest || guest->is_locked) return refuse_login(session, guest ? "locked" : guest.error().context);
    return enter(session, std::move(*guest), epoch, kAsGuest);
  }
  auto account = session.services.store.find_account(session.login.user);
  if (!account && account.error().kind != Errc::not_found) {
    session.services.logs.service(Logs::Level::error, "store: " + account.error().context);
    return session.reply(451, "The account store cannot be read now, try again later");
  }
  const auto is_right = is_password_right(session, account ? &*account : nullptr, password);
  if (!is_right) {
    session.reply(421, is_right.error());
    session.ending = true;
    return;
  }
  if (!account) return refuse_login(session, "unknown user");
  if (!*is_right || account->is_guest) return refuse_login(session, "wrong password");
  if (account->is_locked) return refuse_login(session, "locked");
  enter(session, std::move(*account), epoch, kByPassword);
}

// Whatever does not fit goes the way of the password, which answers the same for every name.
bool log_in_by_certificate(Session& session, std::string_view user) {
  if (!session.certificate || !session.control.stream.is_tls()) return false;
  const std::uint64_t epoch = session.services.current_account_epoch();
  auto account = session.services.store.find_account(user);
  if (!account || account->is_locked || !is_certificate_of(session, *account)) return false;
  session.login.user = user;
  session.login.as_guest = session.login.wants_password = false;
  enter(session, std::move(*account), epoch, kByCertificate);
  return true;
}

void log_out(Session& session) {
  if (session.is_logged_in()) {
    session.services.logs.login(
        session.name,
        fmt::format("logout from={} user={} seconds={}", session.peer.ip(), log_field(session.account().name),
                    std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() -
                                                                     session.login.since)
                        .count()));
    session.services.scoreboard.log_out(session.seat);
  }
  // REIN must buy neither more guesses nor, for who has not been in, more time.
  const int failures = session.login.failures;
  const auto asked_since =
      session.is_logged_in() ? std::chrono::steady_clock::now() : session.login.asked_since;
  session.login = Login{};
  session.login.failures = failures;
  session.login.asked_since = asked_since;
  session.transfer = TransferSettings{};
  session.forget_data_settings();
  session.data.epsv_all = false;
  session.cwd = "/";
  session.rename_from.clear();
}

bool refresh_account(Session& session, bool is_needed) {
  if (!session.is_logged_in()) return true;
  const std::uint64_t epoch = session.services.current_account_epoch();
  if (epoch == session.login.epoch) return true;
  auto account = session.services.store.find_account(session.account().id);
  if (!account && account.error().kind != Errc::not_found) {
    if (!is_needed) return true;  // QUIT and the like need no store
    session.reply(451, "The account store cannot be read now, try again later");
    return false;
  }
  if (!account || account->is_locked) {
    session.reply(421,
                  account ? Text("This account has been locked") : Text("This account has been removed"));
    session.ending = true;
    return false;
  }
  const bool was_writable = can_write(session.account());
  session.login.account = std::move(*account);
  session.login.epoch = epoch;
  return can_write(session.account()) == was_writable || reopen_home(session);
}

void change_password(Session& session, const Secret* old, const Secret& fresh) {
  session.login.wants_new_password = false;
  if (session.account().is_guest) return session.reply(550, "The guest has no password");
  const auto is_right =
      old == nullptr ? Result<bool>(true) : is_password_right(session, &session.account(), *old);
  if (!is_right) return session.reply(is_right.error());
  if (!*is_right) {
    if (++session.login.failures >= kMaxLoginFailures) {
      session.reply(421, "The old password is wrong, too many times; good bye");
      session.ending = true;
      return;
    }
    return session.reply(530, "The old password is wrong");
  }
  if (auto checked = check_new_password(fresh); !checked) return session.reply(501, checked.error());
  auto hash = hash_new_password(session.services, fresh);
  store::AccountChange change;
  if (hash) change.password_hash = *hash;
  auto changed = hash ? session.services.store.change_account(session.account().name, change)
                      : tl::unexpected(hash.error());
  if (!changed)
    return session.reply(451, "The password could not be changed: {}",
                         text_of(changed.error(), session.language));
  session.services.account_epoch.fetch_add(1);
  session.services.logs.login(session.name, fmt::format("password changed from={} user={}", session.peer.ip(),
                                                        log_field(session.account().name)));
  session.reply(200, "Password changed");
}

Result<std::string> hash_new_password(Services& services, const Secret& password) {
  const PasswordCheckPermit permit(services);
  if (!permit.is_given()) return refusal(Errc::busy, "Too many logins at once, try again in a moment");
  return hash_password(password, services.options.password_cost());
}

std::string log_field(std::string_view text) {
  if (!text.empty() && text.find_first_of(" \"\\=") == std::string_view::npos) return std::string(text);
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') field += '\\';
    field += c;
  }
  return field += '"';
}

bool holds_site_secret(std::string_view site_argument) {
  constexpr std::string_view kPasswd = "PASS", kRegister = "REGISTER ";  // the first also mistyped
  site_argument.remove_prefix(std::min(site_argument.find_first_not_of(' '), site_argument.size()));
  const auto starts_with = [&](std::string_view word) {
    return site_argument.size() > word.size() &&
           equals_ignoring_case(site_argument.substr(0, word.size()), word);
  };
  return starts_with(kPasswd) ||
         (starts_with(kRegister) && site_argument.find(' ', kRegister.size()) != std::string_view::npos);
}

}  // namespace ferry
