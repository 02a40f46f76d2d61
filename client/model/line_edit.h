// A line of text that is being typed: UTF-8, wide and combining characters move as one. Pure.
#pragma once

#include <string>
#include <string_view>

#include "client/model/key.h"

namespace ferry::client {

class LineEdit {
 public:
  LineEdit() = default;
  explicit LineEdit(std::string text) : text_(std::move(text)), cursor_(text_.size()) {}

  // Characters, arrows, Home, End, Del, Bksp and Ctrl-A E B F D H K U W. False: the key is for somebody else.
  bool handle(const Key& key);
  // What is no control character; a paste's first line end ends it.
  void insert(std::string_view text);

  const std::string& text() const { return text_; }
  std::size_t cursor() const { return cursor_; }
  void set(std::string text);
  // For a secret: so much is typed without a copy left behind, and what was typed can be wiped.
  void reserve(std::size_t bytes) { text_.reserve(bytes); }
  void wipe();

 private:
  std::size_t before(std::size_t at) const;
  std::size_t behind(std::size_t at) const;
  std::size_t word_before(std::size_t at) const;
  void erase(std::size_t from, std::size_t to);
  bool handle_ctrl(char32_t letter);

  std::string text_;
  std::size_t cursor_ = 0;
};

}  // namespace ferry::client
