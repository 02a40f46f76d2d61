// How fast bytes may go: one bucket per direction, shared by all sessions of a run. Any thread.
#pragma once

#include <mutex>
#include <optional>
#include <string_view>

#include "client/engine/cancel.h"
#include "shared/base/bytes.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace ferry::client {

// The arithmetic, with the time told from outside. Whoever comes takes its place behind those before it, so
// that bytes of many flow evenly; what was not used is saved for kBurst at most.
class TokenBucket {
 public:
  static constexpr std::chrono::milliseconds kBurst{100};

  explicit TokenBucket(Bytes bytes_per_second) : rate_(bytes_per_second) {}
  // When `bytes` that are to go now may go.
  SteadyTime take(Bytes bytes, SteadyTime now);
  // The most to ask for at once, so that nothing comes in gusts: a twentieth of a second's worth.
  std::size_t portion() const;

 private:
  Bytes rate_;
  SteadyTime next_{};  // when all that was taken so far will have gone
};

class RateLimit {
 public:
  explicit RateLimit(Bytes bytes_per_second) : bucket_(bytes_per_second) {}
  std::size_t portion() const { return bucket_.portion(); }
  // Blocks until `bytes` more may go. Errc::cancelled.
  Status wait_for(std::size_t bytes, const Cancel* cancel);

 private:
  std::mutex mutex_;
  TokenBucket bucket_;
};

// What a connection heeds; null: as fast as it goes. Borrowed.
struct RateLimits {
  RateLimit* down = nullptr;
  RateLimit* up = nullptr;
};

// Bytes per second, nullopt: as fast as it goes.
struct Rates {
  std::optional<Bytes> down, up;
};
// "5M" for both, "5M:2M" for down and up; 0: no limit. Errc::bad_syntax.
Result<Rates> parse_rates(std::string_view text);

}  // namespace ferry::client
