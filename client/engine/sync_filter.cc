#include "client/engine/sync_filter.h"

#include <algorithm>

#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

constexpr std::string_view kAnyFolders = "**";

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> components;
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    if (slash > 0) components.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return components;
}

}  // namespace

Result<SyncFilter::Rule> SyncFilter::parse(std::string_view glob) {
  Rule rule;
  rule.folders_only = !glob.empty() && glob.back() == '/';
  const auto components = split(glob);
  if (components.empty()) return fail(Errc::bad_syntax, "a glob without a name: " + std::string(glob));
  if (glob.front() != '/') rule.components.emplace_back(kAnyFolders);
  for (const auto& component : components) {
    const bool is_again =
        component == kAnyFolders && !rule.components.empty() && rule.components.back() == kAnyFolders;
    if (!is_again) rule.components.emplace_back(component);
  }
  if (rule.components.back() == kAnyFolders) rule.components.emplace_back("*");
  return rule;
}

Status SyncFilter::exclude(std::string_view glob) {
  auto rule = parse(glob);
  if (!rule) return tl::unexpected(rule.error());
  excludes_.push_back(std::move(*rule));
  return {};
}

Status SyncFilter::include(std::string_view glob) {
  auto rule = parse(glob);
  if (!rule) return tl::unexpected(rule.error());
  includes_.push_back(std::move(*rule));
  return {};
}

// As glob_match does with '*': only the last "**" is ever tried again.
bool SyncFilter::matches(const Rule& rule, const std::vector<std::string_view>& path, bool is_folder) {
  if (rule.folders_only && !is_folder) return false;
  const auto& pattern = rule.components;
  constexpr auto kNone = static_cast<std::size_t>(-1);
  std::size_t at = 0, name = 0, star = kNone, star_name = 0;
  while (name < path.size()) {
    if (at < pattern.size() && pattern[at] == kAnyFolders) {
      star = at++;
      star_name = name;
    } else if (at < pattern.size() && ftp::glob_match(pattern[at], path[name])) {
      ++at;
      ++name;
    } else if (star != kNone) {
      at = star + 1;
      name = ++star_name;
    } else {
      return false;
    }
  }
  return at == pattern.size();
}

bool SyncFilter::excludes(std::string_view path, bool is_folder) const {
  if (excludes_.empty()) return false;
  const auto components = split(path);
  const auto is_meant = [&](const Rule& rule) { return matches(rule, components, is_folder); };
  return std::ranges::any_of(excludes_, is_meant) && std::ranges::none_of(includes_, is_meant);
}

}  // namespace ferry::client
