#include "client/line/saved_sites.h"

#include <sys/stat.h>

#include <algorithm>

#include "client/engine/sites_file.h"
#include "client/line/nearest_word.h"

namespace ferry::client {
namespace {

Target target_on(const Options& options, const SavedSite& saved, const std::string& path) {
  Target target;
  target.site = with_options(saved.site(), options);
  target.user = !options.user.empty() ? options.user : saved.user;
  target.path = path_on_site(saved, path);
  return target;
}

tl::unexpected<Error> no_such_site(const std::string& name, const std::vector<SavedSite>& sites) {
  std::vector<std::string> names;
  for (const auto& site : sites) names.push_back(site.name);
  const std::string near = nearest_word(name, names);
  return fail(Errc::bad_syntax,
              name + ": no saved site has that name" +
                  (near.empty() ? "; `ferry sites list` shows them" : "; did you mean " + near + "?"));
}

}  // namespace

Result<Target> target_of_site(const Options& options, const SiteOperand& operand) {
  auto sites = SitesFile().all();
  if (!sites) return tl::unexpected(sites.error());
  const auto found = std::ranges::find(*sites, operand.name, &SavedSite::name);
  if (found == sites->end()) return no_such_site(operand.name, *sites);
  return target_on(options, *found, operand.path);
}

Result<Target> target_of_address(const Options& options, const std::string& address) {
  if (looks_like_url(address)) return target_of_url(options, address);
  if (const auto operand = parse_site_operand(address)) return target_of_site(options, *operand);
  return fail(Errc::bad_syntax,
              address + ": a URL such as ftp://user@host/path or SITE:PATH is needed here, or -s HOST");
}

Result<Target> target_of_place(const Options& options, const std::string& place) {
  if (looks_like_url(place)) return target_of_url(options, place);
  auto sites = SitesFile().all();
  if (!sites) return tl::unexpected(sites.error());
  const auto named = [&](const std::string& name) {
    return std::ranges::find(*sites, name, &SavedSite::name);
  };
  if (const auto whole = named(place); whole != sites->end()) return target_on(options, *whole, "");
  const auto operand = parse_site_operand(place);
  if (operand) {
    if (const auto site = named(operand->name); site != sites->end())
      return target_on(options, *site, operand->path);
  }
  auto target = target_of_url(options, place);
  // "exmaple:pics" is no host with a port.
  if (!target && operand && target.error().kind == Errc::bad_syntax)
    return no_such_site(operand->name, *sites);
  return target;
}

bool is_remote_operand(const std::string& operand) {
  if (looks_like_url(operand)) return true;
  struct stat info {};
  return parse_site_operand(operand).has_value() && ::lstat(operand.c_str(), &info) != 0;
}

}  // namespace ferry::client
