#include "client/engine/tree_names.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "client/engine/names.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

constexpr std::size_t kMostNotes = 10;

// Takes items out, and what is in them; a plan has folders before their content. `why`: "" keeps one.
void remove_items(TreePlan& plan, const std::function<std::string(const TreeItem&)>& why) {
  std::vector<TreeItem> kept;
  std::vector<std::string> all_lost;
  plan.files = 0;
  plan.bytes = 0;
  for (TreeItem& item : plan.items) {
    const std::string& path = item.entry.name;
    const bool is_inside = std::any_of(all_lost.begin(), all_lost.end(),
                                       [&](const std::string& folder) { return path.starts_with(folder); });
    const std::string reason = is_inside ? "" : why(item);
    if (!reason.empty()) plan.failures.push_back({Errc::name_refused, path + ": " + reason});
    if (is_inside || !reason.empty()) {
      if (item.is_folder()) all_lost.push_back(path + "/");
      continue;
    }
    if (!item.is_folder()) {
      ++plan.files;
      plan.bytes = plausible_sum(plan.bytes, item.entry.size);
    }
    kept.push_back(std::move(item));
  }
  plan.items = std::move(kept);
}

}  // namespace

void compose_names(TreePlan& plan) {
  std::unordered_map<std::string, const std::string*> owners;  // composed -> the path here that has it
  for (TreeItem& item : plan.items) {
    item.there = to_nfc(item.entry.name);
    if (item.there == item.entry.name) owners.emplace(item.there, &item.entry.name);
  }
  for (const TreeItem& item : plan.items) owners.emplace(item.there, &item.entry.name);
  std::unordered_map<const std::string*, std::string> losers;
  for (const TreeItem& item : plan.items) {
    if (const std::string* owner = owners[item.there]; owner != &item.entry.name)
      losers.emplace(&item.entry.name, "as NFC it has the name of another one, and is not sent");
  }
  remove_items(plan, [&](const TreeItem& item) {
    const auto found = losers.find(&item.entry.name);
    return found == losers.end() ? std::string() : found->second;
  });
}

void refuse_impossible_names(TreePlan& plan) {
  remove_items(plan, [](const TreeItem& item) {
    if (item.entry.name.empty()) return std::string();  // the root
    const auto fine = ftp::check_path_bytes(item.path_there());
    return fine ? std::string() : fine.error().context;
  });
}

void note_case_pairs(TreePlan& plan) {
  std::unordered_map<std::string, const std::string*> keys;
  std::size_t pairs = 0;
  for (const TreeItem& item : plan.items) {
    const auto [first, is_new] = keys.emplace(case_key(item.path_there()), &item.entry.name);
    if (is_new || ++pairs > kMostNotes) continue;
    plan.notes.push_back(item.entry.name + " and " + *first->second + " differ in case only");
  }
  if (pairs > kMostNotes)
    plan.notes.push_back("and " + std::to_string(pairs - kMostNotes) + " more that differ in case only");
}

}  // namespace ferry::client
