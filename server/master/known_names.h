// The host names of the options and what they mean now, in the master: the numbers by which workers know
// them, the last good answer of each, and what is worth a line in ferryd.log. Pure bookkeeping; resolver.h
// looks up.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/session/passive_addresses.h"
#include "shared/base/result.h"

namespace ferry {

// One name looked up.
struct NameAnswer {
  std::size_t number = 0;
  std::uint32_t ipv4 = 0;  // in host order; 0: none, and `reason` says why
  std::string reason;
};

class KnownNames {
 public:
  // The numbers of `names`, new ones for new names. A name keeps its number for good, since workers of older
  // configurations go on using it; so they are bounded: Errc::busy.
  Result<std::vector<std::size_t>> numbers_of(const std::vector<std::string>& names);

  struct Note {
    bool is_new_address = false;          // to be told to the workers
    std::optional<std::string> sentence;  // only when something changed
    bool is_warning = false;
  };
  // A name that cannot be looked up keeps its last answer.
  Note take(const NameAnswer& answer);

  const std::vector<NamedAddress>& all() const { return names_; }

 private:
  std::vector<NamedAddress> names_;
  std::vector<bool> fails_;
};

// Of several addresses always the same one, whatever order the resolver gives them in: the lowest IPv4
// address that is one. 0: none.
std::uint32_t choose_ipv4(const std::vector<net::Address>& addresses);

}  // namespace ferry
