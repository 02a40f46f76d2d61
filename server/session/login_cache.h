// Verified logins of this boot, in memory shared by all workers, so that parallel sessions of one user don't
// pay Argon2id each time. An entry is a keyed BLAKE2b of (account name, password, the account's stored hash):
// it tells nothing without the key, which exists only in the processes' memory, and stops matching the moment
// the account's password changes. Wrong passwords are never remembered.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "shared/base/result.h"
#include "shared/base/secret.h"

namespace ferry {

class LoginCache {
 public:
  // Maps the shared memory and draws the key. Before the fork. Errc::io.
  static Result<std::unique_ptr<LoginCache>> create();
  ~LoginCache();

  bool knows(std::string_view name, const Secret& password, std::string_view stored_hash) const;
  void remember(std::string_view name, const Secret& password, std::string_view stored_hash);

  struct Table;
  explicit LoginCache(Table* table);

 private:
  Table* table_;
};

}  // namespace ferry
