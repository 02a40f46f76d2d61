// sites list, show, add, edit, passphrase and rm.
#include <fmt/core.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "client/cli/command.h"
#include "client/cli/common.h"
#include "client/engine/password_file.h"
#include "client/engine/sites_file.h"
#include "client/line/columns.h"
#include "client/line/output.h"
#include "client/line/exit_code.h"
#include "client/line/saved_sites.h"
#include "client/line/vault.h"
#include "shared/ftp/url.h"

namespace ferry::client {
namespace {

std::string_view spell(ftp::Security security) {
  switch (security) {
    case ftp::Security::explicit_tls:
      return "required";
    case ftp::Security::implicit_tls:
      return "implicit";
    case ftp::Security::clear:
      break;
  }
  return "off";
}

// What the options say of a site; the rest stays as it is.
void apply_options(const Options& options, SavedSite& site) {
  if (options.port != 0) site.port = options.port;
  if (options.security) site.security = *options.security;
  if (!options.user.empty()) site.user = options.user;
  if (!options.folder.empty()) site.folder = options.folder;
  if (options.active) site.active = true;
  if (!options.pin.empty()) site.pin = options.pin;
  if (!options.charset.empty()) site.charset = options.charset;
  if (!options.ca_file.empty()) site.ca_file = std::filesystem::absolute(options.ca_file).string();
}

// The URL's path is seen from the login's folder, "//pics" from the root.
Status apply_url(const std::string& text, SavedSite& site) {
  auto url = ftp::parse_url(text);
  if (!url) return tl::unexpected(url.error());
  site.host = canonical_host(url->host);
  site.port = url->port;
  site.security = url->security;
  if (url->user) site.user = *url->user;
  if (url->path.size() > 1) site.folder = url->path.substr(1);
  return {};
}

// What does not fit into the file is the command line's fault here.
int report_not_saved(const Error& error) {
  return error.kind == Errc::name_refused ? usage_error(error.context) : report_no_connection(error);
}

SealedFor sealed_for(const SavedSite& site) {
  return {site.name, site.site().key(), site.user};
}

bool may_ask(const Options& options) {
  return !options.no_input && ::isatty(STDIN_FILENO) == 1;
}

// Of the site, before anything of it is saved.
Result<Secret> password_to_save(const Options& options, const SavedSite& site) {
  if (site.user.empty()) return fail(Errc::bad_syntax, "a saved password needs a user: -u USER");
  const SecretSource given{options.password_file, options.password_fd};
  if (given.is_set()) return given.read();
  if (may_ask(options)) return ask_secret("Password of " + site.user + "@" + site.site().key() + ": ");
  return fail(Errc::bad_syntax, "no password to save: --password-file or --password-fd give one");
}

// Runs `change` once everything that could go wrong with the password has been asked and tried, and keeps the
// password behind it.
Status change_with_password(const Options& options, const SavedSite& site,
                            const std::function<Status()>& change) {
  if (!options.save_password) return change();
  auto password = password_to_save(options, site);
  if (!password) return tl::unexpected(password.error());
  Vault vault(options, may_ask(options));
  if (auto ready = vault.make_ready(); !ready) return ready;
  if (auto changed = change(); !changed) return changed;
  return vault.save(sealed_for(site), *password);
}

// A password is for one server and user; it goes when they go.
Status forget_old_password(const Options& options, const SavedSite& before, const SavedSite& after) {
  if (options.save_password) return {};
  if (!options.forget_password && sealed_for(before) == sealed_for(after)) return {};
  auto forgotten = Vault(options, false).forget(before.name);
  if (!forgotten) return tl::unexpected(forgotten.error());
  if (*forgotten && !options.forget_password && !options.quiet)
    print_error("the saved password was for " + before.user + " on " + before.site().key() +
                " and is forgotten; --save-password keeps a new one");
  return {};
}

}  // namespace

int run_sites_list(const Options&, Cancel&) {
  auto sites = SitesFile().all();
  if (!sites) return report_no_connection(sites.error());
  const auto passwords = PasswordFile().read();
  std::vector<Row> rows;
  for (const SavedSite& site : *sites) {
    const SealedFor* sealed = passwords && *passwords ? (*passwords)->find(site.name) : nullptr;
    const bool has_password = sealed != nullptr && *sealed == sealed_for(site);
    rows.push_back({site.name, site.host, std::to_string(site.site().port), std::string(spell(site.security)),
                    site.user, site.folder, has_password ? "saved" : ""});
  }
  print_columns({"NAME", "HOST", "PORT", "TLS", "USER", "FOLDER", "PASSWORD"}, rows);
  return passwords ? static_cast<int>(kExitDone) : report(passwords.error());
}

int run_sites_show(const Options& options, Cancel&) {
  auto site = SitesFile().find(options.operands.front());
  if (!site) return report_no_connection(site.error());
  std::vector<Row> rows{{"name", site->name}};
  for (const auto& [key, value] : site_lines(*site)) rows.push_back({key, value});
  print_columns({"KEY", "VALUE"}, rows);
  return kExitDone;
}

int run_sites_add(const Options& options, Cancel&) {
  SavedSite site;
  site.name = options.operands.front();
  if (!is_site_name(site.name)) {
    return usage_error(site.name +
                       ": the name of a site has 2 to 64 bytes, no blank and none of : / \\ @ [ ] \" ' #");
  }
  if (auto applied = apply_url(options.operands.back(), site); !applied)
    return report_bad_operand(applied.error());
  apply_options(options, site);
  SitesFile file;
  const auto there = file.find(site.name);
  if (there)
    return report(
        Error{Errc::exists, site.name + ": there is a site of that name; `ferry sites edit` changes it"});
  auto added = change_with_password(options, site, [&] { return file.add(site); });
  if (!added) return report_not_saved(added.error());
  if (!options.quiet) print_error("saved " + site.name + "; " + site.name + ":PATH is a path on it");
  return kExitDone;
}

int run_sites_edit(const Options& options, Cancel&) {
  SitesFile file;
  auto site = file.find(options.operands.front());
  if (!site) return report_no_connection(site.error());
  const SavedSite before = *site;
  for (const auto& key : options.unset) {
    if (auto done = unset_key(*site, key); !done) return report_bad_operand(done.error());
  }
  if (options.operands.size() > 1) {
    if (auto applied = apply_url(options.operands.back(), *site); !applied)
      return report_bad_operand(applied.error());
  }
  apply_options(options, *site);
  auto changed = change_with_password(options, *site, [&] { return file.replace(*site); });
  if (changed) changed = forget_old_password(options, before, *site);
  return changed ? static_cast<int>(kExitDone) : report_not_saved(changed.error());
}

int run_sites_passphrase(const Options& options, Cancel&) {
  auto changed = Vault(options, may_ask(options)).change_passphrase();
  if (!changed) return report_no_connection(changed.error());
  if (!options.quiet) print_error("the saved passwords are sealed with the new passphrase");
  return kExitDone;
}

int run_sites_rm(const Options& options, Cancel&) {
  SitesFile file;
  Vault vault(options, false);
  int code = kExitDone;
  for (const auto& name : options.operands) {
    // The password first: one that is left behind without its site would never be looked at again.
    auto forgotten = vault.forget(name);
    if (!forgotten) code = report(forgotten.error());
    if (auto dropped = file.drop(name); !dropped) code = report_no_connection(dropped.error());
  }
  return code;
}

}  // namespace ferry::client
