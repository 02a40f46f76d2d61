#include "client/queue/actions.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "shared/base/check.h"

namespace ferry::client {
namespace {

constexpr unsigned bit(ItemState state) {
  return 1U << static_cast<unsigned>(state);
}

constexpr unsigned any_of(std::initializer_list<ItemState> states) {
  unsigned bits = 0;
  for (const ItemState state : states) bits |= bit(state);
  return bits;
}

struct Row {
  Action action;
  unsigned from;
  ItemState to;
  std::string_view participle;
};

using enum ItemState;
// clang-format off
constexpr std::array<Row, 5> kRows{{
    {Action::pause,  any_of({waiting, running, retrying, asks}),                 paused,    "paused"},
    {Action::resume, any_of({paused}),                                           waiting,   "resumed"},
    {Action::cancel, any_of({waiting, running, paused, asks, retrying, failed}), cancelled, "cancelled"},
    {Action::retry,  any_of({failed, cancelled, asks, retrying}),                waiting,   "tried again"},
    {Action::clear,  any_of({failed, done, cancelled}),                          done,      "cleared"},
}};
// clang-format on

const Row& row_of(Action action) {
  const auto row = std::ranges::find(kRows, action, &Row::action);
  CHECK(row != kRows.end());
  return *row;
}

}  // namespace

bool may(Action action, ItemState state) {
  return (row_of(action).from & bit(state)) != 0;
}

QueueItem acted(Action action, QueueItem item, const RetryWish& wish, WallTime now) {
  const Row& row = row_of(action);
  CHECK(action != Action::clear && may(action, item.state));
  item.state = row.to;
  item.question = Question::none;
  item.next_try.reset();
  item.changed = now;
  if (action == Action::retry) {
    item.attempts = 0;
    item.error.reset();
    item.has_leftover = false;
    if (wish.resume) item.resume = *wish.resume;
  }
  // What is here goes at once; what is on the server goes when somebody is logged in there again.
  if (action == Action::cancel) {
    const bool is_folder = item.is_folder.value_or(false);
    item.has_leftover = item.has_begun && item.direction == Direction::up && !is_folder;
  }
  return item;
}

std::string why_not(Action action, const QueueItem& item) {
  return "item " + std::to_string(item.id) + " is " + std::string(state_word(item.state)) +
         " and cannot be " + std::string(row_of(action).participle);
}

}  // namespace ferry::client
