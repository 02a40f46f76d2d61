// CRC-32 as zip, Ethernet and XCRC have it (CRC-32/ISO-HDLC: reflected, polynomial 0x04C11DB7). Finds
// accidents, not attackers. Pure arithmetic.
#pragma once

#include <cstdint>
#include <string_view>

namespace ferry {

class Crc32 {
 public:
  void update(std::string_view bytes);
  std::uint32_t value() const { return ~state_; }  // of what came so far; more may follow

 private:
  std::uint32_t state_ = 0xFFFFFFFF;
};

}  // namespace ferry
