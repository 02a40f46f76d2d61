// The right to hold a thread for as long as a file takes: transfers and digests have it, within
// TransferLimit.
#pragma once

#include "server/session/session.h"

namespace ferry {

class TransferPermit {
 public:
  explicit TransferPermit(Session& session)
      : limit_(session.services.transfers),
        account_(session.account().id),
        is_given_(limit_.enter(account_)) {}
  ~TransferPermit() {
    if (is_given_) limit_.leave(account_);
  }
  TransferPermit(const TransferPermit&) = delete;
  TransferPermit& operator=(const TransferPermit&) = delete;
  bool is_given() const { return is_given_; }

 private:
  TransferLimit& limit_;
  const store::AccountId account_;
  const bool is_given_;
};

}  // namespace ferry
