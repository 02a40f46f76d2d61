#include "client/model/folder_view.h"

#include <algorithm>
#include <utility>

#include "shared/base/check.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

bool is_glob(std::string_view pattern) {
  return pattern.find_first_of("*?[") != pattern.npos;
}

bool matches(std::string_view pattern, bool has_glob, std::string_view name) {
  return has_glob ? ftp::glob_match(pattern, lower(name)) : lower(name).find(pattern) != std::string::npos;
}

std::string_view extension_of(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == name.npos || dot == 0 ? std::string_view() : name.substr(dot + 1);
}

}  // namespace

void FolderView::clear() {
  remember_cursor();
  names_.clear();
  items_.clear();
  order_.clear();
  visible_.clear();
  arranged_ = cursor_ = 0;
  marks_ = {};
}

void FolderView::add(std::span<const ftp::Entry> entries) {
  for (const ftp::Entry& entry : entries) {
    Item item;
    item.name_at = names_.size();
    item.name_length = static_cast<std::uint32_t>(entry.name.size());
    names_ += entry.name;
    if (entry.is_directory()) item.flags |= kFolder;
    if (entry.is_link) item.flags |= kLink;
    // What ferryd says of an upload that broke off: it may be written on, and not be read (RFC 3659 §7.5.5).
    if (!entry.is_directory() && entry.perm && entry.perm->find('r') == std::string::npos &&
        entry.perm->find('w') != std::string::npos)
      item.flags |= kPartial;
    if (entry.size) item.flags |= kHasSize;
    item.size = entry.size.value_or(0);
    if (entry.modified) item.flags |= kHasTime;
    item.modified = entry.modified.value_or(WallTime());
    if (entry.unix_mode) item.flags |= kHasMode;
    item.mode = static_cast<std::uint16_t>(entry.unix_mode.value_or(0));
    items_.push_back(item);
  }
}

bool FolderView::is_before(std::uint32_t a, std::uint32_t b) const {
  const Item &left = items_[a], &right = items_[b];
  if (((left.flags ^ right.flags) & kFolder) != 0) return (left.flags & kFolder) != 0;
  int order = 0;
  if (key_ == SortKey::size) order = left.size < right.size ? -1 : left.size > right.size;
  if (key_ == SortKey::time) order = left.modified < right.modified ? -1 : left.modified > right.modified;
  if (key_ == SortKey::extension) order = extension_of(name_of(left)).compare(extension_of(name_of(right)));
  if (order == 0) order = name_of(left).compare(name_of(right));
  return is_descending_ ? order > 0 : order < 0;
}

bool FolderView::is_shown(const Item& item) const {
  const std::string_view name = name_of(item);
  if (!shows_hidden_ && name.starts_with('.')) return false;
  return pattern_.empty() || matches(lower(pattern_), is_glob(pattern_), name);
}

void FolderView::arrange() {
  if (is_arranged()) return;
  remember_cursor();
  const auto is_less = [this](std::uint32_t a, std::uint32_t b) { return is_before(a, b); };
  const auto sorted = static_cast<std::ptrdiff_t>(order_.size());
  for (; arranged_ < items_.size(); ++arranged_) order_.push_back(static_cast<std::uint32_t>(arranged_));
  std::sort(order_.begin() + sorted, order_.end(), is_less);
  std::inplace_merge(order_.begin(), order_.begin() + sorted, order_.end(), is_less);
  visible_.clear();
  std::ranges::copy_if(order_, std::back_inserter(visible_),
                       [this](std::uint32_t at) { return is_shown(items_[at]); });
  is_stale_ = false;
  place_cursor();
}

void FolderView::sort_by(SortKey key, bool is_descending) {
  if (key == key_ && is_descending == is_descending_) return;
  key_ = key;
  is_descending_ = is_descending;
  remember_cursor();
  order_.clear();
  arranged_ = 0;
  is_stale_ = true;
}

void FolderView::show_hidden(bool shows) {
  is_stale_ |= shows != shows_hidden_;
  shows_hidden_ = shows;
}

void FolderView::filter(std::string pattern) {
  is_stale_ |= pattern != pattern_;
  pattern_ = std::move(pattern);
}

FolderRow FolderView::row(std::size_t index) const {
  CHECK(index < visible_.size());
  const Item& item = items_[visible_[index]];
  FolderRow row;
  row.name = name_of(item);
  if ((item.flags & kHasSize) != 0) row.size = item.size;
  if ((item.flags & kHasTime) != 0) row.modified = item.modified;
  if ((item.flags & kHasMode) != 0) row.unix_mode = item.mode;
  row.is_folder = (item.flags & kFolder) != 0;
  row.is_link = (item.flags & kLink) != 0;
  row.is_marked = (item.flags & kMarked) != 0;
  row.is_partial = (item.flags & kPartial) != 0;
  return row;
}

std::optional<std::size_t> FolderView::find_name(std::string_view name) const {
  const auto found =
      std::ranges::find_if(visible_, [&](std::uint32_t at) { return name_of(items_[at]) == name; });
  if (found == visible_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - visible_.begin());
}

// --- the cursor ---

void FolderView::remember_cursor() {
  if (cursor_ < visible_.size() && cursor_name_.empty()) cursor_name_ = name_of(items_[visible_[cursor_]]);
}

void FolderView::place_cursor() {
  const auto found = cursor_name_.empty() ? std::nullopt : find_name(cursor_name_);
  if (found) {
    cursor_ = *found;
    cursor_name_.clear();
  } else {
    cursor_ = std::min(cursor_, visible_.empty() ? 0 : visible_.size() - 1);
  }
}

void FolderView::move_to(std::size_t row) {
  cursor_ = std::min(row, visible_.empty() ? 0 : visible_.size() - 1);
  cursor_name_.clear();
}

void FolderView::move_by(std::ptrdiff_t rows) {
  const auto at = static_cast<std::ptrdiff_t>(cursor_);
  move_to(static_cast<std::size_t>(std::max<std::ptrdiff_t>(at + rows, 0)));
}

bool FolderView::move_to_name(std::string_view name) {
  const auto found = find_name(name);
  if (found) {
    move_to(*found);
  } else {
    cursor_name_ = name;
  }
  return found.has_value();
}

bool FolderView::search(std::string_view part, bool is_next, bool is_forward) {
  const std::size_t count = visible_.size();
  const std::string wanted = lower(part);
  for (std::size_t step = is_next ? 1 : 0; step < count + (is_next ? 1 : 0); ++step) {
    const std::size_t row = (is_forward ? cursor_ + step : cursor_ + 2 * count - step) % count;
    if (lower(name_of(items_[visible_[row]])).find(wanted) == std::string::npos) continue;
    move_to(row);
    return true;
  }
  return false;
}

// --- marks ---

void FolderView::set_mark(Item& item, bool is_marked) {
  if (((item.flags & kMarked) != 0) == is_marked) return;
  item.flags ^= kMarked;
  const Bytes bytes = (item.flags & kFolder) != 0 ? 0 : item.size;
  marks_.count += is_marked ? 1 : std::size_t(-1);
  marks_.bytes += is_marked ? bytes : -bytes;
}

void FolderView::mark(std::size_t row, bool is_marked) {
  CHECK(row < visible_.size());
  set_mark(items_[visible_[row]], is_marked);
}

void FolderView::mark_all(bool is_marked) {
  for (const std::uint32_t at : visible_) set_mark(items_[at], is_marked);
}

void FolderView::invert_marks() {
  for (const std::uint32_t at : visible_) {
    Item& item = items_[at];
    if ((item.flags & kFolder) == 0) set_mark(item, (item.flags & kMarked) == 0);
  }
}

std::size_t FolderView::mark_matching(const std::string& glob, bool is_marked) {
  std::size_t count = 0;
  for (const std::uint32_t at : visible_) {
    if (!ftp::glob_match(glob, name_of(items_[at]))) continue;
    set_mark(items_[at], is_marked);
    ++count;
  }
  return count;
}

std::vector<std::size_t> FolderView::chosen() const {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < visible_.size(); ++row) {
    if ((items_[visible_[row]].flags & kMarked) != 0) rows.push_back(row);
  }
  if (rows.empty() && cursor_ < visible_.size()) rows.push_back(cursor_);
  return rows;
}

}  // namespace ferry::client
