// SITE BREAKPOINT: what a client learns of its unfinished uploads, and dropping them.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using Facts = std::map<std::string, std::string>;

// "Offset=5;State=waiting; /path" -> facts, with the path under "".
Facts facts_in(std::string_view line) {
  Facts facts;
  if (line.starts_with(' ')) line.remove_prefix(1);
  while (!line.starts_with(' ')) {
    const auto equals = line.find('='), end = line.find(';');
    if (equals == std::string_view::npos || end == std::string_view::npos) {
      ADD_FAILURE() << line;
      return facts;
    }
    facts.emplace(line.substr(0, equals), line.substr(equals + 1, end - equals - 1));
    line.remove_prefix(end + 1);
  }
  facts.emplace("", line.substr(1));
  return facts;
}

class Breakpoints : public testing::TestWithParam<bool> {
 protected:
  Breakpoints() {
    server_.add_account("mika", {.quota = 1 << 20});
    server_.add_account("noor");
    talker_.emplace(FtpTalker::logged_in(server_, "mika", GetParam()));
  }
  FtpTalker& talker() { return *talker_; }
  void leave_partial(const std::string& path, const std::string& bytes) {
    talker().expect("ALLO " + std::to_string(bytes.size() + 1000), 200);
    ASSERT_TRUE(answers(talker().break_off(path, bytes), 426));
  }
  Facts facts_of(const std::string& path) {
    const auto reply = talker().ask("SITE BREAKPOINT " + path);
    EXPECT_TRUE(answers(reply, 213));
    if (reply.lines.size() != 3) {
      ADD_FAILURE() << reply.lines.size() << " lines";
      return {};
    }
    return facts_in(reply.lines[1]);
  }
  std::optional<store::Partial> row(const std::string& path) {
    return server_.store().partial_at(server_.store().find_account("mika")->id, path).value();
  }

  FerrydServer server_;
  std::optional<FtpTalker> talker_;
};
INSTANTIATE_TEST_SUITE_P(Wire, Breakpoints, testing::Bool(),
                         [](const auto& wire) { return wire.param ? "tls" : "clear"; });

TEST_P(Breakpoints, TellWhatWaits) {
  const std::string bytes = some_bytes(3000), name = "a b; c=\xfe\xe4\xb8\xad";
  EXPECT_TRUE(answers(talker().ask("SITE BREAKPOINT " + name), 550));
  leave_partial(name, bytes);
  const Facts facts = facts_of(name);
  EXPECT_EQ(facts.at("Offset"), "3000");
  EXPECT_EQ(facts.at("Expected"), "4000");
  EXPECT_EQ(facts.at("SHA-256"), sha256_of(bytes));
  EXPECT_EQ(facts.at("State"), "waiting");
  EXPECT_LT(std::stoi(facts.at("Age")), 60);
  EXPECT_EQ(facts.at(""), "/" + name);
  FtpTalker other = FtpTalker::logged_in(server_, "noor", GetParam());
  EXPECT_TRUE(answers(other.ask("SITE BREAKPOINT " + name), 550)) << "everybody has the own ones only";
  EXPECT_EQ(other.ask("SITE BREAKPOINT").lines.size(), 2u);
}

TEST_P(Breakpoints, TellWhatWaitsBesideACompleteFile) {
  ASSERT_TRUE(answers(talker().store("file", "complete"), 226));
  leave_partial("file", "half");
  EXPECT_EQ(facts_of("file").at("SHA-256"), sha256_of("half"));
  EXPECT_EQ(talker().ask("SIZE file").text(), "8");
  talker().expect("SITE BREAKPOINT DROP file", 250);
  EXPECT_TRUE(answers(talker().ask("SITE BREAKPOINT file"), 550));
  EXPECT_EQ(talker().fetch("file").bytes, "complete");
  EXPECT_TRUE(server_.is_settled("mika"));
  EXPECT_EQ(server_.usage("mika"), (Usage{8, 1}));
}

TEST_P(Breakpoints, DropGivesTheRoomBack) {
  leave_partial("file", std::string(1000, 'x'));
  EXPECT_EQ(server_.usage("mika"), (Usage{1000, 1}));
  talker().expect("SITE BREAKPOINT DROP file", 250);
  EXPECT_EQ(server_.usage("mika"), (Usage{0, 0}));
  EXPECT_EQ(server_.disk_usage("mika"), (Usage{0, 0}));
  EXPECT_TRUE(answers(talker().ask("SITE BREAKPOINT DROP file"), 550));
  EXPECT_TRUE(answers(talker().ask("SITE BREAKPOINT DROP"), 501));
  EXPECT_TRUE(answers(talker().ask("SITE BREAKPOINT DROP "), 501));
  leave_partial("DROP x", "abc");
  EXPECT_EQ(facts_of("./DROP x").at(""), "/DROP x") << "a file of this name is within reach";
}

TEST_P(Breakpoints, OneThatRunsHasNoDigestAndCannotBeDropped) {
  auto started = talker().begin("STOR file");
  ASSERT_TRUE(started.data);
  ASSERT_TRUE(started.data->write_all("some", Deadline::after(std::chrono::seconds(10))));
  FtpTalker second = FtpTalker::logged_in(server_, "mika", GetParam());
  const auto reply = second.ask("SITE BREAKPOINT file");
  ASSERT_EQ(reply.lines.size(), 3u);
  const Facts facts = facts_in(reply.lines[1]);
  EXPECT_EQ(facts.at("State"), "running");
  EXPECT_FALSE(facts.contains("SHA-256"));
  EXPECT_TRUE(answers(second.ask("SITE BREAKPOINT DROP file"), 450));
  ASSERT_TRUE(started.data->finish(Deadline::after(std::chrono::seconds(10))));
  EXPECT_TRUE(answers(talker().reply(), 226));
  EXPECT_TRUE(answers(second.ask("SITE BREAKPOINT file"), 550));
}

// After a crash nobody was left to finish the sum.
TEST_P(Breakpoints, UnknownDigestIsFoundOutAndKept) {
  leave_partial("file", "some bytes");
  ASSERT_TRUE(server_.store().keep_partial_digest(*row("/file"), ""));
  ASSERT_EQ(row("/file")->sha256, "");
  EXPECT_EQ(facts_of("file").at("SHA-256"), sha256_of("some bytes"));
  EXPECT_EQ(row("/file")->sha256, sha256_of("some bytes"));
}

TEST_P(Breakpoints, ListHasAllOfThem) {
  leave_partial("b", "bb");
  talker().expect("MKD folder", 257);
  leave_partial("folder/a", "a");
  const auto reply = talker().ask("SITE BREAKPOINT");
  ASSERT_EQ(reply.lines.size(), 4u);
  EXPECT_EQ(facts_in(reply.lines[1]).at(""), "/b");
  EXPECT_EQ(facts_in(reply.lines[1]).at("Offset"), "2");
  EXPECT_EQ(facts_in(reply.lines[2]).at(""), "/folder/a");
  EXPECT_EQ(facts_in(reply.lines[2]).at("SHA-256"), sha256_of("a"));
}

// More than one page of rows; their files are not there, the rows tell.
TEST_P(Breakpoints, ManyAreListedEachOnce) {
  const auto account = server_.store().find_account("noor")->id;
  for (int i = 0; i < 1234; ++i) {
    const auto row = server_.store().begin_upload(
        {account, fmt::format("/{:04}", i), fmt::format("t{}", i), 1, std::nullopt, std::nullopt, 7, 10});
    ASSERT_TRUE(row);
    ASSERT_TRUE(server_.store().park_upload(row->id, 10, "", false, [](Bytes) -> Status { return {}; }));
  }
  FtpTalker noor = FtpTalker::logged_in(server_, "noor", GetParam());
  const auto reply = noor.ask("SITE BREAKPOINT");
  ASSERT_EQ(reply.lines.size(), 1236u);
  for (int i = 0; i < 1234; ++i)
    EXPECT_EQ(facts_in(reply.lines[static_cast<std::size_t>(i) + 1]).at(""), fmt::format("/{:04}", i));
  const auto listing = noor.ask("STAT /");
  EXPECT_EQ(listing.lines.size(), 1236u) << "they are listed as files, too";
}

TEST_P(Breakpoints, FolderCannotTakeTheName) {
  leave_partial("name", "abc");
  EXPECT_TRUE(answers(talker().ask("MKD name"), 550));
  EXPECT_TRUE(answers(talker().ask("SITE MKDIR name"), 550));
  EXPECT_TRUE(answers(talker().ask("SITE MKDIR name/below"), 550));
  EXPECT_EQ(talker().ask("SIZE name").text(), "3");
  auto started = talker().begin("STOR running");
  ASSERT_TRUE(started.data);
  FtpTalker second = FtpTalker::logged_in(server_, "mika", GetParam());
  EXPECT_TRUE(answers(second.ask("MKD running"), 550));
  ASSERT_TRUE(started.data->finish(Deadline::after(std::chrono::seconds(10))));
  EXPECT_TRUE(answers(talker().reply(), 226));
}

// What is told at each door is the same number.
TEST_P(Breakpoints, QuotaAvblAndAlloAgree) {
  ASSERT_TRUE(answers(talker().store("file", std::string(1'000'000, 'x')), 226));
  const std::string left = std::to_string((1 << 20) - 1'000'000);
  EXPECT_EQ(talker().ask("AVBL").text(), left);
  EXPECT_NE(talker().ask("SITE QUOTA").lines[1].find("left " + left), std::string::npos);
  EXPECT_EQ(talker().ask("ALLO " + left).text(), left + " bytes noted");
  EXPECT_TRUE(answers(talker().ask("ALLO 48577"), 552)) << "one byte more";
  EXPECT_TRUE(answers(talker().store("file", std::string(50'000, 'y')), 226)) << "it replaces more";
  leave_partial("partial", std::string(1000, 'z'));
  const Bytes now = std::stoll(talker().ask("AVBL").text());
  EXPECT_EQ(now, (1 << 20) - 51'000);
  talker().expect("ALLO " + std::to_string(now + 1000), 200);  // all of what is to be resumed
  EXPECT_TRUE(answers(talker().ask("ALLO " + std::to_string(now + 1001)), 552));
}

TEST(BreakpointsReadOnly, AreToldAndNotDropped) {
  FerrydServer server;
  server.add_account("mika");
  FtpTalker talker = FtpTalker::logged_in(server, "mika");
  talker.expect("ALLO 10", 200);
  ASSERT_TRUE(answers(talker.break_off("file", "abc"), 426));
  store::AccountChange change;
  change.is_read_only = true;
  ASSERT_TRUE(server.store().change_account("mika", change));
  EXPECT_TRUE(answers(talker.ask("SITE BREAKPOINT file"), 213));
  EXPECT_TRUE(answers(talker.ask("SITE BREAKPOINT DROP file"), 550));
}

}  // namespace
}  // namespace ferry::test
