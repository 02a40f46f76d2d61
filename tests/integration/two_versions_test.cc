// A complete file and an unfinished upload under one name: what each command means then, and that neither is
// lost or mixed with the other.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;

constexpr Bytes kQuota = 1 << 20;

class TwoVersions : public testing::TestWithParam<bool> {
 protected:
  TwoVersions() {
    server_.add_account("mika", {.quota = kQuota});
    talker_.emplace(FtpTalker::logged_in(server_, "mika", GetParam()));
  }
  FtpTalker& talker() { return *talker_; }
  void have(const std::string& complete, const std::string& partial) {
    talker().ask("SITE BREAKPOINT DROP file");
    ASSERT_TRUE(answers(talker().store("file", complete), 226));
    leave_partial("file", partial);
  }
  void leave_partial(const std::string& path, const std::string& bytes) {
    talker().expect(fmt::format("ALLO {}", bytes.size() + 1000), 200);
    ASSERT_TRUE(answers(talker().break_off(path, bytes), 426));
  }
  std::optional<store::Partial> waiting(const std::string& path = "/file") {
    return server_.store().partial_at(server_.store().find_account("mika")->id, path).value();
  }
  ftp::Reply resume(std::size_t offset, const std::string& rest) {
    talker().expect(fmt::format("REST {}", offset), 350);
    return talker().store("file", rest);
  }
  std::string complete() { return read_bytes(server_.home("mika") / "file"); }
  void expect_untouched(const std::string& whole, const std::string& partial) {
    EXPECT_EQ(complete(), whole);
    ASSERT_TRUE(waiting());
    EXPECT_EQ(waiting()->received, static_cast<Bytes>(partial.size()));
    EXPECT_EQ(waiting()->sha256, sha256_of(partial));
    expect_counted();
  }
  void expect_counted() {
    EXPECT_TRUE(server_.is_settled("mika"));
    EXPECT_EQ(server_.usage("mika"), server_.disk_usage("mika"));
  }

  FerrydServer server_;
  std::optional<FtpTalker> talker_;
};
INSTANTIATE_TEST_SUITE_P(Wire, TwoVersions, testing::Bool(),
                         [](const auto& wire) { return wire.param ? "tls" : "clear"; });

TEST_P(TwoVersions, ResumeWhereThePartialEndsMeansThePartial) {
  have("the old content", "new ");
  EXPECT_TRUE(answers(resume(4, "content"), 226));
  EXPECT_EQ(complete(), "new content");
  EXPECT_FALSE(waiting());
  expect_counted();
}

TEST_P(TwoVersions, ResumeBehindTheCompleteFileMeansThePartial) {
  have("old", "new cont?");
  EXPECT_TRUE(answers(resume(8, "ent"), 226));
  EXPECT_EQ(complete(), "new content");
}

// SIZE tells of the complete file, so its end is where a client goes on that knows of nothing else.
TEST_P(TwoVersions, ResumeThatCouldMeanEitherNeverMixesThem) {
  const std::string old_one = "the old content", new_one = "new half of a longer content";
  have(old_one, new_one);
  for (const std::size_t offset : {std::size_t{1}, std::size_t{5}, old_one.size()}) {
    EXPECT_TRUE(answers(resume(offset, "tail"), 554)) << offset;
    expect_untouched(old_one, new_one);
  }
  have(old_one, "new");
  EXPECT_TRUE(answers(resume(old_one.size(), "tail"), 554)) << "and where the partial is shorter";
  expect_untouched(old_one, "new");
}

TEST_P(TwoVersions, ResumeOfWhatTheyShareIsTaken) {
  have("common", "common and more");
  EXPECT_TRUE(answers(resume(6, " end"), 226));
  EXPECT_EQ(complete(), "common end");
  have("common and more", "common");
  EXPECT_TRUE(answers(resume(15, "!"), 226)) << "the partial is a beginning of the complete file";
  EXPECT_EQ(complete(), "common and more!");
  expect_counted();
}

TEST_P(TwoVersions, WhoHasAskedForThePartialMeansIt) {
  have("the old content", "new half and a wrong tail");
  talker().expect("SITE BREAKPOINT file", 213);
  EXPECT_TRUE(answers(resume(8, " is whole"), 226));
  EXPECT_EQ(complete(), "new half is whole");
  have("the old content", "new half and a wrong tail");
  talker().expect("SITE BREAKPOINT file", 213);
  EXPECT_TRUE(answers(talker().ask("STOR file"), 425)) << "a refusal takes nothing of it back";
  EXPECT_TRUE(answers(resume(8, " is whole"), 226));
  have("the old content", "new half and a wrong tail");
  talker().expect("SITE BREAKPOINT file", 213);
  FtpTalker other = FtpTalker::logged_in(server_, "mika", GetParam());
  other.expect("SITE BREAKPOINT DROP file", 250);
  other.expect("ALLO 1000", 200);
  ASSERT_TRUE(answers(other.break_off("file", "something else of the same"), 426));
  EXPECT_TRUE(answers(resume(8, " is whole"), 554)) << "it is not the one that was told of";
}

// The copy of the complete file and all that follows is counted, whatever the partial was counted for.
TEST_P(TwoVersions, AppendBesideAPartialKeepsTheQuota) {
  have(some_bytes(600'000), "small");
  EXPECT_TRUE(answers(talker().store("file", some_bytes(600'000), "APPE"), 552));
  EXPECT_LE(server_.usage("mika").bytes, kQuota);
  expect_counted();
  talker().expect("SITE BREAKPOINT DROP file", 250);
  leave_partial("file", some_bytes(100'000));
  EXPECT_TRUE(answers(talker().store("file", some_bytes(400'000), "APPE"), 226));
  EXPECT_EQ(server_.usage("mika"), (Usage{1'000'000, 1}));
  expect_counted();
}

TEST_P(TwoVersions, WhatIsAnnouncedStaysReservedWhenThePartialIsCut) {
  leave_partial("file", some_bytes(1000));
  talker().expect("ALLO 900000", 200);
  auto started = talker().begin("STOR file");
  ASSERT_TRUE(started.data);
  ASSERT_TRUE(started.data->write_all("first", Deadline::after(20s)));
  ASSERT_TRUE(wait_until([&] { return talker().ask("STAT").text().find(": 5 bytes") != std::string::npos; }));
  FtpTalker other = FtpTalker::logged_in(server_, "mika", GetParam());
  EXPECT_TRUE(answers(other.ask("ALLO 300000"), 552));
  EXPECT_TRUE(answers(other.store("other", some_bytes(300'000)), 552));
  ASSERT_TRUE(started.data->write_all(some_bytes(899'995), Deadline::after(20s)));
  ASSERT_TRUE(started.data->finish(Deadline::after(20s)));
  EXPECT_TRUE(answers(talker().reply(), 226));
  expect_counted();
}

TEST_P(TwoVersions, RefusedRenameCostsNoPartial) {
  talker().expect("MKD folder", 257);
  leave_partial("name", "half");
  FtpTalker other = FtpTalker::logged_in(server_, "mika", GetParam());
  auto running = other.begin("STOR folder/running");
  ASSERT_TRUE(running.data);
  talker().expect("RNFR folder", 350);
  EXPECT_TRUE(answers(talker().ask("RNTO name"), 450));
  ASSERT_TRUE(waiting("/name")) << "it was not replaced";
  ASSERT_TRUE(running.data->finish(Deadline::after(20s)));
  EXPECT_TRUE(answers(other.reply(), 226));
  talker().expect("RNFR folder", 350);
  talker().expect("RNTO name", 250);
  EXPECT_FALSE(waiting("/name"));
  expect_counted();
}

TEST_P(TwoVersions, DeleteAndRenameTakeBoth) {
  have("complete", "half");
  talker().expect("DELE file", 250);
  EXPECT_FALSE(waiting());
  EXPECT_EQ(server_.usage("mika"), (Usage{0, 0}));
  expect_counted();
  have("complete", "half");
  ASSERT_TRUE(answers(talker().store("other", "from elsewhere"), 226));
  talker().expect("RNFR other", 350);
  talker().expect("RNTO file", 250);
  EXPECT_FALSE(waiting());
  EXPECT_EQ(server_.usage("mika"), (Usage{14, 1}));
  expect_counted();
}

// REST 0 takes an earlier REST back; it makes no STOR of an APPE.
TEST_P(TwoVersions, AppendBehindRestZeroAppends) {
  ASSERT_TRUE(answers(talker().store("file", "one"), 226));
  talker().expect("REST 0", 350);
  EXPECT_TRUE(answers(talker().store("file", " two", "APPE"), 226));
  EXPECT_EQ(complete(), "one two");
}

// Cut to where the client goes on, a partial has another digest, whatever becomes of the resume.
TEST(TwoVersionsHuge, AbortedResumeBelowTheEndTellsNoWrongDigest) {
  FerrydServer server;
  server.add_account("mika");
  std::optional<FtpTalker> talker(FtpTalker::logged_in(server, "mika"));
  talker->expect("ALLO 1000", 200);
  ASSERT_TRUE(answers(talker->break_off("huge", "beginning"), 426));
  const auto account = server.store().find_account("mika")->id;
  const auto row = [&] { return *server.store().partial_at(account, "/huge").value(); };
  constexpr std::uintmax_t kHuge = std::uintmax_t{1} << 42;
  server.resize_partial("mika", "/huge", kHuge);
  ASSERT_TRUE(server.store().keep_partial_digest(row(), "of all of it"));
  talker.emplace(FtpTalker::logged_in(server, "mika"));
  talker->expect("REST " + std::to_string(kHuge / 2), 350);
  auto started = talker->begin("STOR huge");
  ASSERT_TRUE(started.data);
  ASSERT_TRUE(started.data->write_all("more", Deadline::after(20s)));
  ASSERT_TRUE(wait_until([&] { return row().sha256.empty(); })) << "it has been cut";
  talker->send("ABOR");
  EXPECT_TRUE(answers(talker->reply(), 426));
  EXPECT_TRUE(answers(talker->reply(), 226));
  EXPECT_EQ(row().received, static_cast<Bytes>(kHuge / 2));
  EXPECT_EQ(row().sha256, "");
  EXPECT_EQ(std::filesystem::file_size(server.home("mika") / store::kPartialsFolder / row().token),
            kHuge / 2);
}

}  // namespace
}  // namespace ferry::test
