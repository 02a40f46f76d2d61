#include "client/queue/queue.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "client/engine/part_file.h"
#include "tests/support/bytes.h"
#include "tests/support/queue_items.h"
#include "tests/support/temp_dir.h"

namespace ferry::client {
namespace {

namespace fs = std::filesystem;
using test::some_item;

class QueueTest : public testing::Test {
 protected:
  std::string folder() const { return (dir_.path() / "queue").string(); }
  std::unique_ptr<Queue> open() const { return Queue::open(folder()).value(); }
  void add(int count) {
    std::vector<QueueItem> items;
    for (int i = 0; i < count; ++i) items.push_back(some_item("f" + std::to_string(i)));
    ASSERT_TRUE(queue_->add(std::move(items)));
  }
  void set_state(QueueId id, ItemState state) {
    ASSERT_TRUE(queue_
                    ->update(id,
                             [&](QueueItem& item) {
                               item.state = state;
                               return true;
                             })
                    .value());
  }
  static std::string order(const Queue& queue) {
    std::string ids;
    for (const auto& row : queue.rows()) ids += std::to_string(row.item->id) + " ";
    return ids;
  }
  std::string moved(const QueueIds& ids, const Move& where) {
    const auto done = queue_->move(ids, where);
    EXPECT_TRUE(done) << done.error().context;
    EXPECT_EQ(order(*open()), order(*queue_));
    return order(*queue_);
  }

  test::TempDir dir_;
  std::unique_ptr<Queue> queue_ = open();
};

TEST_F(QueueTest, OutlivesItsProgram) {
  EXPECT_EQ(queue_->add({some_item("a"), some_item("b")}).value(), (QueueIds{1, 2}));
  EXPECT_EQ(queue_->add({some_item("c")}).value(), (QueueIds{3}));
  EXPECT_GT(queue_->find(1)->added.time_since_epoch().count(), 0);
  queue_.reset();
  const auto again = open();
  EXPECT_EQ(order(*again), "1 2 3 ");
  EXPECT_EQ(again->find(2)->local, "/home/akira/b");
  EXPECT_EQ(again->find(2)->state, ItemState::waiting);
}

TEST_F(QueueTest, NoIdIsGivenTwice) {
  add(3);
  ASSERT_TRUE(queue_->act(Action::cancel, {{3}, false}));
  ASSERT_TRUE(queue_->act(Action::clear, {{3}, false}));
  queue_ = nullptr;
  queue_ = open();
  EXPECT_EQ(queue_->add({some_item()}).value(), (QueueIds{4}));
}

// Which action leads where, from every state; no row: it is refused and nothing changes.
TEST_F(QueueTest, ActionsFollowTheTable) {
  using enum ItemState;
  const std::map<Action, std::pair<std::vector<ItemState>, ItemState>> table{
      {Action::pause, {{waiting, running, retrying, asks}, paused}},
      {Action::resume, {{paused}, waiting}},
      {Action::cancel, {{waiting, running, paused, asks, retrying, failed}, cancelled}},
      {Action::retry, {{failed, cancelled, asks, retrying}, waiting}},
  };
  add(1);
  for (const auto& [action, row] : table) {
    for (const ItemState from : {waiting, running, paused, asks, retrying, failed, done, cancelled}) {
      SCOPED_TRACE(std::string(state_word(from)) + " " + std::to_string(static_cast<int>(action)));
      set_state(1, from);
      const bool is_allowed = std::ranges::find(row.first, from) != row.first.end();
      const auto acted = queue_->act(action, {{1}, false});
      EXPECT_EQ(acted.has_value(), is_allowed);
      if (!acted) {
        EXPECT_EQ(acted.error().kind, Errc::out_of_range);
        EXPECT_NE(acted.error().context.find(state_word(from)), std::string::npos) << acted.error().context;
      }
      EXPECT_EQ(queue_->find(1)->state, is_allowed ? row.second : from);
      EXPECT_EQ(open()->find(1)->state, is_allowed ? row.second : from);
      // With --all it is left aside.
      set_state(1, from);
      EXPECT_EQ(queue_->act(action, {{}, true}).value().size(), is_allowed ? 1U : 0U);
    }
  }
}

TEST_F(QueueTest, AllNamedItemsOrNone) {
  add(3);
  set_state(3, ItemState::done);
  EXPECT_FALSE(queue_->act(Action::pause, {{1, 3}, false}));
  EXPECT_EQ(queue_->act(Action::pause, {{1, 9}, false}).error().kind, Errc::not_found);
  EXPECT_EQ(queue_->find(1)->state, ItemState::waiting);
  EXPECT_EQ(queue_->act(Action::pause, {{2, 1, 2}, false}).value(), (QueueIds{2, 1}));
}

TEST_F(QueueTest, ARetryStartsAfresh) {
  add(1);
  ASSERT_TRUE(queue_
                  ->update(1,
                           [](QueueItem& item) {
                             item.state = ItemState::asks;
                             item.attempts = 5;
                             item.error = ItemError{Errc::exists, "is there", 0};
                             item.question = Question::conflict;
                             item.next_try = wall_now();
                             return true;
                           })
                  .value());
  ASSERT_TRUE(queue_->act(Action::retry, {{1}, false}, {Resume::always}));
  const auto item = queue_->find(1);
  EXPECT_EQ(item->attempts, 0);
  EXPECT_FALSE(item->error || item->next_try);
  EXPECT_EQ(item->question, Question::none);
  EXPECT_EQ(item->resume, Resume::always);
}

TEST_F(QueueTest, ACancelledDownloadForgetsWhatHasArrived) {
  QueueItem item = some_item();
  item.direction = Direction::down;
  item.local = (dir_.path() / "tape").string();
  const std::string part = part_path(item.local);
  ASSERT_TRUE(queue_->add({item, item, item}));
  for (const QueueId id : {1U, 2U}) {
    ASSERT_TRUE(queue_->update(id, [](QueueItem& it) { return it.has_begun = true; }).value());
  }
  test::write_bytes(part, "half of it");
  ASSERT_TRUE(queue_->act(Action::cancel, {{3}, false}));
  EXPECT_TRUE(fs::exists(part)) << "that one had not begun: the piece is somebody else's";
  ASSERT_TRUE(queue_->act(Action::pause, {{1}, false}));
  EXPECT_TRUE(fs::exists(part));
  {
    const auto writer = PartFile::open(item.local, LocalTarget{});
    ASSERT_TRUE(queue_->act(Action::cancel, {{2}, false}));
    EXPECT_TRUE(fs::exists(part)) << "somebody writes it";
  }
  ASSERT_TRUE(queue_->act(Action::cancel, {{1}, false}));
  EXPECT_FALSE(fs::exists(part));
  EXPECT_FALSE(queue_->find(1)->has_leftover);
}

TEST_F(QueueTest, ACancelledUploadHasALeftoverOnlyIfItHasBegun) {
  add(2);
  ASSERT_TRUE(queue_->update(1, [](QueueItem& it) { return it.has_begun = true; }).value());
  ASSERT_TRUE(queue_->act(Action::cancel, {{}, true}));
  EXPECT_TRUE(queue_->find(1)->has_leftover);
  EXPECT_FALSE(queue_->find(2)->has_leftover);
}

TEST_F(QueueTest, TakesTheHighestPriorityFirstThenTheOrder) {
  add(4);
  EXPECT_EQ(queue_->set_priority({{2, 3}, false}, 5).value(), (QueueIds{2, 3}));
  const auto waits = [](const QueueItem& item) { return item.state == ItemState::waiting; };
  std::string taken;
  while (const auto item = queue_->first(waits)) {
    taken += std::to_string(item->id) + " ";
    set_state(item->id, ItemState::running);
  }
  EXPECT_EQ(taken, "2 3 1 4 ");
  EXPECT_FALSE(queue_->set_priority({{9}, false}, 1));
}

TEST_F(QueueTest, MovesItems) {
  using To = Move::To;
  add(5);
  EXPECT_EQ(moved({4, 2}, {To::front}), "2 4 1 3 5 ");
  EXPECT_EQ(moved({2}, {To::back}), "4 1 3 5 2 ");
  EXPECT_EQ(moved({3}, {To::up}), "4 3 1 5 2 ");
  EXPECT_EQ(moved({4}, {To::up}), "4 3 1 5 2 ");
  EXPECT_EQ(moved({3}, {To::down}), "4 1 3 5 2 ");
  EXPECT_EQ(moved({2}, {To::down}), "4 1 3 5 2 ");
  EXPECT_EQ(moved({1, 3}, {To::down}), "4 5 1 3 2 ");
  EXPECT_EQ(moved({1, 3}, {To::up}), "4 1 3 5 2 ");
  EXPECT_EQ(moved({2}, {To::before, 4}), "2 4 1 3 5 ");
  EXPECT_EQ(moved({2, 4}, {To::behind, 3}), "1 3 2 4 5 ");
  EXPECT_EQ(moved({5, 3}, {To::before, 2}), "1 3 5 2 4 ");
  EXPECT_EQ(queue_->move({1, 9}, {To::front}).error().kind, Errc::not_found);
  EXPECT_EQ(queue_->move({1}, {To::before, 9}).error().kind, Errc::not_found);
  EXPECT_EQ(queue_->move({1}, {To::before, 1}).error().kind, Errc::bad_syntax);
  EXPECT_EQ(order(*queue_), "1 3 5 2 4 ");
}

TEST_F(QueueTest, ClearsWhatIsOver) {
  using enum ItemState;
  add(4);
  set_state(2, done);
  set_state(3, failed);
  EXPECT_EQ(queue_->act(Action::clear, {{1}, false}).error().kind, Errc::out_of_range);
  EXPECT_EQ(queue_->act(Action::clear, {{}, true}).value(), (QueueIds{2, 3}));
  EXPECT_EQ(order(*queue_), "1 4 ");
  EXPECT_EQ(order(*open()), "1 4 ");
}

TEST_F(QueueTest, AChangeIsMadeToWhatOthersHaveMadeOfIt) {
  add(1);
  const auto other = open();
  ASSERT_TRUE(other->act(Action::pause, {{1}, false}));
  // Here it still seems to wait.
  EXPECT_EQ(queue_->find(1)->state, ItemState::waiting);
  bool saw_pause = false;
  ASSERT_TRUE(queue_->update(1, [&](QueueItem& item) {
    saw_pause = item.state == ItemState::paused;
    return false;
  }));
  EXPECT_TRUE(saw_pause);
  EXPECT_EQ(queue_->find(1)->state, ItemState::paused);
}

TEST_F(QueueTest, NoticesWhatOthersDo) {
  add(1);
  const auto other = open();
  const auto before = queue_->version();
  ASSERT_TRUE(queue_->refresh());
  EXPECT_EQ(queue_->version(), before);
  ASSERT_TRUE(other->add({some_item("b")}));
  ASSERT_TRUE(queue_->refresh());
  EXPECT_NE(queue_->version(), before);
  EXPECT_EQ(order(*queue_), "1 2 ");
  queue_->wait_change(before, std::chrono::hours(1));  // returns at once
}

TEST_F(QueueTest, ThreadsShareIt) {
  constexpr int kThreads = 4, kEach = 25;
  std::vector<std::thread> threads;
  for (int number = 0; number < kThreads; ++number) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        const QueueId id = queue_->add({some_item()}).value().front();
        EXPECT_TRUE(queue_->act(Action::cancel, {{id}, false}));
        EXPECT_FALSE(queue_->rows().empty());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(queue_->rows().size(), std::size_t{kThreads * kEach});
  EXPECT_EQ(open()->rows().size(), std::size_t{kThreads * kEach});
}

TEST_F(QueueTest, TellsOfDamageOnceAndKeepsIt) {
  add(2);
  queue_.reset();
  const fs::path journal = fs::path(folder()) / "journal";
  test::write_bytes(journal, test::read_bytes(journal) + "garbage\n");
  queue_ = open();
  ASSERT_EQ(queue_->damage().size(), 1U);
  EXPECT_NE(queue_->damage()[0].find("journal:4"), std::string::npos) << queue_->damage()[0];
  EXPECT_NE(test::read_bytes(fs::path(folder()) / "damaged").find("garbage\n"), std::string::npos);
  EXPECT_EQ(order(*queue_), "1 2 ");
  EXPECT_TRUE(open()->damage().empty());
}

TEST_F(QueueTest, ShowsHowFarRunningItemsAre) {
  add(2);
  set_state(1, ItemState::running);
  LiveProgress progress;
  progress.done = 7;
  progress.total = 9;
  queue_->show_progress(1, progress);
  queue_->show_progress(2, progress);
  EXPECT_EQ(queue_->rows()[0].live, progress);
  EXPECT_FALSE(queue_->rows()[1].live) << "it does not run";
  ASSERT_TRUE(write_live(folder(), queue_->live()));
  EXPECT_EQ(read_live(folder()), queue_->live());
  queue_->hide_progress(1);
  EXPECT_FALSE(queue_->rows()[0].live);
}

}  // namespace
}  // namespace ferry::client
