// A server under a name of the user's own, and the text that holds them: sites.toml, one table per site.
// Pure; sites_file.h is the file. Never a password: those lie sealed (sealed_passwords.h).
//
//   [example]
//   host = "files.example.org"
//   user = "akira"
//   folder = "/pics"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/engine/site.h"

namespace ferry::client {

struct SavedSite {
  std::string name;
  std::string host;
  std::uint16_t port = 0;  // 0: the default of `security`
  ftp::Security security = ftp::Security::explicit_tls;
  std::string user;    // "" not said
  std::string folder;  // paths begin here: absolute, or seen from the login's folder; "": that one
  bool active = false;
  std::string pin;  // as parse_fingerprint gives it
  std::string ca_file;
  std::string charset;  // as Site::charset

  Site site() const;
  bool operator==(const SavedSite&) const = default;
};

// 2 to 64 bytes of UTF-8 without blanks, control characters and : / \ @ [ ] " ' #, not beginning with - or
// dot, not "ftp" or "ftps". One letter is none: C:\ and C:/ are places on this machine.
bool is_site_name(std::string_view name);

// "NAME:PATH". nullopt where it cannot be one: a URL, a / in front of the first colon, no site name there, an
// IPv6 address. Whether there is such a site is another question.
struct SiteOperand {
  std::string name, path;
};
std::optional<SiteOperand> parse_site_operand(std::string_view operand);

// Where `path` begins on a site: "pics" in the folder "/akira" is "/akira/pics", "" is "/akira/".
std::string path_on_site(const SavedSite& site, const std::string& path);

// In the order of the text. Errc::bad_syntax: "3:8: …", line and column. An unknown key is one too: a
// misspelt pin must not be no pin.
Result<std::vector<SavedSite>> parse_sites(std::string_view text);

// The text with the site added, or with its lines changed. Comments, order and all other lines stay as they
// are. Errc::bad_syntax as above; Errc::name_refused: a value that TOML cannot hold; Errc::unsupported: the
// site is written in a way that cannot be edited by lines (inline tables, dotted keys).
Result<std::string> put_site(const std::string& text, const SavedSite& site);
// Errc::not_found.
Result<std::string> drop_site(const std::string& text, std::string_view name);

// Errc::bad_syntax: no such key, or one that a site must have.
Status unset_key(SavedSite& site, std::string_view name);

// The keys that differ from their default: ("port", "2121"), ("user", "akira").
std::vector<std::pair<std::string, std::string>> site_lines(const SavedSite& site);

}  // namespace ferry::client
