#include "client/queue/ledger.h"

#include <gtest/gtest.h>

#include "tests/support/queue_items.h"

namespace ferry::client {
namespace {

using test::full_item;
using test::some_item;

std::string_view without_end(std::string_view line) {
  EXPECT_TRUE(line.ends_with('\n'));
  line.remove_suffix(1);
  return line;
}

void take(Ledger& ledger, const std::string& line) {
  ASSERT_TRUE(ledger.apply(without_end(line))) << line;
}

std::string order(const Ledger& ledger) {
  std::string ids;
  for (const auto& item : ledger.items()) ids += std::to_string(item->id) + " ";
  return ids;
}

Ledger three_items() {
  Ledger ledger;
  for (const QueueId id : {1U, 2U, 3U}) take(ledger, Ledger::added(some_item("tape", id)));
  return ledger;
}

Errc kind_of(Ledger& ledger, const std::string& line) {
  const std::string before = ledger.text();
  const auto applied = ledger.apply(line);
  EXPECT_FALSE(applied) << line;
  EXPECT_EQ(ledger.text(), before) << line;
  return applied ? Errc::io : applied.error().kind;
}

TEST(Ledger, KeepsEverythingOfAnItem) {
  Ledger ledger;
  const QueueItem item = full_item(7);
  take(ledger, Ledger::added(item));
  const auto there = ledger.find(7);
  ASSERT_TRUE(there);
  EXPECT_EQ(Ledger::changed(item, *there), "");
  EXPECT_EQ(there->local, item.local);
  EXPECT_EQ(there->remote, item.remote);
  EXPECT_EQ(there->site.pinned, item.site.pinned);
  EXPECT_EQ(there->site.timeout, item.site.timeout);
  EXPECT_EQ(there->site.charset, item.site.charset);
  EXPECT_EQ(there->verify.kind, DigestKind::sha512);
  EXPECT_TRUE(there->preserve.mode && !there->preserve.time);
  EXPECT_EQ(there->error, item.error);
  EXPECT_EQ(there->next_try, item.next_try);
  EXPECT_EQ(ledger.next_id(), 8U);
}

TEST(Ledger, WritesNamesThatAreNoUtf8Twice) {
  const std::string line = Ledger::added(full_item(1));
  EXPECT_NE(line.find("写真"), std::string::npos);
  EXPECT_NE(line.find("local_b64"), std::string::npos);
  EXPECT_EQ(Ledger::added(some_item("写真", 1)).find("b64"), std::string::npos);
}

TEST(Ledger, AChangeSaysOnlyWhatIsOtherwise) {
  Ledger ledger;
  QueueItem item = full_item(1);
  take(ledger, Ledger::added(item));
  QueueItem after = item;
  after.state = ItemState::done;
  after.local = "/plain";
  after.error.reset();
  after.next_try.reset();
  const std::string line = Ledger::changed(item, after);
  EXPECT_EQ(line.find("files.example.org"), std::string::npos) << line;
  take(ledger, line);
  EXPECT_EQ(Ledger::changed(after, *ledger.find(1)), "");
  EXPECT_EQ(ledger.find(1)->local, "/plain");
  EXPECT_FALSE(ledger.find(1)->error);
}

TEST(Ledger, AnErrorReplacesTheOneBefore) {
  Ledger ledger;
  const QueueItem item = full_item(1);  // 426, with a text that is no UTF-8
  take(ledger, Ledger::added(item));
  QueueItem after = item;
  after.error = ItemError{Errc::no_space, "full", 0};
  take(ledger, Ledger::changed(item, after));
  EXPECT_EQ(ledger.find(1)->error, after.error);
}

TEST(Ledger, MovesItems) {
  Ledger ledger = three_items();
  take(ledger, Ledger::moved(3, 0));
  EXPECT_EQ(order(ledger), "3 1 2 ");
  take(ledger, Ledger::moved(3, 2));
  EXPECT_EQ(order(ledger), "1 2 3 ");
  take(ledger, Ledger::moved(2, 3));
  EXPECT_EQ(order(ledger), "1 3 2 ");
  take(ledger, Ledger::moved(1, 1));
  take(ledger, Ledger::moved(1, 0));
  take(ledger, Ledger::moved(3, 1));
  EXPECT_EQ(order(ledger), "1 3 2 ");
}

TEST(Ledger, ForgetsWhatIsClearedButNotItsId) {
  Ledger ledger = three_items();
  take(ledger, Ledger::cleared(3));
  take(ledger, Ledger::cleared(1));
  EXPECT_EQ(order(ledger), "2 ");
  Ledger again;
  const std::string text = ledger.text();
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    ASSERT_TRUE(again.apply(rest.substr(0, end)));
    rest.remove_prefix(end + 1);
  }
  EXPECT_EQ(again.next_id(), 4U);
  EXPECT_EQ(again.text(), text);
}

TEST(Ledger, KeepsTheFilesOfAFolderUntilItIsDone) {
  Ledger ledger = three_items();
  take(ledger, Ledger::copied(2, "a/\xff", FileMark{5, -7}));
  take(ledger, Ledger::copied(2, "b", FileMark{6, 8}));
  take(ledger, Ledger::copied(2, "b", FileMark{9, 10}));
  EXPECT_EQ(ledger.marks(2), (FileMarks{{"a/\xff", {5, -7}}, {"b", {9, 10}}}));
  EXPECT_EQ(ledger.live_lines(), 1U + 3 + 2);
  QueueItem done = *ledger.find(2);
  done.state = ItemState::done;
  take(ledger, Ledger::changed(*ledger.find(2), done));
  EXPECT_TRUE(ledger.marks(2).empty());
  EXPECT_EQ(ledger.live_lines(), 1U + 3);
}

TEST(Ledger, RefusesWhatItDoesNotUnderstand) {
  Ledger ledger = three_items();
  const std::string line = Ledger::added(some_item("tape", 9));
  ASSERT_TRUE(Ledger().apply(without_end(line)));
  const auto instead = [&](const std::string& what, const std::string& with) {
    std::string changed(without_end(line));
    const auto at = changed.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return changed.replace(at, what.size(), with);
  };
  for (const std::string& wrong :
       {std::string(),
        std::string("null"),
        std::string("{}"),
        std::string("[1]"),
        std::string("{\"type\":3}"),
        std::string("{\"type\":\"add\"}"),
        std::string("{\"type\":\"set\",\"id\":9,\"change\":{}}"),
        std::string("{\"type\":\"set\",\"id\":1}"),
        std::string("{\"type\":\"set\",\"id\":1,\"change\":{\"id\":2}}"),
        std::string("{\"type\":\"set\",\"id\":1,\"change\":{\"state\":null}}"),
        std::string("{\"type\":\"set\",\"id\":1,\"change\":{\"site\":null}}"),
        std::string("{\"type\":\"move\",\"id\":1,\"behind\":8}"),
        std::string("{\"type\":\"move\",\"id\":1}"),
        std::string("{\"type\":\"clear\",\"id\":-1}"),
        std::string("{\"type\":\"clear\",\"id\":1e300}"),
        std::string("{\"type\":\"dance\",\"id\":1}"),
        std::string("{\"type\":\"queue\"}"),
        std::string("{\"type\":\"file\",\"id\":1,\"name\":\"a\",\"size\":-1,\"modified\":0}"),
        std::string(Ledger::kMostLine + 1, ' '),
        std::string(100'000, '['),
        instead("\"id\":9", "\"id\":1"),
        instead("\"id\":9", "\"id\":0"),
        instead("\"up\"", "\"sideways\""),
        instead("\"direction\":\"up\",", ""),
        instead("/home/akira", "home/akira"),
        instead("/in/tape", "in/tape"),
        instead("tape", "ta\\u0000pe"),
        instead("\"required\"", "\"maybe\""),
        instead("\"tls\":\"required\",", ""),
        instead("waiting", "dancing"),
        instead("\"port\":21", "\"port\":0"),
        instead("\"port\":21", "\"port\":65536"),
        instead("files.example.org", ""),
        instead("\"port\"", "\"pin\":\"aa\",\"port\""),
        instead("\"state\"", "\"done\":-1,\"state\""),
        instead("\"state\"", "\"done\":9e18,\"state\""),
        instead("\"state\"", "\"error\":{},\"state\""),
        instead("\"remote\"", "\"remote_b64\":\"?\",\"remote\"")}) {
    EXPECT_EQ(kind_of(ledger, wrong), Errc::corrupt);
  }
}

TEST(Ledger, DoesNotTouchANewerFerrysQueue) {
  Ledger ledger;
  EXPECT_EQ(kind_of(ledger, R"({"type":"queue","v":2,"next":1})"), Errc::unsupported);
}

TEST(Ledger, HasNoRoomForAPassword) {
  Ledger ledger = three_items();
  EXPECT_EQ(ledger.text().find("pass"), std::string::npos);
  // Whoever writes one in finds it gone with the next writing.
  std::string line(without_end(Ledger::added(some_item("tape", 9))));
  line.insert(line.find("\"user\""), "\"password\":\"hunter2\",");
  ASSERT_TRUE(ledger.apply(line));
  EXPECT_EQ(ledger.text().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace ferry::client
