// The removals of a sync, after its copies: each is proven once more against what is there now. Internal to
// client/engine. Blocks.
//
// A name goes only if its folder, listed anew, has all the names the source has in it (a server that folds
// case or normalizes has given our file another name, which would look like too much), and if the file is
// what it was when the plan was made.
#pragma once

#include <map>
#include <set>
#include <string>

#include "client/engine/local_root.h"
#include "client/engine/sync.h"

namespace ferry::client {

class SyncRemoval {
 public:
  SyncRemoval(Sync& sync, const Sync::OnRemoved& removed) : sync_(sync), on_removed_(removed) {}

  void run();

 private:
  using Names = std::map<std::string, SyncEntry>;  // of one folder

  void gather();
  std::string anchor_of(const std::string& path) const;
  Result<Names> list(const std::string& folder);
  Status prove(const std::string& anchor, const Names& names) const;
  bool look_at(const std::string& folder);
  Status check(const SyncStep& step) const;
  void remove(const SyncStep& step);
  Status remove_one(const SyncStep& step);

  Sync& sync_;
  const Sync::OnRemoved& on_removed_;
  std::optional<LocalRoot> root_;
  std::vector<const SyncStep*> files_, folders_;
  std::set<std::string> doomed_;                         // the folders that go
  std::map<std::string, std::set<std::string>> wanted_;  // by anchor: what the source has in it
  std::map<std::string, Names> there_;                   // by folder
  std::set<std::string> spared_;                         // anchors in which nothing goes
};

}  // namespace ferry::client
