#include "client/model/actions.h"

#include <algorithm>
#include <array>

#include "shared/base/check.h"

namespace ferry::client {
namespace {

using enum Focus;

// clang-format off
constexpr std::array kRows{
    ActionRow{Action::help, everywhere, "help", "F1  ?", "Help", "the keys of what you are in"},
    ActionRow{Action::sites, everywhere, "sites", "F2  b", "Sites", "connect, saved sites, bookmarks"},
    ActionRow{Action::view, panes, "view", "F3  v", "View", "look into the file"},
    ActionRow{Action::edit, panes, "edit", "F4  e", "Edit", "edit the file; a remote one is uploaded again"},
    ActionRow{Action::copy, panes, "copy", "F5  c", "Copy", "copy to the other pane's folder"},
    ActionRow{Action::move, panes, "move", "F6  m", "Move", "move to the other pane's folder"},
    ActionRow{Action::make_folder, panes, "make-folder", "F7  a", "MkDir", "make a folder"},
    ActionRow{Action::remove, panes, "delete", "F8  d  Del", "Delete", "delete; asks first"},
    ActionRow{Action::menu, everywhere, "menu", "F9", "Menu", "everything by name"},
    ActionRow{Action::quit, everywhere, "quit", "F10  q", "Quit", "leave; asks when transfers wait"},

    ActionRow{Action::palette, everywhere, "palette", "Ctrl-P", "", "find an action, a site or a folder by typing"},
    ActionRow{Action::command_line, everywhere, "command-line", ":", "Command", "a command of the shell"},
    ActionRow{Action::local_shell, everywhere, "local-shell", "!", "", "a shell in the local folder"},
    ActionRow{Action::repaint, everywhere, "repaint", "Ctrl-L", "", "draw the screen anew"},
    ActionRow{Action::show_log, everywhere, "log", "L  Ctrl-O", "Log", "what happened so far"},
    ActionRow{Action::toggle_mouse, everywhere, "mouse", "M", "", "the mouse for ferry, or for marking text"},
    ActionRow{Action::focus_queue, everywhere, "queue", "w  Ctrl-W", "Queue", "to the queue and back"},
    ActionRow{Action::other_pane, everywhere, "other-pane", "Tab  BackTab", "", "to the other pane"},

    ActionRow{Action::same_folder, panes, "same-folder", "=  Alt-i", "", "show this folder in the other pane too"},
    ActionRow{Action::swap_panes, panes, "swap-panes", "x", "", "exchange left and right"},
    ActionRow{Action::bookmark, panes, "bookmark", "B", "", "remember this place"},
    ActionRow{Action::up, panes, "up", "Up  k", "", "one up"},
    ActionRow{Action::down, panes, "down", "Down  j", "", "one down"},
    ActionRow{Action::page_up, panes, "page-up", "PgUp  Ctrl-B", "", "a page up"},
    ActionRow{Action::page_down, panes, "page-down", "PgDn  Ctrl-F", "", "a page down"},
    ActionRow{Action::half_page_up, panes, "half-page-up", "Ctrl-U", "", "half a page up"},
    ActionRow{Action::half_page_down, panes, "half-page-down", "Ctrl-D", "", "half a page down"},
    ActionRow{Action::first, panes, "first", "Home  g g", "", "to the first"},
    ActionRow{Action::last, panes, "last", "End  G", "", "to the last"},
    ActionRow{Action::enter, panes, "enter", "Enter  Right  l", "", "into the folder; look into a file"},
    ActionRow{Action::parent, panes, "parent", "Left  h  Bksp", "", "to the folder above"},
    ActionRow{Action::back, panes, "back", "Alt-Left  [", "", "where this pane was before"},
    ActionRow{Action::forward, panes, "forward", "Alt-Right  ]", "", "and forward again"},
    ActionRow{Action::copy_with_options, panes, "copy-with-options", "C  Shift-F5", "", "copy, after a look at the options"},
    ActionRow{Action::rename, panes, "rename", "r  Shift-F6", "", "rename here"},
    ActionRow{Action::change_mode, panes, "change-mode", "p", "", "change permissions"},
    ActionRow{Action::properties, panes, "properties", "i", "", "all that is known of it"},
    ActionRow{Action::verify, panes, "verify", "V", "Verify", "compare with the other pane by digest"},
    ActionRow{Action::compare, panes, "compare", "t", "", "mark what differs between the panes"},
    ActionRow{Action::sync, panes, "sync", "S", "Sync", "make the other folder like this one; shows the plan first"},
    ActionRow{Action::undo, panes, "undo", "u", "", "take back a rename, a new folder, a move"},
    ActionRow{Action::mark, panes, "mark", "Space  Ins  Ctrl-T", "", "mark it and go on"},
    ActionRow{Action::mark_all, panes, "mark-all", "A  Ctrl-A", "", "mark all, or none"},
    ActionRow{Action::invert_marks, panes, "invert-marks", "*", "", "mark the other files"},
    ActionRow{Action::mark_by_name, panes, "mark-by-name", "+", "", "mark what matches a pattern"},
    ActionRow{Action::unmark_by_name, panes, "unmark-by-name", "-", "", "unmark what matches a pattern"},
    ActionRow{Action::search, panes, "search", "/  Ctrl-S", "", "go to a name while you type"},
    ActionRow{Action::search_next, panes, "search-next", "n", "", "the next such name"},
    ActionRow{Action::search_previous, panes, "search-previous", "N", "", "the one before"},
    ActionRow{Action::filter, panes, "filter", "f", "", "show only what matches"},
    ActionRow{Action::find, panes, "find", "F  Alt-?", "", "find in this folder and below"},
    ActionRow{Action::sort_by_name, panes, "sort-by-name", "s n", "", "sort by name; again: the other way round"},
    ActionRow{Action::sort_by_size, panes, "sort-by-size", "s s", "", "sort by size"},
    ActionRow{Action::sort_by_time, panes, "sort-by-time", "s t", "", "sort by time"},
    ActionRow{Action::sort_by_extension, panes, "sort-by-extension", "s e", "", "sort by extension"},
    ActionRow{Action::show_hidden, panes, "show-hidden", ".", "", "names that begin with a dot"},
    ActionRow{Action::refresh, panes, "refresh", "R  Ctrl-R", "", "read the folder again"},

    ActionRow{Action::pause, queue, "pause", "Space", "Pause", "pause it, or go on"},
    ActionRow{Action::pause_all, queue, "pause-all", "p", "PauseAll", "pause all, or go on"},
    ActionRow{Action::retry, queue, "retry", "r", "Retry", "try it again now"},
    ActionRow{Action::cancel, queue, "cancel", "x  Del", "Cancel", "take it out of the queue"},
    ActionRow{Action::move_up, queue, "move-up", "K", "", "sooner"},
    ActionRow{Action::move_down, queue, "move-down", "J", "", "later"},
    ActionRow{Action::limit_rate, queue, "limit-rate", "g", "Limit", "limit how fast all of it runs"},
    ActionRow{Action::more_sessions, queue, "more-sessions", "+", "", "more transfers at once"},
    ActionRow{Action::fewer_sessions, queue, "fewer-sessions", "-", "", "fewer transfers at once"},
    ActionRow{Action::details, queue, "details", "Enter  i", "Details", "what happened to it, in the server's words"},
    ActionRow{Action::clear_done, queue, "clear-done", "z", "Clear", "forget what is done"},
};
// clang-format on

}  // namespace

std::span<const ActionRow> action_rows() {
  return kRows;
}

const ActionRow& row_of(Action action) {
  const auto found = std::ranges::find(kRows, action, &ActionRow::action);
  CHECK(found != kRows.end());
  return *found;
}

const ActionRow* find_action(std::string_view name) {
  const auto found = std::ranges::find(kRows, name, &ActionRow::name);
  return found == kRows.end() ? nullptr : &*found;
}

}  // namespace ferry::client
