// Who comes in, who doesn't, what they are told, and what stays secret.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <vector>

#include "shared/base/password.h"
#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::duration;
using std::chrono::steady_clock;

FtpTalker greeted(const FerrydServer& server, bool tls = false) {
  FtpTalker talker(server);
  EXPECT_TRUE(answers(talker.reply(), 220));
  if (tls) talker.auth_tls();
  return talker;
}

ftp::Reply try_login(const FerrydServer& server, const std::string& user, const std::string& password) {
  FtpTalker talker = greeted(server);
  talker.expect("USER " + user, 331);
  return talker.ask("PASS " + password);
}

// As ftpadm does it while ferryd runs.
template <typename Member, typename Value>
void change(FerrydServer& server, const std::string& name, Member member, const Value& value) {
  store::AccountChange wish;
  wish.*member = value;
  ASSERT_TRUE(server.store().change_account(name, wish));
}

double median_seconds(int rounds, const std::function<void()>& run) {
  std::vector<double> seconds;
  for (int i = 0; i < rounds; ++i) {
    const auto start = steady_clock::now();
    run();
    seconds.push_back(duration<double>(steady_clock::now() - start).count());
  }
  std::ranges::sort(seconds);
  return seconds[seconds.size() / 2];
}

TEST(Login, UnknownUserAndWrongPasswordAreOneAnswer) {
  FerrydServer server;
  server.add_account("mika");
  const auto wrong = try_login(server, "mika", "not-the-password");
  const auto unknown = try_login(server, "nobody-here", "not-the-password");
  EXPECT_TRUE(answers(wrong, 530));
  EXPECT_EQ(wrong.code, unknown.code);
  EXPECT_EQ(wrong.text(), unknown.text());
}

TEST(Login, LockedAccountGetsTheSameAnswer) {
  FerrydServer server;
  server.add_account("mika");
  change(server, "mika", &store::AccountChange::is_locked, true);
  EXPECT_EQ(try_login(server, "mika", kPassword).text(), try_login(server, "mika", "wrong-password").text());
  EXPECT_TRUE(answers(try_login(server, "mika", kPassword), 530));
}

// Measures: runs while nothing else does.
TEST(LoginTimesAlone, UnknownUserTakesAsLongAsAWrongPassword) {
  FerrydServer server({"password_memory=32M", "password_passes=3"});
  server.add_account("mika");
  // The account's own hash must cost what the server's setting says, or the account is told apart by it.
  const auto hash = hash_password(Secret(kPassword), {32 << 20, 3});
  ASSERT_TRUE(hash);
  change(server, "mika", &store::AccountChange::password_hash, *hash);
  const auto refused = [&](const std::string& user) {
    return median_seconds(1, [&] { EXPECT_TRUE(answers(try_login(server, user, "not-the-password"), 530)); });
  };
  // In turns, so that whatever else the machine does meets both alike; load only makes a time longer, so the
  // shortest of many tells.
  double wrong = 1e9, unknown = 1e9;
  for (int i = 0; i < 15; ++i) {
    wrong = std::min(wrong, refused("mika"));
    unknown = std::min(unknown, refused("nobody-here"));
  }
  EXPECT_LT(wrong, unknown * 1.25 + 0.003);
  EXPECT_LT(unknown, wrong * 1.25 + 0.003);
}

TEST(LoginTimesAlone, KnownLoginIsQuick) {
  FerrydServer server({"password_memory=64M", "password_passes=4"});
  server.add_account("mika");
  const auto hash = hash_password(Secret(kPassword), {64 << 20, 4});
  ASSERT_TRUE(hash);
  change(server, "mika", &store::AccountChange::password_hash, *hash);
  const auto log_in = [&] { EXPECT_TRUE(answers(try_login(server, "mika", kPassword), 230)); };
  const double first = median_seconds(1, log_in), later = median_seconds(5, log_in);
  EXPECT_LT(later, first / 3);
  // A changed password counts at once, whatever was remembered.
  const auto fresh = hash_password(Secret("another-password"), {8 << 20, 1});
  ASSERT_TRUE(fresh);
  change(server, "mika", &store::AccountChange::password_hash, *fresh);
  EXPECT_TRUE(answers(try_login(server, "mika", kPassword), 530));
  EXPECT_TRUE(answers(try_login(server, "mika", "another-password"), 230));
}

TEST(Login, RequiresTlsWhereTheOperatorSaysSo) {
  FerrydServer server({"tls=required"});
  server.add_account("mika");
  FtpTalker talker = greeted(server);
  const auto refused = talker.ask("USER mika");
  EXPECT_TRUE(answers(refused, 530));
  EXPECT_NE(refused.text().find("TLS"), std::string::npos) << "no hint for a person";
  EXPECT_TRUE(answers(talker.ask("PASS " + std::string(kPassword)), 530));
  talker.auth_tls();
  talker.log_in("mika");
  EXPECT_TRUE(answers(talker.ask("LIST"), 521)) << "data in clear";
  EXPECT_TRUE(answers(talker.ask("PBSZ 0"), 200));
  EXPECT_TRUE(answers(talker.ask("PROT C"), 534));
}

TEST(Login, ImplicitTlsIsProtectedFromTheFirstByte) {
  FerrydServer server({"tls=required", "implicit_tls_listen=127.0.0.1:0"});
  server.add_account("mika");
  for (const TlsVersion version : {TlsVersion::tls12, TlsVersion::tls13}) {
    FtpTalker talker =
        FtpTalker::logged_in(server, "mika", false, {.implicit_tls = true, .version = version});
    EXPECT_TRUE(answers(talker.store("file", "bytes"), 226));
    EXPECT_EQ(talker.fetch("file").bytes, "bytes");
  }
}

TEST(Login, ThreeFailuresEndTheSession) {
  FerrydServer server;
  server.add_account("mika");
  FtpTalker talker = greeted(server);
  for (int i = 0; i < 2; ++i) {
    talker.expect("USER mika", 331);
    EXPECT_TRUE(answers(talker.ask("PASS wrong-password"), 530));
    talker.expect("REIN", 220);  // buys no more guesses
  }
  talker.expect("USER mika", 331);
  EXPECT_TRUE(answers(talker.ask("PASS wrong-password"), 421));
  EXPECT_TRUE(talker.is_closed());
}

TEST(Login, PasswordWithoutUserIsOutOfSequence) {
  FerrydServer server;
  server.add_account("mika");
  FtpTalker talker = greeted(server);
  EXPECT_TRUE(answers(talker.ask("PASS " + std::string(kPassword)), 503));
  talker.log_in("mika");
  EXPECT_TRUE(answers(talker.ask("PASS " + std::string(kPassword)), 503));
}

TEST(Login, LockAndRemovalActAtTheNextCommand) {
  FerrydServer server;
  for (const std::string name : {"mika", "noor"}) server.add_account(name);
  FtpTalker locked = FtpTalker::logged_in(server, "mika"),
            removed = FtpTalker::logged_in(server, "noor", true);
  change(server, "mika", &store::AccountChange::is_locked, true);
  ASSERT_TRUE(server.store().remove_account("noor"));
  for (FtpTalker* talker : {&locked, &removed}) {
    EXPECT_TRUE(answers(talker->ask("MKD late"), 421));
    EXPECT_TRUE(talker->is_closed());
  }
  EXPECT_FALSE(std::filesystem::exists(server.home("mika") / "late"));
  EXPECT_FALSE(std::filesystem::exists(server.home("noor") / "late"));
}

TEST(Login, ReadOnlyActsAtTheNextCommand) {
  FerrydServer server;
  server.add_account("mika");
  FtpTalker talker = FtpTalker::logged_in(server, "mika");
  talker.expect("MKD before", 257);
  change(server, "mika", &store::AccountChange::is_read_only, true);
  EXPECT_TRUE(answers(talker.ask("MKD after"), 550));
  EXPECT_TRUE(answers(talker.ask("RMD before"), 550));
  change(server, "mika", &store::AccountChange::is_read_only, false);
  EXPECT_TRUE(answers(talker.ask("MKD after"), 257));
}

TEST(Login, ReinStartsAnew) {
  FerrydServer server;
  for (const std::string name : {"mika", "noor"}) server.add_account(name);
  server.put_file("mika", "folder", std::nullopt);
  FtpTalker talker = FtpTalker::logged_in(server, "mika", true);
  talker.expect("CWD folder", 250);
  talker.expect("REIN", 220);
  talker.leave_tls();  // RFC 4217 §13: TLS ends with what it protected
  EXPECT_TRUE(answers(talker.ask("PWD"), 530));
  talker.log_in("noor");
  EXPECT_EQ(talker.ask("PWD").text(), "\"/\" is the current folder");
  EXPECT_TRUE(answers(talker.ask("CWD folder"), 550)) << "of the other account";
}

TEST(Login, AuthAfterLoginLogsOut) {
  FerrydServer server;
  server.add_account("mika");
  FtpTalker talker = FtpTalker::logged_in(server, "mika");
  talker.auth_tls();
  EXPECT_TRUE(answers(talker.ask("PWD"), 530));
}

TEST(Login, OwnPasswordCanBeChangedInOneStepOrTwo) {
  FerrydServer server;
  server.add_account("mika");
  FtpTalker talker = FtpTalker::logged_in(server, "mika", true);
  EXPECT_TRUE(answers(talker.ask("SITE PASSWD wrong-old-one fresh-password-1"), 530));
  EXPECT_TRUE(answers(talker.ask(fmt::format("SITE PASSWD {} short", kPassword)), 501));
  EXPECT_TRUE(answers(talker.ask(fmt::format("SITE PASSWD {} fresh-password-1", kPassword)), 200));
  EXPECT_TRUE(answers(try_login(server, "mika", kPassword), 530));
  EXPECT_TRUE(answers(try_login(server, "mika", "fresh-password-1"), 230));

  talker.expect("SITE PASSWD", 350);
  EXPECT_TRUE(answers(talker.ask("PASS fresh password 2"), 200));
  EXPECT_TRUE(answers(try_login(server, "mika", "fresh-password-1"), 530));
  EXPECT_TRUE(answers(try_login(server, "mika", "fresh password 2"), 230));

  talker.expect("SITE PASSWD", 350);
  talker.expect("NOOP", 200);  // something else came: PASS is no new password any more
  EXPECT_TRUE(answers(talker.ask("PASS fresh-password-3"), 503));
  EXPECT_TRUE(answers(try_login(server, "mika", "fresh password 2"), 230));
}

TEST(Login, GuestHasNoPasswordToChange) {
  FerrydServer server({"anonymous=true"});
  FtpTalker guest = greeted(server);
  guest.log_in("anonymous", "me@example.org");
  EXPECT_TRUE(answers(guest.ask("SITE PASSWD"), 550));
  EXPECT_TRUE(answers(guest.ask("SITE PASSWD a-password b-password"), 550));
}

class SessionLimits : public testing::Test {
 protected:
  // Sessions as long as they are let in, and the refusal of the first that is not.
  static ftp::Reply fill(const FerrydServer& server, std::size_t limit, std::vector<FtpTalker>& in) {
    for (std::size_t i = 0; i < limit; ++i) in.push_back(greeted(server));
    FtpTalker one_more(server);
    auto reply = one_more.reply();
    EXPECT_TRUE(one_more.is_closed());
    return reply;
  }
};

TEST_F(SessionLimits, OfOneAddress) {
  FerrydServer server({"max_sessions_per_address=5"});
  std::vector<FtpTalker> in;
  const auto refused = fill(server, 5, in);
  EXPECT_TRUE(answers(refused, 421));
  EXPECT_NE(refused.text().find("your address"), std::string::npos) << refused.text();
  FtpTalker from_elsewhere(server, {.ipv6 = true});
  EXPECT_TRUE(answers(from_elsewhere.reply(), 220));
  in.pop_back();
  EXPECT_TRUE(wait_until([&] { return FtpTalker(server).reply().code == 220; })) << "a place is free again";
}

TEST_F(SessionLimits, OfTheWholeServer) {
  FerrydServer server({"max_sessions=4"});
  std::vector<FtpTalker> in;
  EXPECT_TRUE(answers(fill(server, 4, in), 421));
  FtpTalker from_elsewhere(server, {.ipv6 = true});
  EXPECT_TRUE(answers(from_elsewhere.reply(), 421));
}

TEST_F(SessionLimits, OfOneAccount) {
  FerrydServer server({"max_sessions_per_user=2"});
  for (const std::string name : {"mika", "noor"}) server.add_account(name);
  std::vector<FtpTalker> in;
  for (int i = 0; i < 2; ++i) in.push_back(FtpTalker::logged_in(server, "mika"));
  FtpTalker third = greeted(server);
  third.expect("USER mika", 331);
  EXPECT_TRUE(answers(third.ask("PASS " + std::string(kPassword)), 421));
  FtpTalker::logged_in(server, "noor");
  in[0].expect("REIN", 220);
  FtpTalker::logged_in(server, "mika");
}

TEST(Guest, MayLookAndDownload) {
  FerrydServer server({"anonymous=true"});
  ASSERT_TRUE(
      wait_until([&] { return std::filesystem::exists(server.home("guest")); }, 10s));  // a worker makes it
  server.put_file("guest", "public.txt", "for everybody");
  for (const char* name : {"anonymous", "ftp"}) {
    FtpTalker guest = greeted(server);
    guest.log_in(name, "me@example.org");
    guest.expect("TYPE I", 200);
    EXPECT_EQ(guest.fetch("public.txt").bytes, "for everybody");
    EXPECT_EQ(guest.list("NLST"), std::vector<std::string>{"public.txt"});
    EXPECT_TRUE(answers(guest.store("public.txt", "mine"), 550));
    for (const char* line : {"DELE public.txt", "MKD folder", "RNFR public.txt", "SITE CHMOD 777 public.txt",
                             "MFMT 19990101000000 public.txt"})
      EXPECT_TRUE(answers(guest.ask(line), 550)) << line;
  }
  EXPECT_EQ(read_bytes(server.home("guest") / "public.txt"), "for everybody");
}

TEST(Guest, IsOffByDefault) {
  FerrydServer server;
  EXPECT_TRUE(answers(try_login(server, "anonymous", "me@example.org"), 530));
  EXPECT_TRUE(answers(try_login(server, "guest", ""), 530));
}

TEST(Secrets, AreInNoLog) {
  FerrydServer server({"anonymous=true"});
  server.add_account("mika");
  const std::string secrets[] = {kPassword, "wrong-and-secret", "typed-as-a-user", "fresh-and-secret",
                                 "second-and-secret"};
  try_login(server, "mika", secrets[1]);
  FtpTalker talker = FtpTalker::logged_in(server, "mika", true);
  talker.ask("PASS " + secrets[1]);
  talker.ask("pass " + secrets[1]);
  talker.ask("ACCT " + secrets[1]);
  talker.ask(fmt::format("site  passwd {} {}", secrets[1], secrets[3]));  // a blank too many
  talker.expect(fmt::format("site passwd {} {}", kPassword, secrets[3]), 200);
  talker.expect("SITE PASSWD", 350);
  talker.expect("PASS " + secrets[4], 200);
  talker.expect("QUIT", 221);
  EXPECT_TRUE(talker.is_closed());
  server.stop();
  EXPECT_NE(server.log("operate.log").find("PASS ***"), std::string::npos) << "commands are not logged";
  for (const char* file : {"ferryd.log", "login.log", "operate.log", "transfer.log"}) {
    const std::string log = server.log(file);
    for (const std::string& secret : secrets) EXPECT_EQ(log.find(secret), std::string::npos) << file;
  }
}

TEST(LoginLog, NamesEveryAttemptWithItsAddress) {
  FerrydServer server;
  server.add_account("mika");
  try_login(server, "mika", "wrong-password");
  try_login(server, "ghost\x1b[31m", "wrong-password");
  FtpTalker::logged_in(server, "mika", true).expect("QUIT", 221);
  EXPECT_TRUE(wait_until(
      [&] { return server.log("login.log").find("logout from=127.0.0.1 user=mika") != std::string::npos; }));
  const std::string log = server.log("login.log");
  EXPECT_NE(log.find("login refused from=127.0.0.1 tls=no user=mika reason=\"wrong password\""),
            std::string::npos)
      << log;
  EXPECT_NE(log.find("reason=\"unknown user\""), std::string::npos) << log;
  EXPECT_NE(log.find("login ok from=127.0.0.1 tls=TLSv1.3 user=mika"), std::string::npos) << log;
  EXPECT_EQ(log.find('\x1b'), std::string::npos) << "raw escape sequence in the log";
}

// An own account buys no more guesses at another's.
TEST(Login, FailuresCountAcrossLogins) {
  FerrydServer server;
  server.add_account("mika");
  FtpTalker talker(server);
  EXPECT_TRUE(answers(talker.reply(), 220));
  for (int i = 0; i < 2; ++i) {
    talker.expect("USER victim", 331);
    EXPECT_TRUE(answers(talker.ask("PASS guess"), 530));
  }
  talker.log_in("mika");
  talker.expect("REIN", 220);
  talker.expect("USER victim", 331);
  EXPECT_TRUE(answers(talker.ask("PASS guess"), 421));
}

// Those who wait for their password to be checked hold threads: only so many may, and the others work on.
TEST(Login, FloodLeavesThreadsToThoseWhoAreIn) {
  FerrydServer server({"workers=1", "threads_per_worker=8", "password_memory=64M", "password_passes=8"});
  server.add_account("mika");
  FtpTalker inside = FtpTalker::logged_in(server, "mika");
  std::vector<FtpTalker> flood;
  for (int i = 0; i < 24; ++i) {
    flood.emplace_back(server);
    EXPECT_TRUE(answers(flood.back().reply(), 220));
    flood.back().expect("USER nobody", 331);
  }
  for (FtpTalker& talker : flood) talker.send("PASS guess");
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_TRUE(answers(inside.ask("NOOP"), 200));
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(2));
  int refused = 0;
  for (FtpTalker& talker : flood) {
    const auto reply = talker.reply(std::chrono::seconds(60));
    EXPECT_TRUE(reply.code == 530 || reply.code == 421) << reply.code;
    refused += reply.code == 421 ? 1 : 0;
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace ferry::test
