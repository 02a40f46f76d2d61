// Moving about: cursor, folders, marks, sorting, searching.
#include <algorithm>
#include <map>

#include "client/model/app.h"
#include "client/model/text.h"
#include "shared/ftp/path.h"

namespace ferry::client {

int App::page() const {
  const Layout layout = layout_of(model_, columns_, rows_);
  return std::max(rows_of_entries(layout, layout.panes[active_]), 1);
}

void App::enter() {
  Pane& pane = active();
  if (!pane.has_source() || pane.view().size() == 0) return;
  const std::size_t row = pane.view().cursor();
  if (pane.view().row(row).is_folder) return pane.open(pane.path_of(row));
  view_file();
}

void App::toggle_sort(SortKey key) {
  FolderView& view = active().view();
  view.sort_by(key, view.sort_key() == key && !view.is_descending());
}

// Marks what the other side does not have like this: missing, of another size, or a newer time.
void App::compare_panes() {
  std::map<std::string, FolderRow, std::less<>> there;
  const FolderView& other_view = other().view();
  for (std::size_t row = 0; row < other_view.size(); ++row) {
    const FolderRow entry = other_view.row(row);
    there.emplace(std::string(entry.name), entry);
  }
  FolderView& view = active().view();
  std::size_t count = 0;
  for (std::size_t row = 0; row < view.size(); ++row) {
    const FolderRow entry = view.row(row);
    if (entry.is_folder) continue;
    const auto found = there.find(entry.name);
    const bool differs = found == there.end() || found->second.is_folder ||
                         found->second.size != entry.size ||
                         (entry.modified && found->second.modified &&
                          *entry.modified > *found->second.modified + std::chrono::seconds(1));
    view.mark(row, differs);
    count += differs ? 1 : 0;
  }
  log(std::to_string(count) + " " + tr("files are not like this in the other pane"));
}

bool App::browse(KeyAction action) {
  Pane& pane = active();
  FolderView& view = pane.view();
  switch (action) {
    case KeyAction::other_pane:
      if (focus_ != Focus::panes)
        focus_ = Focus::panes;
      else
        active_ = 1 - active_;
      return true;
    case KeyAction::same_folder:
      if (pane.has_source()) other().use(pane.shared_source(), pane.folder());
      return true;
    case KeyAction::swap_panes:
      std::swap(panes_[0], panes_[1]);
      return true;
    case KeyAction::up:
      view.move_by(-1);
      return true;
    case KeyAction::down:
      view.move_by(1);
      return true;
    case KeyAction::page_up:
      view.move_by(-page());
      return true;
    case KeyAction::page_down:
      view.move_by(page());
      return true;
    case KeyAction::half_page_up:
      view.move_by(-std::max(page() / 2, 1));
      return true;
    case KeyAction::half_page_down:
      view.move_by(std::max(page() / 2, 1));
      return true;
    case KeyAction::first:
      view.move_to(0);
      return true;
    case KeyAction::last:
      view.move_to(view.size());
      return true;
    case KeyAction::enter:
      enter();
      return true;
    case KeyAction::parent:
      pane.parent();
      return true;
    case KeyAction::back:
      pane.back();
      return true;
    case KeyAction::forward:
      pane.forward();
      return true;
    case KeyAction::mark:
      if (view.size() > 0) view.mark(view.cursor(), !view.row(view.cursor()).is_marked);
      view.move_by(1);
      return true;
    case KeyAction::mark_all:
      view.mark_all(view.marks().count == 0);
      return true;
    case KeyAction::invert_marks:
      view.invert_marks();
      return true;
    case KeyAction::mark_by_name:
      begin_typing(Typing::mark, std::string(tr("Mark")) + ": ", "*");
      return true;
    case KeyAction::unmark_by_name:
      begin_typing(Typing::unmark, std::string(tr("Unmark")) + ": ", "*");
      return true;
    case KeyAction::search:
      begin_typing(Typing::search, "/");
      return true;
    case KeyAction::search_next:
      view.search(last_search_, true);
      return true;
    case KeyAction::search_previous:
      view.search(last_search_, true, false);
      return true;
    case KeyAction::filter:
      begin_typing(Typing::filter, std::string(tr("Filter")) + ": ", view.filter());
      return true;
    case KeyAction::sort_by_name:
      toggle_sort(SortKey::name);
      return true;
    case KeyAction::sort_by_size:
      toggle_sort(SortKey::size);
      return true;
    case KeyAction::sort_by_time:
      toggle_sort(SortKey::time);
      return true;
    case KeyAction::sort_by_extension:
      toggle_sort(SortKey::extension);
      return true;
    case KeyAction::show_hidden:
      view.show_hidden(!view.shows_hidden());
      return true;
    case KeyAction::refresh:
      pane.refresh();
      return true;
    case KeyAction::compare:
      compare_panes();
      return true;
    default:
      return false;
  }
}

// --- the mouse ---

void App::click(int x, int y, bool is_double) {
  if (!dialogs_.empty() || pager_ || typing_ != Typing::nothing) return;
  const Layout layout = layout_of(model_, columns_, rows_);
  const auto is_in = [&](const Rect& rect) {
    return x >= rect.x && x < rect.x + rect.columns && y >= rect.y && y < rect.y + rect.rows;
  };
  for (std::size_t i = 0; i < panes_.size(); ++i) {
    const Rect& rect = layout.panes[i];
    if (!is_in(rect)) continue;
    active_ = i;
    focus_ = Focus::panes;
    const int head = rect.rows - rows_of_entries(layout, rect) - (layout.tier == Layout::Tier::tiny ? 0 : 1);
    const int line = y - rect.y - head;
    const std::size_t row = model_.panes[i].first_row + static_cast<std::size_t>(std::max(line, 0));
    if (line < 0 || line >= rows_of_entries(layout, rect) || row >= active().view().size()) return;
    active().view().move_to(row);
    if (is_double) enter();
  }
  if (is_in(layout.queue)) {
    focus_ = Focus::queue;
    const std::size_t row = model_.queue_first + static_cast<std::size_t>(y - layout.queue.y);
    if (row < model_.queue.size()) model_.queue_cursor = row;
  }
}

void App::wheel(int x, int y, int rows) {
  if (!dialogs_.empty()) return;
  const Layout layout = layout_of(model_, columns_, rows_);
  for (std::size_t i = 0; i < panes_.size(); ++i) {
    const Rect& rect = layout.panes[i];
    if (x >= rect.x && x < rect.x + rect.columns && y >= rect.y && y < rect.y + rect.rows)
      panes_[i]->view().move_by(rows);
  }
}

}  // namespace ferry::client
