#include "client/model/pane.h"

#include <algorithm>
#include <utility>

#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

constexpr std::size_t kLongestHistory = 100;

}  // namespace

Pane::Pane(Mailbox& mailbox, OnChange on_change) : mailbox_(mailbox), on_change_(std::move(on_change)) {}

Pane::~Pane() {
  if (source_) source_->cancel();
  if (next_.source) next_.source->cancel();
}

// --- going places ---

void Pane::use(std::shared_ptr<FileSource> source, std::string folder) {
  read({std::move(source), std::move(folder)}, "", true);
}

void Pane::open(std::string folder, std::string cursor_name) {
  if (!source_) return;
  read({source_, std::move(folder)}, std::move(cursor_name), true);
}

void Pane::refresh() {
  if (!source_) return;
  std::string cursor = std::exchange(expected_name_, "");
  if (cursor.empty() && view_.cursor() < view_.size()) cursor = view_.row(view_.cursor()).name;
  read({source_, folder_}, std::move(cursor), false);
}

void Pane::parent() {
  if (!source_ || folder_ == "/") return;
  open(std::string(ftp::parent_path(folder_)), std::string(ftp::leaf_name(folder_)));
}

void Pane::back() {
  if (past_.empty()) return;
  Place place = std::move(past_.back());
  past_.pop_back();
  if (source_) future_.push_back({source_, folder_});
  read(std::move(place), "", false);
}

void Pane::forward() {
  if (future_.empty()) return;
  Place place = std::move(future_.back());
  future_.pop_back();
  if (source_) past_.push_back({source_, folder_});
  read(std::move(place), "", false);
}

void Pane::read(Place place, std::string cursor_name, bool is_travel) {
  if (is_waiting()) cancel();
  next_ = std::move(place);
  next_cursor_ = std::move(cursor_name);
  is_travel_ = is_travel;
  has_arrived_ = false;
  begin_waiting();
  is_reading_ = true;
  thread_.post([this, reading = ++reading_, ticket = ++tickets_, source = next_.source,
                folder = next_.folder]() mutable {
    if (!begin_task(*source, ticket)) {
      mailbox_.post([this, reading] { finish_reading(reading, fail(Errc::cancelled, ""), {}); });
      return;
    }
    if (!folder.starts_with('/')) {  // seen from where the source begins
      auto start = source->start();
      if (!start) {
        mailbox_.post(
            [this, reading, error = start.error()] { finish_reading(reading, tl::unexpected(error), {}); });
        return;
      }
      folder = ftp::join_path(*start, folder);
      mailbox_.post([this, reading, folder] {
        if (reading == reading_) next_.folder = folder;
      });
    }
    const Status outcome = source->list(folder, [&](std::span<const ftp::Entry> entries) {
      mailbox_.post([this, reading, copy = std::vector(entries.begin(), entries.end())]() mutable {
        take_entries(reading, std::move(copy));
      });
    });
    const SpaceFacts space = outcome ? source->space(folder) : SpaceFacts{};
    mailbox_.post([this, reading, outcome, space] { finish_reading(reading, outcome, space); });
  });
}

// The folder is there: only now the pane goes to it.
void Pane::arrive() {
  has_arrived_ = true;
  const bool is_elsewhere = source_ != next_.source || folder_ != next_.folder;
  if (is_travel_ && is_elsewhere && source_) {
    past_.push_back({source_, folder_});
    if (past_.size() > kLongestHistory) past_.erase(past_.begin());
    future_.clear();
  }
  if (source_ != next_.source && source_) {
    // Its end may wait for a server to say goodbye.
    thread_.post([old = std::move(source_)] {});
  }
  source_ = next_.source;
  folder_ = next_.folder;
  if (is_elsewhere) {
    view_.filter("");
    first_row_ = 0;
    view_.move_to(0);
  }
  view_.clear();
  if (!next_cursor_.empty()) view_.move_to_name(next_cursor_);
}

void Pane::take_entries(std::uint64_t reading, std::vector<ftp::Entry> entries) {
  if (reading != reading_) return;
  if (!has_arrived_) arrive();
  view_.add(entries);
}

void Pane::finish_reading(std::uint64_t reading, const Status& outcome, const SpaceFacts& space) {
  if (reading != reading_) return;
  if (outcome && !has_arrived_) arrive();
  if (outcome) space_ = space;
  view_.arrange();
  tried_ = next_.source.get();
  next_ = {};
  is_reading_ = false;
  if (!outcome && outcome.error().kind != Errc::cancelled) message_ = outcome.error().context;
  on_change_(*this, outcome);
}

// --- waiting ---

void Pane::begin_waiting() {
  if (!is_waiting()) waiting_since_ = std::chrono::steady_clock::now();
  message_.clear();
}

// What was cancelled before it began does not begin.
bool Pane::begin_task(FileSource& source, std::uint64_t ticket) {
  source.resume();
  return ticket > cancelled_;
}

bool Pane::cancel() {
  if (!is_waiting()) return false;
  cancelled_ = tickets_;
  if (source_) source_->cancel();
  if (next_.source && next_.source != source_) next_.source->cancel();
  return true;
}

// --- what is seen ---

std::string Pane::path_of(std::size_t row) const {
  // join_path would tidy a name that is called "..", which none is.
  return (folder_ == "/" ? "" : folder_) + "/" + std::string(view_.row(row).name);
}

void Pane::page(int rows) {
  page_ = std::max(rows, 1);
  const std::size_t cursor = view_.cursor(), page = static_cast<std::size_t>(page_);
  if (cursor < first_row_) first_row_ = cursor;
  if (cursor >= first_row_ + page) first_row_ = cursor - page + 1;
  if (first_row_ + page > view_.size()) first_row_ = view_.size() > page ? view_.size() - page : 0;
}

PaneScreen Pane::screen(SteadyTime now) const {
  PaneScreen screen;
  screen.state = is_waiting()        ? PaneScreen::State::loading
                 : !message_.empty() ? PaneScreen::State::failed
                 : source_           ? PaneScreen::State::ready
                                     : PaneScreen::State::closed;
  screen.place = place();
  screen.message = message_;
  screen.view = &view_;
  screen.first_row = first_row_;
  if (is_waiting())
    screen.waited = std::chrono::duration_cast<std::chrono::milliseconds>(now - waiting_since_);
  screen.free = space_.free;
  return screen;
}

}  // namespace ferry::client
