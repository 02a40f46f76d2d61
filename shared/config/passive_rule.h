// Which address a client is told in the answer to PASV, as the options passive_address and
// passive_address_for say it: pure text. Names are only checked here; who looks them up is no part of this.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"
#include "shared/config/options.h"
#include "shared/net/network.h"

namespace ferry {

struct PassiveTarget {
  enum class Kind { local, address, name };  // local: the address the client connected to
  Kind kind = Kind::local;
  std::string text;  // of address and name, a name in lower case
};

struct PassiveRule {
  net::Network clients;
  PassiveTarget target;
};

// "local" or "", "192.0.2.1", "ftp.example.org". Errc::bad_syntax.
Result<PassiveTarget> parse_passive_target(std::string_view text);
// "10.0.0.0/8=local"; IPv4 only, as PASV is. Errc::bad_syntax, and as Network::parse.
Result<PassiveRule> parse_passive_rule(std::string_view text);

// In the order in which they are tried, passive_address last and for everybody. The options are checked ones.
std::vector<PassiveRule> passive_rules(const Options& options);
// Each name among them once.
std::vector<std::string> passive_names(const Options& options);

}  // namespace ferry
