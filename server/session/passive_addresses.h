// The address a client is told in the answer to PASV: the rules of passive_address_for and passive_address,
// with what their host names mean at the moment. In each worker; looks nothing up itself: the master has it
// done and tells (NamedAddress, LinkMessage::Kind::name).
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "shared/base/result.h"
#include "shared/config/passive_rule.h"
#include "shared/net/address.h"

namespace ferry {

// Among those the master has had looked up since its start; the place in its list is the name's number.
struct NamedAddress {
  std::string name;
  std::uint32_t ipv4 = 0;  // in host order; 0: not known yet
};

class PassiveAddresses {
 public:
  PassiveAddresses(const Options& options, const std::vector<NamedAddress>& names);

  // Any thread. A number from after our start is none of our names.
  void learn(std::size_t number, std::uint32_t ipv4);

  // Any thread; never waits. What `client`, who connected to `reached`, is told. Errc::not_found: the name
  // that counts for it has never been found.
  Result<std::string> address_for(const net::Address& client, const net::Address& reached) const;

 private:
  struct Rule {
    PassiveRule rule;
    const std::atomic<std::uint32_t>* answer = nullptr;  // of a name
  };
  std::deque<std::atomic<std::uint32_t>> answers_;  // by number
  std::vector<Rule> rules_;
};

}  // namespace ferry
