#include "client/queue/item.h"

#include <algorithm>
#include <array>

namespace ferry::client {
namespace {

template <typename Value>
struct Word {
  Value value;
  std::string_view text;
};

constexpr std::array<Word<ItemState>, 8> kStates{{
    {ItemState::waiting, "waiting"},
    {ItemState::running, "running"},
    {ItemState::paused, "paused"},
    {ItemState::asks, "asks"},
    {ItemState::retrying, "retrying"},
    {ItemState::failed, "failed"},
    {ItemState::done, "done"},
    {ItemState::cancelled, "cancelled"},
}};

constexpr std::array<Word<Question>, 4> kQuestions{{
    {Question::none, "none"},
    {Question::password, "password"},
    {Question::certificate, "certificate"},
    {Question::conflict, "conflict"},
}};

template <typename Words, typename Value>
std::string_view word_of(const Words& words, Value value) {
  const auto found = std::ranges::find(words, value, [](const auto& word) { return word.value; });
  return found == words.end() ? "" : found->text;
}

template <typename Value, std::size_t N>
std::optional<Value> value_of(const std::array<Word<Value>, N>& words, std::string_view text) {
  const auto found = std::ranges::find(words, text, [](const auto& word) { return word.text; });
  return found == words.end() ? std::nullopt : std::optional<Value>(found->value);
}

}  // namespace

std::string_view state_word(ItemState state) {
  return word_of(kStates, state);
}

std::optional<ItemState> parse_state(std::string_view word) {
  return value_of(kStates, word);
}

bool is_over(ItemState state) {
  return state == ItemState::done || state == ItemState::failed || state == ItemState::cancelled;
}

std::string_view question_word(Question question) {
  return word_of(kQuestions, question);
}

std::optional<Question> parse_question(std::string_view word) {
  return value_of(kQuestions, word);
}

std::string site_key(const QueueItem& item) {
  return item.user + "@" + item.site.key();
}

}  // namespace ferry::client
