#include "shared/base/crc32.h"

#include <array>

namespace ferry {

namespace {

// Eight bytes a step ("slicing by 8"): one table per distance of a byte from the end of its step.
using Table = std::array<std::uint32_t, 256>;
constexpr std::size_t kStep = 8;

constexpr std::array<Table, kStep> make_tables() {
  constexpr std::uint32_t kReflectedPolynomial = 0xEDB88320;
  std::array<Table, kStep> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kReflectedPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t far = 1; far < kStep; ++far) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t nearer = tables[far - 1][byte];
      tables[far][byte] = (nearer >> 8) ^ tables[0][nearer & 0xFF];
    }
  }
  return tables;
}

constexpr std::array<Table, kStep> kTables = make_tables();

constexpr std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

}  // namespace

void Crc32::update(std::string_view bytes) {
  std::uint32_t crc = state_;
  while (bytes.size() >= kStep) {
    crc ^= byte_at(bytes, 0) | byte_at(bytes, 1) << 8 | byte_at(bytes, 2) << 16 | byte_at(bytes, 3) << 24;
    crc = kTables[7][crc & 0xFF] ^ kTables[6][(crc >> 8) & 0xFF] ^ kTables[5][(crc >> 16) & 0xFF] ^
          kTables[4][crc >> 24] ^ kTables[3][byte_at(bytes, 4)] ^ kTables[2][byte_at(bytes, 5)] ^
          kTables[1][byte_at(bytes, 6)] ^ kTables[0][byte_at(bytes, 7)];
    bytes.remove_prefix(kStep);
  }
  for (const char c : bytes) crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<unsigned char>(c)) & 0xFF];
  state_ = crc;
}

}  // namespace ferry
