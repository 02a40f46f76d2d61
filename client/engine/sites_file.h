// The file of saved sites: $XDG_CONFIG_HOME/ferry/sites.toml, else ~/.config/ferry/sites.toml, mode 0600.
// Read at every question; changed whole, under a lock (state_file.h). Blocks on the disk.
#pragma once

#include <string>
#include <vector>

#include "client/engine/saved_site.h"

namespace ferry::client {

class SitesFile {
 public:
  explicit SitesFile(const std::string& path = default_path());  // a link is followed, and stays one
  static std::string default_path();

  // In the file's order; none when there is no file. Errc::bad_syntax with file, line and column;
  // Errc::permission when others may write to it: they would decide where passwords go.
  Result<std::vector<SavedSite>> all() const;
  // Errc::not_found.
  Result<SavedSite> find(const std::string& name) const;

  Status add(const SavedSite& site);      // Errc::exists, and what put_site says
  Status replace(const SavedSite& site);  // the one of its name; Errc::not_found, and what put_site says
  Status drop(const std::string& name);   // Errc::not_found
  const std::string& path() const { return path_; }

 private:
  Error named(Error error) const;

  std::string path_;
};

}  // namespace ferry::client
