// Asks the person at the screen about a certificate while the thread that connects waits for the answer.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "client/engine/trust.h"
#include "client/model/mailbox.h"

namespace ferry::client {

class TrustQuestion : public TrustAsker {
 public:
  struct Asked {
    Site site;
    Certificate certificate;
  };
  // `show` runs where the mailbox is delivered; answer() is to follow, sooner or later.
  TrustQuestion(Mailbox& mailbox, std::function<void(const Asked&)> show)
      : mailbox_(mailbox), show_(std::move(show)) {}

  TrustAnswer unknown_certificate(const Site& site, const Certificate& certificate) override;
  void answer(TrustAnswer answer);
  void end();  // every question, also those to come, is answered `stop`

 private:
  Mailbox& mailbox_;
  std::function<void(const Asked&)> show_;
  std::mutex one_at_a_time_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<TrustAnswer> answer_;
  bool is_over_ = false;
};

}  // namespace ferry::client
