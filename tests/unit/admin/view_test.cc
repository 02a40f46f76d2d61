#include "admin/view.h"

#include <gtest/gtest.h>

#include <clocale>
#include <nlohmann/json.hpp>

namespace ferry::admin {
namespace {

using nlohmann::json;
using store::Account;

class FtpadmView : public testing::Test {
 protected:
  FtpadmView() { std::setlocale(LC_CTYPE, "C.UTF-8"); }
  ~FtpadmView() override { std::setlocale(LC_CTYPE, "C"); }

  static Account account(const std::string& name, Bytes used, std::optional<Bytes> quota) {
    Account made;
    made.name = name;
    made.home = "/srv/" + name;
    made.used_bytes = used;
    made.quota_bytes = quota;
    made.used_files = 1204;
    return made;
  }
  static RunningSession session(const std::string& user) {
    return {.id = "8f2c01d4",
            .user = user,
            .address = "::1",
            .state = "idle",
            .path = "/p",
            .since = "s",
            .pid = 3};
  }
};

TEST_F(FtpadmView, AlignsTheTableByTheWidthOnTheScreen) {
  Account locked = account("写真", 412 * 1024 * 1024, 500 * 1024 * 1024);
  locked.is_locked = true;
  Account seen = account("mika", 0, std::nullopt);
  seen.is_read_only = true;
  seen.last_login = WallTime(std::chrono::seconds(1795235400));
  EXPECT_EQ(accounts_table({locked, seen}, std::vector{session("mika"), session("mika"), session("")}),
            "NAME  STATE         USED    QUOTA   %  FILES  SESSIONS  LAST LOGIN\n"
            "写真  locked     412 MiB  500 MiB  82  1,204         0  never\n"
            "mika  read-only      0 B     none   -  1,204         2  2026-11-21 04:30\n");
}

TEST_F(FtpadmView, GivesProgramsExactNumbersBetweenTabs) {
  Account seen = account("mika", 999'999'999'999, 1'000'000'000'000);
  seen.last_login = WallTime(std::chrono::seconds(1795235400));
  EXPECT_EQ(accounts_lines({seen, account("b", 0, std::nullopt)}, std::nullopt),
            "mika\tok\t999999999999\t1000000000000\t99\t1204\t-\t2026-11-21T04:30:00Z\n"
            "b\tok\t0\t-\t-\t1204\t-\t-\n");
}

TEST_F(FtpadmView, NeverWritesForeignControlBytes) {
  AccountView view{account("mika", 0, 5), {}, std::vector{session("mika")}};
  view.account.home = "/srv/\x1b[2J\n";
  view.account.last_login = WallTime{};
  view.account.last_login_from = "\x1b]0;x\x07";
  (*view.sessions)[0].path = "/\x1b[31m\nname";
  store::Partial partial;
  partial.path = "/\r\x9b";
  view.unfinished.push_back(partial);
  for (const std::string& text : {account_text(view), account_lines(view)}) {
    for (const char byte : text) {
      EXPECT_TRUE(byte == '\n' || byte == '\t' || static_cast<unsigned char>(byte) >= 0x20) << text;
    }
  }
  EXPECT_EQ(json::parse(account_json(view))["unfinished"].size(), 1u);
}

TEST_F(FtpadmView, SaysInJsonWhatIsUnknown) {
  const auto list = json::parse(accounts_json({account("mika", 5, std::nullopt)}, std::nullopt));
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0]["name"], "mika");
  EXPECT_EQ(list[0]["used_bytes"], 5);
  EXPECT_TRUE(list[0]["quota_bytes"].is_null());
  EXPECT_TRUE(list[0]["rest_bytes"].is_null());
  EXPECT_TRUE(list[0]["sessions"].is_null());
  EXPECT_TRUE(list[0]["last_login"].is_null());
  EXPECT_EQ(accounts_json({}, std::nullopt), "[]\n");
}

TEST_F(FtpadmView, ShowsOneAccountWithItsSessionsAndUnfinishedUploads) {
  AccountView view{account("mika", 100, 1000), {}, std::vector{session("mika")}};
  view.account.pending_bytes = 50;
  store::Partial waiting, running;
  waiting.path = "/waits";
  waiting.received = 30;
  running.path = "/runs";
  running.granted = 50;
  running.owner = 9;
  view.unfinished = {waiting, running};
  const auto object = json::parse(account_json(view));
  EXPECT_EQ(object["rest_bytes"], 850);
  EXPECT_EQ(object["sessions"], 1);
  EXPECT_EQ(object["session_list"][0]["session"], "8f2c01d4");
  EXPECT_EQ(object["unfinished"][0]["bytes"], 30);
  EXPECT_EQ(object["unfinished"][0]["running"], false);
  EXPECT_EQ(object["unfinished"][1]["bytes"], 50);
  const std::string text = account_text(view);
  EXPECT_NE(text.find("used         100 B (10 %)"), std::string::npos) << text;
  EXPECT_NE(text.find("8f2c01d4  ::1  idle  /p"), std::string::npos) << text;
  EXPECT_NE(text.find("/waits  30 B"), std::string::npos) << text;
}

TEST_F(FtpadmView, CountsAQuotaOfNothingAsFull) {
  EXPECT_EQ(json::parse(accounts_json({account("a", 0, 0)}, std::nullopt))[0]["rest_bytes"], 0);
  EXPECT_NE(accounts_lines({account("a", 0, 0)}, std::nullopt).find("\t100\t"), std::string::npos);
}

}  // namespace
}  // namespace ferry::admin
