#include "client/queue/file_run.h"

namespace ferry::client {
namespace {

// What an earlier try has left is ours: it goes on if it is proven.
Resume resume_of(const QueueItem& item) {
  return item.has_begun && item.resume == Resume::never ? Resume::automatic : item.resume;
}

}  // namespace

Outcome FileRun::run(Connection& connection, const QueueItem& item) {
  Outcome outcome;
  bool has_asked = false;
  TransferOptions options;
  options.resume = resume_of(item);
  options.verify = item.verify;
  options.preserve = item.preserve;
  options.note = [this](const std::string& text) { reports.note(text); };
  options.ask = [&](const ResumeQuestion&) {
    has_asked = true;
    return ResumeAnswer::leave;  // it stays as it is, and the others go on, until somebody has answered
  };
  const auto progress = [&](const TransferState& state) {
    outcome.done = state.done;
    outcome.total = state.total;
    queue.show_progress(item.id, {state.phase, state.done, state.resumed, state.total, 0, 0});
    reports.progress(number, state);
  };
  auto moved = item.direction == Direction::up
                   ? put_file(connection, item.local, item.remote, options, progress)
                   : get_file(connection, item.remote, item.local, options, progress);
  if (moved) {
    outcome.done = moved->size;
    outcome.total = moved->size;
    result = std::move(*moved);
    return outcome;
  }
  outcome.error = std::move(moved.error());
  if (has_asked && outcome.error->kind == Errc::exists) {
    outcome.question = Question::conflict;
    outcome.error->context += "; --resume=never starts over, --resume=always goes on";
  }
  return outcome;
}

}  // namespace ferry::client
