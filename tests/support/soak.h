// Length and draws of the tests that work at random: short in `make test`, FERRY_SOAK_SECONDS long under
// `make soak`. FERRY_SEED repeats the draws that a failure has printed.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace ferry::test {

inline bool is_soak() {
  return std::getenv("FERRY_SOAK_SECONDS") != nullptr;
}

inline std::chrono::seconds soak_seconds(std::chrono::seconds short_form) {
  const char* wish = std::getenv("FERRY_SOAK_SECONDS");
  return wish != nullptr ? std::chrono::seconds(std::stoul(wish)) : short_form;
}

inline std::uint32_t seed_from_environment() {
  const char* wish = std::getenv("FERRY_SEED");
  return wish != nullptr ? static_cast<std::uint32_t>(std::stoul(wish)) : std::random_device()();
}

}  // namespace ferry::test
