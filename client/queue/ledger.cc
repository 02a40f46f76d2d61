#include "client/queue/ledger.h"

#include <algorithm>

#include "client/queue/item_json_internal.h"

namespace ferry::client {
namespace {

constexpr std::uint64_t kMostId = std::uint64_t{1} << 60;

tl::unexpected<Error> damaged(const std::string& why) {
  return fail(Errc::corrupt, why);
}

Result<std::uint64_t> number_of(const Json& json, const std::string& key) {
  if (!json.contains(key) || !json[key].is_number_unsigned() || json[key].get<std::uint64_t>() > kMostId)
    return damaged("no " + key);
  return json[key].get<std::uint64_t>();
}

std::string finished(const Json& json) {
  return line_of(json) + "\n";
}

Json record(const char* type, QueueId id) {
  Json json;
  json["type"] = type;
  json["id"] = id;
  return json;
}

// What a merge patch has to say so that `before` becomes `after`.
Json difference(const Json& before, const Json& after) {
  Json change = Json::object();
  for (const auto& [key, value] : before.items()) {
    if (!after.contains(key)) change[key] = nullptr;
  }
  for (const auto& [key, value] : after.items()) {
    if (!before.contains(key) || before[key] != value) change[key] = value;
  }
  return change;
}

}  // namespace

// What each type of line does.
struct LedgerLines {
  Ledger& ledger;

  Status apply(const Json& json) {
    const std::string type = json.is_object() && json.contains("type") && json["type"].is_string()
                                 ? json["type"].get<std::string>()
                                 : std::string();
    if (type == "queue") return head(json);
    if (type == "add") return add(json);
    const auto id = number_of(json.is_object() ? json : Json::object(), "id");
    if (!id) return tl::unexpected(id.error());
    auto place = ledger.place_of(*id);
    if (!place) return tl::unexpected(place.error());
    if (type == "set") return set(json, *place);
    if (type == "move") return move(json, *place);
    if (type == "file") return file(json, *id);
    if (type == "clear") return clear(*place);
    return damaged("no type of line known here");
  }

  Status head(const Json& json) {
    const auto version = number_of(json, "v");
    if (!version) return tl::unexpected(version.error());
    if (*version != Ledger::kVersion)
      return fail(Errc::unsupported,
                  "it was written by a newer ferry (version " + std::to_string(*version) + ")");
    const auto next = number_of(json, "next");
    if (!next) return tl::unexpected(next.error());
    ledger.next_id_ = std::max(ledger.next_id_, *next);
    return {};
  }

  Status add(const Json& json) {
    if (!json.contains("item")) return damaged("no item");
    auto item = item_of(json["item"]);
    if (!item) return tl::unexpected(item.error());
    return ledger.add(std::move(*item));
  }

  Status set(const Json& json, Ledger::Place place) {
    if (!json.contains("change") || !json["change"].is_object()) return damaged("no change");
    Json whole = json_of(**place);
    // An object in it, the error, is replaced as a whole: old and new ones do not mix.
    for (const auto& [key, value] : json["change"].items()) whole.erase(key);
    whole.merge_patch(json["change"]);
    auto item = item_of(whole);
    if (!item) return tl::unexpected(item.error());
    if (item->id != (*place)->id) return damaged("an id does not change");
    if (item->state == ItemState::done || item->state == ItemState::cancelled) ledger.forget_marks(item->id);
    *place = std::make_shared<const QueueItem>(std::move(*item));
    return {};
  }

  Status move(const Json& json, Ledger::Place place) {
    const auto behind = number_of(json, "behind");
    if (!behind) return tl::unexpected(behind.error());
    auto to = ledger.items_.begin();
    if (*behind != 0) {
      auto other = ledger.place_of(*behind);
      if (!other) return tl::unexpected(other.error());
      to = std::next(*other);
    }
    if (to != place && *behind != (*place)->id) ledger.items_.splice(to, ledger.items_, place);
    return {};
  }

  Status file(const Json& json, QueueId id) {
    auto name = take_bytes(json, "name");
    if (!name) return tl::unexpected(name.error());
    const auto size = number_of(json, "size");
    if (!size) return tl::unexpected(size.error());
    FileMark mark;
    mark.size = static_cast<Bytes>(*size);
    if (!json.contains("modified") || !json["modified"].is_number_integer()) return damaged("no modified");
    mark.modified_ns = json["modified"].get<std::int64_t>();
    auto& marks = ledger.marks_[id];
    if (marks.insert_or_assign(std::move(*name), std::move(mark)).second) ++ledger.mark_count_;
    return {};
  }

  Status clear(Ledger::Place place) {
    ledger.forget_marks((*place)->id);
    ledger.places_.erase((*place)->id);
    ledger.items_.erase(place);
    return {};
  }
};

Status Ledger::apply(std::string_view line) {
  if (line.size() > kMostLine) return damaged("it is too long");
  const Json json = Json::parse(line, nullptr, false);
  if (json.is_discarded()) return damaged("it is no JSON");
  return LedgerLines{*this}.apply(json);
}

Result<Ledger::Place> Ledger::place_of(QueueId id) {
  const auto found = places_.find(id);
  if (found == places_.end())
    return damaged("it is about item " + std::to_string(id) + ", which is not here");
  return found->second;
}

Status Ledger::add(QueueItem item) {
  if (places_.contains(item.id)) return damaged("item " + std::to_string(item.id) + " is here already");
  next_id_ = std::max(next_id_, item.id + 1);
  const QueueId id = item.id;
  items_.push_back(std::make_shared<const QueueItem>(std::move(item)));
  places_[id] = std::prev(items_.end());
  return {};
}

void Ledger::forget_marks(QueueId id) {
  const auto found = marks_.find(id);
  if (found == marks_.end()) return;
  mark_count_ -= found->second.size();
  marks_.erase(found);
}

SharedItem Ledger::find(QueueId id) const {
  const auto found = places_.find(id);
  return found == places_.end() ? nullptr : *found->second;
}

const FileMarks& Ledger::marks(QueueId id) const {
  static const FileMarks kNone;
  const auto found = marks_.find(id);
  return found == marks_.end() ? kNone : found->second;
}

std::string Ledger::heading(QueueId next) {
  Json json;
  json["type"] = "queue";
  json["v"] = kVersion;
  json["next"] = next;
  return finished(json);
}

std::string Ledger::added(const QueueItem& item) {
  Json json;
  json["type"] = "add";
  json["item"] = json_of(item);
  return finished(json);
}

std::string Ledger::changed(const QueueItem& before, const QueueItem& after) {
  Json change = difference(json_of(before), json_of(after));
  if (change.empty()) return "";
  Json json = record("set", before.id);
  json["change"] = std::move(change);
  return finished(json);
}

std::string Ledger::moved(QueueId id, QueueId behind) {
  Json json = record("move", id);
  json["behind"] = behind;
  return finished(json);
}

std::string Ledger::copied(QueueId id, const std::string& name, const FileMark& mark) {
  Json json = record("file", id);
  put_bytes(json, "name", name);
  json["size"] = mark.size;
  json["modified"] = mark.modified_ns;
  return finished(json);
}

std::string Ledger::cleared(QueueId id) {
  return finished(record("clear", id));
}

std::string Ledger::text() const {
  std::string text = heading(next_id_);
  for (const auto& item : items_) {
    text += added(*item);
    for (const auto& [name, mark] : marks(item->id)) text += copied(item->id, name, mark);
  }
  return text;
}

}  // namespace ferry::client
