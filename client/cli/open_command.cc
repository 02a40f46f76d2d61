// The full screen.
#include <fcntl.h>

#include <mutex>

#include "client/cli/command.h"
#include "client/cli/common.h"
#include "client/engine/sites_file.h"
#include "client/line/netrc.h"
#include "client/tui/tui.h"

namespace ferry::client {
namespace {

using SharedSecret = std::shared_ptr<const Secret>;

// What was given on the command line is for one server, the first that is asked about; else netrc.
class Passwords {
 public:
  explicit Passwords(const Options& options) : options_(options) {}

  // Any thread. nullptr: the person has to be asked.
  SharedSecret of(const Site& site, const std::string& user) {
    const std::lock_guard lock(mutex_);
    if (!given_.has_value()) given_ = read_given();
    if (*given_ && (given_for_.empty() || given_for_ == site.key())) {
      given_for_ = site.key();
      return *given_;
    }
    auto entry = netrc_for(site.host, user);
    if (!entry || !*entry || !(*entry)->has_password) return nullptr;
    return std::make_shared<const Secret>(std::move((*entry)->password));
  }

 private:
  SharedSecret read_given() const {
    UniqueFd file;
    int fd = options_.password_fd;
    if (!options_.password_file.empty()) {
      file = UniqueFd(::open(options_.password_file.c_str(), O_RDONLY | O_CLOEXEC));
      fd = file.get();
    }
    if (fd < 0) return nullptr;
    auto secret = read_secret_line(fd);
    return secret ? std::make_shared<const Secret>(std::move(*secret)) : nullptr;
  }

  const Options& options_;
  std::mutex mutex_;
  std::optional<SharedSecret> given_;
  std::string given_for_;
};

std::vector<SiteChoice> saved_sites(const Options& options) {
  std::vector<SiteChoice> choices;
  const auto sites = SitesFile().all();
  if (!sites) return choices;
  for (const SavedSite& saved : *sites) {
    choices.push_back({saved.name, {with_options(saved.site(), options), saved.user, nullptr, saved.folder}});
  }
  return choices;
}

}  // namespace

int run_open(const Options& options, Cancel& cancel) {
  TuiWish wish;
  if (!options.operands.empty() || !options.host.empty()) {
    auto target = target_of(options, options.operands.empty() ? "" : options.operands.front());
    if (!target) return report_bad_operand(target.error());
    wish.login = Login{target->site, target->user, nullptr, target->path};
  }
  Passwords passwords(options);
  wish.ascii_only = options.ascii_only;
  wish.sites = [&options] { return saved_sites(options); };
  wish.password_of = [&passwords](const Site& site, const std::string& user) {
    return passwords.of(site, user);
  };
  return run_tui(std::move(wish), cancel);
}

}  // namespace ferry::client
