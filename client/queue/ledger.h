// The items of a queue as the sum of its journal's lines: what a line means, and how a change is written as
// one. Pure; the file is journal.h.
//
// One JSON object per line:
//   {"type":"queue","v":1,"next":8}                          first; the next id
//   {"type":"add","item":{…}}                                behind all others
//   {"type":"set","id":5,"change":{"state":"done",…}}        a merge patch (RFC 7386) of the item
//   {"type":"move","id":5,"behind":3}                        0: to the front
//   {"type":"file","id":5,"name":"a/b","size":9,"modified":0}
//   {"type":"clear","id":5}
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "client/queue/item.h"

namespace ferry::client {

// A file of a folder that has been copied, and is on the disk: what its source was like then.
struct FileMark {
  Bytes size = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const FileMark&) const = default;
};
using FileMarks = std::map<std::string, FileMark>;  // by the path below the folder

class Ledger {
 public:
  static constexpr int kVersion = 1;
  static constexpr std::size_t kMostLine = 256 * 1024;

  Ledger() = default;
  Ledger(Ledger&&) noexcept = default;
  Ledger& operator=(Ledger&&) noexcept = default;

  // One line, without its end. Errc::corrupt: it is none, or about an item that is not here, and nothing has
  // changed. Errc::unsupported: a newer ferry's, which must not be written to.
  Status apply(std::string_view line);

  // The lines for a change, with their ends; apply() makes it so.
  static std::string heading(QueueId next);
  static std::string added(const QueueItem& item);
  static std::string changed(const QueueItem& before, const QueueItem& after);  // "" when they are the same
  static std::string moved(QueueId id, QueueId behind);
  static std::string copied(QueueId id, const std::string& name, const FileMark& mark);
  static std::string cleared(QueueId id);

  std::string text() const;  // the shortest journal that says all this
  // Of text(): what is more is dead weight.
  std::size_t live_lines() const { return 1 + items_.size() + mark_count_; }

  const std::list<SharedItem>& items() const { return items_; }  // in their order
  SharedItem find(QueueId id) const;                             // null: there is none
  const FileMarks& marks(QueueId id) const;
  QueueId next_id() const { return next_id_; }

 private:
  using Place = std::list<SharedItem>::iterator;

  // The item a line is about. Errc::corrupt.
  Result<Place> place_of(QueueId id);
  Status add(QueueItem item);
  void forget_marks(QueueId id);
  friend struct LedgerLines;

  std::list<SharedItem> items_;
  std::unordered_map<QueueId, Place> places_;
  std::unordered_map<QueueId, FileMarks> marks_;
  std::size_t mark_count_ = 0;
  QueueId next_id_ = 1;
};

}  // namespace ferry::client
