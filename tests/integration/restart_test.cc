// REST and RANG (RFC 3659 §5, draft-bryan-ftp-range) as docs/protocol.md promises them: what keeps them, what
// clears them, and what exactly is sent, stored and counted.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

constexpr std::string_view kTen = "0123456789";

class Restarts : public testing::TestWithParam<bool> {
 protected:
  Restarts() {
    server_.add_account("mika", {.quota = 1 << 20});
    talker_.emplace(FtpTalker::logged_in(server_, "mika", GetParam()));
    EXPECT_TRUE(answers(talker().store("file", kTen), 226));
  }

  FtpTalker& talker() { return *talker_; }
  std::string on_disk(const std::string& path) { return read_bytes(server_.home("mika") / path); }
  std::string fetched(const std::string& path) {
    const auto got = talker().fetch(path);
    EXPECT_TRUE(answers(got.reply, 226));
    return got.bytes;
  }
  void leave_partial(const std::string& path, const std::string& bytes) {
    if (!GetParam()) talker().expect("ALLO " + std::to_string(bytes.size() + 1000), 200);
    ASSERT_TRUE(answers(talker().break_off(path, bytes), 426));
  }
  // What is on the disk, what is counted, and that nothing is left over.
  void expect_stored(const std::string& path, const std::string& bytes) {
    EXPECT_EQ(on_disk(path), bytes);
    const Usage counted = server_.usage("mika"), real = server_.disk_usage("mika");
    EXPECT_EQ(counted, real) << counted.bytes << " bytes are counted, " << real.bytes << " are there";
    EXPECT_TRUE(server_.is_settled("mika"));
  }
  ftp::Reply put_range(const std::string& range, std::string_view bytes, const std::string& path = "file",
                       const std::string& verb = "STOR") {
    talker().expect("RANG " + range, 350);
    return talker().store(path, bytes, verb);
  }

  FerrydServer server_;
  std::optional<FtpTalker> talker_;
};
INSTANTIATE_TEST_SUITE_P(Wire, Restarts, testing::Bool(),
                         [](const auto& wire) { return wire.param ? "tls" : "clear"; });

TEST_P(Restarts, HoldOverWhatClientsPutInBetween) {
  for (const auto& [mode, other] : {std::pair(DataMode::epsv, "EPSV"),
                                    {DataMode::pasv, "PASV"},
                                    {DataMode::port, "PORT"},
                                    {DataMode::eprt, "EPRT"}}) {
    talker().use(mode);
    for (const char* position : {"REST 4", "RANG 4 9"}) {
      talker().expect(position, 350);
      for (const char* between :
           {"TYPE I", "ALLO 10", "NOOP", "SIZE file", "MDTM file", "SIZE missing", "ALLO x"})
        talker().ask(between);
      EXPECT_EQ(fetched("file"), "456789") << position << " over " << other;
    }
  }
}

TEST_P(Restarts, AreClearedByAnythingElse) {
  for (const char* position : {"REST 4", "RANG 4 9"}) {
    for (const char* other : {"FEAT", "PWD", "CWD /", "OPTS UTF8 ON", "MODE S", "STRU F", "STAT", "SYST",
                              "HASH file", "MLST file", "SITE HELP", "XYZZY", "\x01", "DELE missing",
                              "OPTS HASH SHA-256", "XCRC file", "ABOR"}) {
      talker().expect(position, 350);
      talker().ask(other);
      EXPECT_EQ(fetched("file"), kTen) << position << " over " << other;
    }
  }
}

TEST_P(Restarts, AreClearedByEveryTransferFailedOrNot) {
  for (const char* position : {"REST 4", "RANG 4 9"}) {
    talker().expect(position, 350);
    EXPECT_EQ(fetched("file"), "456789");
    EXPECT_EQ(fetched("file"), kTen) << "after a transfer that succeeded";
    talker().expect(position, 350);
    talker().expect("RETR file", 425);
    EXPECT_EQ(fetched("file"), kTen) << "after 425";
    talker().expect(position, 350);
    EXPECT_TRUE(answers(talker().fetch("missing").reply, 550));
    EXPECT_EQ(fetched("file"), kTen) << "after 550";
    talker().expect(position, 350);
    talker().list("NLST");
    EXPECT_EQ(fetched("file"), kTen) << "after a listing";
  }
}

TEST_P(Restarts, EndsOfAFile) {
  talker().expect("REST 11", 350);
  EXPECT_TRUE(answers(talker().fetch("file").reply, 554));
  talker().expect("REST 10", 350);
  EXPECT_EQ(fetched("file"), "");
  talker().expect("REST 9223372036854775807", 350);
  EXPECT_TRUE(answers(talker().fetch("file").reply, 554));
  talker().expect("REST 9223372036854775807", 350);
  EXPECT_TRUE(answers(talker().store("file", "x"), 554));
  expect_stored("file", std::string(kTen));
}

TEST_P(Restarts, OddNumbersAreRefusedAndLeaveTheWholeFile) {
  for (const char* text :
       {"-1", "+1", " 1", "1 ", "1e3", "0x5", "", "9223372036854775808", "18446744073709551615",
        "18446744073709551616", "99999999999999999999999999999999999999", "4 9", "4,5", "\t4"}) {
    talker().expect("REST 4", 350);
    EXPECT_TRUE(answers(talker().ask(fmt::format("REST {}", text)), 501)) << text;
    EXPECT_EQ(fetched("file"), kTen) << text;
  }
  for (const char* text :
       {"9 4", "2 0", "4", "4 ", " 4 9", "4  9", "-1 9", "4 +9", "4 9 9", "4 9223372036854775808"}) {
    talker().expect("RANG 4 9", 350);
    EXPECT_TRUE(answers(talker().ask(fmt::format("RANG {}", text)), 501)) << text;
    EXPECT_EQ(fetched("file"), kTen) << text;
  }
}

TEST_P(Restarts, TheLaterOneOfRestAndRangCounts) {
  talker().expect("REST 4", 350);
  talker().expect("RANG 0 1", 350);
  EXPECT_EQ(fetched("file"), "01");
  talker().expect("RANG 0 1", 350);
  talker().expect("REST 4", 350);
  EXPECT_EQ(fetched("file"), "456789");
  talker().expect("RANG 0 1", 350);
  talker().expect("RANG 1 0", 350);
  EXPECT_EQ(fetched("file"), kTen);
}

TEST_P(Restarts, TextHasNoPositions) {
  talker().expect("REST 4", 350);
  talker().expect("TYPE A", 200);
  EXPECT_TRUE(answers(talker().fetch("file").reply, 504)) << "TYPE came behind REST";
  EXPECT_TRUE(answers(talker().ask("REST 4"), 504));
  talker().expect("REST 0", 350);
  EXPECT_EQ(fetched("file"), kTen);
  EXPECT_TRUE(answers(talker().ask("RANG 0 4"), 551));
  EXPECT_TRUE(answers(talker().ask("RANG 1 0"), 350)) << "the whole file can always be meant";
  for (const char* verb : {"STOR", "APPE"}) {
    talker().expect("TYPE I", 200);
    talker().expect("REST 4", 350);
    talker().expect("TYPE A", 200);
    EXPECT_TRUE(answers(talker().store("file", "x", verb), 504));
    talker().expect("TYPE I", 200);
    talker().expect("RANG 4 4", 350);
    talker().expect("TYPE A", 200);
    EXPECT_TRUE(answers(talker().store("file", "x", verb), 551));
  }
  talker().expect("TYPE I", 200);
  talker().expect("RANG 0 4", 350);
  talker().expect("TYPE A", 200);
  EXPECT_TRUE(answers(talker().fetch("file").reply, 551));
  talker().expect("TYPE I", 200);
  expect_stored("file", std::string(kTen));
}

TEST_P(Restarts, RangeIsReadToItsLastByte) {
  const struct {
    const char* range;
    std::string_view bytes;
  } rows[] = {{"0 0", "0"},    {"0 1", "01"}, {"9 9", "9"},
              {"3 6", "3456"}, {"0 9", kTen}, {"5 100", "56789"},
              {"10 20", ""},   {"11 20", ""}, {"0 9223372036854775807", kTen}};
  for (const auto& [range, bytes] : rows) {
    talker().expect(fmt::format("RANG {}", range), 350);
    EXPECT_EQ(fetched("file"), bytes) << range;
  }
}

TEST_P(Restarts, RangeIsWrittenAndNothingElse) {
  const auto reply = put_range("3 6", "abcd");
  EXPECT_TRUE(answers(reply, 226));
  EXPECT_NE(reply.text().find("10 bytes are stored. SHA-256=" + sha256_of("012abcd789")), std::string::npos)
      << reply.text();
  expect_stored("file", "012abcd789");
  EXPECT_TRUE(answers(put_range("0 0", "X"), 226));
  expect_stored("file", "X12abcd789");
  EXPECT_TRUE(answers(put_range("9 9", "Y"), 226));
  expect_stored("file", "X12abcd78Y");
  EXPECT_TRUE(answers(put_range("8 11", "wxyz"), 226)) << "beyond the end it grows";
  expect_stored("file", "X12abcd7wxyz");
  EXPECT_TRUE(answers(put_range("12 13", "!?"), 226)) << "at the end it appends";
  expect_stored("file", "X12abcd7wxyz!?");
  EXPECT_TRUE(answers(put_range("1 2", "--", "file", "APPE"), 226)) << "APPE with a range is STOR";
  expect_stored("file", "X--abcd7wxyz!?");
}

TEST_P(Restarts, RangeOfALargeFileKeepsItsTail) {
  const std::string bytes = some_bytes(700'000);
  ASSERT_TRUE(answers(talker().store("large", bytes), 226));
  const auto reply = put_range("100000 400000", std::string(300'001, '#'), "large");
  ASSERT_TRUE(answers(reply, 226));
  std::string expected = bytes;
  std::fill(expected.begin() + 100'000, expected.begin() + 400'001, '#');
  expect_stored("large", expected);
  EXPECT_NE(reply.text().find(sha256_of(expected)), std::string::npos);
}

TEST_P(Restarts, RangeOfANewFileMakesIt) {
  EXPECT_TRUE(answers(put_range("0 4", "hello", "new"), 226));
  expect_stored("new", "hello");
  EXPECT_TRUE(answers(put_range("1 4", "ello", "other"), 554)) << "a hole";
  EXPECT_FALSE(std::filesystem::exists(server_.home("mika") / "other"));
}

TEST_P(Restarts, RangeBehindTheEndIsRefused) {
  EXPECT_TRUE(answers(put_range("11 12", "ab"), 554));
  expect_stored("file", std::string(kTen));
}

TEST_P(Restarts, RangeMustComeWhole) {
  EXPECT_TRUE(answers(put_range("3 6", "abc"), 426));
  expect_stored("file", std::string(kTen));
  EXPECT_EQ(server_.usage("mika"), (Usage{10, 1})) << "what came of it is of no use";
  EXPECT_TRUE(answers(put_range("3 6", "abcde"), 554));
  expect_stored("file", std::string(kTen));
  EXPECT_TRUE(answers(put_range("3 6", ""), 426));
  expect_stored("file", std::string(kTen));
  talker().expect("RANG 3 6", 350);
  EXPECT_TRUE(answers(talker().break_off("file", "ab"), 426));
  expect_stored("file", std::string(kTen));
}

TEST_P(Restarts, RangeOverTheQuotaIsRefusedAtOnce) {
  EXPECT_TRUE(answers(put_range("5 1048576", "x"), 552)) << "one byte more than the quota";
  EXPECT_TRUE(answers(put_range("5 9223372036854775807", "x"), 552));
  expect_stored("file", std::string(kTen));
  const std::string bytes = some_bytes((1 << 20) - 5);
  EXPECT_TRUE(answers(put_range("5 1048575", bytes), 226)) << "to the last byte";
  expect_stored("file", "01234" + bytes);
  EXPECT_TRUE(answers(put_range("0 0", "!"), 226)) << "a full account may still change its files";
  EXPECT_EQ(server_.usage("mika").bytes, 1 << 20);
}

TEST_P(Restarts, RangeGoesOnWithAPartial) {
  const std::string bytes = some_bytes(3000);
  leave_partial("partial", bytes.substr(0, 1000));
  EXPECT_TRUE(answers(put_range("100 500", std::string(401, 'x'), "partial"), 554))
      << "the middle of nothing whole";
  EXPECT_TRUE(answers(put_range("1001 2999", "x", "partial"), 554));
  EXPECT_EQ(talker().ask("SIZE partial").text(), "1000");
  talker().expect("RANG 1000 2999", 350);
  ASSERT_TRUE(answers(talker().break_off("partial", bytes.substr(1000, 500)), 426));
  EXPECT_EQ(talker().ask("SIZE partial").text(), "1500") << "it is kept as any resume";
  EXPECT_TRUE(answers(put_range("1200 2999", bytes.substr(1200), "partial"), 226));
  expect_stored("partial", bytes);
}

TEST_P(Restarts, PositionsAreNotForNewNames) {
  for (const char* position : {"REST 4", "RANG 4 9"}) {
    talker().expect(position, 350);
    EXPECT_TRUE(answers(talker().store("", "x", "STOU"), 550));
  }
  talker().expect("REST 0", 350);
  EXPECT_TRUE(answers(talker().store("", "x", "STOU"), 226));
}

TEST_P(Restarts, RangeHasOneWriterToo) {
  talker().expect("RANG 3 6", 350);
  auto first = talker().begin("STOR file");
  ASSERT_TRUE(first.data);
  FtpTalker second = FtpTalker::logged_in(server_, "mika", GetParam());
  second.expect("RANG 0 0", 350);
  EXPECT_TRUE(answers(second.store("file", "x"), 450));
  ASSERT_TRUE(first.data->write_all("abcd", Deadline::after(std::chrono::seconds(10))));
  ASSERT_TRUE(first.data->finish(Deadline::after(std::chrono::seconds(10))));
  EXPECT_TRUE(answers(talker().reply(), 226));
  expect_stored("file", "012abcd789");
}

// Under TLS the range's length is an end as well, for clients that never send close_notify.
TEST_P(Restarts, RangeThatCameWholeNeedsNoCloseNotify) {
  talker().expect("RANG 3 6", 350);
  EXPECT_TRUE(answers(talker().break_off("file", "abcd"), 226));
  expect_stored("file", "012abcd789");
}

// What waits is given up when something comes in its place, not when somebody only says so.
TEST_P(Restarts, AppendToACompleteFileKeepsWhatWaitsUntilBytesCome) {
  leave_partial("file", "other!");
  for (const char* position : {"", "REST 5", "RANG 5 9"}) {
    if (*position != '\0') talker().expect(position, 350);
    talker().expect("EPSV", 229);
    talker().send(*position == '\0' ? "APPE file" : "STOR file");
    const auto account = server_.store().find_account("mika")->id;
    ASSERT_TRUE(
        wait_until([&] { return server_.store().partial_at(account, "/file").value()->owner.has_value(); }));
    talker().send("ABOR");
    EXPECT_TRUE(answers(talker().reply(), 426)) << position;
    EXPECT_TRUE(answers(talker().reply(), 226));
    const auto waiting = server_.store().partial_at(account, "/file").value();
    ASSERT_TRUE(waiting) << position;
    EXPECT_EQ(waiting->received, 6);
    EXPECT_EQ(waiting->sha256, sha256_of("other!"));
  }
  expect_stored("file", std::string(kTen));
  EXPECT_TRUE(answers(talker().store("file", "", "APPE"), 226)) << "nothing is appended, and whole it is";
  expect_stored("file", std::string(kTen));
  EXPECT_TRUE(answers(talker().store("file", "ab", "APPE"), 226));
  expect_stored("file", std::string(kTen) + "ab");
}

// The prefix of a resume is read for its digest, which takes long if it is: ABOR ends that as all else.
TEST(RestartsHuge, ReadingThePrefixHearsAbor) {
  FerrydServer server;
  server.add_account("mika");
  std::optional<FtpTalker> talker(FtpTalker::logged_in(server, "mika"));
  talker->expect("ALLO 1000", 200);
  ASSERT_TRUE(answers(talker->break_off("huge", "beginning"), 426));
  constexpr std::uintmax_t kHuge = std::uintmax_t{1} << 42;
  server.resize_partial("mika", "/huge", kHuge);
  talker.emplace(FtpTalker::logged_in(server, "mika"));
  talker->expect("TYPE I", 200);
  ASSERT_EQ(talker->ask("SIZE huge").text(), std::to_string(kHuge));
  for (const bool has_sent : {true, false}) {
    talker->expect("REST " + std::to_string(kHuge), 350);
    auto started = talker->begin("STOR huge");
    ASSERT_TRUE(started.data);
    if (has_sent) {
      ASSERT_TRUE(started.data->write_all("more", Deadline::after(std::chrono::seconds(10))));
    } else {
      ASSERT_TRUE(started.data->finish(Deadline::after(std::chrono::seconds(10))));
    }
    const auto sent = std::chrono::steady_clock::now();
    talker->send("ABOR");
    EXPECT_TRUE(answers(talker->reply(), 426));
    EXPECT_TRUE(answers(talker->reply(), 226));
    EXPECT_LT(std::chrono::steady_clock::now() - sent, std::chrono::seconds(2));
    EXPECT_EQ(talker->ask("SIZE huge").text(), std::to_string(kHuge)) << "and it waits as before";
  }
}

// A size that no disk has must not stand in the books, not even of an account without a limit.
TEST(RestartsUnlimited, ImpossibleSizesAreRefused) {
  FerrydServer server;
  server.add_account("mika");
  FtpTalker talker = FtpTalker::logged_in(server, "mika");
  ASSERT_TRUE(answers(talker.store("file", "0123"), 226));
  for (int i = 0; i < 3; ++i) {
    talker.expect("RANG 4 9223372036854775807", 350);
    EXPECT_TRUE(answers(talker.store("file", "x"), 452));
    talker.expect("ALLO 9223372036854775807", 200);
    EXPECT_TRUE(answers(talker.store("other", "x"), 452));
  }
  EXPECT_EQ(server.usage("mika"), (Usage{4, 1}));
  EXPECT_EQ(server.disk_usage("mika"), (Usage{4, 1}));
}

// RFC 959 §3.1.1 and §5.3.1.
TEST(TransferParameters, TypesModesAndStructures) {
  FerrydServer server;
  server.add_account("mika");
  FtpTalker talker = FtpTalker::logged_in(server, "mika");
  for (const char* taken : {"TYPE A", "TYPE a n", "TYPE A N", "TYPE I", "TYPE i", "TYPE L 8", "type l 8",
                            "TYPE I ", "TYPE A  ", "MODE S", "MODE s ", "STRU F", "stru f"})
    EXPECT_TRUE(answers(talker.ask(taken), 200)) << taken;
  for (const char* refused :
       {"TYPE A T", "TYPE A C", "TYPE E", "TYPE E N", "TYPE L 7", "TYPE L 36", "TYPE L", "TYPE X", "TYPE  I",
        "TYPE AN", "MODE B", "MODE C", "MODE X", "STRU R", "STRU P", "STRU X"})
    EXPECT_TRUE(answers(talker.ask(refused), 504)) << refused;
  EXPECT_TRUE(answers(talker.ask("REST 4"), 504))
      << "the last type taken was text, a refused one changes nothing";
}

}  // namespace
}  // namespace ferry::test
