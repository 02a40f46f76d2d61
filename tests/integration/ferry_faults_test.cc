// ferry against ferryd over a line that fails in every way: it never hangs, never dies, never makes one file
// out of two, says what happened, and the same command goes on from what is there once the line is well
// again.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>

#include "tests/support/bytes.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using namespace std::string_literals;
using What = Fault::What;
using Side = Fault::Side;
using Direction = Fault::Direction;

constexpr std::size_t kFile = 400'000, kTreeFile = 70'000;
const std::vector<std::string> kTree{"tree/a", "tree/b", "tree/c", "tree/deep/d", "tree/deep/e"};

// One command of ferry behind a line of its own, logged in as an account of its own.
class Trial {
 public:
  Trial(FerrydServer& server, std::string what, const std::string& host,
        const std::vector<std::string>& security)
      : server_(server),
        what_(std::move(what)),
        proxy_(server.port(), host),
        client_({host, proxy_.port(), what_, kPassword}, security) {
    server_.add_account(what_);
    const std::string bytes = some_bytes(kFile);
    if (what_ == "get" || what_ == "shell") server_.put_file(what_, "data", bytes);
    if (what_ == "put" || what_ == "shell") write_file(here("data"), bytes);
    for (std::size_t i = 0; i < kTree.size(); ++i) {
      const std::string content = some_bytes(kTreeFile, static_cast<std::uint32_t>(i + 2));
      if (what_ == "put-r") {
        fs::create_directories(here(kTree[i]).parent_path());
        write_file(here(kTree[i]), content);
        continue;
      }
      if (what_ == "put") continue;
      if (kTree[i].starts_with("tree/deep") && !fs::exists(there("tree/deep")))
        server_.put_file(what_, "tree/deep", {});
      if (i == 0) server_.put_file(what_, "tree", {});
      server_.put_file(what_, kTree[i], content);
    }
  }

  FaultProxy& line() { return proxy_; }
  const std::string& what() const { return what_; }
  void begin(const std::string& timeout) {
    client_.waits(timeout);
    began_ = std::chrono::steady_clock::now();
    const auto [command, operands, input] = words();
    child_ =
        std::make_unique<ChildProcess>(client_.command_line(command, operands), client_.child_options(input));
  }
  // Its exit code; 1000 if it does not end.
  int end(std::chrono::milliseconds limit) {
    const auto code = child_->wait(limit);
    return code.value_or(1000);
  }
  std::string out() const { return child_->out(); }
  std::string err() const { return child_->err(); }

  // What has a file's name is that file, whole.
  testing::AssertionResult has_no_mixture() const {
    for (const auto& [from, to] : copies())
      if (fs::exists(to) && !same_content(from, to))
        return testing::AssertionFailure() << to << " is a mixture";
    return testing::AssertionSuccess();
  }
  testing::AssertionResult has_all() const {
    for (const auto& [from, to] : copies())
      if (!same_content(from, to)) return testing::AssertionFailure() << to << " is not what it should be";
    const bool lists = what_ == "ls" || what_ == "shell";
    if (lists && (out().find("\ta\n") == std::string::npos || out().find("\tdeep\n") == std::string::npos))
      return testing::AssertionFailure() << "the listing lacks something:\n" << out();
    return testing::AssertionSuccess();
  }

 private:
  struct Words {
    std::string command;
    std::vector<std::string> operands;
    std::string input;
  };
  Words words() const {
    if (what_ == "get") return {"get", {"--retries", "1", "-c", "-o", "copy", "/data"}, ""};
    if (what_ == "put") return {"put", {"--retries", "1", "-c", "data", "/copy"}, ""};
    if (what_ == "ls") return {"ls", {"/tree"}, ""};
    if (what_ == "get-r") return {"get", {"--retries", "1", "-r", "-c", "-o", "fetched", "/tree"}, ""};
    if (what_ == "put-r") return {"put", {"--retries", "1", "-r", "-c", "tree", "/sent"}, ""};
    return {"shell", {"--retries", "1"}, "get -c data copy\nput -c data copy\nls tree\n"};
  }
  std::vector<std::pair<fs::path, fs::path>> copies() const {
    if (what_ == "get") return {{there("data"), here("copy")}};
    if (what_ == "put") return {{here("data"), there("copy")}};
    if (what_ == "shell") return {{there("data"), here("copy")}, {here("data"), there("copy")}};
    std::vector<std::pair<fs::path, fs::path>> pairs;
    for (const std::string& name : kTree) {
      if (what_ == "get-r") pairs.emplace_back(there(name), here("fetched/" + name));
      if (what_ == "put-r") pairs.emplace_back(here(name), there("sent/" + name));
    }
    return pairs;
  }
  fs::path here(const std::string& name) const { return client_.here() / name; }
  fs::path there(const std::string& name) const { return server_.home(what_) / name; }

  FerrydServer& server_;
  std::string what_;
  FaultProxy proxy_;
  FerryClient client_;
  std::unique_ptr<ChildProcess> child_;
  std::chrono::steady_clock::time_point began_;
};

struct Case {
  const char* name;
  Fault fault;
  // Codes that are right: it was got over, the network, some of several files.
  std::set<int> codes = {0, 6, 10};
};

void PrintTo(const Case& row, std::ostream* out) {
  *out << row.name;
}

class FerryOverABadLine : public testing::TestWithParam<Case> {};

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

// All at once: most of the time they wait.
void expect_all_get_over(const Case& row, FerrydServer& server, std::vector<std::unique_ptr<Trial>>& trials) {
  constexpr auto kLimit = 15s;  // one time-out is 400 ms; what takes longer than this hangs
  for (auto& trial : trials) {
    trial->line().add(row.fault);
    trial->begin("400ms");
  }
  for (auto& trial : trials) {
    SCOPED_TRACE(trial->what());
    const int code = trial->end(kLimit);
    const std::string said = trial->err();
    EXPECT_TRUE(row.codes.contains(code)) << code << "\n" << said;
    EXPECT_TRUE(trial->has_no_mixture());
    const bool says_why = said.starts_with("ferry: ") || said.find("\nferry: ") != said.npos;
    EXPECT_TRUE(code == 0 || says_why) << said;
    trial->line().heal();
  }
  for (auto& trial : trials) trial->begin("20s");
  for (auto& trial : trials) {
    SCOPED_TRACE(trial->what() + " again");
    EXPECT_EQ(trial->end(kLimit), 0) << trial->err() << server.log("login.log");
    EXPECT_TRUE(trial->has_all());
  }
}

TEST_P(FerryOverABadLine, EndsInTimeSaysWhyAndGoesOn) {
  FerrydServer server;
  std::vector<std::unique_ptr<Trial>> trials;
  for (const char* what : {"get", "put", "ls", "get-r", "put-r", "shell"})
    trials.push_back(
        std::make_unique<Trial>(server, what, FaultProxy::kHost, std::vector<std::string>{"--tls=off"}));
  expect_all_get_over(GetParam(), server, trials);
}

using FerryOverABadTlsLine = FerryOverABadLine;

// Each behind an address of its own, whose passive ports are the server's.
TEST_P(FerryOverABadTlsLine, EndsInTimeSaysWhyAndGoesOn) {
  const std::uint16_t first = FaultProxy::find_ports();
  FerrydServer server(
      {"passive_ports=" + std::to_string(first) + "-" + std::to_string(first + FaultProxy::kDataPorts - 1),
       "data_resumption=required"});
  const RunResult refused = FerryClient({"127.0.0.1", server.port(), "x", "x"}, {}).run("ls", {"/"});
  const auto at = refused.err.find("sha256:", refused.err.find("fingerprint"));
  ASSERT_NE(at, std::string::npos) << refused.err;
  const std::vector<std::string> trusting{"--pin", refused.err.substr(at, 7 + 64)};
  std::vector<std::unique_ptr<Trial>> trials;
  int host = 4;
  for (const char* what : {"get", "put", "ls", "put-r"}) {
    trials.push_back(std::make_unique<Trial>(server, what, "127.0.0." + std::to_string(host++), trusting));
    trials.back()->line().cover(first);
  }
  expect_all_get_over(GetParam(), server, trials);
}

const std::string kLongLine = "220 " + std::string(10'000'000, 'x') + "\r\n";

// clang-format off
INSTANTIATE_TEST_SUITE_P(Control, FerryOverABadLine, testing::Values(
    Case{"NoGreeting", {.what = What::stall}},
    Case{"StallInALine", {.what = What::stall, .at = 150}},
    Case{"StallOfCommands", {.what = What::stall, .direction = Direction::up, .at = 60}},
    Case{"Reset", {.what = What::reset, .at = 400}},
    Case{"End", {.what = What::end, .at = 700}},
    Case{"EndInALine", {.what = What::end, .direction = Direction::up, .at = 61}},
    Case{"Garbage", {.what = What::answer, .verb = "*", .nth = 5, .bytes = "\x1b[2J\0\xff no reply at all\r\n"s}},
    Case{"GarbageAsGreeting", {.what = What::answer, .bytes = "SSH-2.0-OpenSSH_9.2\r\n"}},
    Case{"LeavesAtOnce", {.what = What::answer, .bytes = "421 too many users\r\n", .then_close = true}},
    Case{"LeavesInTheMiddle", {.what = What::answer, .verb = "*", .nth = 8, .bytes = "421 leaving\r\n", .then_close = true}},
    Case{"HangsUpOnACommand", {.what = What::answer, .verb = "*", .nth = 8, .then_close = true}},
    Case{"TenMegabytesInALine", {.what = What::answer, .verb = "FEAT", .bytes = kLongLine}},
    Case{"EndlessReply", {.what = What::answer, .verb = "PWD", .bytes = "257-folder\r\n", .repeat = " more of it\r\n"}},
    Case{"EndlessGreeting", {.what = What::answer, .bytes = "220-hello\r\n", .repeat = "220-hello\r\n"}},
    Case{"WaitsForEver", {.what = What::answer, .verb = "PWD", .repeat = "150 wait\r\n"}},
    Case{"AnswersTwice", {.what = What::behind, .verb = "TYPE", .bytes = "200 once more\r\n"}},
    Case{"AnswersBeforeItIsAsked", {.what = What::behind, .verb = "PWD", .bytes = "250 all is done\r\n"}},
    Case{"PassiveLeadsNowhere", {.what = What::answer, .verb = "EPSV", .bytes = "229 here (|||1|)\r\n"}},
    Case{"PassiveIsNonsense", {.what = What::answer, .verb = "EPSV", .bytes = "229 here (|||99999999|)\r\n"}, {0, 1, 6}}
  ), name_of_case);

INSTANTIATE_TEST_SUITE_P(Data, FerryOverABadLine, testing::Values(
    Case{"StallAtOnce", {.what = What::stall, .side = Side::data}},
    Case{"StallDown", {.what = What::stall, .side = Side::data, .at = 50'000}},
    Case{"StallUp", {.what = What::stall, .side = Side::data, .direction = Direction::up, .at = 50'000}},
    Case{"ResetDown", {.what = What::reset, .side = Side::data, .at = 50'000}},
    Case{"ResetUp", {.what = What::reset, .side = Side::data, .direction = Direction::up, .at = 50'000}},
    Case{"EndDown", {.what = What::end, .side = Side::data, .at = 50'000}},
    Case{"EndUp", {.what = What::end, .side = Side::data, .direction = Direction::up, .at = 50'000}},
    Case{"NoEnd", {.what = What::no_end, .side = Side::data}},
    Case{"Late", {.what = What::late, .side = Side::data}},
    Case{"Slow", {.what = What::slow, .side = Side::data, .rate = 300'000}}
  ), name_of_case);

INSTANTIATE_TEST_SUITE_P(Tls, FerryOverABadTlsLine, testing::Values(
    Case{"StallInTheHandshake", {.what = What::stall, .at = 600}},
    Case{"ResetLater", {.what = What::reset, .direction = Direction::up, .at = 1500}},
    Case{"EndLater", {.what = What::end, .at = 3200}},
    Case{"DataStallsInTheHandshake", {.what = What::stall, .side = Side::data, .at = 100}},
    Case{"StallUp", {.what = What::stall, .side = Side::data, .direction = Direction::up, .at = 50'000}},
    Case{"EndDown", {.what = What::end, .side = Side::data, .at = 50'000}},
    Case{"EndUp", {.what = What::end, .side = Side::data, .direction = Direction::up, .at = 50'000}},
    Case{"ResetDown", {.what = What::reset, .side = Side::data, .at = 50'000}},
    Case{"NoEnd", {.what = What::no_end, .side = Side::data}}
  ), name_of_case);
// clang-format on

}  // namespace
}  // namespace ferry::test
