// What a person sees: the part of a terminal that ferry's rows need. Fails the running test on any control
// it does not know, which is how a name's escape sequence shows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferry::test {

class Screen {
 public:
  Screen(int columns, int lines) : columns_(columns), lines_(lines), rows_(1) {}

  void feed(std::string_view bytes);  // may end in the middle of a sequence
  // All there ever was and is, scrolled away or not; blanks at the ends left out.
  std::vector<std::string> text() const;
  bool shows(std::string_view text) const;
  int widest() const { return widest_; }  // the column that was reached, or beyond which it wrapped

 private:
  std::size_t one(std::string_view bytes);  // bytes used; 0: more are needed
  std::size_t sequence(std::string_view bytes);
  void put(std::string_view character, int width);
  void down();
  std::vector<std::string>& row() { return rows_[row_]; }

  int columns_, lines_;
  std::vector<std::vector<std::string>>
      rows_;  // a cell is a character with its combining ones, "" a right half
  std::size_t row_ = 0, column_ = 0;
  std::string held_;
  int widest_ = 0;
};

}  // namespace ferry::test
