#include "client/model/pane.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>

#include "tests/unit/client/model/fake_source.h"

namespace ferry::client {
namespace {

using namespace std::chrono_literals;

class PaneTest : public ::testing::Test {
 protected:
  PaneTest()
      : source_(std::make_shared<FakeSource>("server:")),
        pane_(mailbox_, [this](Pane&, const Status& outcome) { last_ = outcome; }) {}

  // Until `done`; the mailbox is delivered as the screen's loop does it.
  template <typename Condition>
  void until(const Condition& done) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      pollfd ready{mailbox_.fd(), POLLIN, 0};
      ::poll(&ready, 1, 100);
      mailbox_.deliver();
      pane_.view().arrange();
    }
    EXPECT_TRUE(done());
  }
  void settle() {
    until([&] { return !pane_.is_waiting(); });
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (std::size_t row = 0; row < pane_.view().size(); ++row) all.emplace_back(pane_.view().row(row).name);
    return all;
  }
  std::string under_cursor() const { return std::string(pane_.view().row(pane_.view().cursor()).name); }

  Mailbox mailbox_;
  std::shared_ptr<FakeSource> source_;
  Status last_;
  Pane pane_;
};

using Names = std::vector<std::string>;

TEST_F(PaneTest, BeginsWhereTheSourceBegins) {
  EXPECT_EQ(pane_.screen({}).state, PaneScreen::State::closed);
  pane_.use(source_, "");
  EXPECT_EQ(pane_.screen(std::chrono::steady_clock::now()).state, PaneScreen::State::loading);
  settle();
  EXPECT_EQ(pane_.place(), "server:/home");
  EXPECT_EQ(names(), (Names{"a", "b.txt", "c.txt"}));
  EXPECT_EQ(pane_.space().free, 5);
  EXPECT_EQ(pane_.path_of(0), "/home/a");
}

TEST_F(PaneTest, GoesUpWithTheCursorOnWhereItCameFrom) {
  pane_.use(source_, "/home/a");
  settle();
  pane_.parent();
  settle();
  EXPECT_EQ(pane_.folder(), "/home");
  EXPECT_EQ(under_cursor(), "a");
  pane_.parent();
  settle();
  pane_.parent();
  settle();
  EXPECT_EQ(pane_.folder(), "/");
  EXPECT_EQ(under_cursor(), "home");
}

// The one thing a pane must never do: show another place than the one that was asked for and has answered.
TEST_F(PaneTest, StaysWhereItIsWhenAPlaceCannotBeRead) {
  pane_.use(source_, "/home");
  settle();
  pane_.view().move_to(2);
  pane_.open("/nowhere");
  settle();
  EXPECT_EQ(pane_.place(), "server:/home");
  EXPECT_EQ(under_cursor(), "c.txt");
  EXPECT_EQ(pane_.screen({}).state, PaneScreen::State::failed);
  EXPECT_EQ(pane_.screen({}).message, "/nowhere: not found");
  const auto other = std::make_shared<FakeSource>("other:");
  pane_.use(other, "/nowhere");
  settle();
  EXPECT_EQ(pane_.place(), "server:/home");
}

TEST_F(PaneTest, EndsAWaitAndStays) {
  pane_.use(source_, "/home");
  settle();
  pane_.open("/silent");
  EXPECT_TRUE(pane_.cancel());
  settle();
  EXPECT_EQ(pane_.folder(), "/home");
  EXPECT_EQ(pane_.screen({}).state, PaneScreen::State::ready);
  EXPECT_FALSE(pane_.cancel());
  pane_.refresh();
  settle();
  EXPECT_EQ(names().size(), 3U);
}

TEST_F(PaneTest, ShowsWhatCameWhileMoreIsAwaited) {
  pane_.use(source_, "/slow");
  until([&] { return names() == Names{"first"}; });
  EXPECT_TRUE(pane_.is_waiting());
  EXPECT_EQ(pane_.folder(), "/slow");
  source_->let_go();
  settle();
  EXPECT_EQ(names(), Names{"first"});
}

TEST_F(PaneTest, ANewPlaceEndsTheOldWaitAndIgnoresWhatItStillBrings) {
  pane_.use(source_, "/slow");
  pane_.use(source_, "/home");
  settle();
  EXPECT_EQ(pane_.folder(), "/home");
  EXPECT_EQ(names(), (Names{"a", "b.txt", "c.txt"}));
}

// The wait is ended before it has begun as well.
TEST_F(PaneTest, AnEarlyCancelCountsToo) {
  pane_.use(source_, "/home");
  settle();
  for (int i = 0; i < 50; ++i) {
    pane_.open("/silent");
    EXPECT_TRUE(pane_.cancel());
    settle();
    EXPECT_EQ(pane_.folder(), "/home");
  }
}

TEST_F(PaneTest, KnowsItsWayBack) {
  pane_.use(source_, "/home");
  settle();
  pane_.open("/home/a");
  settle();
  pane_.open("/");
  settle();
  pane_.back();
  settle();
  EXPECT_EQ(pane_.folder(), "/home/a");
  pane_.back();
  settle();
  EXPECT_EQ(pane_.folder(), "/home");
  pane_.back();
  settle();
  EXPECT_EQ(pane_.folder(), "/home");
  pane_.forward();
  settle();
  EXPECT_EQ(pane_.folder(), "/home/a");
}

TEST_F(PaneTest, KeepsTheCursorOnItsNameWhenReadAgain) {
  pane_.use(source_, "/home");
  settle();
  pane_.view().move_to(1);
  pane_.refresh();
  settle();
  EXPECT_EQ(under_cursor(), "b.txt");
  EXPECT_TRUE(last_);
}

TEST_F(PaneTest, RunsWorkOnItsThread) {
  pane_.use(source_, "/home");
  settle();
  Status outcome;
  bool is_done = false;
  pane_.run<Status>([](FileSource& source) { return source.make_folder("/home/a"); },
                    [&](Status made) {
                      outcome = std::move(made);
                      is_done = true;
                    });
  until([&] { return is_done; });
  EXPECT_EQ(outcome.error().kind, Errc::exists);
  EXPECT_FALSE(pane_.is_waiting());
}

TEST_F(PaneTest, KeepsTheCursorInSight) {
  pane_.use(source_, "/home");
  settle();
  pane_.view().move_to(2);
  pane_.page(2);
  EXPECT_EQ(pane_.screen({}).first_row, 1U);
  pane_.view().move_to(0);
  pane_.page(2);
  EXPECT_EQ(pane_.screen({}).first_row, 0U);
  pane_.page(50);
  EXPECT_EQ(pane_.screen({}).first_row, 0U);
}

TEST_F(PaneTest, EndsWhileItWaits) {
  pane_.use(source_, "/silent");
}

}  // namespace
}  // namespace ferry::client
