#include "client/model/actions.h"

#include <algorithm>
#include <array>

#include "shared/base/check.h"

namespace ferry::client {
namespace {

using enum Focus;

// clang-format off
constexpr std::array kRows{
    ActionRow{KeyAction::help, everywhere, "help", "F1  ?", "Help", "the keys of what you are in"},
    ActionRow{KeyAction::sites, everywhere, "sites", "F2  b", "Sites", "connect, saved sites"},
    ActionRow{KeyAction::view, panes, "view", "F3  v", "View", "look into the file"},
    ActionRow{KeyAction::edit, panes, "edit", "F4  e", "Edit", "edit the file; a remote one is uploaded again"},
    ActionRow{KeyAction::copy, panes, "copy", "F5  c", "Copy", "copy to the other pane's folder"},
    ActionRow{KeyAction::move, panes, "move", "F6  m", "Move", "move to the other pane's folder"},
    ActionRow{KeyAction::make_folder, panes, "make-folder", "F7  a", "MkDir", "make a folder"},
    ActionRow{KeyAction::remove, panes, "delete", "F8  d  Del", "Delete", "delete; asks first"},
    ActionRow{KeyAction::menu, everywhere, "menu", "F9", "Menu", "everything by name"},
    ActionRow{KeyAction::quit, everywhere, "quit", "F10  q", "Quit", "leave; asks when transfers wait"},

    ActionRow{KeyAction::palette, everywhere, "palette", "Ctrl-P", "", "find an action by typing"},
    ActionRow{KeyAction::command_line, everywhere, "command-line", ":", "Command", "cd, mkdir, passwd, register, or an action by name"},
    ActionRow{KeyAction::local_shell, everywhere, "local-shell", "!", "", "a shell in the local folder"},
    ActionRow{KeyAction::repaint, everywhere, "repaint", "Ctrl-L", "", "draw the screen anew"},
    ActionRow{KeyAction::show_log, everywhere, "log", "L  Ctrl-O", "Log", "what happened so far"},
    ActionRow{KeyAction::toggle_mouse, everywhere, "mouse", "M", "", "the mouse for ferry, or for marking text"},
    ActionRow{KeyAction::focus_queue, everywhere, "queue", "w  Ctrl-W", "Queue", "to the queue and back"},
    ActionRow{KeyAction::other_pane, everywhere, "other-pane", "Tab  BackTab", "", "to the other pane"},

    ActionRow{KeyAction::same_folder, panes, "same-folder", "=  Alt-i", "", "show this folder in the other pane too"},
    ActionRow{KeyAction::swap_panes, panes, "swap-panes", "x", "", "exchange left and right"},
    ActionRow{KeyAction::up, panes, "up", "Up  k", "", "one up"},
    ActionRow{KeyAction::down, panes, "down", "Down  j", "", "one down"},
    ActionRow{KeyAction::page_up, panes, "page-up", "PgUp  Ctrl-B", "", "a page up"},
    ActionRow{KeyAction::page_down, panes, "page-down", "PgDn  Ctrl-F", "", "a page down"},
    ActionRow{KeyAction::half_page_up, panes, "half-page-up", "Ctrl-U", "", "half a page up"},
    ActionRow{KeyAction::half_page_down, panes, "half-page-down", "Ctrl-D", "", "half a page down"},
    ActionRow{KeyAction::first, panes, "first", "Home  g g", "", "to the first"},
    ActionRow{KeyAction::last, panes, "last", "End  G", "", "to the last"},
    ActionRow{KeyAction::enter, panes, "enter", "Enter  Right  l", "", "into the folder; look into a file"},
    ActionRow{KeyAction::parent, panes, "parent", "Left  h  Bksp", "", "to the folder above"},
    ActionRow{KeyAction::back, panes, "back", "Alt-Left  [", "", "where this pane was before"},
    ActionRow{KeyAction::forward, panes, "forward", "Alt-Right  ]", "", "and forward again"},
    ActionRow{KeyAction::rename, panes, "rename", "r  Shift-F6", "", "rename here"},
    ActionRow{KeyAction::change_mode, panes, "change-mode", "p", "", "change permissions"},
    ActionRow{KeyAction::properties, panes, "properties", "i", "", "all that is known of it"},
    ActionRow{KeyAction::verify, panes, "verify", "V", "Verify", "compare with the other pane by digest"},
    ActionRow{KeyAction::compare, panes, "compare", "t", "", "mark what differs between the panes"},
    ActionRow{KeyAction::undo, panes, "undo", "u", "", "take back a rename, a new folder, a move"},
    ActionRow{KeyAction::mark, panes, "mark", "Space  Ins  Ctrl-T", "", "mark it and go on"},
    ActionRow{KeyAction::mark_all, panes, "mark-all", "A  Ctrl-A", "", "mark all, or none"},
    ActionRow{KeyAction::invert_marks, panes, "invert-marks", "*", "", "mark the other files"},
    ActionRow{KeyAction::mark_by_name, panes, "mark-by-name", "+", "", "mark what matches a pattern"},
    ActionRow{KeyAction::unmark_by_name, panes, "unmark-by-name", "-", "", "unmark what matches a pattern"},
    ActionRow{KeyAction::search, panes, "search", "/  Ctrl-S", "", "go to a name while you type"},
    ActionRow{KeyAction::search_next, panes, "search-next", "n", "", "the next such name"},
    ActionRow{KeyAction::search_previous, panes, "search-previous", "N", "", "the one before"},
    ActionRow{KeyAction::filter, panes, "filter", "f", "", "show only what matches"},
    ActionRow{KeyAction::find, panes, "find", "F  Alt-?", "", "find in this folder and below"},
    ActionRow{KeyAction::sort_by_name, panes, "sort-by-name", "s n", "", "sort by name; again: the other way round"},
    ActionRow{KeyAction::sort_by_size, panes, "sort-by-size", "s s", "", "sort by size"},
    ActionRow{KeyAction::sort_by_time, panes, "sort-by-time", "s t", "", "sort by time"},
    ActionRow{KeyAction::sort_by_extension, panes, "sort-by-extension", "s e", "", "sort by extension"},
    ActionRow{KeyAction::show_hidden, panes, "show-hidden", ".", "", "names that begin with a dot"},
    ActionRow{KeyAction::refresh, panes, "refresh", "R  Ctrl-R", "", "read the folder again"},

    ActionRow{KeyAction::queue_up, queue, "queue-up", "Up  k", "", "one up"},
    ActionRow{KeyAction::queue_down, queue, "queue-down", "Down  j", "", "one down"},
    ActionRow{KeyAction::pause, queue, "pause", "Space", "Pause", "pause it, or go on"},
    ActionRow{KeyAction::pause_all, queue, "pause-all", "p", "PauseAll", "pause all, or go on"},
    ActionRow{KeyAction::retry, queue, "retry", "r", "Retry", "try it again now"},
    ActionRow{KeyAction::cancel, queue, "cancel", "x  Del", "Cancel", "take it out of the queue"},
    ActionRow{KeyAction::move_up, queue, "move-up", "K", "", "sooner"},
    ActionRow{KeyAction::move_down, queue, "move-down", "J", "", "later"},
    ActionRow{KeyAction::details, queue, "details", "Enter  i", "Details", "what happened to it, in the server's words"},
    ActionRow{KeyAction::clear_done, queue, "clear-done", "z", "Clear", "forget what is done"},
};
// clang-format on

}  // namespace

std::span<const ActionRow> action_rows() {
  return kRows;
}

const ActionRow& row_of(KeyAction action) {
  const auto found = std::ranges::find(kRows, action, &ActionRow::action);
  CHECK(found != kRows.end());
  return *found;
}

const ActionRow* find_action(std::string_view name) {
  const auto found = std::ranges::find(kRows, name, &ActionRow::name);
  return found == kRows.end() ? nullptr : &*found;
}

}  // namespace ferry::client
