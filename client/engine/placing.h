// What is already where a file is to go, and what --if-exists makes of it: the DecideItem of get and put.
// Finds out the facts that conflict.h decides on; blocks on network and disk.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "client/engine/batch.h"
#include "client/engine/conflict.h"

namespace ferry::client {

// Any thread, several at once.
class Placing {
 public:
  explicit Placing(IfExists policy) : policy_(policy) {}

  // A name that no other file of the command may be given instead of its own. Before the first decide().
  void reserve(const std::string& target);

  // As DecideItem: may change the item's target, and job.keep_existing; nullopt: it is copied. Errc::exists,
  // Errc::is_directory, or what went wrong while finding out.
  //
  // An upload of ours that broke off is no file that is there already: a later one goes on with it, or begins
  // anew.
  Result<std::optional<std::string>> decide(Connection& connection, CopyItem& item, JobOptions& job);

 private:
  Result<ConflictFacts> facts_of_upload(Connection& connection, const CopyItem& item) const;
  Result<ConflictFacts> facts_of_download(Connection& connection, CopyItem& item) const;
  Result<Sameness> compare_digests(Connection& connection, const CopyItem& item) const;
  Status rename(Connection& connection, CopyItem& item);
  bool claim(const std::string& target);

  const IfExists policy_;
  std::mutex mutex_;
  std::set<std::string> taken_;  // by other files of the same command
};

}  // namespace ferry::client
