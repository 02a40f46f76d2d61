// What is known of a running job, out of what a JobObserver hears. Pure: time comes in as an argument; one
// thread at a time.
//
// Only bytes that crossed the network in this run count as moved, and a second counts once however many files
// are in flight.
#pragma once

#include <map>

#include "client/line/progress.h"

namespace ferry::client {

class ProgressModel {
 public:
  void plan(std::int64_t files, Bytes bytes);
  void starts(ItemId item, Direction direction, const std::string& name, std::optional<Bytes> size,
              SteadyTime now);
  void progress(ItemId item, const TransferState& state, SteadyTime now);
  void done(ItemId item, Bytes size);
  void skipped(ItemId item);
  void failed(ItemId item);  // a file; of one that is not known nothing changes but the count
  void retrying(ItemId item, int attempt, std::chrono::milliseconds wait, SteadyTime now);

  // In the order in which they started. To be asked for now and then: the rates' window slides.
  std::vector<FileRow> files(SteadyTime now);
  TotalRow total(SteadyTime now);

  // nullopt: not in flight.
  std::optional<FileRow> file(ItemId item, SteadyTime now);
  Bytes moved() const;  // in this run
  bool has_begun() const { return has_begun_; }

 private:
  struct Item {
    Direction direction = Direction::up;
    std::string name;
    std::optional<Bytes> size;
    bool is_counted = false;  // `size` is among planned_bytes_
    TransferState state;
    std::optional<Bytes> resumed;  // what was there before this run, whatever later tries find
    Bytes moved_before = 0;        // by earlier tries
    int attempt = 1;
    bool has_moved = false;
    SteadyTime phase_began, moved_at;
    std::optional<SteadyTime> next_try;
    RateMeter meter;
    SteadyTimeLeft left;

    Bytes moved() const { return moved_before + (has_moved ? state.done - state.resumed : 0); }
    Bytes done() const { return has_moved ? state.done : 0; }
    Bytes resumed_of_done() const { return std::min(resumed.value_or(0), done()); }
  };

  void learn_size(Item& item, std::optional<Bytes> size, bool may_be_planned);
  void forget_size(const Item& item);
  FileRow row_of(ItemId id, Item& item, SteadyTime now);
  // Out of the files in flight; what it moved stays moved.
  std::optional<Item> take(ItemId item);

  std::map<ItemId, Item> items_;
  std::int64_t planned_files_ = 0, unsized_files_ = 0, started_files_ = 0, done_files_ = 0, failed_files_ = 0;
  Bytes planned_bytes_ = 0;  // of all files that have not failed and were not skipped
  Bytes done_bytes_ = 0, resumed_bytes_ = 0, moved_bytes_ = 0;  // of files that are over
  bool has_begun_ = false;
  SteadyTime began_;
  RateMeter meter_;
  SteadyTimeLeft left_;
};

}  // namespace ferry::client
