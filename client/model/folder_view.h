// The content of one folder as a pane shows it: sorted, filtered, with marks and a cursor that sticks to its
// name while entries come and go. Made for 100,000 names: they lie in one block, what is sorted are indexes.
// Knows neither where the entries come from nor how they are drawn.
//
// add() is cheap and may come in pieces; what was added is seen, in order, after the next arrange().
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/bytes.h"
#include "shared/base/clock.h"
#include "shared/ftp/facts.h"

namespace ferry::client {

enum class SortKey : std::uint8_t { name, size, time, extension };

// One row. `name` is raw bytes and borrowed until the next add() or clear().
struct FolderRow {
  std::string_view name;
  std::optional<Bytes> size;
  std::optional<WallTime> modified;
  bool is_folder = false, is_link = false, is_marked = false;
  bool is_partial = false;  // an upload that is not finished: listed, but not readable
  std::optional<unsigned> unix_mode;
};

class FolderView {
 public:
  void clear();  // sorting, filter and hidden stay, and the name under the cursor when it comes again
  void add(std::span<const ftp::Entry> entries);
  void arrange();
  bool is_arranged() const { return arranged_ == items_.size() && !is_stale_; }

  // Folders stay in front.
  void sort_by(SortKey key, bool is_descending);
  SortKey sort_key() const { return key_; }
  bool is_descending() const { return is_descending_; }
  void show_hidden(bool shows);  // names with a dot in front
  bool shows_hidden() const { return shows_hidden_; }
  // A glob if it has one of "*?[", else a part of the name; ASCII case is ignored. "": all.
  void filter(std::string pattern);
  const std::string& filter() const { return pattern_; }

  std::size_t size() const { return visible_.size(); }  // rows
  std::size_t total() const { return items_.size(); }   // with what is hidden or filtered
  FolderRow row(std::size_t index) const;               // index < size()
  std::optional<std::size_t> find_name(std::string_view name) const;

  std::size_t cursor() const { return cursor_; }  // 0 when there are no rows
  void move_to(std::size_t row);                  // the last one when there are fewer
  void move_by(std::ptrdiff_t rows);              // stops at both ends
  bool move_to_name(std::string_view name);       // also to a name that is yet to come: then false
  // The next row, from the cursor (or behind it) and around, whose name contains `part`, ASCII case ignored.
  bool search(std::string_view part, bool is_next, bool is_forward = true);

  void mark(std::size_t row, bool is_marked);
  void mark_all(bool is_marked);
  void invert_marks();  // of files; folders keep theirs
  // Rows that match the glob. Returns how many there were.
  std::size_t mark_matching(const std::string& glob, bool is_marked);
  struct Marks {
    std::size_t count = 0;
    Bytes bytes = 0;  // of files whose size is known
  };
  Marks marks() const { return marks_; }
  // What an action is about: marked rows, else the one under the cursor.
  std::vector<std::size_t> chosen() const;

 private:
  struct Item {
    std::uint64_t name_at = 0;
    std::uint32_t name_length = 0;
    std::uint16_t mode = 0;
    std::uint16_t flags = 0;
    Bytes size = 0;
    WallTime modified;
  };
  enum Flag : std::uint16_t {
    kFolder = 1,
    kLink = 2,
    kMarked = 4,
    kPartial = 8,
    kHasSize = 16,
    kHasTime = 32,
    kHasMode = 64
  };
  std::string_view name_of(const Item& item) const {
    return std::string_view(names_).substr(item.name_at, item.name_length);
  }
  bool is_before(std::uint32_t a, std::uint32_t b) const;
  bool is_shown(const Item& item) const;
  void remember_cursor();
  void place_cursor();
  void set_mark(Item& item, bool is_marked);

  std::string names_;
  std::vector<Item> items_;
  std::vector<std::uint32_t> order_;    // of items [0, arranged_)
  std::vector<std::uint32_t> visible_;  // those of them that are shown
  std::size_t arranged_ = 0;
  bool is_stale_ = false;  // what is shown has to be chosen anew
  SortKey key_ = SortKey::name;
  bool is_descending_ = false, shows_hidden_ = false;
  std::string pattern_;
  std::size_t cursor_ = 0;
  std::string cursor_name_;  // where the cursor wants to be
  Marks marks_;
};

}  // namespace ferry::client
