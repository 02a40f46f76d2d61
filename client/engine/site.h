// Where a connection goes and how. Plain data made by the front ends from a URL or options; no I/O.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "client/engine/dialogue.h"
#include "shared/base/result.h"
#include "shared/ftp/url.h"

namespace ferry::client {

struct Site {
  std::string host;
  std::uint16_t port = 21;
  ftp::Security security = ftp::Security::explicit_tls;
  bool active = false;  // the server connects to us for data (EPRT/PORT)
  std::string ca_file;  // "": the system's CAs
  std::string pinned;   // the only certificate to accept ("AB:CD:…"), "": decide by CAs and trust store
  std::string charset;  // of names over there, as iconv calls it; "": bytes go as they are (charset.h)
  std::chrono::milliseconds timeout{30'000};  // of every wait for the server
  std::string saved_as;                       // its name in the file of saved sites, "": it is none of these
  HearDialogue dialogue;                      // hears what is said; may be empty

  // "host:port" as the trust store and messages spell it; IPv6 in brackets.
  std::string key() const;
};

// One spelling per host: lower case, without the trailing dot of a full DNS name.
std::string canonical_host(std::string host);

Site site_of(const ftp::Url& url);

// The address of an absolute path on a site: site_of() and remote_path() lead back to it.
std::string url_of(const Site& site, const std::string& user, const std::string& path);

// "sha256:ab12…", with or without the prefix and colons -> "AB:12:…". Errc::bad_syntax.
Result<std::string> parse_fingerprint(std::string_view text);
// The way back: "AB:12:…" -> "sha256:AB12…".
std::string spell_fingerprint(std::string_view fingerprint);

// The file or folder a URL names, seen from the login folder (RFC 1738 §3.2.2): one slash after the host ends
// the host and the rest is relative; a second one ("//etc", or "%2Fetc") makes it absolute.
std::string remote_path(const std::string& login_directory, const std::string& url_path);

}  // namespace ferry::client
