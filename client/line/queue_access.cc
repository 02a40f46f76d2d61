#include "client/line/queue_access.h"

#include "client/queue/outcome.h"

namespace ferry::client {
namespace {

Options without_password(Options options) {
  options.password_file.clear();
  options.password_fd = -1;
  return options;
}

std::string login_key(const Site& site, const std::string& user) {
  return user + "@" + site.key();
}

}  // namespace

TrustAnswer QueueAccess::OneAtATime::unknown_certificate(const Site& site, const Certificate& certificate) {
  const std::lock_guard lock(mutex_);
  return asker_.unknown_certificate(site, certificate);
}

QueueAccess::QueueAccess(const Options& options, Cancel& cancel)
    : without_password_(without_password(options)),
      given_(options, cancel),
      other_(without_password_, cancel),
      trust_(TrustStore::default_path()),
      asker_(mutex_, given_.may_ask()) {
  if (options.limit.down) down_.emplace(*options.limit.down);
  if (options.limit.up) up_.emplace(*options.limit.up);
}

Result<std::unique_ptr<QueueAccess>> QueueAccess::make(const Options& options, Cancel& cancel,
                                                       const Queue& queue) {
  std::unique_ptr<QueueAccess> access(new QueueAccess(options, cancel));
  if (options.password_file.empty() && options.password_fd < 0) return access;
  for (const auto& row : queue.rows()) {
    QueueItem item = *row.item;
    (void)take_up(item);
    if (!is_pending(item)) continue;
    const std::string key = site_key(item);
    if (access->given_for_.empty()) access->given_for_ = key;
    if (access->given_for_ != key) {
      return fail(Errc::bad_syntax, "one password cannot be for several logins: " + access->given_for_ +
                                        " and " + key + "; ~/.netrc has room for all");
    }
  }
  return access;
}

Result<Secret> QueueAccess::password_for(const Site& site, const std::string& user) {
  const std::string key = login_key(site, user);
  const std::lock_guard lock(mutex_);
  if (const auto known = passwords_.find(key); known != passwords_.end()) return known->second.copy();
  auto credentials = (key == given_for_ ? given_ : other_).credentials_for(site, user);
  if (!credentials) return tl::unexpected(credentials.error());
  return passwords_.insert_or_assign(key, std::move(credentials->password)).first->second.copy();
}

Result<std::unique_ptr<Connection>> QueueAccess::open(const Site& site, const std::string& user,
                                                      Cancel& cancel) {
  auto connection = Connection::open(site, trust_, asker_, cancel);
  if (!connection) return connection;
  auto password = password_for(site, user);
  if (!password) {
    (*connection)->quit();
    return tl::unexpected(password.error());
  }
  auto login = (*connection)->login(user, *password);
  if (login) {
    (*connection)->limit_rates({down_ ? &*down_ : nullptr, up_ ? &*up_ : nullptr});
    return connection;
  }
  (*connection)->quit();
  if (login.error().kind == Errc::login_refused) {
    const std::lock_guard lock(mutex_);
    passwords_.erase(login_key(site, user));
  }
  return tl::unexpected(login.error());
}

}  // namespace ferry::client
