#include "client/line/sync_text.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

const SyncStep kCopy{
    SyncAct::copy, SyncWhy::newer, "a\x1b[31m b", 1234, SyncTime{*parse_ftp_time("20261118130531"), {}},
    true};

TEST(SyncText, StepsForPeopleAreSafe) {
  EXPECT_EQ(step_for_people(kCopy), "copy    newer             1.21 KiB  a\\x1b[31m b");
  EXPECT_EQ(step_for_people({SyncAct::make_folder, SyncWhy::missing, ""}),
            "mkdir   missing                     .");
}

TEST(SyncText, StepsForProgramsAreExact) {
  EXPECT_EQ(step_for_programs(kCopy), "copy\tnewer\t1234\t2026-11-18T13:05:31Z\ta\x1b[31m b");
  EXPECT_EQ(step_for_programs({SyncAct::keep, SyncWhy::target_newer, "x"}), "keep\ttarget_newer\t-\t-\tx");
  EXPECT_EQ(step_for_programs({SyncAct::remove_folder, SyncWhy::extra, "d"}), "rmdir\textra\t-\t-\td");
}

TEST(SyncText, SummaryHasWhatCounts) {
  SyncPlan plan;
  plan.same = 5000;
  EXPECT_EQ(plan_for_people(plan), "nothing to do, 5,000 the same");
  plan.folders = 1;
  plan.copies = 2;
  plan.copy_bytes = 2048;
  plan.removals = 3;
  plan.removal_bytes = 5;
  plan.left = 1;
  EXPECT_EQ(
      plan_for_people(plan),
      "1 folder to make, 2 files to copy (2 KiB), 3 to remove (5 B), 1 difference left, 5,000 the same");
  EXPECT_EQ(plan_fields(plan).str().find("removal_refused"), std::string::npos);
  plan.refusal = RemovalRefusal::source_empty;
  EXPECT_NE(plan_fields(plan).str().find(R"("removal_refused":"source_empty")"), std::string::npos);
}

}  // namespace
}  // namespace ferry::client
