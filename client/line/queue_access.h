// How `ferry queue run` logs in: passwords from --password-file or --password-fd, ~/.netrc or a question,
// each asked for once; never from the queue, which has none. Any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "client/line/options.h"
#include "client/line/session.h"
#include "client/queue/queue.h"

namespace ferry::client {

class QueueAccess {
 public:
  // Both must outlive it. Errc::bad_syntax: one password is given, and the items that wait are for several
  // logins. It is for theirs, and for no other that is added later.
  static Result<std::unique_ptr<QueueAccess>> make(const Options& options, Cancel& cancel,
                                                   const Queue& queue);

  // Connects and logs in, as Runner's OpenSite. Blocks, also on the user.
  Result<std::unique_ptr<Connection>> open(const Site& site, const std::string& user, Cancel& cancel);

 private:
  QueueAccess(const Options& options, Cancel& cancel);
  Result<Secret> password_for(const Site& site, const std::string& user);

  // One question at a time.
  class OneAtATime : public TrustAsker {
   public:
    OneAtATime(std::mutex& mutex, bool may_ask) : mutex_(mutex), asker_(may_ask, false) {}
    TrustAnswer unknown_certificate(const Site& site, const Certificate& certificate) override;

   private:
    std::mutex& mutex_;
    TerminalTrust asker_;
  };

  const Options without_password_;
  std::mutex mutex_;  // of all questions and of what follows
  Sessions given_, other_;
  std::string given_for_;  // the login whose password is given
  std::map<std::string, Secret> passwords_;
  TrustStore trust_;
  OneAtATime asker_;
  std::optional<RateLimit> down_, up_;  // of all sites together
};

}  // namespace ferry::client
