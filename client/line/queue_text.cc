#include "client/line/queue_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "client/line/progress.h"
#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

std::string direction_word(const QueueItem& item) {
  return item.direction == Direction::up ? "up" : "down";
}

std::string remote_text(const QueueItem& item) {
  return item.from_login ? "~/" + item.remote : item.remote;
}

std::string source_of(const QueueItem& item) {
  return item.direction == Direction::up ? item.local : site_key(item) + ":" + remote_text(item);
}

std::string target_of(const QueueItem& item) {
  return item.direction == Direction::up ? site_key(item) + ":" + remote_text(item) : item.local;
}

std::string percent(const QueueItem& item) {
  if (item.state == ItemState::done) return "100%";
  if (!item.bytes_total || *item.bytes_total <= 0) return "";
  const auto share = static_cast<double>(item.bytes_done) / static_cast<double>(*item.bytes_total);
  return std::to_string(std::clamp(static_cast<int>(share * 100), 0, 99)) + "%";
}

std::string amount(const QueueItem& item) {
  std::string text;
  if (item.bytes_done > 0 || item.bytes_total) text = amount_text(item.bytes_done, item.bytes_total);
  if (item.files_total > 0) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{}/{} files", item.files_done, item.files_total);
  }
  return text;
}

// What a person has to know about it, or ""; foreign bytes.
std::string remark(const QueueItem& item) {
  const bool is_told = item.state == ItemState::failed || item.state == ItemState::asks ||
                       item.state == ItemState::retrying || item.state == ItemState::waiting;
  if (!item.error || !is_told) return "";
  std::string text = item.error->text;
  if (item.error->kind == Errc::no_space)
    text = (item.error->reply_code != 0 ? "the server's disk is full: " : "the disk here is full: ") + text;
  if (item.state == ItemState::retrying && item.attempts > 0)
    text += fmt::format(" (try {} failed)", item.attempts);
  return text;
}

std::string or_dash(std::string text) {
  return text.empty() ? "-" : text;
}

}  // namespace

std::vector<QueueView> views_of(const std::vector<QueueRow>& rows, bool has_runner, const LiveMap& live) {
  std::vector<QueueView> views;
  for (const auto& row : rows) {
    QueueView view{*row.item, row.live};
    if (view.item.state == ItemState::running) {
      if (const auto known = live.find(view.item.id); known != live.end() && !view.live)
        view.live = known->second;
      if (!has_runner) view.item.state = ItemState::waiting;
    }
    if (view.live) {
      view.item.bytes_done = view.live->done;
      if (view.live->total) view.item.bytes_total = view.live->total;
      if (view.live->files_total > 0) {
        view.item.files_done = view.live->files_done;
        view.item.files_total = view.live->files_total;
      }
    }
    if (!has_runner) view.live.reset();
    views.push_back(std::move(view));
  }
  return views;
}

std::string queue_table(const std::vector<QueueView>& items) {
  if (items.empty()) return "the queue is empty\n";
  std::string text =
      fmt::format("{:>4} {:<9} {:>4} {:>5} {:<16} {}\n", "ID", "STATE", "PRIO", "", "DONE", "FROM -> TO");
  for (const auto& [item, live] : items) {
    text += fmt::format("{:>4} {:<9} {:>4} {:>5} {:<16} {} -> {}\n", item.id, state_word(item.state),
                        item.priority, percent(item), amount(item), terminal_safe(source_of(item)),
                        terminal_safe(target_of(item)));
    if (const std::string why = remark(item); !why.empty()) text += "     " + terminal_safe(why) + "\n";
  }
  return text;
}

std::string queue_line(const QueueView& view) {
  const QueueItem& item = view.item;
  return fmt::format(
      "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}", item.id, state_word(item.state),
      direction_word(item), item.priority, item.bytes_done,
      item.bytes_total ? std::to_string(*item.bytes_total) : "-", item.files_done,
      item.files_total > 0 ? std::to_string(item.files_total) : "-", item.attempts, iso_time(item.added),
      site_key(item), item.question == Question::none ? "-" : question_word(item.question),
      item.error ? error_class(item.error->kind) : "-", or_dash(remote_text(item)), item.local);
}

JsonObject queue_fields(const QueueView& view) {
  const QueueItem& item = view.item;
  JsonObject fields;
  fields.number("id", static_cast<std::int64_t>(item.id)).text("state", state_word(item.state));
  fields.text("direction", direction_word(item)).number("priority", item.priority);
  fields.text("login", site_key(item)).text("remote", item.remote).truth("from_login", item.from_login);
  fields.text("local", item.local).truth("recursive", item.recursive);
  fields.number("done", item.bytes_done).number("total", item.bytes_total);
  if (item.files_total > 0)
    fields.number("files_done", item.files_done).number("files_total", item.files_total);
  fields.number("attempts", item.attempts).text("added", iso_time(item.added));
  if (item.next_try) fields.text("next_try", iso_time(*item.next_try));
  if (view.live) fields.text("phase", phase_word(view.live->phase));
  if (item.question != Question::none) fields.text("question", question_word(item.question));
  if (item.error)
    fields.object("error", error_fields(Error{item.error->kind, item.error->text, item.error->reply_code}));
  return fields;
}

std::optional<int> parse_priority(std::string_view text) {
  constexpr int kStep = 10;
  if (text == "low") return -kStep;
  if (text == "normal") return 0;
  if (text == "high") return kStep;
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  const auto number = parse_number(text, is_negative ? -std::int64_t{kLeastPriority} : kMostPriority);
  if (!number) return std::nullopt;
  return static_cast<int>(is_negative ? -*number : *number);
}

std::optional<Move> parse_move(std::string_view text) {
  using To = Move::To;
  struct Word {
    std::string_view text;
    To to;
  };
  static constexpr std::array<Word, 4> kWords{
      {{"first", To::front}, {"last", To::back}, {"up", To::up}, {"down", To::down}}};
  const auto word = std::ranges::find(kWords, text, &Word::text);
  if (word != kWords.end()) return Move{word->to};
  for (const auto& [prefix, to] : {Word{"before=", To::before}, Word{"behind=", To::behind}}) {
    if (!text.starts_with(prefix)) continue;
    const auto id = parse_number(text.substr(prefix.size()));
    if (id && *id > 0) return Move{to, static_cast<QueueId>(*id)};
  }
  return std::nullopt;
}

}  // namespace ferry::client
