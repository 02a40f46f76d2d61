// What a person writes for a server: a URL, a saved site, a host. The one place where a saved site becomes a
// target. Reads the file of saved sites.
#pragma once

#include <string>

#include "client/engine/saved_site.h"
#include "client/line/options.h"
#include "client/line/session.h"

namespace ferry::client {

// "NAME:PATH"; PATH begins in the site's folder. Errc::bad_syntax, with the nearest name, where there is no
// such site; what SitesFile::all says.
Result<Target> target_of_site(const Options& options, const SiteOperand& operand);

// A URL, or NAME:PATH. Errc::bad_syntax for anything else.
Result<Target> target_of_address(const Options& options, const std::string& address);

// Where nothing local can be meant: a URL, a saved site (NAME, NAME:PATH), or HOST[:PORT][/PATH].
Result<Target> target_of_place(const Options& options, const std::string& place);

// Is this operand remote where it could be local as well? A URL, or NAME:PATH unless a file here is called so.
bool is_remote_operand(const std::string& operand);

}  // namespace ferry::client
