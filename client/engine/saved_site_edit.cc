// Editing sites.toml line by line. What comes out is read again and compared with what was meant, so that no
// way to write TOML can make an edit do something else.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "client/engine/saved_site.h"
#include "client/engine/saved_site_internal.h"
#include "shared/base/ascii.h"
#include "shared/base/utf8.h"

namespace ferry::client {
namespace {

constexpr std::string_view kHeading =
    "# Sites of ferry(1), a table for each. Passwords are not here: `ferry sites edit NAME "
    "--save-password`.\n";

struct Region {
  std::size_t first = 0, last = 0;  // lines, from 0
  std::size_t end_column = 0;       // in characters, from 0: behind the value
};

struct Block {
  std::size_t header = 0, last = 0;  // lines, from 0: [name], and the last line that belongs to a key
  std::map<std::string, Region, std::less<>> keys;
};

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto length = end == std::string_view::npos ? text.size() : end + 1;
    lines.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return lines;
}

std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line;
  return text;
}

std::size_t line_of(const toml::source_position& position) {
  return position.line > 0 ? position.line - 1 : 0;
}

bool is_header(const std::string& line) {
  const auto at = line.find_first_not_of(" \t");
  return at != std::string::npos && line[at] == '[';
}

tl::unexpected<Error> not_by_lines(std::string_view name) {
  return fail(Errc::unsupported, std::string(name) +
                                     " is written in a way that ferry cannot edit; write it as [" +
                                     std::string(name) + "] with one key a line");
}

Result<Block> find_block(const toml::table& sites, std::string_view name,
                         const std::vector<std::string>& lines) {
  const toml::node* node = sites.get(name);
  if (node == nullptr) return fail(Errc::not_found, "there is no site " + std::string(name));
  const toml::table* table = node->as_table();
  if (table == nullptr || table->is_inline()) return not_by_lines(name);
  Block block;
  block.header = block.last = line_of(table->source().begin);
  if (block.header >= lines.size() || !is_header(lines[block.header])) return not_by_lines(name);
  for (const auto& [key, value] : *table) {
    const Region region{line_of(key.source().begin), line_of(value.source().end),
                        value.source().end.column > 0 ? value.source().end.column - 1 : 0};
    if (region.first <= block.header || region.last >= lines.size() || region.last < region.first)
      return not_by_lines(name);
    block.last = std::max(block.last, region.last);
    block.keys.emplace(std::string(key.str()), region);
  }
  return block;
}

// The rest of a line behind so many characters: the comment there, and the line's end.
std::string behind(std::string_view line, std::size_t characters) {
  for (; characters > 0 && !line.empty(); --characters) line.remove_prefix(decode_utf8(line).length);
  const auto mark = line.find_first_not_of(" \t");
  return mark != std::string_view::npos && line[mark] == '#' ? std::string(line) : "\n";
}

std::string key_line(const SiteKey& key, const std::string& value, const std::string& behind_it = "\n") {
  return fmt::format("{} = {}{}", key.name, toml_value(key, value), behind_it);
}

std::string header_line(const std::string& name) {
  const bool is_bare =
      std::all_of(name.begin(), name.end(), [](char c) { return is_ascii_alnum(c) || c == '-' || c == '_'; });
  return is_bare ? "[" + name + "]\n" : "[\"" + name + "\"]\n";
}

std::string append_site(std::string text, const SavedSite& site) {
  if (text.empty()) text = kHeading;
  if (text.back() != '\n') text += '\n';
  if (!text.ends_with("\n\n")) text += '\n';
  text += header_line(site.name);
  for (const SiteKey& key : site_keys()) {
    if (const auto value = key.give(site)) text += key_line(key, *value);
  }
  return text;
}

// From the last line to the first, so that the regions above stay true.
std::string change_lines(std::vector<std::string> lines, const Block& block, const SavedSite& before,
                         const SavedSite& after) {
  std::string added;
  std::map<std::size_t, std::pair<Region, std::optional<std::string>>, std::greater<>> changes;
  for (const SiteKey& key : site_keys()) {
    const auto value = key.give(after);
    if (value == key.give(before)) continue;
    const auto there = block.keys.find(key.name);
    if (there == block.keys.end()) {
      if (value) added += key_line(key, *value);
      continue;
    }
    const Region& region = there->second;
    std::optional<std::string> line;
    if (value) line = key_line(key, *value, behind(lines[region.last], region.end_column));
    changes[region.first] = {region, line};
  }
  if (!lines[block.last].ends_with('\n')) lines[block.last] += '\n';
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(block.last) + 1, added);
  for (const auto& [at, change] : changes) {
    const auto first = lines.begin() + static_cast<std::ptrdiff_t>(change.first.first);
    const auto end = lines.begin() + static_cast<std::ptrdiff_t>(change.first.last) + 1;
    const auto gap = lines.erase(first, end);
    if (change.second) lines.insert(gap, *change.second);
  }
  return join_lines(lines);
}

Result<std::string> if_it_means(std::string text, const std::vector<SavedSite>& wanted,
                                std::string_view name) {
  const auto now = parse_sites(text);
  if (!now || *now != wanted) return not_by_lines(name);
  return text;
}

}  // namespace

Result<std::string> put_site(const std::string& text, const SavedSite& site) {
  auto sites = parse_sites(text);
  if (!sites) return tl::unexpected(sites.error());
  const auto found = std::ranges::find(*sites, site.name, &SavedSite::name);
  // What is wrong with the site itself shows here, whatever is around it.
  const auto alone = parse_sites(append_site("", site));
  if (!alone || alone->size() != 1 || alone->front() != site)
    return fail(Errc::name_refused,
                site.name + ": " +
                    (alone ? std::string("a value cannot be kept as it is")
                           : alone.error().context.substr(alone.error().context.find(' ') + 1)));
  if (found == sites->end()) {
    sites->push_back(site);
    return if_it_means(append_site(text, site), *sites, site.name);
  }
  const SavedSite before = std::exchange(*found, site);
  const auto lines = split_lines(text);
  const auto table = parse_toml(text);
  auto block = find_block(*table, site.name, lines);
  if (!block) return tl::unexpected(block.error());
  return if_it_means(change_lines(lines, *block, before, site), *sites, site.name);
}

Result<std::string> drop_site(const std::string& text, std::string_view name) {
  auto sites = parse_sites(text);
  if (!sites) return tl::unexpected(sites.error());
  auto lines = split_lines(text);
  const auto table = parse_toml(text);
  auto block = find_block(*table, name, lines);
  if (!block) return tl::unexpected(block.error());
  const auto first = lines.begin() + static_cast<std::ptrdiff_t>(block->header);
  const auto behind_it = lines.erase(first, lines.begin() + static_cast<std::ptrdiff_t>(block->last) + 1);
  const bool has_gap_before =
      behind_it == lines.begin() || (behind_it - 1)->find_first_not_of(" \t\r\n") == std::string::npos;
  if (has_gap_before && behind_it != lines.end() &&
      behind_it->find_first_not_of(" \t\r\n") == std::string::npos)
    lines.erase(behind_it);
  std::erase_if(*sites, [&](const SavedSite& site) { return site.name == name; });
  return if_it_means(join_lines(lines), *sites, name);
}

}  // namespace ferry::client
