// What counts as the end of an upload: upload_end's three levels, with TLS's end mark, without it, with the
// announced size and without. A broken connection (RST) is no end in any of them.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <span>
#include <vector>

#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;

enum class Wire { tls12, tls13, clear };
enum class End { notify, bare, reset };

struct Case {
  End end;
  int announced;  // 0: "ALLO 0", which announces nothing. Ten bytes are sent
  bool strict, size_or_notify, off;
};
// In clear there is no mark: what stands under `notify` is the FIN.
constexpr Case kUnderTls[] = {
    {End::notify, 0, true, true, true},    {End::notify, 10, true, true, true},
    {End::notify, 12, false, false, true}, {End::bare, 0, false, false, true},
    {End::notify, 4, true, true, true},    {End::bare, 4, false, false, true},
    {End::bare, 10, false, true, true},    {End::bare, 12, false, false, true},
    {End::reset, 0, false, false, false},  {End::reset, 10, false, false, false},
};
constexpr Case kInClear[] = {
    {End::bare, 0, true, true, true},      {End::bare, 10, true, true, true},
    {End::bare, 12, false, false, true},   {End::reset, 0, false, false, false},
    {End::reset, 10, false, false, false},
};

class UploadEnds : public testing::TestWithParam<Wire> {
 protected:
  void try_level(const char* level, bool Case::*expected) {
    FerrydServer server({fmt::format("upload_end={}", level)});
    server.add_account("mika");
    const bool tls = GetParam() != Wire::clear;
    const auto cases = tls ? std::span<const Case>(kUnderTls) : std::span<const Case>(kInClear);
    for (const Case& one : cases) {
      SCOPED_TRACE(fmt::format("{}, end {}, announced {}", level, static_cast<int>(one.end), one.announced));
      FtpTalker talker = FtpTalker::logged_in(
          server, "mika", tls,
          {.version = GetParam() == Wire::tls12 ? TlsVersion::tls12 : TlsVersion::tls13});
      talker.expect(fmt::format("ALLO {}", one.announced), 200);
      auto started = talker.begin("STOR file");
      ASSERT_TRUE(started.data);
      ASSERT_TRUE(started.data->write_all("0123456789", Deadline::after(20s)));
      end(std::move(*started.data), one.end, talker);
      const bool is_whole = one.*expected;
      EXPECT_TRUE(answers(talker.reply(), is_whole ? 226 : 426));
      EXPECT_EQ(std::filesystem::exists(server.home("mika") / "file"), is_whole);
      if (!is_whole && one.end != End::reset) {
        EXPECT_EQ(talker.ask("SIZE file").text(), "10") << "what came is kept";
      }
      talker.ask("DELE file");
    }
    EXPECT_TRUE(server.is_settled("mika"));
  }

 private:
  void end(net::Stream data, End how, FtpTalker& talker) {
    if (how == End::notify) {
      ASSERT_TRUE(data.finish(Deadline::after(20s)));
      hold(std::move(data));
    } else if (how == End::bare) {
      ::shutdown(data.fd(), SHUT_WR);
      hold(std::move(data));
    } else {
      // The bytes must have been read: an RST would destroy them, and one byte too few tells nothing.
      wait_until([&] { return talker.ask("STAT").text().find(": 10 bytes") != std::string::npos; });
      break_connection(std::move(data));
    }
  }
  // The client's end stays open: what ends is its direction.
  void hold(net::Stream data) { held_.push_back(std::move(data)); }

  std::vector<net::Stream> held_;
};
std::string name_of_wire(const testing::TestParamInfo<Wire>& wire) {
  constexpr const char* kNames[] = {"tls12", "tls13", "clear"};
  return kNames[static_cast<int>(wire.param)];
}
INSTANTIATE_TEST_SUITE_P(Wire, UploadEnds, testing::Values(Wire::tls12, Wire::tls13, Wire::clear),
                         name_of_wire);

TEST_P(UploadEnds, Strict) {
  try_level("strict", &Case::strict);
}
TEST_P(UploadEnds, SizeOrNotify) {
  try_level("size-or-notify", &Case::size_or_notify);
}
TEST_P(UploadEnds, Off) {
  try_level("off", &Case::off);
}

// In text mode the wire has other numbers than the file, and a resume to which nothing is added has been told
// of its size by nobody.
TEST_P(UploadEnds, AnnouncedSizeProvesOnlyWhatItCounts) {
  if (GetParam() == Wire::clear) GTEST_SKIP() << "in clear a FIN is an end";
  FerrydServer server;
  server.add_account("mika");
  FtpTalker talker = FtpTalker::logged_in(
      server, "mika", true, {.version = GetParam() == Wire::tls12 ? TlsVersion::tls12 : TlsVersion::tls13});
  const auto bare = [&](const std::string& path, std::string_view bytes) {
    return talker.break_off(path, bytes);
  };
  talker.expect("TYPE A", 200);
  talker.expect("ALLO 9", 200);
  EXPECT_TRUE(answers(bare("text", "a\r\nb\r\nc\r\n"), 426));
  talker.expect("TYPE I", 200);
  talker.expect("ALLO 10", 200);
  EXPECT_TRUE(answers(bare("file", "01234"), 426));
  talker.expect("REST 5", 350);
  talker.expect("ALLO 5", 200);
  EXPECT_TRUE(answers(bare("file", ""), 426)) << "5 bytes were to follow";
  talker.expect("REST 5", 350);
  talker.expect("ALLO 5", 200);
  EXPECT_TRUE(answers(bare("file", "56789"), 226));
}

}  // namespace
}  // namespace ferry::test
