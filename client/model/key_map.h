// Which keys lead to which action, by default and as keys.toml says. A sequence ("g g") is read key by key.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/model/actions.h"
#include "client/model/key.h"

namespace ferry::client {

using KeySequence = std::vector<Key>;

class KeyMap {
 public:
  KeyMap();  // as the table has it

  // Replaces the keys of the actions that `toml` names: `copy = ["F5", "y"]`, [] for none.
  // Errc::bad_syntax: an unknown action, what is no key, a key of two actions that count in one place or one
  // that begins another's sequence. Then nothing has changed.
  Status configure(std::string_view toml_text);

  const std::vector<KeySequence>& keys_of(KeyAction action) const;
  std::string keys_text(KeyAction action) const;  // "F5, c"

  // What `keys`, typed so far, are while `focus` has them.
  struct Meaning {
    std::optional<KeyAction> action;
    bool is_beginning = false;  // of a longer sequence
  };
  Meaning meaning(const KeySequence& keys, Focus focus) const;

 private:
  using Bindings = std::vector<std::vector<KeySequence>>;  // by row of the table
  static Status check(const Bindings& bindings);
  Bindings bindings_;
};

}  // namespace ferry::client
