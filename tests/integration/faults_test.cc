// Every call by which an operation changes disk or store fails, in turn: no space, no quota of the system's,
// an I/O error, or only half is done. The client is told (452 where room is missing, 451 else), or the
// operation is done; what was there is there, store and disk agree without anybody's help, and the operation
// then succeeds.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <iostream>
#include <thread>

#include "tests/integration/fault_operations.h"
#include "tests/support/soak.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;

struct Fault {
  const char* action;
  int code;  // of the refusal; 0: the operation must succeed all the same
};
constexpr Fault kFailures[] = {{"errno:ENOSPC", 452}, {"errno:EDQUOT", 452}, {"errno:EIO", 451}};
constexpr Fault kHindrances[] = {{"short", 0}, {"errno:EINTR", 0}};

class Faults : public FaultyServer {
 protected:
  void fail_at(const std::vector<FaultPoints::Call>& calls, std::size_t step, const Fault& fault);
  void run_with(const std::string& plan, const std::string& folder, const Fault& fault);

  int refused_ = 0, done_ = 0;
};

void Faults::fail_at(const std::vector<FaultPoints::Call>& calls, std::size_t step, const Fault& fault) {
  SCOPED_TRACE(fmt::format("step {}: {} {}, {}", step, calls[step].name, calls[step].path, fault.action));
  run_with(fmt::format("{},nth={},action={}", changes(), step + 1, fault.action),
           fmt::format("{}-{}", step, fault.action), fault);
}

void Faults::run_with(const std::string& plan, const std::string& folder, const Fault& fault) {
  FtpTalker talker = ready(folder);
  const pid_t before = worker();
  faults_.arm(plan, before);
  const auto reply = GetParam().run(talker);
  EXPECT_GT(faults_.hits(), 0U) << "the call was not made this time";
  faults_.disarm();
  const Files found = files_in(folder);
  const bool is_new = is_as(found, GetParam().after);
  EXPECT_TRUE(is_new || is_as(found, GetParam().before)) << "neither old nor new";
  if (is_success(reply)) {
    EXPECT_TRUE(is_new) << "promised: " << reply.text();
  } else {
    EXPECT_EQ(reply.code, fault.code) << reply.text();
  }
  ++(is_success(reply) ? done_ : refused_);
  EXPECT_TRUE(answers(talker.ask("NOOP"), 200));
  EXPECT_TRUE(server_->is_settled("mika"));
  EXPECT_EQ(worker(), before) << "the worker died";
  if (!is_new) complete(folder);
}

// The pages may be gone from memory, and the next sync would say success: whoever resumed got zeros.
class SyncFaults : public FaultyServer {};
INSTANTIATE_TEST_SUITE_P(Uploads, SyncFaults, testing::Values(all_operations().front()), name_of_operation);

TEST_P(SyncFaults, FailedSyncLeavesNothingToResume) {
  FtpTalker talker = ready("sync");
  faults_.arm(fmt::format("call=fdatasync,path={}/home/,nth=1,action=errno:EIO", server_->folder().string()),
              worker());
  EXPECT_TRUE(answers(GetParam().run(talker), 451));
  EXPECT_GT(faults_.hits(), 0U);
  faults_.disarm();
  EXPECT_EQ(talker.ask("SITE BREAKPOINT").lines.size(), 2u) << "none waits";
  EXPECT_TRUE(server_->is_settled("mika"));
  EXPECT_EQ(server_->usage("mika"), (Usage{0, 0}));
  EXPECT_TRUE(is_success(GetParam().run(talker)));
}

TEST_P(Faults, AreToldAndLoseNothing) {
  const auto calls = steps();
  ASSERT_GT(calls.size(), 2U);
  for (std::size_t step = 0; step < calls.size() && !HasFailure(); ++step) {
    if (!is_soak() && is_inside_transaction(calls, step)) continue;
    // The short form takes one of the errors for each step, another one for the next.
    for (std::size_t i = 0; i < std::size(kFailures); ++i)
      if (is_soak() || i == step % std::size(kFailures)) fail_at(calls, step, kFailures[i]);
    if (calls[step].name != "pwrite" && calls[step].name != "copy_file_range") continue;
    for (const Fault& fault : kHindrances) fail_at(calls, step, fault);
  }
  EXPECT_GT(refused_, 0);
  EXPECT_GT(done_, 0);
  std::cout << calls.size() << " steps: " << refused_ << " times refused, " << done_
            << " times done all the same\n";
}

// Nothing can be written any more, from the first call on, in the homes or in the store.
TEST_P(Faults, ThatLastAreToldAndLoseNothing) {
  for (const char* where : {"home", "db"}) {
    for (const Fault& fault : kFailures) {
      SCOPED_TRACE(fmt::format("{} in {}", fault.action, where));
      // DELE and RNTO write nothing into a home.
      const bool writes = GetParam().name != "DELE" && GetParam().name != "RNTO";
      if (!writes && std::string(where) == "home") continue;
      run_with(fmt::format("call=open|pwrite|copy_file_range|ftruncate|fallocate|fsync|fdatasync,path={}/{}/,"
                           "times=all,action={}",
                           server_->folder().string(), where, fault.action),
               fmt::format("{}-{}", where, fault.action), fault);
    }
  }
}

// It once stayed in the hands of whoever had tried, and its name was busy until the worker ended.
TEST(FaultOfARemoval, LeavesTheUnfinishedUploadWaiting) {
  if (kIsSanitized) GTEST_SKIP() << kNoFaultPoints;
  FaultPoints faults;
  FerrydServer server({"workers=1"}, faults.prefix());
  server.add_account("mika");
  FtpTalker talker = FtpTalker::logged_in(server, "mika", true);
  ASSERT_TRUE(answers(talker.break_off("file", "the beginning"), 426));
  faults.arm("call=unlink,path=.ferry/,action=errno:EIO");
  EXPECT_TRUE(answers(talker.ask("DELE file"), 451));
  EXPECT_EQ(faults.hits(), 1U);
  faults.disarm();
  EXPECT_TRUE(answers(talker.ask("SIZE file"), 213));
  EXPECT_TRUE(server.is_settled("mika"));
  EXPECT_TRUE(answers(talker.ask("DELE file"), 250));
  EXPECT_TRUE(answers(talker.ask("SIZE file"), 550));
  EXPECT_EQ(server.usage("mika"), (Usage{0, 0}));
}

// Somebody holds the store for longer than the server waits (10 s) while uploads end and files are removed:
// the client is told to try again, or it is done, and the books are put right as soon as the store is free.
TEST(HeldStoreAlone, IsWaitedForAndCaughtUpWith) {
  if (!is_soak()) GTEST_SKIP() << "takes half a minute: make soak";
  FerrydServer server({"workers=2"});
  server.add_account("mika");
  FtpTalker first = FtpTalker::logged_in(server, "mika"), second = FtpTalker::logged_in(server, "mika");
  ASSERT_TRUE(answers(second.store("old", "old bytes"), 226));
  auto started = first.begin("STOR new");
  ASSERT_TRUE(started.data->write_all("new bytes", Deadline::after(20s)));
  std::promise<void> held, released;
  std::thread holder([&] {
    store::NewAccount nobody;
    nobody.name = "holder";
    static_cast<void>(server.store().register_account(
        nobody, {.origin = "here", .most_per_hour = 1, .now = wall_now()}, [&]() -> Status {
          held.set_value();
          released.get_future().wait();
          return fail(Errc::cancelled, "only held");
        }));
  });
  held.get_future().wait();
  started.data.reset();
  second.send("DELE old");
  const auto stored = first.reply(60s), removed = second.reply(60s);
  released.set_value();
  holder.join();
  EXPECT_TRUE(answers(stored, 450)) << stored.text();
  EXPECT_TRUE(answers(removed, 450)) << removed.text();
  EXPECT_TRUE(server.is_settled("mika"));
  const bool is_there = std::filesystem::exists(server.home("mika") / "new");
  EXPECT_EQ(server.usage("mika"), (Usage{is_there ? 18 : 9, is_there ? 2 : 1}));
  EXPECT_TRUE(answers(second.ask("DELE old"), 250));
  EXPECT_TRUE(answers(first.store("new", "new bytes"), 226));
}

INSTANTIATE_TEST_SUITE_P(Of, Faults, testing::ValuesIn(all_operations()), name_of_operation);

}  // namespace
}  // namespace ferry::test
