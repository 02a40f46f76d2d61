#include "shared/base/sodium.h"

#include <sodium.h>

#include <mutex>
#include <stdexcept>

namespace ferry {

void ensure_sodium() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (::sodium_init() < 0) throw std::runtime_error("libsodium found no source of random numbers");
  });
}

}  // namespace ferry
