#include "tests/integration/fault_operations.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/bytes.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

std::string old_bytes() {
  return some_bytes(40'000, 7);
}
// More than is granted with the first row, so that the quota is asked a second time.
std::string new_bytes() {
  return some_bytes(300'000, 8);
}

}  // namespace

std::vector<Operation> all_operations() {
  return {
      Operation{
          "STOR", {}, {{"f", new_bytes()}}, [](FtpTalker& talker) { return talker.store("f", new_bytes()); }},
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
                  const auto first = talker.ask("RNFR f");
                  return first.code == 350 ? talker.ask("RNTO g") : first;
                }},
      Operation{"DELE", {{"f", old_bytes()}}, {}, [](FtpTalker& talker) { return talker.ask("DELE f"); }}};
}

void PrintTo(const Operation& operation, std::ostream* out) {
  *out << operation.name;
}

std::string name_of_operation(const testing::TestParamInfo<Operation>& info) {
  return info.param.name;
}

bool is_success(const ftp::Reply& reply) {
  return reply.code >= 200 && reply.code < 300;
}

void FaultyServer::SetUp() {
  if (kIsSanitized) GTEST_SKIP() << kNoFaultPoints;
  server_.emplace(std::vector<std::string>{"workers=1", "durable=true"}, faults_.prefix());
  server_->add_account("mika", {.quota = 256 << 20});
}

std::string FaultyServer::changes() const {
  return fmt::format(
      "call=open|pwrite|copy_file_range|ftruncate|fallocate|fsync|fdatasync|fchmod|mkdir|unlink|rename,"
      "path={0}/home/|{0}/db/",
      server_->folder().string());
}

pid_t FaultyServer::worker() {
  EXPECT_TRUE(wait_until([&] { return server_->worker_pids().size() == 1; }));
  return server_->worker_pids().at(0);
}

FtpTalker FaultyServer::ready(const std::string& folder) {
  FtpTalker talker = FtpTalker::logged_in(*server_, "mika");
  talker.expect("MKD " + folder, 257);
  talker.expect("CWD " + folder, 250);
  for (const auto& [name, bytes] : GetParam().before) EXPECT_TRUE(answers(talker.store(name, bytes), 226));
  return talker;
}

Files FaultyServer::files_in(const std::string& folder) const {
  Files files;
  for (const auto& entry : fs::directory_iterator(server_->home("mika") / folder))
    files[entry.path().filename().string()] = read_bytes(entry.path());
  return files;
}

bool FaultyServer::is_as(const Files& found, const Files& wanted) {
  if (!wanted.contains(kAnyName)) return found == wanted;
  return found.size() == 1 && found.begin()->second == wanted.begin()->second;
}

std::vector<FaultPoints::Call> FaultyServer::steps() {
  FtpTalker talker = ready("first");
  faults_.arm(changes(), worker());
  EXPECT_TRUE(is_success(GetParam().run(talker)));
  faults_.disarm();
  EXPECT_TRUE(is_as(files_in("first"), GetParam().after));
  return faults_.calls();
}

bool FaultyServer::is_page(const FaultPoints::Call& call) {
  return call.name == "pwrite" && call.path.find("/db/") != std::string::npos;
}

bool FaultyServer::is_inside_transaction(const std::vector<FaultPoints::Call>& calls, std::size_t step) {
  const auto is_one = [&](std::size_t at) { return at < calls.size() && is_page(calls[at]); };
  return is_one(step) && is_one(step - 1) && is_one(step + 1);
}

bool FaultyServer::complete(const std::string& folder) {
  FtpTalker talker = FtpTalker::logged_in(*server_, "mika");
  talker.expect("CWD " + folder, 250);
  const auto account = server_->store().find_account("mika");
  const auto waiting = server_->store().partials_in(account->id, "/" + folder);
  EXPECT_TRUE(waiting && waiting->size() <= 1);
  const bool goes_on = waiting && !waiting->empty();
  if (goes_on) {
    const auto& row = waiting->front();
    const std::string& wanted = GetParam().after.begin()->second;
    const auto there = static_cast<std::size_t>(row.received);
    EXPECT_LE(there, wanted.size());
    talker.expect(fmt::format("REST {}", there), 350);
    EXPECT_TRUE(answers(talker.store(row.path, wanted.substr(std::min(there, wanted.size()))), 226));
  } else {
    EXPECT_TRUE(is_success(GetParam().run(talker)));
  }
  EXPECT_TRUE(is_as(files_in(folder), GetParam().after));
  return goes_on;
}

}  // namespace ferry::test
