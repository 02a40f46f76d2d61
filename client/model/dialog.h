// A dialog that is open: what it shows and what keys do in it. Fields, a list, buttons: Tab and the arrows go
// from one to the next, Enter presses a button (in a field or the list: the first), Esc closes and never does
// anything else.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/model/key.h"
#include "client/model/line_edit.h"
#include "client/model/screen.h"
#include "shared/base/secret.h"

namespace ferry::client {

class Dialog {
 public:
  static constexpr int kCancelled = -1;  // Esc

  struct Field {
    std::string label;
    std::string text = {};
    bool is_secret = false;
  };

  explicit Dialog(std::string title) : title_(std::move(title)) {}
  ~Dialog();  // wipes secret fields
  Dialog(const Dialog&) = delete;
  Dialog& operator=(const Dialog&) = delete;
  Dialog& line(std::string text);
  Dialog& field(Field field);
  Dialog& list(std::vector<std::string> rows, std::size_t cursor = 0);
  // The first is what Enter means; a key bar's letter may press it too, where nothing is typed.
  Dialog& button(std::string label);
  Dialog& warning();
  Dialog& focus_button(std::size_t index);
  Dialog& focus_field(std::size_t index);
  // The list shows only rows that contain what is typed in the first field.
  Dialog& filter_list();
  // Told once, when it closes: with a button's number or kCancelled.
  using OnClose = std::function<void(const Dialog&, int button)>;
  Dialog& on_close(OnClose action);

  // True when it has closed; close() is then called by whoever keeps it.
  bool handle(const Key& key);
  void paste(std::string_view text);
  void close() const {
    if (on_close_) on_close_(*this, result_);
  }

  DialogScreen screen(int rows) const;  // on a screen with so many
  const std::string& text(std::size_t field) const { return fields_[field].edit.text(); }
  Secret secret(std::size_t field) const { return Secret(text(field)); }
  // Of the rows given; nullopt when there is none.
  std::optional<std::size_t> chosen() const;

 private:
  struct Editing {
    std::string label;
    LineEdit edit;
    bool is_secret = false;
  };
  static DialogField field_screen(const Editing& field);
  std::size_t list_place() const { return fields_.size(); }
  std::size_t first_button() const { return fields_.size() + (has_list_ ? 1 : 0); }
  std::size_t places() const { return first_button() + buttons_.size(); }
  bool is_in_field() const { return focus_ < fields_.size(); }
  void move_focus(std::ptrdiff_t by);
  void move_list(std::ptrdiff_t by);
  bool press(std::size_t button);
  bool handle_letter(const Key& key);
  void choose_rows();

  std::string title_;
  std::vector<std::string> lines_, rows_, buttons_;
  std::vector<Editing> fields_;
  std::vector<std::size_t> shown_;  // indexes of rows_
  std::size_t list_cursor_ = 0, focus_ = 0;
  bool has_list_ = false, filters_ = false, is_warning_ = false;
  int result_ = kCancelled;
  OnClose on_close_;
};

}  // namespace ferry::client
