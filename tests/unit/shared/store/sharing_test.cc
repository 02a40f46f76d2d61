// Many threads and processes on one store: the quota holds to the byte, and a death leaves nothing half done.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <future>
#include <random>
#include <thread>

#include "shared/base/clock.h"
#include "tests/support/child.h"
#include "tests/unit/shared/store/store_fixture.h"

namespace ferry::store {
namespace {

constexpr Bytes kOddQuota = 100'003;

// A forked child that runs `work` on a store of its own and ends without returning into the test.
class StoreProcess {
 public:
  template <typename Work>
  StoreProcess(const std::string& file, Work work) : pid_(::fork()) {
    if (pid_ != 0) return;
    bool is_good = false;
    try {
      const auto store = must(Store::open(file));
      work(*store);
      is_good = true;
    } catch (const std::exception& exception) {
      ::fprintf(stderr, "store process: %s\n", exception.what());
    }
    ::_exit(is_good ? 0 : 1);
  }
  StoreProcess(const StoreProcess&) = delete;
  StoreProcess& operator=(const StoreProcess&) = delete;
  ~StoreProcess() { kill(); }

  int wait() {
    int status = -1;
    if (pid_ > 0) ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }

 private:
  pid_t pid_;
};

// Uploads file after file until the account is full: each as far as it is granted, in steps of random size.
void fill(Store& store, AccountId account, OwnerId owner) {
  std::mt19937 random(static_cast<unsigned>(owner));
  for (int number = 0;; ++number) {
    const Partial upload =
        must(store.begin_upload({.account = account,
                                 .path = "/" + std::to_string(owner) + "-" + std::to_string(number),
                                 .token = "t",
                                 .inode = 1,
                                 .replaced_size = std::nullopt,
                                 .expected = std::nullopt,
                                 .owner = owner}));
    Bytes granted = 0;
    for (int step = 0; step < 4; ++step)
      granted = must(store.grow(upload.id, static_cast<Bytes>(random() % 500)));
    if (granted == 0 && must(store.grow(upload.id, 1)) == 0) {
      must(store.drop_upload(upload.id));
      return;
    }
    granted = must(store.grow(upload.id, 1));
    must(store.commit_upload(upload.id, {.size = granted, .digest = {}}, random() % 16 == 0));
  }
}

using StoreSharing = StoreFixture;

TEST_F(StoreSharing, ProcessesFillAQuotaTogetherExactlyAndNeverBeyond) {
  const Account account = make_account(kOddQuota);
  std::vector<std::unique_ptr<StoreProcess>> processes;
  for (OwnerId owner = 1; owner <= 4; ++owner) {
    processes.push_back(
        std::make_unique<StoreProcess>(file(), [&](Store& store) { fill(store, account.id, owner); }));
  }
  for (int i = 0; i < 200; ++i) {
    const Account seen = now(account.id);
    ASSERT_LE(seen.used_bytes + seen.pending_bytes, kOddQuota);
  }
  for (const auto& process : processes) EXPECT_EQ(process->wait(), 0);
  const Account full = now(account.id);
  EXPECT_EQ(full.used_bytes, kOddQuota);
  EXPECT_EQ(full.pending_bytes, 0);
  EXPECT_TRUE(must(store_->uploads_owned_by(std::nullopt)).empty());
}

TEST_F(StoreSharing, ThreadsOnTwoStoresFillAQuotaTogetherExactly) {
  const Account account = make_account(kOddQuota);
  const auto second = must(Store::open(file()));
  std::vector<std::thread> threads;
  for (OwnerId owner = 1; owner <= 4; ++owner) {
    threads.emplace_back(
        [&, owner] { EXPECT_NO_THROW(fill(owner % 2 == 0 ? *store_ : *second, account.id, owner)); });
  }
  for (std::thread& thread : threads) thread.join();
  const Account full = now(account.id);
  EXPECT_EQ(full.used_bytes, kOddQuota);
  EXPECT_EQ(full.pending_bytes, 0);
}

TEST_F(StoreSharing, ThreadsRaceForOnePathAndOneWins) {
  const Account account = make_account();
  for (int round = 0; round < 20; ++round) {
    const std::string path = "/" + std::to_string(round);
    std::atomic<int> winners = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const auto upload = store_->begin_upload(start(account.id, path));
        if (upload) {
          ++winners;
        } else {
          EXPECT_EQ(upload.error().kind, Errc::busy);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(winners, 1);
  }
}

// Files of 7 bytes, some removed again, so that bytes and files can be checked against each other.
void churn(Store& store, AccountId account, OwnerId owner) {
  for (int number = 0;; ++number) {
    const std::string path = "/" + std::to_string(owner) + "-" + std::to_string(number);
    const Partial upload = must(store.begin_upload({.account = account,
                                                    .path = path,
                                                    .token = "t",
                                                    .inode = 1,
                                                    .replaced_size = std::nullopt,
                                                    .expected = std::nullopt,
                                                    .owner = owner}));
    must(store.grow(upload.id, 4096));
    must(store.commit_upload(upload.id, {.size = 7, .digest = {.sha256 = "aa"}}, number % 8 == 0));
    if (number % 2 == 0) continue;
    must(store.finish_intent(must(store.begin_removal(account, path, 1, 7, owner)), true));
  }
}

TEST_F(StoreSharing, KilledProcessesLeaveRowsThatSettleToExactCounts) {
  const Account account = make_account(Bytes{1} << 40);
  std::mt19937 random(3);
  for (OwnerId round = 1; round <= 15; ++round) {
    StoreProcess first(file(), [&](Store& store) { churn(store, account.id, 2 * round); });
    StoreProcess second(file(), [&](Store& store) { churn(store, account.id, 2 * round + 1); });
    // Killed at any moment after both are at work.
    const std::int64_t some = static_cast<std::int64_t>(random() % 40);
    const std::int64_t before = now(account.id).used_files;
    ASSERT_TRUE(test::wait_until([&] { return now(account.id).used_files >= before + some; }));
    first.kill();
    second.kill();
    const auto fresh = must(Store::open(file()));
    for (const Partial& upload : must(fresh->uploads_owned_by(std::nullopt)))
      must(fresh->drop_upload(upload.id));
    for (const Intent& intent : must(fresh->intents_owned_by(std::nullopt))) {
      must(fresh->finish_intent(intent.id, true));
    }
    const Account settled = must(fresh->find_account(account.id));
    EXPECT_EQ(settled.pending_bytes, 0);
    EXPECT_EQ(settled.used_bytes, 7 * settled.used_files);
  }
}

TEST_F(StoreSharing, AnUploadParksWhileOthersWrite) {
  const Account account = make_account();
  const Partial upload = begin(account.id, "/x");
  must(store_->grow(upload.id, 100));
  const auto second = must(Store::open(file()));
  std::thread other;
  // `other` waits for the transaction that is open while the file is cut, and then gets what it frees.
  must(store_->park_upload(upload.id, 0, "", false, [&](Bytes) -> Status {
    other = std::thread([&] {
      const Partial next = must(second->begin_upload(start(account.id, "/y")));
      EXPECT_EQ(must(second->grow(next.id, 5000)), 1000);
    });
    return {};
  }));
  other.join();
}

// While a transaction of another connection is held open, in a thread of its own.
class HeldLock {
 public:
  explicit HeldLock(Store& holder) : thread_([this, &holder] { hold(holder); }) { held_.get_future().wait(); }
  ~HeldLock() {
    released_.set_value();
    thread_.join();
  }
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;

 private:
  void hold(Store& holder) {
    NewAccount nobody;
    nobody.name = "holder";
    const Store::Registration registration{.origin = "here", .most_per_hour = 1, .now = wall_now()};
    static_cast<void>(holder.register_account(nobody, registration, [this]() -> Status {
      held_.set_value();
      released_.get_future().wait();
      return fail(Errc::cancelled, "only held");
    }));
  }

  std::promise<void> held_, released_;
  std::thread thread_;
};

// Every change gives up after its patience, has done nothing, and succeeds when the lock is free.
TEST_F(StoreSharing, WhoWaitsTooLongIsToldBusyAndNothingHasHappened) {
  const Account account = make_account();
  add_file(account.id, "/file", 100);
  add_partial(account.id, "/waits", 50);
  const Partial running = begin(account.id, "/runs");
  ASSERT_EQ(must(store_->grow(running.id, 200)), 200);
  const IntentId intent = must(store_->begin_removal(account.id, "/file", 12, 100, kOwner));
  const auto impatient = must(Store::open(file(), std::chrono::milliseconds(20)));
  const std::vector<std::pair<const char*, std::function<std::optional<Errc>()>>> changes = {
      {"begin", [&] { return error_of(impatient->begin_upload(start(account.id, "/new"))); }},
      {"claim", [&] { return error_of(impatient->claim_partial(account.id, "/waits", {}, kOwner)); }},
      {"grow", [&] { return error_of(impatient->grow(running.id, 10)); }},
      {"shrink", [&] { return error_of(impatient->shrink(running.id, 150, 150)); }},
      {"commit",
       [&] { return error_of(impatient->commit_upload(running.id, {.size = 150, .digest = {}}, true)); }},
      {"intent", [&] { return error_of(impatient->finish_intent(intent, true)); }},
      {"rename", [&] { return error_of(impatient->begin_rename(account.id, "/x", "/y", 3, {}, kOwner)); }},
  };
  {
    const HeldLock held(*store_);
    for (const auto& [name, change] : changes) EXPECT_EQ(change(), Errc::busy) << name;
    EXPECT_EQ(error_of(impatient->park_upload(running.id, 10, "", false, no_cut)), Errc::busy);
    // Reading waits for nobody.
    EXPECT_EQ(must(impatient->find_account(account.id)).used_bytes, 150);
  }
  expect_usage(account.id, 150, 200, 3);
  for (const auto& [name, change] : changes) EXPECT_EQ(change(), std::nullopt) << name;
}

}  // namespace
}  // namespace ferry::store
