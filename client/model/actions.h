// What a person can do in the full-screen client: ONE table that keys, the key bar, the help screen and
// keys.toml read. How to add one: a KeyAction, its row in actions.cc, its case where the context handles
// actions, its line in man/ferry.1.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ferry::client {

// Which part of the screen has the keys. What everywhere() has counts in each of them.
enum class Focus : std::uint8_t { everywhere, panes, queue, log };

enum class KeyAction : std::uint8_t {
  help,
  quit,
  menu,
  palette,
  command_line,
  local_shell,
  repaint,
  show_log,
  toggle_mouse,
  focus_queue,
  other_pane,
  same_folder,
  swap_panes,
  sites,
  // in a pane
  up,
  down,
  page_up,
  page_down,
  half_page_up,
  half_page_down,
  first,
  last,
  enter,
  parent,
  back,
  forward,
  view,
  edit,
  copy,
  move,
  rename,
  make_folder,
  remove,
  change_mode,
  properties,
  verify,
  compare,
  undo,
  mark,
  mark_all,
  invert_marks,
  mark_by_name,
  unmark_by_name,
  search,
  search_next,
  search_previous,
  filter,
  find,
  sort_by_name,
  sort_by_size,
  sort_by_time,
  sort_by_extension,
  show_hidden,
  refresh,
  // in the queue
  queue_up,
  queue_down,
  pause,
  pause_all,
  retry,
  cancel,
  move_up,
  move_down,
  details,
  clear_done,
};

struct ActionRow {
  KeyAction action;
  Focus focus;
  std::string_view name;   // in keys.toml and the palette
  std::string_view keys;   // by default; several separated by two blanks, the keys of a sequence by one
  std::string_view label;  // in the key bar, "" not there
  std::string_view help;
};

std::span<const ActionRow> action_rows();
const ActionRow& row_of(KeyAction action);
const ActionRow* find_action(std::string_view name);  // nullptr: there is none

}  // namespace ferry::client
