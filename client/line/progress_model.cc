#include "client/line/progress_model.h"

#include <algorithm>

namespace ferry::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kStalledAfter{3};
constexpr seconds kFirstTimeLeft{2};  // what is told sooner is noise

seconds whole_seconds(SteadyTime::duration span) {
  return std::max(seconds(0), std::chrono::duration_cast<seconds>(span));
}

}  // namespace

void ProgressModel::plan(std::int64_t files, Bytes bytes) {
  planned_files_ += files;
  planned_bytes_ = plausible_sum(planned_bytes_, bytes);
  if (bytes == 0) unsized_files_ += files;  // their sizes are told when they start
}

// A size that the plan did not have joins it.
void ProgressModel::learn_size(Item& item, std::optional<Bytes> size, bool may_be_planned) {
  if (!size || item.size) return;
  item.size = size;
  item.is_counted = true;
  if (may_be_planned && unsized_files_ == 0) return;
  if (may_be_planned) --unsized_files_;
  planned_bytes_ = plausible_sum(planned_bytes_, size);
}

void ProgressModel::forget_size(const Item& item) {
  if (item.is_counted) planned_bytes_ = std::max<Bytes>(0, planned_bytes_ - plausible_sum(0, item.size));
}

void ProgressModel::starts(ItemId id, Direction direction, const std::string& name, std::optional<Bytes> size,
                           SteadyTime now) {
  if (!has_begun_) {
    has_begun_ = true;
    began_ = now;
    meter_.add(now, 0);
  }
  ++started_files_;
  Item& item = items_[id];
  item.direction = direction;
  item.name = name;
  item.phase_began = item.moved_at = now;
  item.meter.add(now, 0);
  learn_size(item, size, true);
}

void ProgressModel::progress(ItemId id, const TransferState& state, SteadyTime now) {
  const auto found = items_.find(id);
  if (found == items_.end()) return;
  Item& item = found->second;
  item.next_try.reset();
  learn_size(item, state.total, false);
  if (state.phase != item.state.phase) item.phase_began = now;
  const bool is_transfer = state.phase == Phase::moving || state.phase == Phase::confirming;
  if (!is_transfer) {  // what is read to compare is no progress of the transfer
    item.state.phase = state.phase;
    return;
  }
  if (!item.has_moved || state.done != item.state.done) item.moved_at = now;
  if (!item.resumed) item.resumed = state.resumed;
  item.has_moved = true;
  item.state = state;
  item.meter.add(now, item.moved());
  meter_.add(now, moved());
}

std::optional<ProgressModel::Item> ProgressModel::take(ItemId id) {
  const auto found = items_.find(id);
  if (found == items_.end()) return std::nullopt;
  Item item = std::move(found->second);
  items_.erase(found);
  moved_bytes_ += item.moved();
  return item;
}

void ProgressModel::done(ItemId id, Bytes size) {
  ++done_files_;
  const auto item = take(id);
  if (!item) return;
  if (item->size != size) {  // another one than was told
    forget_size(*item);
    planned_bytes_ = plausible_sum(planned_bytes_, size);
  }
  done_bytes_ += size;
  resumed_bytes_ += std::min(size, item->resumed.value_or(size));  // nothing moved: all of it was there
}

void ProgressModel::skipped(ItemId id) {
  ++done_files_;
  if (const auto item = take(id)) forget_size(*item);
}

void ProgressModel::failed(ItemId id) {
  ++failed_files_;
  if (const auto item = take(id)) forget_size(*item);
}

void ProgressModel::retrying(ItemId id, int attempt, milliseconds wait, SteadyTime now) {
  const auto found = items_.find(id);
  if (found == items_.end()) return;
  Item& item = found->second;
  item.moved_before = item.moved();
  item.has_moved = false;
  item.state = {};
  item.attempt = attempt;
  item.next_try = now + wait;
  item.phase_began = item.moved_at = now;
}

Bytes ProgressModel::moved() const {
  Bytes sum = moved_bytes_;
  for (const auto& [id, item] : items_) sum += item.moved();
  return sum;
}

FileRow ProgressModel::row_of(ItemId id, Item& item, SteadyTime now) {
  FileRow row;
  row.item = id;
  row.direction = item.direction;
  row.name = item.name;
  row.done = item.done();
  row.resumed = item.resumed_of_done();
  row.total = item.state.total ? item.state.total : item.size;
  row.attempt = item.attempt;
  row.since = whole_seconds(now - item.phase_began);
  item.meter.add(now, item.moved());
  row.rate = item.meter.rate(now);
  const bool stands = now - item.moved_at >= kStalledAfter;
  if (item.next_try) {
    row.state = RowState::retrying;
    row.since = whole_seconds(*item.next_try - now + milliseconds(999));
  } else if (item.state.phase == Phase::comparing) {
    row.state = RowState::comparing;
  } else if (item.state.phase == Phase::confirming) {
    row.state = RowState::confirming;
  } else if (item.state.phase == Phase::verifying) {
    row.state = RowState::verifying;
  } else if (stands) {
    row.state = RowState::stalled;
    row.since = whole_seconds(now - item.moved_at);
  }
  const bool may_tell = row.state == RowState::moving && now - item.phase_began >= kFirstTimeLeft;
  row.left = item.left.follow(now, may_tell ? time_left(row.done, row.total, row.rate) : seconds(-1));
  return row;
}

std::vector<FileRow> ProgressModel::files(SteadyTime now) {
  std::vector<FileRow> rows;
  for (auto& [id, item] : items_) rows.push_back(row_of(id, item, now));
  return rows;
}

std::optional<FileRow> ProgressModel::file(ItemId id, SteadyTime now) {
  const auto found = items_.find(id);
  if (found == items_.end()) return std::nullopt;
  return row_of(id, found->second, now);
}

TotalRow ProgressModel::total(SteadyTime now) {
  TotalRow total;
  total.files = std::max(planned_files_, started_files_);
  total.done_files = done_files_;
  total.failed = failed_files_;
  total.done = done_bytes_;
  total.resumed = resumed_bytes_;
  bool knows_all = true, stands = !items_.empty();
  for (const auto& [id, item] : items_) {
    total.done += item.done();
    total.resumed += item.resumed_of_done();
    knows_all = knows_all && (item.size || item.state.total);
    stands = stands && now - item.moved_at >= kStalledAfter;
  }
  if (knows_all) total.total = std::max(planned_bytes_, total.done);
  if (!has_begun_) return total;
  total.elapsed = std::chrono::duration_cast<milliseconds>(now - began_);
  meter_.add(now, moved());
  total.rate = meter_.rate(now);
  const bool may_tell = now - began_ >= kFirstTimeLeft && !stands;
  total.left = left_.follow(now, may_tell ? time_left(total.done, total.total, total.rate) : seconds(-1));
  return total;
}

}  // namespace ferry::client
