#include "client/engine/batch.h"

#include <sys/stat.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace ferry::client {
namespace {

// A file that has come so much further than before has had no failure worth counting.
constexpr Bytes kWorthCounting = 1024 * 1024;
constexpr std::chrono::milliseconds kLook{200};
constexpr int kMostFruitless = 3;

std::optional<Bytes> size_of(const CopyItem& item) {
  if (item.direction == Direction::down) return item.known ? item.known->size : std::nullopt;
  struct stat info {};
  if (::stat(item.local.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return info.st_size;
}

// What an earlier try has left is ours: it goes on if it is proven, and nobody needs to be asked about it.
Resume resume_of_later_try(Resume wish) {
  return wish == Resume::always ? wish : Resume::automatic;
}

}  // namespace

void CopyRun::fail(const Error& error) {
  reports.failed(0, error);
  if (remedy_for(error) == Remedy::stop || is_network_failure(error)) reports.stop(error);
}

bool may_be_continued(const Tally& tally) {
  return tally.stopped_by || (tally.first_error && is_network_failure(*tally.first_error));
}

// One item on its way.
class Batch::Work {
 public:
  Work(Batch& batch, CopyItem item, Cancel& cancel)
      : batch_(batch), item_(std::move(item)), cancel_(cancel), job_(batch.options_.job) {}
  ~Work() { release_target(); }

  Outcome run();

 private:
  Outcome try_once();
  Status claim_target();
  void release_target();
  Result<TransferResult> transfer(Connection& connection);
  TransferOptions transfer_options();
  void note_progress(const TransferState& state);
  bool has_come_further();
  Outcome give_up(Error error);
  Status wait(std::chrono::milliseconds span) const;
  std::uint64_t signs_of_others() const { return batch_.life_signs_ - own_signs_; }

  Batch& batch_;
  CopyItem item_;
  Cancel& cancel_;
  JobOptions job_;
  ItemId id_ = 0;
  bool is_decided_ = false, has_session_ = false;
  std::string target_;
  Bytes furthest_ = 0, counted_ = 0;
  std::uint64_t own_signs_ = 0, signs_before_ = 0;
};

Batch::Outcome Batch::Work::run() {
  Retries retries(batch_.options_.retry);
  bool has_failed = false;
  while (true) {
    auto outcome = try_once();
    if (outcome) return outcome;
    if (!has_failed || has_come_further()) {
      signs_before_ = signs_of_others();
      retries.progressed();
    }
    // Who is just writing it may be the session of our last try, which the server has not given up yet.
    const bool may_be_us = has_failed && outcome.error().kind == Errc::busy;
    has_failed = true;
    const Remedy remedy = may_be_us ? Remedy::again : remedy_for(outcome.error());
    const auto span = batch_.reports_.is_stopped() ? std::nullopt : retries.after(remedy);
    if (!span) return give_up(std::move(outcome.error()));
    batch_.reports_.retrying(id_, outcome.error(), retries.attempt(), *span);
    if (auto waited = wait(*span); !waited) return give_up(std::move(waited.error()));
    if (batch_.reports_.is_stopped()) return give_up(std::move(outcome.error()));
    job_.resume = resume_of_later_try(job_.resume);
  }
}

Batch::Outcome Batch::Work::try_once() {
  auto session = batch_.pool_.borrow(cancel_);
  has_session_ = session.has_value();
  if (id_ == 0) id_ = batch_.reports_.starts(item_.direction, item_.name, size_of(item_));
  if (!session) return tl::unexpected(std::move(session.error()));
  if (batch_.options_.decide && !is_decided_) {
    auto why_not = batch_.options_.decide(**session, item_, job_);
    if (!why_not) return tl::unexpected(std::move(why_not.error()));
    if (*why_not) {
      batch_.reports_.skipped(id_, item_.name, **why_not);
      return std::optional<TransferResult>();
    }
  }
  is_decided_ = true;
  if (auto mine = claim_target(); !mine) return tl::unexpected(std::move(mine.error()));
  auto result = transfer(**session);
  if (!result) return tl::unexpected(std::move(result.error()));
  if (batch_.options_.after) {
    if (auto fine = batch_.options_.after(**session, item_, *result); !fine)
      return tl::unexpected(std::move(fine.error()));
  }
  ++batch_.life_signs_;
  batch_.fruitless_ = 0;
  const std::string there = url_of((*session)->site(), (*session)->user(), item_.remote);
  batch_.reports_.done(id_, {item_.direction, item_.name, *result, item_.local, there});
  return std::optional<TransferResult>(std::move(*result));
}

// Two files of one batch that have one target would be mixed by a server that takes both at once.
Status Batch::Work::claim_target() {
  if (!target_.empty()) return {};
  const bool is_up = item_.direction == Direction::up;
  const std::string& where = is_up ? item_.remote : item_.local;
  const std::lock_guard lock(batch_.targets_mutex_);
  if (!batch_.targets_.insert((is_up ? "up " : "down ") + where).second)
    return fail(Errc::exists, where + ": another file is just being copied to this name");
  target_ = (is_up ? "up " : "down ") + where;
  return {};
}

void Batch::Work::release_target() {
  const std::lock_guard lock(batch_.targets_mutex_);
  if (!target_.empty()) batch_.targets_.erase(target_);
}

TransferOptions Batch::Work::transfer_options() {
  TransferOptions options;
  options.resume = job_.resume;
  options.verify = job_.verify;
  options.sync_small = !item_.is_synced_later;
  options.wants_sha256 = job_.wants_sha256;
  options.note = [this](const std::string& text) { batch_.reports_.note(text); };
  options.keep_existing = job_.keep_existing;
  options.note_once = [this](const std::string& what, const std::string& details) {
    if (job_.once->is_first(what)) batch_.reports_.note(what + details);
  };
  options.preserve = job_.preserve;
  options.ask = [this](const ResumeQuestion& question) { return batch_.reports_.ask_resume(id_, question); };
  return options;
}

Result<TransferResult> Batch::Work::transfer(Connection& connection) {
  const TransferOptions options = transfer_options();
  const auto progress = [this](const TransferState& state) { note_progress(state); };
  if (item_.direction == Direction::up)
    return put_file(connection, item_.local, item_.remote, options, progress, item_.no_links);
  return get_file(connection, item_.remote, item_.local, options, progress,
                  item_.known ? &*item_.known : nullptr);
}

void Batch::Work::note_progress(const TransferState& state) {
  if (state.phase == Phase::moving) {
    // From now on what has this name over there is what we have sent: a later try may begin anew.
    if (item_.direction == Direction::up && state.done > state.resumed) job_.keep_existing = false;
    furthest_ = std::max(furthest_, state.done);
    ++own_signs_;
    ++batch_.life_signs_;
  }
  batch_.reports_.progress(id_, state);
}

bool Batch::Work::has_come_further() {
  if (furthest_ - counted_ < kWorthCounting) return false;
  counted_ = furthest_;
  return true;
}

Batch::Outcome Batch::Work::give_up(Error error) {
  Reports& reports = batch_.reports_;
  if (error.kind == Errc::cancelled) error.context = item_.name + ": interrupted";
  reports.failed(id_, error);
  bool is_over = remedy_for(error) == Remedy::stop;
  if (error.kind == Errc::cancelled) is_over = !cancel_.requested();  // at a question
  // Where nothing of anybody gets through any more, the rest would only fail one after the other.
  if (!is_over && is_network_failure(error) && signs_of_others() == signs_before_)
    is_over = !has_session_ || ++batch_.fruitless_ >= kMostFruitless;
  if (is_over) reports.stop(error);
  return tl::unexpected(std::move(error));
}

Status Batch::Work::wait(std::chrono::milliseconds span) const {
  const auto until = std::chrono::steady_clock::now() + span;
  while (!batch_.reports_.is_stopped()) {
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= left.zero()) break;
    const auto part = std::min(std::chrono::ceil<std::chrono::milliseconds>(left), kLook);
    if (auto waited = pause(part, cancel_); !waited) return waited;
  }
  return {};
}

Batch::Batch(SessionPool& pool, BatchOptions options, Reports& reports)
    : pool_(pool), options_(std::move(options)), reports_(reports) {}

Batch::Outcome Batch::copy(CopyItem item, Cancel& cancel) {
  return Work(*this, std::move(item), cancel).run();
}

void Batch::run(const NextItem& next, Cancel& cancel) {
  std::vector<std::thread> others;
  for (int i = 1; i < options_.parallel; ++i) {
    others.emplace_back([&] { work_off(next, cancel); });
  }
  work_off(next, cancel);
  for (auto& other : others) other.join();
}

void Batch::work_off(const NextItem& next, Cancel& cancel) {
  while (auto item = take(next, cancel)) {
    auto outcome = copy(std::move(*item), cancel);
    if (!outcome && outcome.error().kind == Errc::cancelled)
      reports_.stop(Error{Errc::cancelled, "interrupted"});
  }
}

std::optional<CopyItem> Batch::take(const NextItem& next, Cancel& cancel) {
  const std::lock_guard lock(source_mutex_);
  if (is_exhausted_ || reports_.is_stopped()) return std::nullopt;
  auto item = next();
  is_exhausted_ = !item;
  if (!cancel.requested()) return item;
  reports_.stop(Error{Errc::cancelled, "interrupted"});  // `next` may have ended early for it
  return std::nullopt;
}

}  // namespace ferry::client
