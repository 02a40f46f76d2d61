#include "client/engine/reports.h"

namespace ferry::client {

using Lock = std::lock_guard<std::mutex>;

void Reports::plan(std::int64_t files, Bytes bytes) {
  const Lock lock(mutex_);
  observer_.plan(files, bytes);
}

ItemId Reports::starts(Direction direction, const std::string& name, std::optional<Bytes> size) {
  const Lock lock(mutex_);
  const ItemId item = ++tally_.last_item;
  observer_.file_starts(item, direction, name, size);
  return item;
}

void Reports::progress(ItemId item, const TransferState& state) {
  if (is_asking_) return;
  const Lock lock(mutex_);
  observer_.progress(item, state);
}

void Reports::done(ItemId item, const FileReport& report) {
  const Lock lock(mutex_);
  ++tally_.done;
  if (report.result.verified) ++tally_.verified;
  observer_.file_done(item, report);
}

void Reports::skipped(ItemId item, const std::string& name, const std::string& why) {
  const Lock lock(mutex_);
  ++tally_.skipped;
  observer_.skipped(item, name, why);
}

void Reports::failed(ItemId item, const Error& error) {
  const Lock lock(mutex_);
  ++tally_.failed;
  if (!tally_.first_error) tally_.first_error = error;
  observer_.failed(item, error);
}

void Reports::failed_unsaid() {
  const Lock lock(mutex_);
  ++tally_.failed;
}

void Reports::retrying(ItemId item, const Error& error, int attempt, std::chrono::milliseconds wait) {
  const Lock lock(mutex_);
  observer_.retrying(item, error, attempt, wait);
}

void Reports::note(const std::string& text) {
  const Lock lock(mutex_);
  observer_.note(text);
}

ResumeAnswer Reports::ask_resume(ItemId item, const ResumeQuestion& question) {
  const Lock lock(mutex_);
  is_asking_ = true;
  const ResumeAnswer answer = observer_.ask_resume(item, question);
  is_asking_ = false;
  return answer;
}

void Reports::stop(const Error& error) {
  const Lock lock(mutex_);
  if (!tally_.stopped_by) tally_.stopped_by = error;
  is_stopped_ = true;
}

}  // namespace ferry::client
