// toml++ for the few sources that read TOML; too heavy to be included by a header that others include. Pure.
//
// Version 3.3 finds some mistakes ("[" at the end of a line) by an assertion only, which would end the
// program. Here they are mistakes like the others.
#pragma once

#include <stdexcept>

namespace ferry {
[[noreturn]] inline void no_toml() {
  throw std::runtime_error("that is no TOML");
}
}  // namespace ferry
#define TOML_EXCEPTIONS 1
#define TOML_ASSERT(condition) ((condition) ? static_cast<void>(0) : ferry::no_toml())
#include <toml++/toml.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace ferry {

struct TomlMistake {
  std::size_t line = 1, column = 1;
  std::string what;
};

inline tl::expected<toml::table, TomlMistake> parse_toml_text(std::string_view text) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return tl::unexpected(TomlMistake{error.source().begin.line, error.source().begin.column,
                                      std::string(error.description())});
  } catch (const std::runtime_error& error) {
    return tl::unexpected(TomlMistake{1, 1, error.what()});
  }
}

}  // namespace ferry
