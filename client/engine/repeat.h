// One question to the server (a listing, SIZE, whether a folder is there) that is put again, in a session of
// its own, when the one it was put in breaks: for what may be said twice. Paths must be absolute. Blocks.
#pragma once

#include <functional>
#include <type_traits>

#include "client/engine/pool.h"
#include "client/engine/retry.h"

namespace ferry::client {

// Told before each wait.
using OnRepeat = std::function<void(const Error&, int attempt, std::chrono::milliseconds wait)>;

// `ask(Connection&)` gives a Result; its last error is the one that is returned.
template <typename Ask>
auto repeat(SessionPool& pool, const RetryPolicy& policy, Cancel& cancel, const OnRepeat& told,
            const Ask& ask) -> std::invoke_result_t<const Ask&, Connection&> {
  using Answer = std::invoke_result_t<const Ask&, Connection&>;
  Retries retries(policy);
  while (true) {
    Answer answer = [&]() -> Answer {
      auto session = pool.borrow(cancel);
      if (!session) return tl::unexpected(std::move(session.error()));
      return ask(**session);
    }();
    if (answer) return answer;
    const auto span = retries.after(answer.error());
    if (!span) return answer;
    if (told) told(answer.error(), retries.attempt(), *span);
    if (auto waited = pause(*span, cancel); !waited) return tl::unexpected(std::move(waited.error()));
  }
}

}  // namespace ferry::client
