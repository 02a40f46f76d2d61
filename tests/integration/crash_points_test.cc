// SIGKILL before and after every single call by which an operation changes disk or store, in turn: opening
// the partial, each write of file and store, each sync, the rename. Whatever the moment, afterwards there is
// the old file and a partial that can be resumed, or the new file, whole and accounted; never neither.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <map>

#include "tests/support/bytes.h"
#include "tests/support/fault_points.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"
#include "tests/support/soak.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

using Files = std::map<std::string, std::string>;  // names in one folder, and what is in them

constexpr char kAnyName[] = "*";  // the server chooses it

// One operation in one folder, which has become the client's current one.
struct Operation {
  std::string name;
  Files before, after;
  std::function<ftp::Reply(FtpTalker&)> run;
};

std::string old_bytes() {
  return some_bytes(40'000, 7);
}
// More than is granted with the first row, so that the quota is asked a second time.
std::string new_bytes() {
  return some_bytes(300'000, 8);
}

void PrintTo(const Operation& operation, std::ostream* out) {
  *out << operation.name;
}

bool is_success(const ftp::Reply& reply) {
  return reply.code >= 200 && reply.code < 300;
}

class CrashPoints : public testing::TestWithParam<Operation> {
 protected:
  void SetUp() override {
    if (kIsSanitized) GTEST_SKIP() << kNoFaultPoints;
    server_.emplace(std::vector<std::string>{"workers=1", "durable=true"}, faults_.prefix());
    server_->add_account("mika", {.quota = 64 << 20});
  }

  pid_t worker();
  FtpTalker ready(const std::string& folder);
  Files files_in(const std::string& folder) const;
  static bool is_as(const Files& found, const Files& wanted);
  // What changes homes and store; logs are written by the way, at their own time.
  std::string changes() const {
    return fmt::format(
        "call=open|pwrite|copy_file_range|ftruncate|fallocate|fsync|fdatasync|fchmod|mkdir|unlink|rename,"
        "path={0}/home/|{0}/db/",
        server_->folder().string());
  }
  static bool is_inside_transaction(const std::vector<FaultPoints::Call>& calls, std::size_t step);
  std::vector<FaultPoints::Call> steps();
  void crash_at(std::size_t step, bool before);
  void settle(bool at_next_start);
  void complete(const std::string& folder);

  FaultPoints faults_;
  std::optional<FerrydServer> server_;
  int kept_old_ = 0, have_new_ = 0, resumed_ = 0, missed_ = 0;
};

pid_t CrashPoints::worker() {
  EXPECT_TRUE(wait_until([&] { return server_->worker_pids().size() == 1; }));
  return server_->worker_pids().at(0);
}

FtpTalker CrashPoints::ready(const std::string& folder) {
  FtpTalker talker = FtpTalker::logged_in(*server_, "mika");
  talker.expect("MKD " + folder, 257);
  talker.expect("CWD " + folder, 250);
  for (const auto& [name, bytes] : GetParam().before) EXPECT_TRUE(answers(talker.store(name, bytes), 226));
  return talker;
}

Files CrashPoints::files_in(const std::string& folder) const {
  Files files;
  for (const auto& entry : fs::directory_iterator(server_->home("mika") / folder))
    files[entry.path().filename().string()] = read_bytes(entry.path());
  return files;
}

bool CrashPoints::is_as(const Files& found, const Files& wanted) {
  if (!wanted.contains(kAnyName)) return found == wanted;
  return found.size() == 1 && found.begin()->second == wanted.begin()->second;
}

// What one run of the operation does, without a fault.
std::vector<FaultPoints::Call> CrashPoints::steps() {
  FtpTalker talker = ready("first");
  faults_.arm(changes(), worker());
  EXPECT_TRUE(is_success(GetParam().run(talker)));
  faults_.disarm();
  EXPECT_TRUE(is_as(files_in("first"), GetParam().after));
  return faults_.calls();
}

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
  if (!is_new) complete(folder);
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

// What waits is a beginning of what was sent, and the upload goes on behind it; where nothing waits the
// operation starts anew.
void CrashPoints::complete(const std::string& folder) {
  const auto waiting = server_->store().partials_in(server_->store().find_account("mika")->id, "/" + folder);
  ASSERT_TRUE(waiting);
  ASSERT_LE(waiting->size(), 1U);
  FtpTalker talker = FtpTalker::logged_in(*server_, "mika");
  talker.expect("CWD " + folder, 250);
  if (waiting->empty()) {
    EXPECT_TRUE(is_success(GetParam().run(talker)));
  } else {
    const auto& row = waiting->front();
    const std::string& wanted = GetParam().after.begin()->second;
    const auto there = static_cast<std::size_t>(row.received);
    ASSERT_LE(there, wanted.size());
    talker.expect(fmt::format("REST {}", there), 350);
    EXPECT_TRUE(answers(talker.store(row.path, std::string_view(wanted).substr(there)), 226));
    ++resumed_;
  }
  EXPECT_TRUE(is_as(files_in(folder), GetParam().after));
}

// A page of the store between others of the same transaction: all of them are as good as none, so the short
// form dies at the first and the last.
bool CrashPoints::is_inside_transaction(const std::vector<FaultPoints::Call>& calls, std::size_t step) {
  const auto is_page = [&](std::size_t at) {
    return at < calls.size() && calls[at].name == "pwrite" &&
           calls[at].path.find("/db/") != std::string::npos;
  };
  return is_page(step) && is_page(step - 1) && is_page(step + 1);
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

INSTANTIATE_TEST_SUITE_P(
    Of, CrashPoints,
    testing::Values(
        Operation{"STOR",
                  {},
                  {{"f", new_bytes()}},
                  [](FtpTalker& talker) { return talker.store("f", new_bytes()); }},
        Operation{"STOR_over_a_file",
                  {{"f", old_bytes()}},
                  {{"f", new_bytes()}},
                  [](FtpTalker& talker) { return talker.store("f", new_bytes()); }},
        Operation{"APPE",
                  {{"f", old_bytes()}},
                  {{"f", old_bytes() + new_bytes()}},
                  [](FtpTalker& talker) { return talker.store("f", new_bytes(), "APPE"); }},
        Operation{"STOU",
                  {},
                  {{kAnyName, new_bytes()}},
                  [](FtpTalker& talker) { return talker.store("", new_bytes(), "STOU"); }},
        Operation{"RNTO",
                  {{"f", old_bytes()}, {"g", new_bytes()}},
                  {{"g", old_bytes()}},
                  [](FtpTalker& talker) {
                    talker.expect("RNFR f", 350);
                    return talker.ask("RNTO g");
                  }},
        Operation{"DELE", {{"f", old_bytes()}}, {}, [](FtpTalker& talker) { return talker.ask("DELE f"); }}),
    [](const auto& operation) { return operation.param.name; });

}  // namespace
}  // namespace ferry::test
