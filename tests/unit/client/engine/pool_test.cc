#include "client/engine/pool.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <deque>
#include <future>
#include <optional>
#include <thread>

namespace ferry::client {
namespace {

using std::chrono::milliseconds;

const Error kTooMany{Errc::closed, "the server ended the session (421 too many sessions)", 421};
const Error kTooManyUsers{Errc::login_refused, "login refused (530 maximum number of clients)", 530};
const Error kWrongPassword{Errc::login_refused, "login refused (530 Login incorrect)", 530};
const Error kUnreachable{Errc::refused, "connection refused"};

// Gives out sessions over socket pairs, whose other ends answer everything; refuses as the test says.
class FakeSite {
 public:
  ~FakeSite() {
    for (auto& end : ends_) ::shutdown(end.get(), SHUT_RDWR);
    for (auto& thread : threads_) thread.join();
  }

  OpenSession opener() {
    return [this](Cancel& cancel) { return open(cancel); };
  }
  void refuse(const Error& error, int times = 1) {
    for (int i = 0; i < times; ++i) refusals_.push_back(error);
  }
  void hang_up(std::size_t number) { ::shutdown(ends_.at(number).get(), SHUT_RDWR); }
  int tries() const { return tries_; }
  int noops() const { return noops_; }
  int quits() const { return quits_; }
  std::atomic<int> most{1000};  // sessions it would let in, with kTooMany for the rest
  std::function<void()> while_opening;

 private:
  Result<std::unique_ptr<Connection>> open(Cancel& cancel) {
    ++tries_;
    if (while_opening) while_opening();
    const std::lock_guard lock(mutex_);
    if (!refusals_.empty()) {
      Error error = refusals_.front();
      refusals_.pop_front();
      return tl::unexpected(error);
    }
    if (inside_ >= most) return tl::unexpected(kTooMany);
    std::array<int, 2> pair{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()), 0);
    ends_.emplace_back(pair[1]);
    ++inside_;
    threads_.emplace_back([this, far = pair[1]] { answer(far); });
    Site site;
    site.host = "files.example.org";
    return Connection::over(site, UniqueFd(pair[0]), cancel);
  }

  void answer(int far) {
    while (wait_readable(far)) {
      std::array<char, 256> buffer;
      const ssize_t got = ::read(far, buffer.data(), buffer.size());
      if (got <= 0) break;
      const std::string_view line(buffer.data(), static_cast<std::size_t>(got));
      if (line.starts_with("NOOP")) ++noops_;
      if (line.starts_with("QUIT")) ++quits_;
      EXPECT_EQ(::write(far, "200 fine\r\n", 10), 10);
    }
    --inside_;
  }
  static bool wait_readable(int fd) {
    pollfd watched{fd, POLLIN, 0};
    return ::poll(&watched, 1, 10'000) == 1;
  }

  std::mutex mutex_;
  std::deque<Error> refusals_;
  std::deque<UniqueFd> ends_;
  std::vector<std::thread> threads_;
  std::atomic<int> tries_{0}, noops_{0}, quits_{0}, inside_{0};
};

// Until `is_so` or ten seconds have passed.
template <typename Condition>
bool becomes(const Condition& is_so) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

class Pool : public testing::Test {
 protected:
  SessionPool& pool(PoolOptions options = {}) {
    pool_.emplace(site_.opener(), options);
    return *pool_;
  }

  FakeSite site_;
  Cancel cancel_;
  std::optional<SessionPool> pool_;
};

TEST_F(Pool, LendsTheSessionThatWasGivenBackAgain) {
  auto& sessions = pool();
  Connection* first = nullptr;
  {
    auto lease = sessions.borrow(cancel_);
    ASSERT_TRUE(lease);
    first = &**lease;
  }
  auto again = sessions.borrow(cancel_);
  ASSERT_TRUE(again);
  EXPECT_EQ(&**again, first);
  EXPECT_EQ(site_.tries(), 1);
}

TEST_F(Pool, OpensAsManyAsAreWantedAndNoMore) {
  auto& sessions = pool({.most = 2});
  auto one = sessions.borrow(cancel_), two = sessions.borrow(cancel_);
  ASSERT_TRUE(one && two);
  auto third = std::async(std::launch::async, [&] { return sessions.borrow(cancel_).has_value(); });
  EXPECT_EQ(third.wait_for(milliseconds(20)), std::future_status::timeout);
  two->give_back();
  EXPECT_TRUE(third.get());
  EXPECT_EQ(site_.tries(), 2);
}

TEST_F(Pool, OpensAnotherForOneThatHasBroken) {
  auto& sessions = pool({.most = 1});
  auto lease = sessions.borrow(cancel_);
  ASSERT_TRUE(lease);
  site_.hang_up(0);
  lease->give_back();
  EXPECT_EQ(sessions.open_sessions(), 0);
  auto next = sessions.borrow(cancel_);
  ASSERT_TRUE(next);
  EXPECT_TRUE((*next)->usable());
  EXPECT_EQ(site_.tries(), 2);
}

TEST_F(Pool, DropsWhatBrokeWhileItWasIdle) {
  auto& sessions = pool();
  { ASSERT_TRUE(sessions.borrow(cancel_)); }
  site_.hang_up(0);
  auto next = sessions.borrow(cancel_);
  ASSERT_TRUE(next);
  EXPECT_EQ(site_.tries(), 2);
}

TEST_F(Pool, LearnsTheServersLimitAndGoesOnWithWhatItHas) {
  site_.most = 2;
  auto& sessions = pool({.most = 4});
  auto one = sessions.borrow(cancel_), two = sessions.borrow(cancel_);
  ASSERT_TRUE(one && two);
  auto third = std::async(std::launch::async, [&] { return sessions.borrow(cancel_).has_value(); });
  ASSERT_TRUE(becomes([&] { return sessions.limit() == 2; }));
  auto fourth = std::async(std::launch::async, [&] { return sessions.borrow(cancel_).has_value(); });
  one->give_back();
  EXPECT_TRUE(third.get());
  EXPECT_TRUE(fourth.get());
  EXPECT_EQ(site_.tries(), 3) << "the limit was asked for again";
}

TEST_F(Pool, TriesOneMoreWhenTheLimitIsOld) {
  site_.most = 1;
  auto& sessions = pool({.most = 4, .limit_holds = milliseconds(0)});
  auto one = sessions.borrow(cancel_);
  ASSERT_TRUE(one);
  auto second = std::async(std::launch::async, [&] { return sessions.borrow(cancel_).has_value(); });
  ASSERT_TRUE(becomes([&] { return site_.tries() >= 2; }));
  site_.most = 2;
  EXPECT_TRUE(second.get()) << "without anybody giving one back";
  EXPECT_EQ(sessions.limit(), 2);
}

TEST_F(Pool, LearnsFrom530AndFromSilenceWhileOthersAreOpen) {
  for (const Error& error : {kTooManyUsers, kWrongPassword, kUnreachable}) {
    FakeSite site;
    SessionPool sessions(site.opener(), {.most = 4});
    auto one = sessions.borrow(cancel_);
    ASSERT_TRUE(one);
    site.refuse(error);
    auto second = std::async(std::launch::async, [&] { return sessions.borrow(cancel_).has_value(); });
    ASSERT_TRUE(becomes([&] { return sessions.limit() == 1; })) << error.context;
    one->give_back();
    EXPECT_TRUE(second.get());
    EXPECT_EQ(site.tries(), 2);
  }
}

TEST_F(Pool, FailsWhenNotEvenOneCanBeHad) {
  for (const Error& error : {kTooMany, kTooManyUsers, kUnreachable}) {
    FakeSite site;
    SessionPool sessions(site.opener());
    site.refuse(error);
    auto none = sessions.borrow(cancel_);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().context, error.context);
    EXPECT_TRUE(sessions.borrow(cancel_)) << "and later there is one";
  }
}

TEST_F(Pool, TriesAWrongPasswordOnceHoweverManyWait) {
  std::promise<void> go;
  auto may_go = go.get_future().share();
  site_.while_opening = [may_go] { may_go.wait(); };
  site_.refuse(kWrongPassword, 4);
  auto& sessions = pool({.most = 4});
  std::vector<std::future<Errc>> borrowers;
  for (int i = 0; i < 4; ++i) {
    borrowers.push_back(std::async(std::launch::async, [&] {
      auto lease = sessions.borrow(cancel_);
      return lease ? Errc::io : lease.error().kind;
    }));
  }
  ASSERT_TRUE(becomes([&] { return site_.tries() == 1; }));
  go.set_value();
  for (auto& borrower : borrowers) EXPECT_EQ(borrower.get(), Errc::login_refused);
  EXPECT_EQ(site_.tries(), 1);
  EXPECT_FALSE(sessions.borrow(cancel_));
  EXPECT_EQ(site_.tries(), 1);
}

TEST_F(Pool, WaitsForTheFirstSessionBeforeItOpensOthers) {
  std::promise<void> go;
  auto may_go = go.get_future().share();
  site_.while_opening = [may_go] { may_go.wait(); };
  auto& sessions = pool({.most = 2});
  auto first = std::async(std::launch::async, [&] { return sessions.borrow(cancel_).has_value(); });
  ASSERT_TRUE(becomes([&] { return site_.tries() == 1; }));
  auto second = std::async(std::launch::async, [&] { return sessions.borrow(cancel_).has_value(); });
  EXPECT_EQ(second.wait_for(milliseconds(20)), std::future_status::timeout);
  EXPECT_EQ(site_.tries(), 1) << "two questions about one certificate";
  go.set_value();
  EXPECT_TRUE(first.get() && second.get());
}

TEST_F(Pool, StopsWaitingWhenItIsToldTo) {
  auto& sessions = pool({.most = 1});
  auto one = sessions.borrow(cancel_);
  ASSERT_TRUE(one);
  Cancel other;
  auto second = std::async(std::launch::async, [&] { return sessions.borrow(other).error().kind; });
  other.request();
  EXPECT_EQ(second.get(), Errc::cancelled);
  one->give_back();
  EXPECT_TRUE(sessions.borrow(cancel_)) << "the others go on";
}

TEST_F(Pool, ALentSessionHeedsItsBorrowersCancel) {
  auto& sessions = pool({.most = 1});
  {
    Cancel stopped;
    auto lease = sessions.borrow(stopped);
    ASSERT_TRUE(lease);
    stopped.request();
    EXPECT_EQ((*lease)->command("SIZE", "a").error().kind, Errc::cancelled);
  }
  auto next = sessions.borrow(cancel_);
  ASSERT_TRUE(next);
  EXPECT_TRUE((*next)->command("SIZE", "a"));
}

TEST_F(Pool, KeepsIdleSessionsAlive) {
  auto& sessions = pool({.noop_after = milliseconds(1)});
  { ASSERT_TRUE(sessions.borrow(cancel_)); }
  EXPECT_TRUE(becomes([&] { return site_.noops() >= 3; }));
  auto lease = sessions.borrow(cancel_);
  ASSERT_TRUE(lease);
  EXPECT_TRUE((*lease)->usable());
}

TEST_F(Pool, DropsAnIdleSessionThatDoesNotAnswer) {
  auto& sessions = pool({.noop_after = milliseconds(1)});
  { ASSERT_TRUE(sessions.borrow(cancel_)); }
  site_.hang_up(0);
  EXPECT_TRUE(becomes([&] { return sessions.open_sessions() == 0; }));
}

TEST_F(Pool, SaysGoodByeToAllItHasOpenedButNotToGuests) {
  Cancel own;
  auto guest = site_.opener()(own);
  ASSERT_TRUE(guest);
  auto& sessions = pool({.most = 3});
  sessions.include(**guest);
  {
    auto one = sessions.borrow(cancel_), two = sessions.borrow(cancel_), three = sessions.borrow(cancel_);
    ASSERT_TRUE(one && two && three);
    EXPECT_EQ(&**one, guest->get());
  }
  pool_.reset();
  EXPECT_EQ(site_.quits(), 2);
  EXPECT_EQ((*guest)->cancel(), &own);
  EXPECT_TRUE((*guest)->usable());
}

TEST_F(Pool, HangsUpOnAGuestThatHasBroken) {
  Cancel own;
  site_.most = 1;
  auto guest = site_.opener()(own);
  ASSERT_TRUE(guest);
  auto& sessions = pool();
  sessions.include(**guest);
  {
    Cancel stopped;
    auto lease = sessions.borrow(stopped);
    ASSERT_TRUE(lease);
    stopped.request();
    EXPECT_FALSE((*lease)->command("SIZE", "a"));
  }
  EXPECT_TRUE(becomes([&] { return sessions.borrow(cancel_).has_value(); })) << "the server still counts it";
  EXPECT_FALSE((*guest)->usable());
}

TEST_F(Pool, ManyThreadsShareFewSessions) {
  site_.most = 3;
  auto& sessions = pool({.most = 8});
  std::atomic<int> at_once{0}, most_at_once{0}, done{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        auto lease = sessions.borrow(cancel_);
        ASSERT_TRUE(lease) << lease.error().context;
        const int now = ++at_once;
        int most = most_at_once;
        while (now > most && !most_at_once.compare_exchange_weak(most, now)) {
        }
        EXPECT_TRUE((*lease)->command("SIZE", "a"));
        --at_once;
        ++done;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(done, 400);
  EXPECT_LE(most_at_once, 3);
}

}  // namespace
}  // namespace ferry::client
