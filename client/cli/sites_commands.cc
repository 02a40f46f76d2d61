// sites list, show, add, edit and rm.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "client/cli/command.h"
#include "client/cli/common.h"
#include "client/engine/sites_file.h"
#include "client/line/columns.h"
#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/line/saved_sites.h"
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

}  // namespace

int run_sites_list(const Options&, Cancel&) {
  auto sites = SitesFile().all();
  if (!sites) return report_no_connection(sites.error());
  std::vector<Row> rows;
  for (const SavedSite& site : *sites) {
    rows.push_back({site.name, site.host, std::to_string(site.site().port), std::string(spell(site.security)),
                    site.user, site.folder});
  }
  print_columns({"NAME", "HOST", "PORT", "TLS", "USER", "FOLDER"}, rows);
  return kExitDone;
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
  if (auto added = SitesFile().add(site); !added) return report_not_saved(added.error());
  if (!options.quiet) print_error("saved " + site.name + "; " + site.name + ":PATH is a path on it");
  return kExitDone;
}

int run_sites_edit(const Options& options, Cancel&) {
  SitesFile file;
  auto site = file.find(options.operands.front());
  if (!site) return report_no_connection(site.error());
  for (const auto& key : options.unset) {
    if (auto done = unset_key(*site, key); !done) return report_bad_operand(done.error());
  }
  if (options.operands.size() > 1) {
    if (auto applied = apply_url(options.operands.back(), *site); !applied)
      return report_bad_operand(applied.error());
  }
  apply_options(options, *site);
  if (auto changed = file.replace(*site); !changed) return report_not_saved(changed.error());
  return kExitDone;
}

int run_sites_rm(const Options& options, Cancel&) {
  SitesFile file;
  int code = kExitDone;
  for (const auto& name : options.operands) {
    if (auto dropped = file.drop(name); !dropped) code = report_no_connection(dropped.error());
  }
  return code;
}

}  // namespace ferry::client
