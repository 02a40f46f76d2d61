// Chaos: clients of three accounts near their quota work at random, in clear and under TLS, while workers and
// the master are killed with SIGKILL. In the end nothing that was promised is missing, and store and disk
// agree to the byte.
//
// FERRY_SEED repeats a run's draws (not its timing), FERRY_SOAK_SECONDS sets its length.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <iostream>
#include <thread>

#include "shared/net/socket.h"
#include "tests/integration/chaos_client.h"
#include "tests/support/bytes.h"
#include "tests/support/soak.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr Bytes kQuota = 600'000;
constexpr std::int64_t kMostFiles = 24;
constexpr int kClientsPerAccount = 3;
// Without kills, so that workers grow old before their descriptors are counted. Of all clients together: one
// may wait long for room in a full account.
constexpr int kAnswersInCalm = 300;

std::optional<std::string> bytes_of(const fs::path& file) {
  if (!fs::exists(file)) return std::nullopt;
  return read_bytes(file);
}

// What a process has open, but for its connections and a sanitizer's report, which bears its number.
std::multiset<std::string> open_files(pid_t pid) {
  std::multiset<std::string> names;
  std::error_code gone;
  for (fs::directory_iterator at(fmt::format("/proc/{}/fd", pid), gone), end; !gone && at != end;
       at.increment(gone)) {
    std::error_code closed;
    const std::string name = fs::read_symlink(at->path(), closed).string();
    if (!closed && name.find("sanitizer-reports") == name.npos)
      names.insert(name.substr(0, name.find(":[")));  // socket:[4711]
  }
  return names;
}

class ChaosAlone : public testing::Test {
 protected:
  ChaosAlone() : seed_(seed_from_environment()), random_(seed_), world_(server_) {
    for (const std::string& account : kAccounts) {
      server_.add_account(account, {.quota = kQuota, .files = kMostFiles});
      shared_.emplace_back();
      for (int i = 0; i < kClientsPerAccount; ++i) {
        const int number = static_cast<int>(clients_.size());
        clients_.emplace_back(world_, shared_.back(), account, number, number % 2 == 1,
                              seed_ + static_cast<std::uint32_t>(number));
      }
    }
  }

  void work(steady_clock::duration length);
  void kill_at_random(steady_clock::time_point until);
  void watch_quota();
  void expect_promises_kept();
  void expect_no_leftovers(const std::string& account);
  void expect_no_descriptors_left();

  const std::vector<std::string> kAccounts{"mika", "noor", "sami"};
  const std::uint32_t seed_;
  std::mt19937 random_;
  FerrydServer server_{{"workers=3", "durable=true"}};
  ChaosWorld world_;
  std::deque<SharedFiles> shared_;
  std::deque<ChaosClient> clients_;
  int killed_workers_ = 0, killed_masters_ = 0;
  std::atomic<int> samples_{0};
};

void ChaosAlone::work(steady_clock::duration length) {
  std::vector<std::thread> threads;
  for (ChaosClient& client : clients_) threads.emplace_back([&client] { client.run(); });
  threads.emplace_back([this] { watch_quota(); });
  kill_at_random(steady_clock::now() + length);
  const int enough = world_.answered + kAnswersInCalm;
  EXPECT_TRUE(wait_until([&] { return world_.answered >= enough; }, 60s));
  world_.is_over = true;
  for (std::thread& thread : threads) thread.join();
}

// Here, because a program ends with the thread that started it.
void ChaosAlone::kill_at_random(steady_clock::time_point until) {
  auto next_master = steady_clock::now() + 2s;
  while (steady_clock::now() < until) {
    // The moments are what is being drawn: after so many answers, or in a while if there are none.
    const int enough = world_.answered + 30 + static_cast<int>(random_() % 300);
    static_cast<void>(wait_until([&] { return world_.answered >= enough; }, 400ms));
    if (steady_clock::now() >= next_master) {
      const std::lock_guard lock(world_.address);
      server_.kill_master();
      server_.start();
      ++killed_masters_;
      next_master = steady_clock::now() + milliseconds(1500 + random_() % 2500);
      continue;
    }
    const auto workers = server_.worker_pids();
    if (!workers.empty()) killed_workers_ += ::kill(workers[random_() % workers.size()], SIGKILL) == 0;
  }
}

// Looks whenever somebody has written to the store.
void ChaosAlone::watch_quota() {
  const UniqueFd changes(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  ASSERT_GE(::inotify_add_watch(changes.get(), (server_.folder() / "db").c_str(), IN_MODIFY), 0);
  while (!world_.is_over) {
    if (!net::wait_for(changes.get(), POLLIN, Deadline::after(100ms))) continue;
    char events[4096];
    while (::read(changes.get(), events, sizeof events) > 0) {
    }
    for (const std::string& name : kAccounts) {
      const auto account = server_.store().find_account(name);
      if (!account) continue;
      ++samples_;
      if (account->used_bytes + account->pending_bytes > kQuota || account->used_files > kMostFiles)
        world_.findings.add(fmt::format("{}: {} + {} bytes and {} files", name, account->used_bytes,
                                        account->pending_bytes, account->used_files));
    }
  }
}

void ChaosAlone::expect_promises_kept() {
  for (ChaosClient& client : clients_) client.expect_as_promised();
  for (std::size_t i = 0; i < kAccounts.size(); ++i) {
    for (const std::string& name : shared_[i].names()) {
      if (const auto why = shared_[i].judge(name, bytes_of(server_.home(kAccounts[i]) / name)))
        world_.findings.add(fmt::format("{}: {}: {}", kAccounts[i], name, *why));
    }
  }
}

// No row without a partial, no partial without a row.
void ChaosAlone::expect_no_leftovers(const std::string& account) {
  EXPECT_TRUE(server_.is_settled(account, 30s));
  EXPECT_EQ(server_.usage(account), server_.disk_usage(account)) << account;
  std::map<std::string, Bytes> rows, partials;
  const auto waiting = server_.store().partials_of(server_.store().find_account(account)->id);
  ASSERT_TRUE(waiting);
  for (const auto& row : *waiting) rows[row.token] = row.received;
  for (const auto& entry : fs::directory_iterator(server_.home(account) / ".ferry"))
    partials[entry.path().filename().string()] = static_cast<Bytes>(entry.file_size());
  EXPECT_EQ(rows, partials) << account;
}

// Whoever worked has no more open than one that has just come.
void ChaosAlone::expect_no_descriptors_left() {
  // They are of different age, so what one has more is left over, or still there of a start or a session.
  std::map<pid_t, std::multiset<std::string>> old;
  EXPECT_TRUE(wait_until([&] {
    old.clear();
    for (const pid_t worker : server_.worker_pids()) old[worker] = open_files(worker);
    const auto is_as_the_first = [&](const auto& one) { return one.second == old.begin()->second; };
    return old.size() == 3 && std::ranges::all_of(old, is_as_the_first);
  })) << testing::PrintToString(old);
  ASSERT_FALSE(old.empty());
  const auto files = old.begin()->second;
  server_.stop();
  server_.start();
  const auto workers = server_.worker_pids();
  ASSERT_FALSE(workers.empty());
  std::multiset<std::string> fresh;
  EXPECT_TRUE(wait_until([&] { return (fresh = open_files(workers.front())) == files; }))
      << "old workers: " << testing::PrintToString(files)
      << "\none that has just come: " << testing::PrintToString(fresh);
}

TEST_F(ChaosAlone, NothingThatWasPromisedIsLost) {
  std::cout << "FERRY_SEED=" << seed_ << "\n";
  SCOPED_TRACE(fmt::format("FERRY_SEED={}", seed_));
  work(soak_seconds(6s));
  for (const std::string& account : kAccounts) expect_no_leftovers(account);
  expect_promises_kept();
  for (const std::string& finding : world_.findings.all()) ADD_FAILURE() << finding;
  expect_no_descriptors_left();
  for (const std::string& account : kAccounts) expect_no_leftovers(account);

  std::cout << killed_workers_ << " workers and " << killed_masters_ << " masters killed\n";
  for (const auto& [what, times] : world_.tally) std::cout << "  " << what << ": " << times << "\n";
  EXPECT_GT(killed_workers_, 10);
  EXPECT_GT(killed_masters_, 0);
  EXPECT_GT(samples_, 500);
  for (const char* what : {"STOR 226", "STOR 552", "STOR cut", "resumed 226", "APPE 226", "RNTO 250",
                           "DELE 250", "MKD 257", "RMD 250", "RETR 226"})
    EXPECT_GT(world_.tally[what], 0) << what;
}

}  // namespace
}  // namespace ferry::test
