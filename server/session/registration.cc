#include "server/session/registration.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "server/session/login.h"

namespace ferry {

namespace {

constexpr mode_t kHomeMode = 0750;

std::string home_of(const Session& session, const std::string& name) {
  return (std::filesystem::path(session.services.options.home_root) / name).string();
}

// The name is ours when this runs. An empty folder is what a death between folder and account leaves; one
// that holds anything is somebody's.
Status make_home(const std::string& home) {
  if (::mkdirat(AT_FDCWD, home.c_str(), kHomeMode) == 0) return {};
  if (errno == EEXIST && ::unlinkat(AT_FDCWD, home.c_str(), AT_REMOVEDIR) == 0 &&
      ::mkdirat(AT_FDCWD, home.c_str(), kHomeMode) == 0)
    return {};
  if (errno == ENOTEMPTY || errno == ENOTDIR || errno == EEXIST)
    return refusal(Errc::exists, "This name is taken, choose another");
  return fail_errno(errno, "home");
}

store::Store::Registration here_and_now(const Session& session) {
  return {session.peer.origin(), session.services.options.registration_limit, wall_now()};
}

// Who tries one name after the other learns which there are; three tries are all a connection gets.
void refuse_name(Session& session, const Error& error) {
  if (++session.login.failures < kMaxLoginFailures) return session.reply(553, error);
  session.reply(421, error);
  session.ending = true;
}

void tell_failure(Session& session, const std::string& name, const Error& error) {
  session.services.logs.login(session.name,
                              fmt::format("registration refused from={} user={} reason={}", session.peer.ip(),
                                          log_field(name), log_field(error.context)));
  if (error.kind == Errc::busy) return session.reply(450, error);
  if (error.kind == Errc::exists || error.kind == Errc::name_refused) return refuse_name(session, error);
  session.services.logs.service(Logs::Level::error, "registration: " + error.context);
  session.reply(451, "The account could not be made, try again later");
}

Status check_name(Session& session, std::string_view name) {
  if (auto good = store::check_account_name(name); !good) return good;
  if (store::is_guest_name(name)) return refusal(Errc::exists, "This name is taken, choose another");
  auto& store = session.services.store;
  const auto wanted = here_and_now(session);
  auto made = store.registrations_from(wanted.origin, wanted.now);
  if (!made) return tl::unexpected(made.error());
  if (*made >= wanted.most_per_hour)
    return refusal(Errc::busy, "too many accounts were registered from this address, try again in an hour");
  auto account = store.find_account(name);
  if (account) return refusal(Errc::exists, "This name is taken, choose another");
  return account.error().kind == Errc::not_found ? Status{} : tl::unexpected(account.error());
}

}  // namespace

void begin_registration(Session& session, std::string_view name) {
  if (session.is_logged_in()) return session.reply(503, "Log out first, with REIN");
  if (auto free = check_name(session, name); !free)
    return tell_failure(session, std::string(name), free.error());
  session.login.registers = name;
  session.reply(350, "Send PASS with the password of the new account");
}

void register_account(Session& session, const Secret& password) {
  Services& services = session.services;
  store::NewAccount account;
  account.name = std::exchange(session.login.registers, "");
  account.home = home_of(session, account.name);
  account.quota_bytes = services.options.default_quota;
  account.is_registered = true;
  if (auto checked = check_new_password(password); !checked) return session.reply(501, checked.error());
  auto hash = hash_new_password(services, password);
  if (!hash) return tell_failure(session, account.name, hash.error());
  account.password_hash = std::move(*hash);
  auto made = services.store.register_account(account, here_and_now(session),
                                              [&] { return make_home(account.home); });
  if (!made) return tell_failure(session, account.name, made.error());
  services.logs.login(session.name,
                      fmt::format("registered from={} user={}", session.peer.ip(), log_field(account.name)));
  session.reply(200, "The account is made: log in with USER and PASS");
}

}  // namespace ferry
