#include "client/line/log_text.h"

#include <gtest/gtest.h>

#include <regex>

#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

FileRow file() {
  FileRow row;
  row.name = "写真集.zip";
  row.total = 2254857830;
  row.resumed = 734003200;
  return row;
}

// Without the time in front.
std::string words(const std::string& line) {
  EXPECT_TRUE(std::regex_search(line, std::regex("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ ")));
  EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line";
  return line.substr(21, line.size() - 22);
}

TEST(LogText, StartTellsWhereItBegins) {
  EXPECT_EQ(words(start_line(file())), "start  up 写真集.zip size=2254857830 offset=734003200 attempt=1");
  FileRow fresh = file();
  fresh.resumed = 0;
  fresh.attempt = 3;
  fresh.direction = Direction::down;
  EXPECT_EQ(words(start_line(fresh)), "start  down 写真集.zip size=2254857830 attempt=3");
}

TEST(LogText, StatHasTheWholeInFigures) {
  TotalRow total;
  total.files = 241;
  total.done_files = 22;
  total.done = 2211908157;
  total.total = 7773020160;
  total.rate = 62075699;
  total.left = std::chrono::seconds(89);
  total.failed = 1;
  EXPECT_EQ(words(stat_line(total)),
            "stat   files=22/241 bytes=2211908157/7773020160 rate=62075699 eta=89 errors=1");
  total.total.reset();
  total.left = std::chrono::seconds(-1);
  EXPECT_EQ(words(stat_line(total)), "stat   files=22/241 bytes=2211908157/- rate=62075699 eta=-1 errors=1");
}

TEST(LogText, DoneTellsWhatMovedAndWhatProvedIt) {
  FileReport report;
  report.name = "写真集.zip";
  report.result.size = 3000;
  report.result.resumed = 1000;
  report.result.took = std::chrono::milliseconds(2'000);
  EXPECT_EQ(words(done_line(report)), "done   up 写真集.zip bytes=2000 secs=2.0 rate=1000 offset=1000");
  report.result.verified = Verified{DigestKind::sha256, DigestSource::announced};
  report.result.local_digest = "9b1c";
  EXPECT_EQ(words(done_line(report)),
            "done   up 写真集.zip bytes=2000 secs=2.0 rate=1000 offset=1000 sha256=9b1c verified=server");
  report.result.verified->source = DigestSource::read_back;
  EXPECT_TRUE(done_line(report).ends_with(" verified=readback\n"));
}

TEST(LogText, FailAndRetryTellTheKindAndTheReply) {
  const Error error{Errc::over_quota, "x: over quota (552 no)", 552};
  EXPECT_EQ(words(fail_line(file(), error)), "fail   up 写真集.zip error=over_quota code=552 attempt=1");
  EXPECT_EQ(words(retry_line(file(), Error{Errc::reset, "x"}, 2, std::chrono::milliseconds(6'001))),
            "retry  up 写真集.zip error=reset attempt=2 wait=7");
}

TEST(LogText, NamesCannotPassForKeysOrLines) {
  EXPECT_EQ(log_name("plain"), "plain");
  EXPECT_EQ(log_name(""), "\"\"");
  EXPECT_EQ(log_name("a bytes=5"), "\"a bytes=5\"");
  EXPECT_EQ(log_name("a\" bytes=5"), "\"a\\\" bytes=5\"");
  EXPECT_EQ(log_name("a\nb"), "\"a\\x0ab\"");
  EXPECT_EQ(words(skip_line(Direction::down, "a b", "is there")), "skip   down \"a b\" why=\"is there\"");
}

}  // namespace
}  // namespace ferry::client
