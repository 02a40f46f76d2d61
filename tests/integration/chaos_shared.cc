#include "tests/integration/chaos_shared.h"

#include <algorithm>

#include "tests/support/bytes.h"

namespace ferry::test {

void Findings::add(const std::string& finding) {
  const std::lock_guard lock(mutex_);
  found_.push_back(finding);
}

std::vector<std::string> Findings::all() const {
  const std::lock_guard lock(mutex_);
  return found_;
}

std::size_t SharedFiles::begin(const std::string& name, const Content& content) {
  const std::string digest = content ? sha256_of(*content) : "";
  const std::lock_guard lock(mutex_);
  auto& changes = changes_[name];
  changes.push_back({digest, std::chrono::steady_clock::now()});
  return changes.size() - 1;
}

void SharedFiles::end(const std::string& name, std::size_t change, Outcome outcome) {
  const std::lock_guard lock(mutex_);
  Change& ended = changes_[name][change];
  ended.ended = std::chrono::steady_clock::now();
  ended.outcome = outcome;
}

void SharedFiles::learn(const std::string& name, std::size_t change, bool happened) {
  const std::lock_guard lock(mutex_);
  changes_[name][change].outcome = happened ? Outcome::done : Outcome::refused;
}

bool SharedFiles::was_ever(const std::string& name, const std::string& bytes) const {
  const std::string digest = sha256_of(bytes);
  const std::lock_guard lock(mutex_);
  const auto found = changes_.find(name);
  return found != changes_.end() &&
         std::ranges::find(found->second, digest, &Change::digest) != found->second.end();
}

// Another one was acknowledged that began when this one had ended.
bool SharedFiles::is_outdated(const std::vector<Change>& changes, const Change& change) const {
  return std::ranges::any_of(changes, [&](const Change& later) {
    return later.outcome == Outcome::done && later.begun > change.ended;
  });
}

std::optional<std::string> SharedFiles::judge(const std::string& name,
                                              const std::optional<std::string>& bytes) const {
  const std::string digest = bytes ? sha256_of(*bytes) : "";
  const std::lock_guard lock(mutex_);
  const auto found = changes_.find(name);
  if (found == changes_.end()) return bytes ? std::optional("nobody wrote it") : std::nullopt;
  bool was_refused = false, was_outdated = false;
  for (const Change& change : found->second) {
    if (change.digest != digest) continue;
    if (change.outcome == Outcome::refused) {
      was_refused = true;
    } else if (is_outdated(found->second, change)) {
      was_outdated = true;
    } else {
      return std::nullopt;
    }
  }
  // It was not there in the beginning.
  const auto is_done = [](const Change& change) { return change.outcome == Outcome::done; };
  if (!bytes && std::ranges::none_of(found->second, is_done)) return std::nullopt;
  return was_outdated  ? "a later change was acknowledged"
         : was_refused ? "this change was refused"
         : bytes       ? "these bytes were never sent whole"
                       : "nobody removed it";
}

std::vector<std::string> SharedFiles::names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, changes] : changes_) names.push_back(name);
  return names;
}

}  // namespace ferry::test
