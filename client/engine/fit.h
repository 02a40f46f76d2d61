// Whether a whole copy fits before its first byte: the sum against what room there is. Pure; who finds out is
// fit_check.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/bytes.h"
#include "shared/base/result.h"

namespace ferry::client {

// What is to be copied.
struct Load {
  std::int64_t files = 0;
  Bytes bytes = 0;            // as far as known
  std::int64_t in_place = 0;  // of the files: that replace one, so that they are no more than there were
  Bytes given_back = 0;       // what those replace
};

struct Room {
  std::string name;                        // "quota left": how it is called
  Errc kind = Errc::no_space;              // of the refusal
  std::optional<Bytes> bytes = {};         // nullopt: not known, or no limit
  std::optional<std::int64_t> files = {};  // the same
  Bytes keep_free = 0;                     // --min-free: of `bytes`
};

// Errc as Room::kind: "214 files, 1.9 GiB; quota left 1.4 GiB: does not fit by 512 MiB".
Status check_fit(const Load& load, const Room& room);

// What replacing files gives back at once, while `parallel` of them are on the disk twice: the new one beside
// the old.
Bytes room_given_back(std::vector<Bytes> replaced, int parallel);

}  // namespace ferry::client
