#include "client/engine/retry.h"

#include <gtest/gtest.h>

#include "client/engine/reply_error.h"

namespace ferry::client {
namespace {

using std::chrono::milliseconds;

struct Row {
  const char* verb;
  int code;
  const char* text;
  Remedy remedy;
};

ftp::Reply reply(int code, const std::string& text) {
  ftp::Reply made;
  made.code = code;
  made.lines = {text};
  return made;
}

TEST(RemedyFor, FollowsTheReplies) {
  const Row rows[] = {
      {"RETR", 421, "Service not available", Remedy::again},
      {"RETR", 425, "Can't open data connection", Remedy::again},
      {"STOR", 426, "Connection closed; transfer aborted", Remedy::again},
      {"STOR", 450, "File is busy", Remedy::again},
      {"STOR", 451, "Local error in processing", Remedy::again},
      {"RETR", 450, "a: No such file", Remedy::none},
      {"STOR", 452, "No space left", Remedy::none},
      {"STOR", 552, "Over quota", Remedy::none},
      {"STOR", 553, "Name not allowed", Remedy::none},
      {"STOR", 550, "Permission denied", Remedy::none},
      {"RETR", 550, "No such file", Remedy::none},
      {"STOR", 500, "Unknown command", Remedy::none},
      {"STOR", 554, "REST out of range", Remedy::none},
      {"STOR", 551, "Error on output file", Remedy::none},
      {"PASS", 530, "Login incorrect", Remedy::stop},
      {"PASS", 530, "Sorry, the maximum number of clients (2) for this user already connected",
       Remedy::again},
      {"PASS", 530, "Too many failed logins", Remedy::stop},
      {"PASS", 421, "Login incorrect, too many times; good bye", Remedy::stop},
      {"PASS", 421, "too many sessions of this account", Remedy::again},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(remedy_for(reply_error(row.verb, "/a", reply(row.code, row.text))), row.remedy)
        << row.verb << " " << row.code << " " << row.text;
  }
}

TEST(RemedyFor, FollowsWhatHappenedHere) {
  const std::pair<Errc, Remedy> rows[] = {
      {Errc::timeout, Remedy::again},
      {Errc::closed, Remedy::again},
      {Errc::reset, Remedy::again},
      {Errc::refused, Remedy::again},
      {Errc::no_space, Remedy::none},
      {Errc::io, Remedy::none},
      {Errc::busy, Remedy::none},
      {Errc::permission, Remedy::none},
      {Errc::digest_mismatch, Remedy::none},
      {Errc::exists, Remedy::none},
      {Errc::tls, Remedy::none},
      {Errc::untrusted, Remedy::stop},
      {Errc::cancelled, Remedy::stop},
  };
  for (const auto& [kind, remedy] : rows) {
    EXPECT_EQ(remedy_for(Error{kind, "x"}), remedy) << static_cast<int>(kind);
  }
  EXPECT_EQ(remedy_for(errno_error(ENOSPC, "write")), Remedy::none);
  EXPECT_EQ(remedy_for(errno_error(EDQUOT, "write")), Remedy::none);
}

TEST(IsCrowded, TellsManySessionsFromAWrongPassword) {
  const std::pair<const char*, bool> rows[] = {
      // As vsftpd, ProFTPD, Pure-FTPd, pyftpdlib and ferryd say it.
      {"421 There are too many connections from your internet address.", true},
      {"421 There are too many connected users, please try later.", true},
      {"530 Sorry, the maximum number of clients (1) for this user are already connected", true},
      {"421 2 users (the maximum) are already logged in, sorry", true},
      {"421 Too many connections from the same IP address.", true},
      {"421 too many sessions of this account", true},
      {"530 Login incorrect", false},
      {"530 Maximum login attempts exceeded", false},
      {"550 Too many links", false},
  };
  for (const auto& [text, expected] : rows) {
    const int code = std::stoi(text);
    EXPECT_EQ(is_crowded(reply_error("PASS", "u", reply(code, text + 4))), expected) << text;
  }
}

TEST(RetryPolicy, WaitsLongerAndLonger) {
  const RetryPolicy policy;
  const int expected[] = {250, 1'000, 4'000, 16'000, 60'000, 60'000};
  for (int retry = 1; retry <= 6; ++retry) {
    EXPECT_EQ(policy.wait_before(retry, 0), milliseconds(expected[retry - 1])) << retry;
  }
  EXPECT_EQ(policy.wait_before(2, 0.5), milliseconds(1'125));
  EXPECT_EQ(policy.wait_before(1'000'000, 0), milliseconds(60'000));
}

TEST(Retries, AreLimitedUnlessItGetsFurther) {
  const Error lost{Errc::reset, "lost"};
  Retries retries({.retries = 2});
  EXPECT_TRUE(retries.after(lost));
  EXPECT_TRUE(retries.after(lost));
  EXPECT_EQ(retries.attempt(), 3);
  EXPECT_FALSE(retries.after(lost));
  retries.progressed();
  EXPECT_TRUE(retries.after(lost));
  EXPECT_EQ(retries.attempt(), 4);
  EXPECT_FALSE(Retries({.retries = 0}).after(lost));
  EXPECT_FALSE(Retries({.retries = 9}).after(Error{Errc::over_quota, "full", 552}));
}

TEST(Pause, EndsWhenAStopIsRequested) {
  Cancel cancel;
  cancel.request();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_FALSE(pause(std::chrono::minutes(1), cancel));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
}

}  // namespace
}  // namespace ferry::client
