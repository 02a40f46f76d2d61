// A store in its own folder with one account, and short words for what tests of the store do most.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "shared/store/store.h"
#include "tests/support/temp_dir.h"

namespace ferry::store {

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().context);
  return std::move(*result);
}
inline void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().context);
}

// What went wrong; nullopt: nothing.
template <typename T>
std::optional<Errc> error_of(const tl::expected<T, Error>& result) {
  if (result) return std::nullopt;
  return result.error().kind;
}

inline Status no_cut(Bytes size) {
  ADD_FAILURE() << "cut to " << size;
  return {};
}

class StoreFixture : public testing::Test {
 protected:
  static constexpr OwnerId kOwner = 7001;

  std::string file() const { return (dir_.path() / "ferry.db").string(); }

  Account make_account(std::optional<Bytes> quota = 1000, std::optional<std::int64_t> files = std::nullopt,
                       const std::string& name = "mika") {
    NewAccount account;
    account.name = name;
    account.home = "/srv/ferry/" + name;
    account.quota_bytes = quota;
    account.quota_files = files;
    return must(store_->create_account(account));
  }
  Account now(AccountId id) { return must(store_->find_account(id)); }

  UploadStart start(AccountId account, const std::string& path,
                    std::optional<Bytes> replaced_size = std::nullopt, OwnerId owner = kOwner) {
    return {.account = account,
            .path = path,
            .token = "t" + path.substr(1),
            .inode = 12,
            .replaced_size = replaced_size,
            .expected = std::nullopt,
            .owner = owner};
  }
  Partial begin(AccountId account, const std::string& path,
                std::optional<Bytes> replaced_size = std::nullopt) {
    return must(store_->begin_upload(start(account, path, replaced_size)));
  }
  void commit(UploadId id, Bytes size) {
    must(store_->commit_upload(id, {.size = size, .digest = {}}, false));
  }
  // A complete file of `size` bytes.
  void add_file(AccountId account, const std::string& path, Bytes size) {
    const Partial upload = begin(account, path);
    ASSERT_EQ(must(store_->grow(upload.id, size)), size);
    commit(upload.id, size);
  }
  // A partial of `size` bytes that waits; `replaced_size` as in begin().
  void add_partial(AccountId account, const std::string& path, Bytes size,
                   std::optional<Bytes> replaced_size = std::nullopt, bool hit_quota = false) {
    const Partial upload = begin(account, path, replaced_size);
    ASSERT_EQ(must(store_->grow(upload.id, size)), size);
    must(store_->park_upload(upload.id, size, "aa", hit_quota, no_cut));
  }
  void expect_usage(AccountId id, Bytes used, Bytes pending, std::int64_t files) {
    const Account account = now(id);
    EXPECT_EQ(account.used_bytes, used);
    EXPECT_EQ(account.pending_bytes, pending);
    EXPECT_EQ(account.used_files, files);
  }

  test::TempDir dir_;
  std::unique_ptr<Store> store_ = must(Store::open(file()));
};

}  // namespace ferry::store
