#include "client/model/dialog.h"

#include <algorithm>
#include <utility>

#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

}  // namespace

Dialog::~Dialog() {
  for (Editing& field : fields_) {
    if (field.is_secret) field.edit.wipe();
  }
}

Dialog& Dialog::line(std::string text) {
  lines_.push_back(std::move(text));
  return *this;
}

Dialog& Dialog::field(Field field) {
  constexpr std::size_t kLongestSecret = 1024;
  fields_.push_back({std::move(field.label), LineEdit(std::move(field.text)), field.is_secret});
  if (field.is_secret) fields_.back().edit.reserve(kLongestSecret);
  return *this;
}

Dialog& Dialog::list(std::vector<std::string> rows, std::size_t cursor) {
  rows_ = std::move(rows);
  has_list_ = true;
  choose_rows();
  list_cursor_ = std::min(cursor, shown_.empty() ? 0 : shown_.size() - 1);
  return *this;
}

Dialog& Dialog::button(std::string label) {
  buttons_.push_back(std::move(label));
  return *this;
}

Dialog& Dialog::warning() {
  is_warning_ = true;
  return *this;
}

Dialog& Dialog::focus_button(std::size_t index) {
  focus_ = first_button() + index;
  return *this;
}

Dialog& Dialog::focus_field(std::size_t index) {
  focus_ = index;
  return *this;
}

Dialog& Dialog::filter_list() {
  filters_ = true;
  return *this;
}

Dialog& Dialog::on_close(OnClose action) {
  on_close_ = std::move(action);
  return *this;
}

void Dialog::choose_rows() {
  const std::string wanted = filters_ && !fields_.empty() ? lower(fields_.front().edit.text()) : "";
  shown_.clear();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (lower(rows_[i]).find(wanted) != std::string::npos) shown_.push_back(i);
  }
  list_cursor_ = 0;
}

std::optional<std::size_t> Dialog::chosen() const {
  if (list_cursor_ >= shown_.size()) return std::nullopt;
  return shown_[list_cursor_];
}

void Dialog::move_focus(std::ptrdiff_t by) {
  const auto count = static_cast<std::ptrdiff_t>(places());
  if (count == 0) return;
  focus_ = static_cast<std::size_t>((static_cast<std::ptrdiff_t>(focus_) + by % count + count) % count);
}

void Dialog::move_list(std::ptrdiff_t by) {
  const auto last = static_cast<std::ptrdiff_t>(shown_.size()) - 1;
  list_cursor_ = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(
      static_cast<std::ptrdiff_t>(list_cursor_) + by, 0, std::max<std::ptrdiff_t>(last, 0)));
}

bool Dialog::press(std::size_t button) {
  result_ = static_cast<int>(button);
  return true;
}

// Where nothing is typed a digit or a button's first letter presses it.
bool Dialog::handle_letter(const Key& key) {
  if (key.ctrl || key.alt) return false;
  if (key.character >= U'1' && key.character <= U'9') {
    const auto index = static_cast<std::size_t>(key.character - U'1');
    return index < buttons_.size() && press(index);
  }
  for (std::size_t i = 0; i < buttons_.size(); ++i) {
    const std::string first = lower(buttons_[i].substr(0, 1));
    const auto letter = static_cast<char32_t>(static_cast<unsigned char>(first.empty() ? 0 : first.front()));
    if (letter != 0 && letter < 0x80 && (key.character == letter || key.character + 32 == letter))
      return press(i);
  }
  return false;
}

bool Dialog::handle(const Key& key) {
  const std::size_t page = 10;
  // A list that is filtered is moved in while one types.
  const bool moves_list = has_list_ && (focus_ == list_place() || (filters_ && is_in_field()));
  switch (key.named) {
    case NamedKey::escape:
      result_ = kCancelled;
      return true;
    case NamedKey::enter:
      if (buttons_.empty()) return press(0);
      return press(focus_ >= first_button() ? focus_ - first_button() : 0);
    case NamedKey::tab:
      move_focus(1);
      return false;
    case NamedKey::back_tab:
      move_focus(-1);
      return false;
    case NamedKey::up:
      moves_list ? move_list(-1) : move_focus(-1);
      return false;
    case NamedKey::down:
      moves_list ? move_list(1) : move_focus(1);
      return false;
    case NamedKey::page_up:
      move_list(-static_cast<std::ptrdiff_t>(page));
      return false;
    case NamedKey::page_down:
      move_list(static_cast<std::ptrdiff_t>(page));
      return false;
    default:
      break;
  }
  if (is_in_field()) {
    const bool has_changed = fields_[focus_].edit.handle(key);
    if (has_changed && filters_ && focus_ == 0) choose_rows();
    return false;
  }
  if (key.named == NamedKey::left) move_focus(-1);
  if (key.named == NamedKey::right) move_focus(1);
  if (key.named == NamedKey::home) move_list(-static_cast<std::ptrdiff_t>(shown_.size()));
  if (key.named == NamedKey::end) move_list(static_cast<std::ptrdiff_t>(shown_.size()));
  return key.named == NamedKey::none && handle_letter(key);
}

void Dialog::paste(std::string_view text) {
  if (!is_in_field()) return;
  fields_[focus_].edit.insert(text);
  if (filters_ && focus_ == 0) choose_rows();
}

// A secret does not even get as far as the drawing.
DialogField Dialog::field_screen(const Editing& field) {
  const std::string& text = field.edit.text();
  if (!field.is_secret) return {field.label, text, field.edit.cursor(), false};
  const auto stars = [](std::string_view part) { return terminal_cells(part).size(); };
  const std::size_t before = stars(std::string_view(text).substr(0, field.edit.cursor()));
  return {field.label, std::string(before + stars(std::string_view(text).substr(field.edit.cursor())), '*'),
          before, true};
}

DialogScreen Dialog::screen(int rows) const {
  DialogScreen screen;
  screen.title = title_;
  screen.lines = lines_;
  for (const Editing& field : fields_) screen.fields.push_back(field_screen(field));
  for (const std::size_t at : shown_) screen.list.push_back(rows_[at]);
  screen.list_cursor = list_cursor_;
  const auto around = static_cast<int>(lines_.size() + fields_.size()) + 5;
  const auto visible = static_cast<std::size_t>(std::max(rows - around, 1));
  screen.first_row = list_cursor_ < visible ? 0 : list_cursor_ - visible + 1;
  screen.buttons = buttons_;
  screen.focus = focus_;
  screen.is_warning = is_warning_;
  return screen;
}

}  // namespace ferry::client
