// Contents for tests: bytes that repeat nowhere a mistake could hide, and whole files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "shared/base/digest.h"

namespace ferry::test {

// The same bytes for the same seed; every byte value occurs, CR and LF too.
inline std::string some_bytes(std::size_t size, std::uint32_t seed = 1) {
  std::string bytes(size, '\0');
  std::uint32_t state = seed * 2654435761U + 12345;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

inline std::string sha256_of(std::string_view bytes) {
  Digest digest(DigestKind::sha256);
  digest.update(bytes);
  return digest.hex();
}

inline std::string read_bytes(const std::filesystem::path& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace ferry::test
