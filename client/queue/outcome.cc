#include "client/queue/outcome.h"

#include <algorithm>

namespace ferry::client {
namespace {

// It has come so much further than ever before: a long way is not cut short by a fixed number of stumbles.
constexpr Bytes kWorthCounting = 1024 * 1024;
constexpr int kRefused = 550;  // "no" for any of a hundred reasons, some of which pass: once more

bool is_worth_a_try(const QueueItem& item, const Error& error) {
  return remedy_for(error) == Remedy::again || (error.reply_code == kRefused && item.attempts == 0);
}

void take_progress(QueueItem& item, const Outcome& outcome) {
  if (outcome.done - item.bytes_done >= kWorthCounting) item.attempts = 0;
  item.bytes_done = std::max(item.bytes_done, outcome.done);
  if (outcome.total) item.bytes_total = outcome.total;
  item.files_done = std::max(item.files_done, outcome.files_done);
  item.files_total = std::max(item.files_total, outcome.files_total);
}

void finish(QueueItem& item, const Outcome& outcome) {
  item.state = ItemState::done;
  item.bytes_done = outcome.done;
  item.bytes_total = outcome.total.value_or(outcome.done);
  item.files_done = item.files_total = outcome.files_total;
  item.error.reset();
  item.has_leftover = false;
  item.question = Question::none;
  item.next_try.reset();
}

Question question_of(const Outcome& outcome) {
  if (outcome.question != Question::none) return outcome.question;
  if (outcome.error->kind == Errc::untrusted) return Question::certificate;
  if (outcome.error->kind == Errc::login_refused && !is_crowded(*outcome.error)) return Question::password;
  return Question::none;
}

}  // namespace

void conclude(QueueItem& item, const Outcome& outcome, const RetryPolicy& policy, double spread,
              WallTime now) {
  if (!outcome.error) return finish(item, outcome);
  const bool was_told_otherwise = item.state != ItemState::running;
  const bool tries_again = is_worth_a_try(item, *outcome.error);
  take_progress(item, outcome);
  if (was_told_otherwise) return;
  item.next_try.reset();
  if (outcome.error->kind == Errc::cancelled) {
    item.state = ItemState::waiting;
    return;
  }
  item.error = ItemError{outcome.error->kind, outcome.error->context, outcome.error->reply_code};
  item.question = question_of(outcome);
  if (item.question != Question::none) {
    item.state = ItemState::asks;
  } else if (outcome.no_session_until) {
    item.state = ItemState::retrying;
    item.next_try = outcome.no_session_until;
  } else if (tries_again && !outcome.is_final && item.attempts < policy.retries) {
    ++item.attempts;
    item.state = ItemState::retrying;
    item.next_try = now + policy.wait_before(item.attempts, spread);
  } else {
    item.state = ItemState::failed;
  }
}

bool take_up(QueueItem& item) {
  const bool may_be_answered = item.question == Question::password || item.question == Question::certificate;
  const bool is_stale = item.state == ItemState::running || item.state == ItemState::retrying ||
                        (item.state == ItemState::asks && may_be_answered);
  if (!is_stale) return false;
  item.state = ItemState::waiting;
  item.question = Question::none;
  item.attempts = 0;
  item.next_try.reset();
  return true;
}

bool is_pending(const QueueItem& item) {
  return item.state == ItemState::waiting || item.state == ItemState::retrying;
}

bool is_due(const QueueItem& item, WallTime now) {
  if (item.state == ItemState::waiting) return true;
  return item.state == ItemState::retrying && (!item.next_try || *item.next_try <= now);
}

}  // namespace ferry::client
