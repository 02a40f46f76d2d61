#include "client/queue/folder_run.h"

#include <sys/stat.h>

#include <filesystem>

#include "client/engine/upload_records.h"
#include "client/queue/folder_plan.h"

namespace ferry::client {
namespace {

bool is_out_of_room(const Error& error) {
  return error.kind == Errc::no_space || error.kind == Errc::over_quota;
}

std::int64_t nanoseconds_of(const std::optional<WallTime>& when) {
  return when ? when->time_since_epoch().count() : 0;
}

}  // namespace

// Adds the files up for the folder's row and passes everything on under the numbers of the whole run.
class FolderRun::Observer : public JobObserver {
 public:
  Observer(FolderRun& run, Cancel& cancel) : run_(run), cancel_(cancel) {
    const std::filesystem::path place(run.item_.direction == Direction::up ? run.item_.local
                                                                           : run.item_.remote);
    folder_ = (place.has_filename() ? place.filename() : place.parent_path().filename()).native();
  }

  void plan(std::int64_t files, Bytes bytes) override {
    live_.files_total += files;
    live_.total = plausible_sum(live_.total.value_or(0), bytes);
    run_.reports_.plan(files, bytes);
    show();
  }
  void file_starts(ItemId item, Direction direction, const std::string& name,
                   std::optional<Bytes> size) override {
    names_[item] = folder_.empty() ? name : folder_ + "/" + name;
    numbers_[item] = run_.reports_.starts(direction, names_[item], size);
  }
  void progress(ItemId item, const TransferState& state) override {
    flying_[item] = state;
    run_.reports_.progress(numbers_[item], state);
    show();
  }
  void file_done(ItemId item, const FileReport& report) override {
    FileReport named = report;
    named.name = names_[item];
    run_.reports_.done(numbers_[item], named);
    count(item, report.result.size);
  }
  void skipped(ItemId item, const std::string& name, const std::string& why) override {
    run_.reports_.skipped(numbers_[item], name, why);
    count(item, 0);
  }
  void failed(ItemId item, const Error& error) override {
    flying_.erase(item);
    if (item != 0 && error.kind == Errc::cancelled)
      return run_.reports_.skipped(numbers_[item], names_[item], "interrupted");
    run_.reports_.failed(item == 0 ? 0 : numbers_[item], error);
    if (is_out_of_room(error)) run_.is_full(error, cancel_);
  }
  void retrying(ItemId item, const Error& error, int attempt, std::chrono::milliseconds wait) override {
    run_.reports_.retrying(item == 0 ? 0 : numbers_[item], error, attempt, wait);
  }
  void note(const std::string& text) override { run_.reports_.note(text); }
  ResumeAnswer ask_resume(ItemId, const ResumeQuestion&) override { return ResumeAnswer::leave; }

  // A file that is there already: it counts, but nobody moves it. Any thread.
  void count_copied(Bytes size) {
    const std::lock_guard lock(mutex_);
    ++copied_files_;
    copied_bytes_ = plausible_sum(copied_bytes_, size);
  }
  LiveProgress live() const { return live_; }

 private:
  void count(ItemId item, Bytes size) {
    flying_.erase(item);
    ++finished_files_;
    finished_bytes_ = plausible_sum(finished_bytes_, size);
    show();
  }
  void show() {
    {
      const std::lock_guard lock(mutex_);
      live_.files_done = finished_files_ + copied_files_;
      live_.resumed = copied_bytes_;
    }
    live_.done = plausible_sum(finished_bytes_, live_.resumed);
    for (const auto& [item, state] : flying_) live_.done = plausible_sum(live_.done, state.done);
    run_.queue_.show_progress(run_.item_.id, live_);
  }

  FolderRun& run_;
  Cancel& cancel_;
  std::string folder_;
  LiveProgress live_;
  std::map<ItemId, ItemId> numbers_;
  std::map<ItemId, std::string> names_;
  std::map<ItemId, TransferState> flying_;
  std::int64_t finished_files_ = 0;
  Bytes finished_bytes_ = 0;
  std::mutex mutex_;  // of what follows
  std::int64_t copied_files_ = 0;
  Bytes copied_bytes_ = 0;
};

FolderRun::FolderRun(Queue& queue, Reports& reports, const QueueItem& item)
    : queue_(queue), reports_(reports), item_(item), marks_(queue.marks(item.id)) {}

Outcome FolderRun::run(SessionPool& pool, const RetryPolicy& retry, int parallel, Cancel& cancel) {
  Tally tally;
  Observer observer(*this, cancel);
  Reports reports(observer, tally);
  auto plan = FolderPlan::make({pool, retry, reports, cancel}, item_);
  if (!plan) {
    Outcome outcome;
    outcome.error = plan.error();
    return outcome;
  }
  const auto next = [&]() -> std::optional<CopyItem> {
    while (auto file = plan->next()) {
      if (!is_copied_already(*file)) return file;
      observer.count_copied(marks_.at(file->name).size);
    }
    return std::nullopt;
  };
  Batch(pool, options(retry, parallel), reports).run(next, cancel);
  Outcome outcome = outcome_of(tally, cancel);
  outcome.done = observer.live().done;
  outcome.total = observer.live().total;
  outcome.files_done = observer.live().files_done;
  outcome.files_total = observer.live().files_total;
  return outcome;
}

BatchOptions FolderRun::options(const RetryPolicy& retry, int parallel) {
  BatchOptions options;
  options.job.resume = item_.has_begun && item_.resume == Resume::never ? Resume::automatic : item_.resume;
  options.job.verify = item_.verify;
  options.job.preserve = item_.preserve;
  options.parallel = parallel;
  options.retry = retry;
  options.decide = [this](Connection&, CopyItem& file, JobOptions&) -> Result<std::optional<std::string>> {
    const std::lock_guard lock(mutex_);
    in_flight_[file.name] = file;
    return std::optional<std::string>();
  };
  options.after = [this](Connection&, const CopyItem& file, const TransferResult& result) -> Status {
    {
      const std::lock_guard lock(mutex_);
      in_flight_.erase(file.name);
    }
    const auto mark = mark_of(file, result.size);
    return mark ? queue_.mark_file(item_.id, file.name, *mark) : Status();
  };
  return options;
}

// What the source is like now; nullopt where that would tell it from no other version of itself.
std::optional<FileMark> FolderRun::mark_of(const CopyItem& file, Bytes size) const {
  if (file.direction == Direction::up) {
    struct stat info {};
    if (::lstat(file.local.c_str(), &info) != 0 || info.st_size != size) return std::nullopt;
    return FileMark{size, identity_of(info).modified_ns};
  }
  if (!file.known || file.known->size != size || !file.known->modified) return std::nullopt;
  return FileMark{size, nanoseconds_of(file.known->modified)};
}

bool FolderRun::is_copied_already(const CopyItem& file) const {
  const auto found = marks_.find(file.name);
  if (found == marks_.end()) return false;
  const FileMark& mark = found->second;
  if (mark_of(file, mark.size) != mark) return false;  // changed since
  struct stat info {};
  return file.direction == Direction::up ||
         (::lstat(file.local.c_str(), &info) == 0 && S_ISREG(info.st_mode) && info.st_size == mark.size);
}

void FolderRun::is_full(const Error& error, Cancel& cancel) {
  {
    const std::lock_guard lock(mutex_);
    if (!full_) full_ = error;
  }
  cancel.request();  // the rest would only fill it again
}

Outcome FolderRun::outcome_of(const Tally& tally, const Cancel& cancel) const {
  Outcome outcome;
  outcome.is_told = tally.failed > 0;
  const std::lock_guard lock(mutex_);
  if (full_) {
    outcome.error = full_;
  } else if (cancel.requested()) {
    outcome.error = Error{Errc::cancelled, "interrupted"};
  } else if (tally.stopped_by) {
    outcome.error = tally.stopped_by;
  } else if (tally.failed > 0) {
    const Error first = tally.first_error.value_or(Error{Errc::io, "they could not be copied"});
    outcome.error =
        Error{first.kind, count_for_people(tally.failed) + " failed, the first: " + first.context};
    outcome.is_final = true;  // each of them has been tried often enough
  }
  return outcome;
}

std::vector<CopyItem> FolderRun::unfinished() const {
  const std::lock_guard lock(mutex_);
  std::vector<CopyItem> files;
  for (const auto& [name, file] : in_flight_) files.push_back(file);
  return files;
}

}  // namespace ferry::client
