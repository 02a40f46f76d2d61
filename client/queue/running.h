// Who moves what at the moment: one entry per worker that has an item, so that it can be told to stop. Any
// thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/engine/cancel.h"
#include "client/queue/item.h"

namespace ferry::client {

class Running {
 public:
  // From its construction to its end the worker has `item`, and `cancel` stops it.
  class Entry {
   public:
    Entry(Entry&& other) noexcept : running_(std::exchange(other.running_, nullptr)), id_(other.id_) {}
    Entry& operator=(Entry&& other) noexcept {
      if (this != &other) leave();
      running_ = std::exchange(other.running_, nullptr);
      id_ = other.id_;
      return *this;
    }
    ~Entry() { leave(); }

   private:
    friend class Running;
    void leave();
    Entry(Running& running, QueueId id) : running_(&running), id_(id) {}
    Running* running_;
    QueueId id_;
  };

  // nullopt: somebody has it, or writes to the same destination, which would make a mixture. From then on
  // `cancel`, which must outlive the entry, is cleared.
  // `moves`: its bytes; else it is only being tidied up behind, which a cancelled item does not stop.
  std::optional<Entry> enter(const QueueItem& item, Cancel& cancel, bool moves);
  bool is_free(const QueueItem& item) const;
  std::vector<QueueId> moving() const;
  void stop(QueueId id);  // if it moves
  // Stops all, also those that enter from now on.
  void stop_all();

 private:
  struct Work {
    Cancel* cancel;
    std::string destination;
    bool moves;
  };
  bool is_free(QueueId id, const std::string& destination) const;

  mutable std::mutex mutex_;
  std::map<QueueId, Work> work_;
  bool is_stopped_ = false;
};

}  // namespace ferry::client
