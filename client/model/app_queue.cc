// Copying is adding to the queue; and what is done to the queue.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "client/model/app.h"
#include "client/model/text.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

using namespace std::chrono_literals;

constexpr auto kStalled = 5s;

std::string leaf_of(const QueueItem& item) {
  return std::string(ftp::leaf_name(item.direction == Direction::up ? item.local : item.remote));
}

TransferRowState state_of(const QueueItem& item, const std::optional<LiveProgress>& live) {
  switch (item.state) {
    case ItemState::waiting:
      return TransferRowState::waiting;
    case ItemState::paused:
      return TransferRowState::paused;
    case ItemState::asks:
      return TransferRowState::asks;
    case ItemState::retrying:
      return TransferRowState::retrying;
    case ItemState::failed:
      return TransferRowState::failed;
    case ItemState::done:
    case ItemState::cancelled:
      return TransferRowState::done;
    case ItemState::running:
      break;
  }
  if (!live) return TransferRowState::running;
  switch (live->phase) {
    case Phase::comparing:
      return TransferRowState::comparing;
    case Phase::confirming:
      return TransferRowState::confirming;
    case Phase::verifying:
      return TransferRowState::verifying;
    case Phase::moving:
      break;
  }
  return TransferRowState::running;
}

void add_to(QueueTotals& totals, const TransferRow& row) {
  ++totals.files;
  switch (row.state) {
    case TransferRowState::done:
      ++totals.files_done;
      break;
    case TransferRowState::waiting:
    case TransferRowState::paused:
    case TransferRowState::retrying:
      ++totals.waiting;
      break;
    case TransferRowState::asks:
      ++totals.asking;
      break;
    case TransferRowState::failed:
      ++totals.failed;
      return;  // what failed is not in the total
    default:
      ++totals.running;
  }
  totals.done = plausible_sum(totals.done, row.done);
  totals.resumed = plausible_sum(totals.resumed, row.resumed);
  totals.total = plausible_sum(totals.total, std::max(row.total.value_or(row.done), row.done));
  if (row.rate) totals.rate = totals.rate.value_or(0) + *row.rate;
}

// Copies a file or folder of this machine, links as links.
Status copy_here_to(const std::string& from, const std::string& to) {
  std::error_code failure;
  using enum std::filesystem::copy_options;
  std::filesystem::copy(from, to, recursive | copy_symlinks | overwrite_existing, failure);
  return failure ? fail_errno(failure.value(), to) : Status();
}

}  // namespace

// --- copying ---

void App::copy(bool moves) {
  if (!active().has_source() || !other().has_source()) return;
  const bool from_remote = active().source()->is_remote(), to_remote = other().source()->is_remote();
  if (from_remote && to_remote) return log(tr("between two servers: copy it here first"), true);
  std::vector<std::string> names, there;
  for (const std::size_t row : active().view().chosen()) {
    const FolderRow entry = active().view().row(row);
    names.emplace_back(entry.name);
    const auto same = other().view().find_name(entry.name);
    // An upload of this name that broke off goes on if it is the same file; a folder is merged.
    if (same && !other().view().row(*same).is_partial && !other().view().row(*same).is_folder)
      there.emplace_back(entry.name);
  }
  if (names.empty()) return;
  const auto go = [this, moves, is_local = !from_remote && !to_remote](const std::vector<std::string>& all) {
    if (is_local)
      copy_here(all, moves);
    else
      enqueue(all, moves);
  };
  if (there.empty()) return go(names);
  auto dialog = std::make_unique<Dialog>(
      fmt::format(fmt::runtime(tr("{} of {} are there already")), there.size(), names.size()));
  std::vector<std::string> rows;
  for (const std::string& name : there) {
    const FolderRow here = active().view().row(*active().view().find_name(name));
    const FolderRow old = other().view().row(*other().view().find_name(name));
    const auto facts = [&](const FolderRow& row) {
      return (row.size ? compact_size(*row.size) : "?") + " " +
             (row.modified ? long_date(*row.modified) : "");
    };
    rows.push_back(fmt::format("{}  {} {}  {} {}", name, tr("here"), facts(here), tr("there"), facts(old)));
  }
  dialog->list(rows).button(tr("Overwrite")).button(tr("Skip those")).button(tr("Cancel")).focus_button(2);
  dialog->on_close([this, go, names, there, from = spot(), to = other().shared_source(),
                    to_folder = other().folder()](const Dialog&, int button) {
    const bool is_as_it_was = from.source == active().shared_source() && from.folder == active().folder() &&
                              to == other().shared_source() && to_folder == other().folder();
    if (button < 0 || button > 1) return;
    if (!is_as_it_was) return log(tr("the pane is elsewhere now: nothing was done"), true);
    std::vector<std::string> chosen;
    for (const std::string& name : names) {
      if (button == 0 || std::ranges::find(there, name) == there.end()) chosen.push_back(name);
    }
    go(chosen);
  });
  open_dialog(std::move(dialog));
}

void App::copy_here(const std::vector<std::string>& names, bool moves) {
  const Spot from = spot(), to{other().shared_source(), other().folder()};
  if (from.folder == to.folder) return log(tr("both panes show this folder"), true);
  change(from.source, fmt::format(fmt::runtime(tr("{} copied to {}")), names.size(), to.folder),
         [names, from, to, moves](FileSource& source) -> Status {
           for (const std::string& name : names) {
             Status done = moves ? source.rename(from.path(name), to.path(name))
                                 : copy_here_to(from.path(name), to.path(name));
             if (moves && !done && done.error().kind == Errc::outside) {  // another file system
               done = copy_here_to(from.path(name), to.path(name));
               if (done) done = source.remove(from.path(name), true);
             }
             if (!done) return done;
           }
           return {};
         });
  active().view().mark_all(false);
}

void App::enqueue(std::vector<std::string> names, bool moves) {
  if (settings_.queue == nullptr) return log(tr("the queue cannot be used; see the log"), true);
  const bool is_upload = !active().source()->is_remote();
  const Spot from = spot(), to{other().shared_source(), other().folder()};
  const FileSource* remote = is_upload ? to.source.get() : from.source.get();
  Login login;
  {
    const std::lock_guard lock(logins_mutex_);
    login = logins_[site_of_[remote]];
  }
  std::vector<QueueItem> items;
  for (const std::string& name : names) {
    QueueItem item;
    item.direction = is_upload ? Direction::up : Direction::down;
    item.site = login.site;
    item.user = login.user;
    item.local = is_upload ? from.path(name) : to.path(name);
    item.remote = is_upload ? to.path(name) : from.path(name);
    const FolderRow row = active().view().row(*active().view().find_name(name));
    item.recursive = row.is_folder;
    item.is_folder = row.is_folder;
    if (!row.is_folder) item.bytes_total = row.size;
    // What is moved is removed here once it is proven to be there.
    if (moves) item.verify = {VerifyWish::How::always, DigestKind::sha256};
    items.push_back(std::move(item));
  }
  active().view().mark_all(false);
  queue_thread_.post([this, items = std::move(items), from, names, moves] {
    auto added = settings_.queue->add(items);
    mailbox_.post([this, added, from, names, moves] {
      if (!added) return report(added.error());
      for (std::size_t i = 0; moves && i < added->size(); ++i)
        moves_[(*added)[i]] = {from.source, from.path(names[i])};
      take_queue();
    });
  });
}

// The sources of what has been moved, and only of what is done and proven.
void App::finish_moves() {
  for (const QueueRow& row : settings_.queue->rows()) {
    const auto move = moves_.find(row.item->id);
    if (move == moves_.end() || !client::is_over(row.item->state)) continue;
    const Spot from = move->second;
    moves_.erase(move);
    if (row.item->state != ItemState::done) continue;
    if (row.item->recursive) {
      log(from.folder + ": " + tr("is copied; the folder itself stays, look and delete it"));
      continue;
    }
    change(from.source, from.folder + ": " + tr("moved"),
           [path = from.folder](FileSource& source) { return source.remove(path, false); });
  }
}

// --- what the queue shows ---

// nullopt in the first second, when a figure would be noise.
std::optional<Bytes> App::Watched::rate(SteadyTime now, Bytes done_now) {
  if (samples.empty() || done_now < samples.back().second) samples.assign(1, {now, done_now});
  samples.emplace_back(now, done_now);
  while (samples.size() > 2 && now - samples[1].first >= 5s) samples.pop_front();
  const auto span = std::chrono::duration_cast<std::chrono::milliseconds>(now - samples.front().first);
  if (span < 1s) return std::nullopt;
  return (done_now - samples.front().second) * 1000 / span.count();
}

TransferRow App::row_of_item(const QueueRow& row, SteadyTime now) {
  const QueueItem& item = *row.item;
  TransferRow shown;
  shown.is_upload = item.direction == Direction::up;
  shown.state = state_of(item, row.live);
  shown.name = leaf_of(item);
  shown.done = row.live ? row.live->done : item.bytes_done;
  shown.resumed = row.live ? row.live->resumed : 0;
  shown.total = row.live && row.live->total ? row.live->total : item.bytes_total;
  if (item.state == ItemState::done && shown.total) shown.done = *shown.total;
  if (item.state == ItemState::running) shown.rate = watched_[item.id].rate(now, shown.done);
  if (shown.rate && *shown.rate > 0 && shown.total)
    shown.left = std::chrono::seconds(std::max<Bytes>(*shown.total - shown.done, 0) / *shown.rate);
  const std::int64_t files = row.live ? row.live->files_total : item.files_total;
  if (files > 0)
    shown.note = fmt::format(fmt::runtime(tr("{} of {} files")),
                             row.live ? row.live->files_done : item.files_done, files);
  if (item.error && item.state != ItemState::done) shown.note = item.error->text;
  if (item.state == ItemState::asks && item.question == Question::password)
    shown.note = tr("asks for a password");
  if (item.next_try) {
    const auto wait = std::chrono::duration_cast<std::chrono::seconds>(*item.next_try - wall_now());
    shown.waited = std::max(wait, 0s);
  }
  if (item.state == ItemState::running) {
    Watched& watched = watched_[item.id];
    if (watched.done != shown.done || watched.changed == SteadyTime()) {
      watched.done = shown.done;
      watched.changed = now;
    }
    const auto still = std::chrono::duration_cast<std::chrono::seconds>(now - watched.changed);
    if (shown.state == TransferRowState::running && still >= kStalled)
      shown.state = TransferRowState::stalled;
    if (shown.state != TransferRowState::running) shown.waited = still;
  } else {
    watched_.erase(item.id);
  }
  return shown;
}

void App::take_queue() {
  if (settings_.queue == nullptr) return;
  queue_thread_.post([queue = settings_.queue] { static_cast<void>(queue->refresh()); });
  const std::optional<QueueId> was = selected();
  const auto now = std::chrono::steady_clock::now();
  model_.queue.clear();
  queue_ids_.clear();
  model_.totals = {};
  for (const QueueRow& row : settings_.queue->rows()) {
    if (row.item->state == ItemState::cancelled) continue;
    model_.queue.push_back(row_of_item(row, now));
    queue_ids_.push_back(row.item->id);
    add_to(model_.totals, model_.queue.back());
  }
  QueueTotals& totals = model_.totals;
  if (totals.rate && *totals.rate > 0)
    totals.left = std::chrono::seconds((totals.total - totals.done) / *totals.rate);
  has_running_ = totals.running > 0;
  if (was) {
    const auto at = std::ranges::find(queue_ids_, *was);
    if (at != queue_ids_.end()) model_.queue_cursor = static_cast<std::size_t>(at - queue_ids_.begin());
  }
  if (model_.queue_cursor >= queue_ids_.size())
    model_.queue_cursor = queue_ids_.empty() ? 0 : queue_ids_.size() - 1;
  if (!moves_.empty()) finish_moves();
  // What has come shows in the folders; small files are done before anybody has seen them run.
  const std::int64_t over = totals.files_done + totals.failed;
  if (std::exchange(over_count_, over) < over && !has_running_) refresh_both();
  if (leaves_when_done_ && !has_running_ && totals.waiting == 0) is_over_ = true;
}

std::optional<QueueId> App::selected() const {
  if (model_.queue_cursor >= queue_ids_.size()) return std::nullopt;
  return queue_ids_[model_.queue_cursor];
}

// --- what is done to it ---

void App::act_on_queue(Action action, Selection selection) {
  queue_thread_.post([this, action, selection = std::move(selection)] {
    auto done = settings_.queue->act(action, selection);
    mailbox_.post([this, done] {
      if (!done) report(done.error());
      take_queue();
    });
  });
}

void App::show_details() {
  const auto id = selected();
  const SharedItem item = id ? settings_.queue->find(*id) : nullptr;
  if (!item) return;
  auto dialog = std::make_unique<Dialog>(leaf_of(*item));
  dialog
      ->line(fmt::format("{:<9}{}", tr("from"),
                         item->direction == Direction::up ? item->local : site_key(*item) + item->remote))
      .line(fmt::format("{:<9}{}", tr("to"),
                        item->direction == Direction::up ? site_key(*item) + item->remote : item->local))
      .line(fmt::format("{:<9}{}", tr("state"), state_word(item->state)));
  if (item->bytes_total)
    dialog->line(fmt::format("{:<9}{}", tr("size"), bytes_for_people(*item->bytes_total)));
  if (item->attempts > 0) dialog->line(fmt::format("{:<9}{}", tr("failures"), item->attempts));
  if (item->error) dialog->line("").line(item->error->text);
  const bool may_retry = may(Action::retry, item->state);
  if (may_retry) dialog->button(tr("Retry now"));
  dialog->button(tr("Close"));
  dialog->on_close([this, may_retry, at = item->id](const Dialog&, int button) {
    if (may_retry && button == 0) act_on_queue(Action::retry, {{at}, false});
  });
  open_dialog(std::move(dialog));
}

void App::ask_quit() {
  if (model_.totals.running + model_.totals.waiting + model_.totals.asking == 0) {
    is_over_ = true;
    return;
  }
  auto dialog = std::make_unique<Dialog>(fmt::format(fmt::runtime(tr("Quit? {} running, {} waiting")),
                                                     model_.totals.running,
                                                     model_.totals.waiting + model_.totals.asking));
  dialog->line(tr("What is kept goes on at the next start, or with `ferry queue run`."))
      .button(tr("Keep the queue"))
      .button(tr("Finish, then quit"))
      .button(tr("Drop the queue"))
      .button(tr("Cancel"));
  dialog->on_close([this](const Dialog&, int button) {
    if (button == 0) is_over_ = true;
    if (button == 1) leaves_when_done_ = true;
    if (button != 2) return;
    queue_thread_.post([this] {
      auto dropped = settings_.queue->act(Action::cancel, {{}, true});
      mailbox_.post([this, dropped] {
        if (!dropped) return report(dropped.error());
        is_over_ = true;
      });
    });
  });
  open_dialog(std::move(dialog));
}

bool App::control_queue(KeyAction action) {
  const auto id = selected();
  const auto on_one = [&](Action what) {
    if (id) act_on_queue(what, {{*id}, false});
    return true;
  };
  switch (action) {
    case KeyAction::copy:
      copy(false);
      return true;
    case KeyAction::move:
      copy(true);
      return true;
    case KeyAction::focus_queue:
      model_.is_queue_zoomed = focus_ == Focus::queue && !model_.is_queue_zoomed;
      focus_ = focus_ == Focus::queue && !model_.is_queue_zoomed ? Focus::panes : Focus::queue;
      return true;
    default:
      break;
  }
  if (focus_ == Focus::log) {
    return false;
  }
  if (settings_.queue == nullptr) return false;
  switch (action) {
    case KeyAction::pause:
      return on_one(id && settings_.queue->find(*id)->state == ItemState::paused ? Action::resume
                                                                                 : Action::pause);
    case KeyAction::pause_all: {
      const bool has_paused =
          settings_.queue->any([](const QueueItem& item) { return item.state == ItemState::paused; });
      act_on_queue(has_paused ? Action::resume : Action::pause, {{}, true});
      return true;
    }
    case KeyAction::retry:
      return on_one(Action::retry);
    case KeyAction::cancel:
      return on_one(Action::cancel);
    case KeyAction::clear_done:
      act_on_queue(Action::clear, {{}, true});
      return true;
    case KeyAction::details:
      show_details();
      return true;
    case KeyAction::queue_up:
      if (model_.queue_cursor > 0) --model_.queue_cursor;
      return true;
    case KeyAction::queue_down:
      if (model_.queue_cursor + 1 < queue_ids_.size()) ++model_.queue_cursor;
      return true;
    case KeyAction::move_up:
    case KeyAction::move_down:
      if (!id) return true;
      queue_thread_.post([this, id = *id, is_up = action == KeyAction::move_up] {
        const Status moved = settings_.queue->move({id}, {is_up ? Move::To::up : Move::To::down, 0});
        mailbox_.post([this, moved] {
          if (!moved) report(moved.error());
          take_queue();
        });
      });
      return true;
    default:
      return false;
  }
}

}  // namespace ferry::client
