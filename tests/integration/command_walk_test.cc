// Every row of the command table and of SITE's, in every phase and role, with and without an argument, in
// clear, under TLS and with protected data connections, whatever tls says: the gate answers as the row's
// columns say, and the session lives on. Then what is no command at all.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "server/commands/table.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;

enum class Who { nobody, user, reader, guest };
enum class Wire { clear, tls, tls_private };  // tls_private: PROT P too

// What to send for a verb, and what it answers once the gate lets it pass. Transfers have no data connection
// here.
struct Sample {
  std::string argument;
  std::set<int> answers;
};
const std::map<std::string_view, Sample> kSamples = {
    {"ABOR", {"", {226}}},
    {"ACCT", {"x", {202}}},
    {"ADAT", {"x", {}}},
    {"ALLO", {"10", {200}}},
    {"APPE", {"file", {425}}},
    {"AUTH", {"KERBEROS", {503, 504}}},
    {"AVBL", {"/", {213}}},
    {"CCC", {"", {533, 534}}},  // off by default; on: ccc_test.cc
    {"CDUP", {"", {250}}},
    {"CLNT", {"test", {200}}},
    {"CONF", {"x", {}}},
    {"CSID", {"Name=test;", {200}}},
    {"CWD", {"/", {250}}},
    {"DELE", {"missing", {550}}},
    {"ENC", {"x", {}}},
    {"EPRT", {"|1|127.0.0.1|40000|", {200}}},
    {"EPSV", {"1", {229}}},
    {"FEAT", {"", {211}}},
    {"HASH", {"missing", {550}}},
    {"HELP", {"USER", {214}}},
    {"HOST", {"ftp.example.org", {220, 503}}},
    {"LANG", {"en", {200}}},
    {"LIST", {"/", {425}}},
    {"LPRT", {"4,4,127,0,0,1,2,200,10", {}}},
    {"LPSV", {"x", {}}},
    {"MD5", {"missing", {550}}},
    {"MDTM", {"missing", {550}}},
    {"MFF", {"modify=20200101000000; missing", {550}}},
    {"MFMT", {"20200101000000 missing", {550}}},
    {"MIC", {"x", {}}},
    {"MKD", {"missing/folder", {550}}},
    {"MLSD", {"/", {425}}},
    {"MLST", {"/", {250}}},
    {"MODE", {"S", {200}}},
    {"NLST", {"/", {425}}},
    {"NOOP", {"x", {200}}},
    {"OPTS", {"UTF8 ON", {200}}},
    {"PASS", {"wrong", {503}}},
    {"PASV", {"", {227}}},
    {"PBSZ", {"0", {200, 503}}},
    {"PORT", {"127,0,0,1,200,10", {200}}},
    {"PROT", {"P", {200, 503}}},
    {"PWD", {"", {257}}},
    {"QUIT", {"", {221}}},
    {"RANG", {"0 5", {551}}},  // TYPE A until told otherwise
    {"REIN", {"", {220}}},
    {"REST", {"5", {504}}},
    {"RETR", {"missing", {550}}},
    {"RMD", {"missing", {550}}},
    {"RNFR", {"missing", {550}}},
    {"RNTO", {"missing", {503}}},
    {"SITE", {"HELP", {214}}},
    {"SIZE", {"missing", {550}}},
    {"SMNT", {"x", {}}},
    {"STAT", {"/", {213}}},
    {"STOR", {"file", {425}}},
    {"STOU", {"", {425}}},
    {"STRU", {"F", {200}}},
    {"SYST", {"", {215}}},
    {"TYPE", {"I", {200}}},
    {"USER", {"mika", {331}}},
    {"XCRC", {"missing", {550}}},
    {"XCUP", {"", {250}}},
    {"XCWD", {"/", {250}}},
    {"XMD5", {"missing", {550}}},
    {"XMKD", {"missing/folder", {550}}},
    {"XPWD", {"", {257}}},
    {"XRMD", {"missing", {550}}},
    {"XSHA", {"missing", {550}}},
    {"XSHA1", {"missing", {550}}},
    {"XSHA256", {"missing", {550}}},
    {"XSHA512", {"missing", {550}}},
};
const std::map<std::string_view, Sample> kSiteSamples = {
    {"BREAKPOINT", {"", {213}}},
    {"BREAKPOINT DROP", {"missing", {550}}},
    {"CHMOD", {"600 missing", {550}}},
    {"COPY", {"a b", {}}},
    {"HELP", {"", {214}}},
    {"IDLE", {"", {200}}},
    {"INFO", {"", {200}}},
    {"MKDIR", {"/", {550}}},
    {"PASSWD", {"", {350, 550}}},  // 550: the guest has none
    {"QUOTA", {"", {200}}},
    {"REGISTER", {"somebody", {}}},
    {"RMDIR", {"missing", {550}}},
    {"SYMLINK", {"a b", {}}},
    {"UTIME", {"20200101000000 nothing", {550}}},
    {"WHO", {"", {200}}},
};

// After these the session is another one; all others leave it as the next row wants it.
const std::set<std::string_view> kLeaveTraces = {"EPRT", "EPSV", "HOST", "LANG", "PASS", "PASSWD", "PASV",
                                                 "PBSZ", "PORT", "PROT", "QUIT", "REIN", "TYPE",   "USER"};

// What the columns of a row say, in the order the gate promises. nullopt: it passes.
std::optional<int> refusal(const Command& row, bool has_argument, Who who, Wire wire, TlsPolicy policy) {
  if (row.argument == Argument::required && !has_argument) return 501;
  if (row.argument == Argument::none && has_argument) return 501;
  if (row.tls == TlsNeed::replaced && wire != Wire::clear) return 533;
  if (row.handler == nullptr) return 502;
  if (row.tls == TlsNeed::offered && policy == TlsPolicy::off) return 502;
  if (row.verb == "REGISTER") return 502;  // closed, unless the operator opens it
  if (row.phase == Phase::ready && who == Who::nobody) return 530;
  if (row.tls == TlsNeed::always && wire == Wire::clear) return 530;
  if (policy == TlsPolicy::required && row.tls == TlsNeed::login && wire == Wire::clear) return 530;
  if (policy == TlsPolicy::required && row.tls == TlsNeed::data && wire != Wire::tls_private) return 521;
  if (row.access == Access::write && who != Who::user) return 550;
  return std::nullopt;
}

class CommandWalk : public testing::TestWithParam<TlsPolicy> {
 protected:
  static std::vector<std::string> settings() {
    const char* tls = GetParam() == TlsPolicy::required  ? "tls=required"
                      : GetParam() == TlsPolicy::offered ? "tls=offered"
                                                         : "tls=off";
    return {tls, "anonymous=true"};
  }
  CommandWalk() : server_(settings()) {
    server_.add_account("mika");
    server_.add_account("reader", {.read_only = true});
  }

  FtpTalker connect(Who who, Wire wire) {
    FtpTalker talker(server_);
    talker.reply();
    if (wire != Wire::clear) talker.auth_tls();
    if (wire == Wire::tls_private) talker.protect();
    if (who == Who::user) talker.log_in("mika");
    if (who == Who::reader) talker.log_in("reader");
    if (who == Who::guest) talker.log_in("anonymous");
    return talker;
  }

  void walk(Who who, Wire wire) {
    walk(command_table(), kSamples, "", who, wire);
    walk(site_table(), kSiteSamples, "SITE ", who, wire);
  }

  void walk(std::span<const Command> table, const std::map<std::string_view, Sample>& samples,
            const std::string& prefix, Who who, Wire wire) {
    FtpTalker talker = connect(who, wire);
    for (const Command& row : table) {
      const auto sample = samples.find(row.verb);
      ASSERT_NE(sample, samples.end()) << row.verb << " is new: say here how it answers";
      for (const bool has_argument : {false, true}) {
        try_one(talker, prefix, row, sample->second, has_argument, who, wire);
        if (kLeaveTraces.contains(row.verb)) talker = connect(who, wire);
      }
    }
  }

  void try_one(FtpTalker& talker, const std::string& prefix, const Command& row, const Sample& sample,
               bool has_argument, Who who, Wire wire) {
    const std::string argument = sample.argument.empty() ? "unwanted" : sample.argument;
    const std::string line =
        prefix + (has_argument ? fmt::format("{} {}", row.verb, argument) : std::string(row.verb));
    SCOPED_TRACE(fmt::format("{} (who {}, wire {})", line, static_cast<int>(who), static_cast<int>(wire)));
    const auto reply = talker.ask(line);
    if (const auto code = refusal(row, has_argument, who, wire, GetParam())) {
      EXPECT_TRUE(answers(reply, *code));
    } else if (has_argument == !sample.argument.empty()) {
      const bool needs_login = row.verb == "STAT" && who == Who::nobody;  // only with a path
      EXPECT_TRUE(needs_login ? reply.code == 530 : sample.answers.contains(reply.code))
          << reply.code << " " << reply.text();
    } else {
      // Optional argument, the other way round: whatever it means, the gate let it pass.
      EXPECT_NE(reply.code, 500) << reply.text();
      EXPECT_NE(reply.code, 502) << reply.text();
    }
    if (row.verb == "REIN" && reply.code == 220 && talker.is_tls()) talker.leave_tls();  // RFC 4217 §13
    if (row.verb == "QUIT" && reply.code == 221) {
      EXPECT_TRUE(talker.is_closed());
    } else {
      EXPECT_TRUE(answers(talker.ask("NOOP"), 200)) << "the session did not survive";
    }
  }

  FerrydServer server_;
};
INSTANTIATE_TEST_SUITE_P(Policy, CommandWalk,
                         testing::Values(TlsPolicy::off, TlsPolicy::offered, TlsPolicy::required),
                         [](const auto& policy) {
                           return policy.param == TlsPolicy::off       ? "off"
                                  : policy.param == TlsPolicy::offered ? "offered"
                                                                       : "required";
                         });

TEST_P(CommandWalk, EveryRowAnswersAsItsColumnsSay) {
  for (const Who who : {Who::nobody, Who::user, Who::reader, Who::guest}) {
    for (const Wire wire : {Wire::clear, Wire::tls, Wire::tls_private}) {
      const bool has_tls = wire != Wire::clear;
      if (has_tls && GetParam() == TlsPolicy::off) continue;
      if (!has_tls && GetParam() == TlsPolicy::required && who != Who::nobody) continue;  // no login in clear
      walk(who, wire);
    }
  }
}

TEST_P(CommandWalk, UnknownSiteCommandsAreRefused) {
  const Wire wire = GetParam() == TlsPolicy::off ? Wire::clear : Wire::tls_private;
  for (const Who who : {Who::nobody, Who::user, Who::reader, Who::guest})
    EXPECT_EQ(connect(who, wire).code("SITE NONSENSE"), 504);
}

TEST_P(CommandWalk, WhatIsAdvertisedIsKnown) {
  const Wire wire = GetParam() == TlsPolicy::off ? Wire::clear : Wire::tls_private;
  FtpTalker talker = connect(Who::user, wire);
  const auto features = talker.ask("FEAT");
  for (std::size_t i = 1; i + 1 < features.lines.size(); ++i) {
    const std::string& line = features.lines[i];
    const bool is_site = line.starts_with("SITE ");
    const std::string verb = is_site ? line : line.substr(0, line.find(' '));
    if (verb == "UTF8" || verb == "TVFS") continue;  // properties, not commands
    const int code = connect(Who::user, wire).code(verb);
    EXPECT_TRUE(code != 500 && code != 502 && code != 504) << line;
  }
  EXPECT_EQ(features.text().find("AUTH TLS") != std::string::npos, GetParam() != TlsPolicy::off);
}

class WireNoise : public testing::Test {
 protected:
  WireNoise() { server_.add_account("mika"); }
  FtpTalker greeted() {
    FtpTalker talker(server_);
    talker.reply();
    return talker;
  }
  FerrydServer server_;
};

TEST_F(WireNoise, UnknownCommandsAreRefusedAndTheSessionLives) {
  FtpTalker talker = greeted();
  for (const char* line : {"XYZZY", "XYZZY argument", "", " ", " NOOP", "NOOP\tx", "\x01", "N0OP-", "%s%n",
                           "USERUSERUSERUSERUSER x"}) {
    EXPECT_EQ(talker.code(line) / 10, 50) << line;
    EXPECT_TRUE(answers(talker.ask("NOOP"), 200));
  }
  EXPECT_TRUE(answers(talker.ask("noop"), 200)) << "verbs are case-insensitive";
}

TEST_F(WireNoise, HttpIsHungUpOn) {
  for (const char* line : {"GET / HTTP/1.1", "POST /x HTTP/1.0", "CONNECT a:1 HTTP/1.1", "OPTIONS * HTTP/1.1",
                           "get / HTTP/1.0", "HEAD / HTTP/1.1", "PUT /x HTTP/1.1", "DELETE /x HTTP/1.1",
                           "PATCH /x HTTP/1.1", "TRACE / HTTP/1.1", "PRI * HTTP/2.0"}) {
    FtpTalker talker = greeted();
    talker.send_raw(std::string(line) + "\r\nHost: x\r\nUSER mika\r\n\r\n");
    EXPECT_TRUE(answers(talker.reply(), 421)) << line;
    EXPECT_TRUE(talker.is_closed()) << line;
  }
  for (const bool tls : {false, true}) {
    FtpTalker talker = FtpTalker::logged_in(server_, "mika", tls);
    EXPECT_TRUE(answers(talker.ask("GET / HTTP/1.1"), 421)) << "logged in";
    EXPECT_TRUE(talker.is_closed());
  }
}

TEST_F(WireNoise, OverlongLineIsRefusedOnce) {
  FtpTalker talker = greeted();
  for (const std::size_t size : {5'000U, 60'000U, 500'000U}) {
    EXPECT_TRUE(answers(talker.ask("NOOP " + std::string(size, 'a')), 500));
    EXPECT_TRUE(answers(talker.ask("NOOP"), 200));
  }
  EXPECT_TRUE(answers(talker.ask("NOOP " + std::string(4000, 'a')), 200)) << "the longest path fits";
}

TEST_F(WireNoise, EndlessLineIsHungUpOn) {
  FtpTalker talker = greeted();
  try {
    for (int i = 0; i < 64; ++i) talker.send_raw(std::string(64 * 1024, 'a'));
  } catch (const std::runtime_error&) {  // hung up on already
  }
  EXPECT_TRUE(talker.is_closed());
}

TEST_F(WireNoise, NulIsRefused) {
  FtpTalker talker = FtpTalker::logged_in(server_, "mika");
  talker.send_raw(std::string_view("MKD a\0b\r\n", 9));
  EXPECT_TRUE(answers(talker.reply(), 500));
  talker.send_raw(std::string_view("\0NOOP\r\n", 7));
  EXPECT_TRUE(answers(talker.reply(), 500));
  EXPECT_TRUE(talker.list("NLST").empty());
}

TEST_F(WireNoise, BareLineFeedEndsALineAndABareReturnDoesNot) {
  FtpTalker talker = FtpTalker::logged_in(server_, "mika");
  talker.send_raw("NOOP\nPWD\n");
  EXPECT_TRUE(answers(talker.reply(), 200));
  EXPECT_TRUE(answers(talker.reply(), 257));
  talker.send_raw("MKD a\rDELE b\r\n");
  EXPECT_EQ(talker.reply().code / 100, 5);
  EXPECT_TRUE(talker.list("NLST").empty());
}

TEST_F(WireNoise, TelnetSequencesAreStripped) {
  FtpTalker talker = FtpTalker::logged_in(server_, "mika");
  talker.send_raw(
      "\xff\xf4\xff\xf2"
      "ABOR\r\n");  // IP, Synch: how RFC 959 has ABOR sent
  EXPECT_TRUE(answers(talker.reply(), 226));
  talker.send_raw(
      "\xff\xfd\x06"
      "NOOP\r\n");  // DO TIMING-MARK
  EXPECT_TRUE(answers(talker.reply(), 200));
  talker.send_raw(
      "MKD a\xff\xff"
      "b\r\n");  // IAC IAC is one byte 255
  EXPECT_TRUE(answers(talker.reply(), 257));
  EXPECT_EQ(talker.list("NLST"), std::vector<std::string>{"a\xff"
                                                          "b"});
}

TEST_F(WireNoise, PipelinedCommandsAreAnsweredInOrder) {
  FtpTalker talker = FtpTalker::logged_in(server_, "mika");
  std::string packet;
  for (int i = 0; i < 50; ++i)
    packet += fmt::format("MKD {}\r\nCWD {}\r\nPWD\r\nCDUP\r\nRMD {}\r\n", i, i, i);
  talker.send_raw(packet);
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(answers(talker.reply(), 257));
    EXPECT_TRUE(answers(talker.reply(), 250));
    EXPECT_EQ(talker.reply().text(), fmt::format("\"/{}\" is the current folder", i));
    EXPECT_TRUE(answers(talker.reply(), 250));
    EXPECT_TRUE(answers(talker.reply(), 250));
  }
}

TEST_F(WireNoise, OneByteAtATimeIsACommandToo) {
  FtpTalker talker = greeted();
  for (const char byte : std::string("USER mika\r\n")) talker.send_raw({&byte, 1});
  EXPECT_TRUE(answers(talker.reply(), 331));
}

// CVE-2011-1575: what was sent in clear behind AUTH TLS must not run inside TLS.
TEST_F(WireNoise, CommandsBehindAuthAreDiscarded) {
  FtpTalker talker = greeted();
  talker.send_raw("AUTH TLS\r\nUSER mika\r\nNOOP\r\n");
  EXPECT_TRUE(answers(talker.reply(), 234));
  const auto client = net::TlsClient::create({});
  ASSERT_TRUE(client);
  talker.start_tls((*client)->control_channel("localhost"));
  EXPECT_TRUE(answers(talker.ask("SYST"), 215)) << "an answer to what came in clear";
  EXPECT_TRUE(answers(talker.ask("PASS x"), 503)) << "USER came in clear";
}

TEST_F(WireNoise, ClientThatVanishesLeavesNothingBehind) {
  for (int i = 0; i < 50; ++i) {
    FtpTalker talker(server_);
    talker.send_raw("USER mi");
  }
  EXPECT_TRUE(answers(greeted().ask("NOOP"), 200));
}

}  // namespace
}  // namespace ferry::test
