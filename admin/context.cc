#include "admin/context.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "shared/config/folders.h"

namespace ferry::admin {

namespace {

Result<RunAs> user_to_be(const Options& options, const OptionSource& source) {
  if (::geteuid() == 0) return resolve_user(options, source);
  return current_user();
}

}  // namespace

OrRefusal<std::unique_ptr<Context>> Context::open(const Arguments& arguments) {
  auto context = open_without_store(arguments);
  if (!context) return context;
  const ActAs acting((*context)->user_);
  auto opened = store::Store::open((*context)->options_.store);
  if (!opened && opened.error().kind == Errc::corrupt) {
    return refuse(ExitCode::failure,
                  opened.error().context + "; `ftpadm restore FILE` puts a backup in its place");
  }
  if (!opened) return refuse(opened.error());
  (*context)->store_ = std::move(*opened);
  return context;
}

OrRefusal<std::unique_ptr<Context>> Context::open_without_store(const Arguments& arguments) {
  const OptionSource source = find_option_source(arguments.config_file);
  auto options = load_options(source, arguments.sets);
  if (!options) return refuse(ExitCode::usage, options.error().context);
  const auto user = user_to_be(*options, source);
  if (!user) return refuse(user.error());
  if (const auto made = make_folders(*options, source, *user); !made) return refuse(made.error());
  return std::unique_ptr<Context>(new Context(std::move(*options), *user));
}

Context::~Context() {
  const ActAs acting(user_);  // the last one out removes the store's log file
  store_.reset();
}

Result<UniqueFd> Context::lock_accounts() {
  const ActAs acting(user_);
  const std::string file = options_.store + ".admin.lock";
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno(errno, "cannot open the lock " + file);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno == EWOULDBLOCK) std::fputs("ftpadm: waiting for another ftpadm to end\n", stderr);
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return fail_errno(errno, "cannot lock " + file);
  }
  return fd;
}

OrRefusal<store::Account> Context::find_account(const std::string& name) {
  auto found = with_store([&](store::Store& store) { return store.find_account(name); });
  if (found) return std::move(*found);
  if (found.error().kind == Errc::not_found) {
    return refuse(ExitCode::no_such_account, "there is no account '" + name + "'");
  }
  return refuse(found.error());
}

}  // namespace ferry::admin
