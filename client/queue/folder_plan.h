// The files of a folder, one after the other, each behind the folders it needs. Blocks on network and disk;
// one thread at a time, which has no session of the pool. Internal to client/queue.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/engine/batch.h"
#include "client/engine/tree.h"
#include "client/queue/item.h"

namespace ferry::client {

class FolderPlan {
 public:
  // What a plan is made with, and goes on with.
  struct Means {
    SessionPool& pool;
    RetryPolicy retry;
    Reports& reports;
    Cancel& cancel;
  };

  // Reads the whole tree and reports it. `item` is a folder, both its ends are absolute.
  static Result<FolderPlan> make(const Means& means, const QueueItem& item);

  // What could not be made on the way is reported, and what belongs inside is left out.
  std::optional<CopyItem> next();

 private:
  FolderPlan(const Means& means, const QueueItem& item, TreePlan plan);
  Status make_folder(const std::string& path);
  CopyItem file(ftp::Entry entry) const;

  Means means_;
  Direction direction_;
  std::string from_, to_;
  TreePlan plan_;
  std::size_t at_ = 0;
  std::vector<std::string> lost_;  // folders that could not be made, each with a '/' behind it
};

}  // namespace ferry::client
