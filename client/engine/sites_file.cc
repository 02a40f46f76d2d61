#include "client/engine/sites_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "client/engine/state_file.h"

namespace ferry::client {
namespace {

Status check_owner_only_writes(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};  // what cannot be read says so itself
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return fail(Errc::permission,
              path + ": others may write to it, so ferry does not believe it; chmod 600 it");
}

}  // namespace

SitesFile::SitesFile(const std::string& path) : path_(path) {
  std::error_code failure;
  const auto real = std::filesystem::canonical(path, failure);
  if (!failure) path_ = real.string();
}

std::string SitesFile::default_path() {
  return state_file_path("XDG_CONFIG_HOME", ".config", "sites.toml");
}

Error SitesFile::named(Error error) const {
  if (error.kind == Errc::bad_syntax) error.context = path_ + ":" + error.context;
  if (error.kind == Errc::unsupported) error.context = path_ + ": " + error.context;
  return error;
}

Result<std::vector<SavedSite>> SitesFile::all() const {
  if (auto fine = check_owner_only_writes(path_); !fine) return tl::unexpected(fine.error());
  auto text = read_state_file(path_);
  if (!text) return tl::unexpected(text.error());
  auto sites = parse_sites(*text);
  if (!sites) return tl::unexpected(named(sites.error()));
  return sites;
}

Result<SavedSite> SitesFile::find(const std::string& name) const {
  auto sites = all();
  if (!sites) return tl::unexpected(sites.error());
  const auto found = std::ranges::find(*sites, name, &SavedSite::name);
  if (found == sites->end()) return fail(Errc::not_found, "there is no saved site " + name);
  return *found;
}

Status SitesFile::add(const SavedSite& site) {
  auto added =
      update_state_file(path_, Durability::on_disk, [&](const std::string& text) -> Result<std::string> {
        auto sites = parse_sites(text);
        if (!sites) return tl::unexpected(sites.error());
        if (std::ranges::find(*sites, site.name, &SavedSite::name) != sites->end())
          return fail(Errc::exists,
                      site.name + ": there is a site of that name; `ferry sites edit` changes it");
        return put_site(text, site);
      });
  return added ? added : tl::unexpected(named(added.error()));
}

Status SitesFile::replace(const SavedSite& site) {
  auto changed =
      update_state_file(path_, Durability::on_disk, [&](const std::string& text) -> Result<std::string> {
        auto sites = parse_sites(text);
        if (!sites) return tl::unexpected(sites.error());
        if (std::ranges::find(*sites, site.name, &SavedSite::name) == sites->end())
          return fail(Errc::not_found, "there is no saved site " + site.name);
        return put_site(text, site);
      });
  return changed ? changed : tl::unexpected(named(changed.error()));
}

Status SitesFile::drop(const std::string& name) {
  auto dropped = update_state_file(path_, Durability::on_disk,
                                   [&](const std::string& text) { return drop_site(text, name); });
  return dropped ? dropped : tl::unexpected(named(dropped.error()));
}

}  // namespace ferry::client
