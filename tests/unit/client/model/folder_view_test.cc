#include "client/model/folder_view.h"

#include <gtest/gtest.h>

#include <random>

namespace ferry::client {
namespace {

ftp::Entry file(const std::string& name, Bytes size = 0, int seconds = 0) {
  ftp::Entry entry;
  entry.name = name;
  entry.size = size;
  entry.modified = WallTime(std::chrono::seconds(seconds));
  return entry;
}

ftp::Entry folder(const std::string& name) {
  ftp::Entry entry;
  entry.type = ftp::EntryType::directory;
  entry.name = name;
  return entry;
}

std::vector<std::string> names(const FolderView& view) {
  std::vector<std::string> all;
  for (std::size_t row = 0; row < view.size(); ++row) all.emplace_back(view.row(row).name);
  return all;
}

FolderView view_of(const std::vector<ftp::Entry>& entries) {
  FolderView view;
  view.add(entries);
  view.arrange();
  return view;
}

using Names = std::vector<std::string>;

TEST(FolderView, SortsFoldersInFront) {
  auto view =
      view_of({file("b.txt", 3, 1), folder("z"), file("a.zip", 7, 2), folder("y"), file("c.txt", 5, 0)});
  EXPECT_EQ(names(view), (Names{"y", "z", "a.zip", "b.txt", "c.txt"}));
  view.sort_by(SortKey::size, true);
  view.arrange();
  EXPECT_EQ(names(view), (Names{"z", "y", "a.zip", "c.txt", "b.txt"}));
  view.sort_by(SortKey::time, false);
  view.arrange();
  EXPECT_EQ(names(view), (Names{"y", "z", "c.txt", "b.txt", "a.zip"}));
  view.sort_by(SortKey::extension, false);
  view.arrange();
  EXPECT_EQ(names(view), (Names{"y", "z", "b.txt", "c.txt", "a.zip"}));
}

TEST(FolderView, KeepsTheCursorOnItsNameWhileEntriesCome) {
  auto view = view_of({file("m"), file("n")});
  view.move_to(1);
  view.add(std::vector{file("a"), file("z")});
  EXPECT_FALSE(view.is_arranged());
  EXPECT_EQ(view.size(), 2U);
  view.arrange();
  EXPECT_EQ(view.row(view.cursor()).name, "n");
  view.sort_by(SortKey::name, true);
  view.arrange();
  EXPECT_EQ(view.row(view.cursor()).name, "n");
}

TEST(FolderView, FindsTheCursorsNameAgainAfterAnotherReading) {
  auto view = view_of({file("a"), file("b"), file("c")});
  view.move_to_name("c");
  view.clear();
  EXPECT_EQ(view.size(), 0U);
  EXPECT_EQ(view.cursor(), 0U);
  view.add(std::vector{file("a")});
  view.arrange();
  view.add(std::vector{file("0"), file("c"), file("d")});
  view.arrange();
  EXPECT_EQ(view.row(view.cursor()).name, "c");
}

TEST(FolderView, AMoveForgetsWhereTheCursorWantedToBe) {
  auto view = view_of({file("a"), file("b")});
  EXPECT_FALSE(view.move_to_name("z"));
  view.move_by(1);
  view.add(std::vector{file("z")});
  view.arrange();
  EXPECT_EQ(view.row(view.cursor()).name, "b");
}

TEST(FolderView, StopsAtBothEnds) {
  auto view = view_of({file("a"), file("b")});
  view.move_by(-5);
  EXPECT_EQ(view.cursor(), 0U);
  view.move_by(5);
  EXPECT_EQ(view.cursor(), 1U);
  FolderView nothing;
  nothing.move_by(3);
  EXPECT_EQ(nothing.cursor(), 0U);
  EXPECT_TRUE(nothing.chosen().empty());
  EXPECT_FALSE(nothing.search("a", true));
}

TEST(FolderView, HidesAndFilters) {
  auto view = view_of({file(".profile"), file("Report.PDF"), file("notes.txt"), file("report.txt")});
  EXPECT_EQ(names(view), (Names{"Report.PDF", "notes.txt", "report.txt"}));
  view.filter("REPORT");
  view.arrange();
  EXPECT_EQ(names(view), (Names{"Report.PDF", "report.txt"}));
  view.filter("*.txt");
  view.arrange();
  EXPECT_EQ(names(view), (Names{"notes.txt", "report.txt"}));
  view.filter("");
  view.show_hidden(true);
  view.arrange();
  EXPECT_EQ(view.size(), 4U);
  EXPECT_EQ(view.total(), 4U);
}

TEST(FolderView, SearchesAroundBothWays) {
  auto view = view_of({file("alpha"), file("beta"), file("ALPHABET")});
  EXPECT_EQ(names(view), (Names{"ALPHABET", "alpha", "beta"}));
  EXPECT_TRUE(view.search("bet", false));
  EXPECT_EQ(view.cursor(), 0U);
  EXPECT_TRUE(view.search("bet", true));
  EXPECT_EQ(view.cursor(), 2U);
  EXPECT_TRUE(view.search("bet", true));
  EXPECT_EQ(view.cursor(), 0U);
  EXPECT_TRUE(view.search("alp", true, false));
  EXPECT_EQ(view.cursor(), 1U);
  EXPECT_FALSE(view.search("gamma", true));
  EXPECT_EQ(view.cursor(), 1U);
}

TEST(FolderView, CountsMarks) {
  auto view = view_of({folder("d"), file("a", 5), file("b", 7), file("c.txt", 1)});
  EXPECT_EQ(view.chosen(), std::vector<std::size_t>{0});
  view.invert_marks();
  EXPECT_EQ(view.marks().count, 3U);
  EXPECT_EQ(view.marks().bytes, 13);
  view.mark(1, true);
  EXPECT_EQ(view.marks().count, 3U);
  EXPECT_EQ(view.mark_matching("*.txt", false), 1U);
  EXPECT_EQ(view.marks().bytes, 12);
  EXPECT_EQ(view.chosen(), (std::vector<std::size_t>{1, 2}));
  view.mark_all(true);
  EXPECT_EQ(view.marks().count, 4U);
  view.clear();
  EXPECT_EQ(view.marks().count, 0U);
}

TEST(FolderView, KnowsAnUnfinishedUpload) {
  auto partial = file("half.iso");
  partial.perm = "adfw";
  auto whole = file("whole.iso");
  whole.perm = "adfrw";
  auto silent = file("who knows");
  const auto view = view_of({partial, whole, silent});
  EXPECT_TRUE(view.row(0).is_partial);
  EXPECT_FALSE(view.row(1).is_partial);
  EXPECT_FALSE(view.row(2).is_partial);
}

TEST(FolderView, ComesToTheSameOrderInPiecesAsAtOnce) {
  std::mt19937 random(3);
  std::vector<ftp::Entry> all;
  for (int i = 0; i < 2000; ++i)
    all.push_back(file(std::to_string(random()), static_cast<Bytes>(random() % 50)));
  FolderView pieces, whole;
  for (FolderView* view : {&pieces, &whole}) view->sort_by(SortKey::size, false);
  for (std::size_t at = 0; at < all.size(); at += 100) {
    pieces.add(std::span(all).subspan(at, 100));
    pieces.arrange();
  }
  whole.add(all);
  whole.arrange();
  EXPECT_EQ(names(pieces), names(whole));
}

}  // namespace
}  // namespace ferry::client
