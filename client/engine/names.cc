#include "client/engine/names.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace ferry::client {
namespace {

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

std::string map(std::string_view name, int how) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(name.data()),
                   static_cast<utf8proc_ssize_t>(name.size()), &mapped, static_cast<utf8proc_option_t>(how));
  const std::unique_ptr<utf8proc_uint8_t, Free> owner(mapped);
  if (length < 0) return std::string(name);  // no UTF-8
  return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length)};
}

}  // namespace

std::string to_nfc(std::string_view name) {
  return map(name, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

std::string case_key(std::string_view name) {
  return map(name, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
}

}  // namespace ferry::client
