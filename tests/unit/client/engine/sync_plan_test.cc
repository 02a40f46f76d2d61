#include "client/engine/sync_plan.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

using namespace std::chrono_literals;

SyncTime exact(int seconds) {
  return {WallTime(std::chrono::seconds(seconds)), 0ns};
}
SyncTime minute_of(int seconds) {
  return {WallTime(std::chrono::seconds(seconds - seconds % 60)), 60s - 1ns};
}

SyncEntry file(const std::string& path, Bytes size = 1, SyncTime modified = exact(1000)) {
  return {path, SyncType::file, size, modified};
}
SyncEntry folder(const std::string& path) {
  return {path, SyncType::folder};
}
SyncEntry thing(const std::string& path, SyncType type) {
  return {path, type};
}
SyncEntry hashed(const std::string& path, const std::string& digest, Bytes size = 1) {
  SyncEntry entry = file(path, size);
  entry.digest = digest;
  return entry;
}

SyncSide side(std::vector<SyncEntry> entries, std::vector<std::string> gaps = {}) {
  return {true, std::move(entries), std::move(gaps)};
}

SyncOptions removing() {
  SyncOptions options;
  options.remove_extra = true;
  return options;
}

// "make a", "copy a/b newer", "remove x", "keep y link": a step per line.
std::string steps(const SyncPlan& plan) {
  std::string text;
  for (const auto& step : plan.steps) {
    static constexpr const char* kActs[] = {"make", "copy", "remove", "rmdir", "keep"};
    text += std::string(kActs[static_cast<int>(step.act)]) + " " + (step.path.empty() ? "." : step.path);
    if (step.act == SyncAct::copy || step.act == SyncAct::keep)
      text += " " + std::string(why_words(step.why));
    text += "\n";
  }
  return text;
}

std::string plan_of(std::vector<SyncEntry> source, std::vector<SyncEntry> target,
                    const SyncOptions& options = {}) {
  return steps(make_sync_plan(side(std::move(source)), side(std::move(target)), options));
}

TEST(SyncPlan, CopiesWhatIsMissingFoldersFirst) {
  EXPECT_EQ(plan_of({file("b/c/1"), file("a"), folder("b/c"), folder("b")}, {}),
            "make b\nmake b/c\ncopy a missing\ncopy b/c/1 missing\n");
}

TEST(SyncPlan, MakesTheTargetItself) {
  EXPECT_EQ(steps(make_sync_plan(side({file("a")}), {false, {}, {}}, {})), "make .\ncopy a missing\n");
}

TEST(SyncPlan, DoesNothingWhereNothingDiffers) {
  const auto plan =
      make_sync_plan(side({folder("a"), file("a/1")}), side({folder("a"), file("a/1")}), removing());
  EXPECT_EQ(steps(plan), "");
  EXPECT_EQ(plan.same, 1);
  EXPECT_FALSE(plan.has_differences());
}

// A name that sorts between a folder and what is in it must not come between them.
TEST(SyncPlan, FoldersAndTheirContentStayTogether) {
  EXPECT_EQ(plan_of({folder("a"), file("a-b"), file("a/1"), file("a.b")},
                    {folder("a"), file("a-b"), file("a/1"), file("a.b")}, removing()),
            "");
}

struct Pair {
  const char* what;
  SyncEntry source, target;
  std::string by_time, by_size, forced;  // forced: time_size with replace_newer
};

TEST(SyncPlan, ComparesAPairAsAsked) {
  const SyncEntry no_time{"f", SyncType::file, 1, std::nullopt};
  const SyncEntry no_size{"f", SyncType::file, std::nullopt, exact(1000)};
  const std::string newer = "copy f newer\n", size = "copy f size\n", kept = "keep f target newer\n";
  const Pair pairs[] = {
      {"equal", file("f"), file("f"), "", "", ""},
      {"source newer", file("f", 1, exact(2000)), file("f"), newer, "", newer},
      {"target newer", file("f"), file("f", 1, exact(2000)), kept, "", newer},
      {"other size", file("f", 2), file("f"), size, size, size},
      {"other size, source newer", file("f", 2, exact(2000)), file("f"), size, size, size},
      {"other size, target newer", file("f", 2), file("f", 1, exact(2000)), kept, kept, size},
      {"same minute", file("f", 1, exact(1019)), file("f", 1, minute_of(1019)), "", "", ""},
      {"next minute", file("f", 1, exact(1020)), file("f", 1, minute_of(1019)), newer, "", newer},
      {"last minute", file("f", 1, exact(959)), file("f", 1, minute_of(1019)), kept, "", newer},
      {"no time", file("f"), no_time, "", "", ""},
      {"no time, other size", file("f", 2), no_time, size, size, size},
      {"no size", file("f"), no_size, "", "keep f not comparable\n", ""},
  };
  for (const Pair& pair : pairs) {
    SyncOptions options;
    EXPECT_EQ(plan_of({pair.source}, {pair.target}, options), pair.by_time) << pair.what;
    options.replace_newer = true;
    EXPECT_EQ(plan_of({pair.source}, {pair.target}, options), pair.forced) << pair.what;
    options.replace_newer = false;
    options.compare = SyncCompare::size;
    EXPECT_EQ(plan_of({pair.source}, {pair.target}, options), pair.by_size) << pair.what;
  }
}

TEST(SyncPlan, ComparesByHash) {
  SyncOptions options;
  options.compare = SyncCompare::hash;
  EXPECT_EQ(plan_of({hashed("a", "11"), hashed("b", "11"), hashed("c", "11", 2), hashed("d", "")},
                    {hashed("a", "11"), hashed("b", "22"), hashed("c", "11"), hashed("d", "22")}, options),
            "copy b digest\ncopy c size\nkeep d not comparable\n");
}

TEST(SyncPlan, ServerThatKeepsNoTimesIsComparedBySize) {
  SyncOptions options;
  options.target_keeps_times = false;
  const auto plan = make_sync_plan(
      side({file("same"), file("edited", 1, exact(3000)), file("grown", 2, exact(3000))}),
      side({file("same", 1, exact(2000)), file("edited", 1, exact(2000)), file("grown", 1, exact(2000))}),
      options);
  EXPECT_EQ(steps(plan), "copy edited newer\ncopy grown size\n");
  EXPECT_EQ(plan.same_by_size, 1);
}

// Whatever the two clocks say: what was copied at 1000 here stood there at 9000, an hour ahead.
TEST(SyncPlan, RecordTellsWhatHasChangedSince) {
  const SyncRecord then{1, 1, exact(1000), exact(9000)};
  struct Row {
    const char* what;
    SyncEntry source, target;
    std::string steps;
  };
  const Row rows[] = {
      {"nothing", file("f"), file("f", 1, exact(9000)), ""},
      {"source, same size", file("f", 1, exact(1001)), file("f", 1, exact(9000)), "copy f newer\n"},
      {"source, older", file("f", 1, exact(500)), file("f", 1, exact(9000)), "copy f newer\n"},
      {"source, size", file("f", 2, exact(1001)), file("f", 1, exact(9000)), "copy f size\n"},
      {"target", file("f"), file("f", 1, exact(9001)), "keep f target newer\n"},
      {"target, size", file("f"), file("f", 5, exact(9000)), "keep f target newer\n"},
      {"both", file("f", 3, exact(9999)), file("f", 2, exact(9001)), "keep f target newer\n"},
  };
  SyncOptions options;
  options.target_keeps_times = false;
  for (const Row& row : rows)
    EXPECT_EQ(steps(make_sync_plan(side({row.source}), side({row.target}), options, {{"f", then}})),
              row.steps)
        << row.what;
}

TEST(SyncPlan, RemovesFilesThenFoldersTheDeepestFirst) {
  const auto plan = make_sync_plan(
      side({file("a")}),
      side({file("a"), folder("x"), folder("x/y"), file("x/y/1", 5), file("x/2", 6), file("z", 7)}),
      removing());
  EXPECT_EQ(steps(plan), "remove x/2\nremove x/y/1\nremove z\nrmdir x/y\nrmdir x\n");
  EXPECT_EQ(plan.removals, 5);
  EXPECT_EQ(plan.removal_bytes, 18);
}

TEST(SyncPlan, RemovesNothingUnasked) {
  const auto plan = make_sync_plan(side({file("a")}), side({file("a"), file("b")}), {});
  EXPECT_EQ(steps(plan), "");
  EXPECT_EQ(plan.extra, 1);
  EXPECT_FALSE(plan.has_differences());
}

TEST(SyncPlan, RemovesNothingWhileTheSourceIsNotWhollyKnown) {
  const std::vector<SyncEntry> target{file("a"), file("b")};
  const auto refusal = [&](const SyncSide& source) {
    const auto plan = make_sync_plan(source, side(target), removing());
    EXPECT_EQ(plan.removals, 0);
    EXPECT_EQ(steps(plan).find("rem"), std::string::npos) << steps(plan);
    return plan.refusal;
  };
  EXPECT_EQ(refusal(side({file("a")}, {"unreadable"})), RemovalRefusal::source_unknown);
  EXPECT_EQ(refusal(side({file("a"), file("../b")})), RemovalRefusal::source_unknown);
  EXPECT_EQ(refusal(side({file("a"), file("a")})), RemovalRefusal::source_unknown);
  EXPECT_EQ(refusal({false, {}, {}}), RemovalRefusal::source_missing);
  EXPECT_EQ(refusal(side({})), RemovalRefusal::source_empty);
}

TEST(SyncPlan, EmptySourceEmptiesTheTargetOnlyOnOnesWord) {
  SyncOptions options = removing();
  options.source_may_be_empty = true;
  EXPECT_EQ(plan_of({}, {folder("a"), file("a/1")}, options), "remove a/1\nrmdir a\n");
  ASSERT_TRUE(options.filter.exclude("*.tmp"));
  options.source_may_be_empty = false;
  EXPECT_EQ(plan_of({file("x.tmp")}, {file("1")}, options), "") << "nothing but excluded names is nothing";
}

TEST(SyncPlan, EmptyOnBothSidesIsNoRefusal) {
  EXPECT_EQ(make_sync_plan(side({}), side({}), removing()).refusal, RemovalRefusal::none);
}

TEST(SyncPlan, KeepsWhatIsExcludedAndItsFolders) {
  SyncOptions options = removing();
  ASSERT_TRUE(options.filter.exclude("*.log"));
  ASSERT_TRUE(options.filter.exclude("cache/"));
  EXPECT_EQ(plan_of({file("a"), file("s.log"), folder("cache"), file("cache/1")},
                    {file("a"), file("t.log"), folder("old"), file("old/t.log"), file("old/1"),
                     folder("gone"), folder("gone/cache"), file("gone/cache/2")},
                    options),
            "remove old/1\nkeep old holds what stays\nkeep gone holds what stays\n");
}

TEST(SyncPlan, KeepsPartialsAndWhatIsNoFile) {
  SyncEntry unfinished = file("d/unfinished");
  unfinished.is_unfinished = true;
  EXPECT_EQ(plan_of({file("a")},
                    {file("a"), folder("d"), file("d/x.ferry-part"), file("d/x.ferry-part.journal"),
                     file(".in.x."), folder(".ferry"), file(".ferry/1"), file(".pureftpd-upload.123"),
                     thing("l", SyncType::link), thing("p", SyncType::other), unfinished},
                    removing()),
            "keep .ferry partial\nkeep .in.x. partial\nkeep .pureftpd-upload.123 partial\nkeep d/unfinished "
            "partial\n"
            "keep d/x.ferry-part partial\nkeep d/x.ferry-part.journal partial\nkeep l link\nkeep p special\n"
            "keep d holds what stays\n");
}

TEST(SyncPlan, CopiesNoPartials) {
  EXPECT_EQ(plan_of({file("x.ferry-part"), folder(".ferry"), file(".ferry/1"), file("y")}, {}),
            "copy y missing\nkeep .ferry partial\nkeep x.ferry-part partial\n");
}

TEST(SyncPlan, GoesOnOverWhatAnUploadHasLeft) {
  SyncEntry unfinished = file("f", 9, exact(9000));
  unfinished.is_unfinished = true;
  EXPECT_EQ(plan_of({file("f")}, {unfinished}), "copy f unfinished\n");
}

TEST(SyncPlan, FileAgainstFolderIsNeverDecided) {
  EXPECT_EQ(plan_of({file("a"), folder("b"), file("b/1")}, {folder("a"), file("a/1"), file("b")}, removing()),
            "keep a other kind\nkeep b other kind\n");
  EXPECT_EQ(plan_of({file("a"), folder("b"), file("b/1")},
                    {thing("a", SyncType::link), thing("b", SyncType::link)}, removing()),
            "keep a other kind\nkeep b other kind\n");
}

// A link is nothing that is copied, but its name is taken: what the target has there is not too much.
TEST(SyncPlan, LinksOfTheSourceProtectTheirNames) {
  EXPECT_EQ(plan_of({thing("a", SyncType::link), thing("p", SyncType::other), file("f")},
                    {folder("a"), file("a/1"), file("f"), file("p")}, removing()),
            "keep a link\nkeep p special\n");
}

TEST(SyncPlan, CopiesNothingIntoAFolderThatCouldNotBeRead) {
  const auto plan = make_sync_plan(side({folder("a"), file("a/1"), folder("a/b"), file("a/b/2"), file("c")}),
                                   side({folder("a")}, {"a"}), {});
  EXPECT_EQ(steps(plan), "copy c missing\nkeep a/1 target unknown\nkeep a/b target unknown\n");
  EXPECT_EQ(plan.left, 2);
}

TEST(SyncPlan, KeepsATargetFolderThatCouldNotBeRead) {
  const auto plan = make_sync_plan(
      side({file("c")}), side({file("c"), folder("x"), folder("x/y"), file("x/1")}, {"x/y"}), removing());
  EXPECT_EQ(steps(plan), "remove x/1\nkeep x/y holds what stays\nkeep x holds what stays\n");
}

TEST(SyncPlan, NamesThatWouldLeaveTheTargetAreNoSteps) {
  for (const char* name : {"../x", "a/../../x", "/etc/x", "", ".", "a//b", "a/", "."}) {
    const auto plan = make_sync_plan(side({file(name), file("fine")}), side({file(name)}), removing());
    EXPECT_EQ(steps(plan), "copy fine missing\n") << name;
  }
}

TEST(SyncPlan, CountsWhatWillMove) {
  const auto plan = make_sync_plan(side({file("a", 5),
                                         file("b", 7, exact(2000)),
                                         {"c", SyncType::file, Bytes{1} << 62, exact(1)},
                                         folder("d")}),
                                   side({file("b", 7)}), {});
  EXPECT_EQ(plan.copies, 3);
  EXPECT_EQ(plan.copy_bytes, 12) << "what no disk can hold is not believed";
  EXPECT_EQ(plan.folders, 1);
}

TEST(SyncPlan, TellsWhatAskingFurtherWouldSettle) {
  SyncOptions options;
  options.compare = SyncCompare::hash;
  const auto source = side({file("a"), file("b", 2), hashed("c", "1"), file("only here"), folder("d")});
  const auto target = side({file("a"), file("b"), hashed("c", "1"), file("only there"), folder("d")});
  EXPECT_EQ(paths_that_want_digests(source, target, options), std::vector<std::string>{"a"});
  EXPECT_TRUE(paths_that_want_digests(source, target, {}).empty());

  const auto local =
      side({file("hour", 1, exact(7200)), file("fits", 1, exact(70)), file("exact", 1, exact(500))});
  const auto listed =
      side({file("hour", 1, minute_of(3600)), file("fits", 1, minute_of(70)), file("exact", 1, exact(1))});
  EXPECT_EQ(paths_that_want_times(local, listed, {}), std::vector<std::string>{"hour"});
  options.compare = SyncCompare::size;
  EXPECT_TRUE(paths_that_want_times(local, listed, options).empty());
}

}  // namespace
}  // namespace ferry::client
