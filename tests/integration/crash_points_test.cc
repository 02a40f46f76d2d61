// SIGKILL before and after every single call by which an operation changes disk or store, in turn: opening
// the partial, each write of file and store, each sync, the rename. Whatever the moment, afterwards there is
// the old file and a partial that can be resumed, or the new file, whole and accounted; never neither.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <iostream>

#include "tests/integration/fault_operations.h"
#include "tests/support/soak.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;

class CrashPoints : public FaultyServer {
 protected:
  void crash_at(std::size_t step, bool before);
  void settle(bool at_next_start);

  int kept_old_ = 0, have_new_ = 0, resumed_ = 0, missed_ = 0;
};

void CrashPoints::crash_at(std::size_t step, bool before) {
  const std::string folder = fmt::format("{}-{}", before ? "before" : "after", step);
  FtpTalker talker = ready(folder);
  faults_.arm(fmt::format("{},nth={},action={}", changes(), step + 1, before ? "kill-before" : "kill-after"),
              worker());
  bool was_promised = false;
  try {
    was_promised = is_success(GetParam().run(talker));
  } catch (const std::runtime_error&) {  // it died
  }
  if (!wait_until([&] { return faults_.hits() == 1; }, 300ms)) ++missed_;  // the data came in other pieces
  faults_.disarm();
  settle(step % 2 == 1);
  const Files found = files_in(folder);
  const bool is_new = is_as(found, GetParam().after);
  EXPECT_TRUE(is_new || (!was_promised && is_as(found, GetParam().before))) << "neither old nor new";
  ++(is_new ? have_new_ : kept_old_);
  if (!is_new) resumed_ += complete(folder);
}

// By the settler that the master sends after a worker's death, or by the next start.
void CrashPoints::settle(bool at_next_start) {
  if (!at_next_start) {
    EXPECT_TRUE(server_->is_settled("mika"));
  }
  server_->kill_master();
  server_->start();
  EXPECT_TRUE(server_->is_settled("mika"));
}

TEST_P(CrashPoints, LeaveOldOrNew) {
  const auto calls = steps();
  ASSERT_GT(calls.size(), 2U);
  for (std::size_t step = 0; step < calls.size() && !HasFailure(); ++step) {
    if (!is_soak() && is_inside_transaction(calls, step)) continue;
    SCOPED_TRACE(fmt::format("step {}: {} {}", step, calls[step].name, calls[step].path));
    for (const bool before : {true, false}) crash_at(step, before);
  }
  EXPECT_TRUE(server_->is_settled("mika"));
  EXPECT_GT(kept_old_, 0);
  EXPECT_GT(have_new_, 0);
  EXPECT_LE(missed_, 4);
  std::cout << calls.size() << " steps: " << kept_old_ << " times as before (" << resumed_ << " resumed), "
            << have_new_ << " times done\n";
}

INSTANTIATE_TEST_SUITE_P(Of, CrashPoints, testing::ValuesIn(all_operations()), name_of_operation);

}  // namespace
}  // namespace ferry::test
