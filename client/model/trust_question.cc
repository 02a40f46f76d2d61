#include "client/model/trust_question.h"

namespace ferry::client {

TrustAnswer TrustQuestion::unknown_certificate(const Site& site, const Certificate& certificate) {
  const std::lock_guard alone(one_at_a_time_);
  std::unique_lock lock(mutex_);
  if (is_over_) return TrustAnswer::stop;
  answer_.reset();
  mailbox_.post([this, asked = Asked{site, certificate}] { show_(asked); });
  changed_.wait(lock, [this] { return answer_ || is_over_; });
  return is_over_ ? TrustAnswer::stop : *answer_;
}

void TrustQuestion::answer(TrustAnswer answer) {
  {
    const std::lock_guard lock(mutex_);
    answer_ = answer;
  }
  changed_.notify_all();
}

void TrustQuestion::end() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
}

}  // namespace ferry::client
