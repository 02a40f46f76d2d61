#include "client/model/key_map.h"

#include <fmt/core.h>

#include <algorithm>

#include "shared/base/check.h"
#include "shared/base/toml_text.h"

namespace ferry::client {
namespace {

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at == text.npos ? text.size() : at + separator.size());
  }
  return parts;
}

Result<KeySequence> parse_sequence(std::string_view text) {
  KeySequence keys;
  for (const std::string_view part : split(text, " ")) {
    auto key = parse_key(part);
    if (!key) return tl::unexpected(key.error());
    keys.push_back(*key);
  }
  if (keys.empty()) return fail(Errc::bad_syntax, "an empty text is no key");
  return keys;
}

std::size_t index_of(KeyAction action) {
  return static_cast<std::size_t>(&row_of(action) - action_rows().data());
}

bool begins(const KeySequence& whole, const KeySequence& beginning) {
  return whole.size() >= beginning.size() && std::equal(beginning.begin(), beginning.end(), whole.begin());
}

bool share_a_place(Focus a, Focus b) {
  return a == b || a == Focus::everywhere || b == Focus::everywhere;
}

std::string sequence_text(const KeySequence& keys) {
  std::string text;
  for (const Key& key : keys) text += (text.empty() ? "" : " ") + key_text(key);
  return text;
}

Error at_line(const toml::node& node, const std::string& what) {
  return {Errc::bad_syntax, fmt::format("line {}: {}", node.source().begin.line, what)};
}

Result<std::vector<KeySequence>> read_keys(const toml::node& node, const std::string& name) {
  const toml::array* list = node.as_array();
  if (list == nullptr)
    return tl::unexpected(at_line(node, name + " = a list of keys is needed, such as [\"F5\", \"c\"]"));
  std::vector<KeySequence> keys;
  for (const toml::node& element : *list) {
    const auto text = element.value_exact<std::string>();
    if (!text) return tl::unexpected(at_line(element, name + ": keys are written in quotes"));
    auto sequence = parse_sequence(*text);
    if (!sequence) return tl::unexpected(at_line(element, name + ": " + sequence.error().context));
    keys.push_back(std::move(*sequence));
  }
  return keys;
}

}  // namespace

KeyMap::KeyMap() {
  for (const ActionRow& row : action_rows()) {
    std::vector<KeySequence> all;
    for (const std::string_view text : split(row.keys, "  ")) {
      auto keys = parse_sequence(text);
      CHECK(keys.has_value());
      all.push_back(std::move(*keys));
    }
    bindings_.push_back(std::move(all));
  }
  CHECK(check(bindings_).has_value());
}

Status KeyMap::check(const Bindings& bindings) {
  const auto rows = action_rows();
  for (std::size_t a = 0; a < rows.size(); ++a) {
    for (std::size_t b = 0; b < rows.size(); ++b) {
      if (a == b || !share_a_place(rows[a].focus, rows[b].focus)) continue;
      for (const KeySequence& one : bindings[a]) {
        for (const KeySequence& other : bindings[b]) {
          if (begins(other, one))
            return fail(Errc::bad_syntax, fmt::format("{} is a key of {} and {}", sequence_text(one),
                                                      rows[a].name, rows[b].name));
        }
      }
    }
  }
  return {};
}

Status KeyMap::configure(std::string_view toml_text) {
  const auto parsed = parse_toml_text(toml_text);
  if (!parsed)
    return fail(Errc::bad_syntax, fmt::format("line {}: {}", parsed.error().line, parsed.error().what));
  Bindings bindings = bindings_;
  for (const auto& [key, node] : *parsed) {
    const std::string name(key.str());
    const ActionRow* row = find_action(name);
    if (row == nullptr) return tl::unexpected(at_line(node, name + ": there is no such action"));
    auto keys = read_keys(node, name);
    if (!keys) return tl::unexpected(keys.error());
    bindings[index_of(row->action)] = std::move(*keys);
  }
  if (auto fine = check(bindings); !fine) return fine;
  bindings_ = std::move(bindings);
  return {};
}

const std::vector<KeySequence>& KeyMap::keys_of(KeyAction action) const {
  return bindings_[index_of(action)];
}

std::string KeyMap::keys_text(KeyAction action) const {
  std::string text;
  for (const KeySequence& keys : keys_of(action)) text += (text.empty() ? "" : ", ") + sequence_text(keys);
  return text;
}

KeyMap::Meaning KeyMap::meaning(const KeySequence& keys, Focus focus) const {
  Meaning meaning;
  const auto rows = action_rows();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!share_a_place(rows[i].focus, focus)) continue;
    for (const KeySequence& bound : bindings_[i]) {
      if (bound == keys) meaning.action = rows[i].action;
      if (bound != keys && begins(bound, keys)) meaning.is_beginning = true;
    }
  }
  return meaning;
}

}  // namespace ferry::client
