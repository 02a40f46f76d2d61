// ferry doctor against ferryd as operators set it up well and badly.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/bytes.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/json_output.h"
#include "tests/support/test_ca.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

// "verdict<TAB>topic" of each line; the topics that have one of `verdict`.
std::string topics(const RunResult& result, const std::string& verdict) {
  std::istringstream lines(result.out);
  std::string found;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(verdict + "\t", 0) != 0) continue;
    const auto begin = verdict.size() + 1;
    found += (found.empty() ? "" : " ") + line.substr(begin, line.find('\t', begin) - begin);
  }
  return found;
}

class FerryDoctor : public testing::Test {
 protected:
  static ClientServer at(std::uint16_t port, const std::string& host = "127.0.0.1") {
    return {host, port, "akira", kPassword};
  }
  static RunResult examine(FerrydServer& server, const std::vector<std::string>& options) {
    server.add_account("akira");
    return FerryClient(at(server.port()), options).run("doctor", {});
  }
};

TEST_F(FerryDoctor, FindsNothingWrongWithAGoodServer) {
  TestCa ca;
  const CertificateFiles files = ca.self_signed("localhost");
  FerrydServer server(
      {"tls_certificate=" + files.certificate, "tls_key=" + files.key, "data_resumption=required"});
  server.add_account("akira");
  server.put_file("akira", "inbox", {});
  std::string pin = "sha256:";
  for (const char c : files.fingerprint)
    if (c != ':') pin += c;
  const FerryClient client(at(server.port()), {"--pin", pin});
  const RunResult result = client.run("doctor", {"--active", "--write", "inbox"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(topics(result, "problem"), "") << result.out;
  EXPECT_EQ(topics(result, "skipped"), "") << result.out;
  EXPECT_EQ(
      topics(result, "ok"),
      "address greeting encryption certificate login features names listing resume digests times passive "
      "passive data resumption close active resumption close write clock")
      << result.out;
  EXPECT_NE(result.out.find("TLSv1.3"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(server.home("akira") / "inbox")) << "what it writes it removes";
}

TEST_F(FerryDoctor, WritesNothingUnlessAsked) {
  FerrydServer server;
  const RunResult result = examine(server, {"--tls=off"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(topics(result, "skipped"), "active clock");
  EXPECT_EQ(topics(result, "note"), "encryption");
  EXPECT_EQ(server.log("transfer.log").find("STOR"), std::string::npos);
}

TEST_F(FerryDoctor, AnUnknownCertificateIsAProblemAndNoPasswordIsSent) {
  FerrydServer server;
  const RunResult result = examine(server, {});
  EXPECT_EQ(result.exit_code, 7) << result.out << result.err;
  EXPECT_EQ(topics(result, "problem"), "certificate") << result.out;
  EXPECT_NE(result.out.find("sha256:"), std::string::npos) << result.out;
  EXPECT_EQ(server.log("login.log").find("akira"), std::string::npos);
}

TEST_F(FerryDoctor, WithoutEncryptionThereIsAnAdvice) {
  FerrydServer server({"tls=off"});
  const RunResult result = examine(server, {});
  EXPECT_EQ(result.exit_code, 7) << result.out << result.err;
  EXPECT_EQ(topics(result, "problem"), "encryption") << result.out;
}

TEST_F(FerryDoctor, AWrongPasswordIsItsFinding) {
  FerrydServer server;
  server.add_account("akira");
  ClientServer where = at(server.port());
  where.password = "not-the-password";
  const RunResult result = FerryClient(where, {"--tls=off"}).run("doctor", {});
  EXPECT_EQ(result.exit_code, 4) << result.out;
  EXPECT_EQ(topics(result, "problem"), "login") << result.out;
  EXPECT_EQ(result.out.find("not-the-password"), std::string::npos);
}

TEST_F(FerryDoctor, NobodyThereIsAProblemOfTheAddress) {
  const RunResult result = FerryClient(at(free_port()), {"--tls=off"}).run("doctor", {});
  EXPECT_EQ(result.exit_code, 6) << result.out;
  EXPECT_EQ(topics(result, "problem"), "address") << result.out;
}

class FerryDoctorBehindALine : public FerryDoctor {
 protected:
  FerryDoctorBehindALine() {
    server_.add_account("akira");
    client_.waits("500ms");
  }
  FerrydServer server_{{"passive_address=192.0.2.1"}};
  FaultProxy line_{server_.port()};
  FerryClient client_{at(line_.port(), FaultProxy::kHost), {"--tls=off"}};
};

// A firewall that lets the control port through and no other.
TEST_F(FerryDoctorBehindALine, PassivePortsThatStallAreAProblemWithAnAdvice) {
  line_.add({.what = Fault::What::stall, .side = Fault::Side::data});  // EPSV's look
  line_.add({.what = Fault::What::stall, .side = Fault::Side::data});  // PASV's
  line_.add({.what = Fault::What::stall, .side = Fault::Side::data});
  const RunResult result = client_.run("doctor", {});
  EXPECT_EQ(result.exit_code, 6) << result.out;
  EXPECT_NE(topics(result, "problem").find("data"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("passive_ports"), std::string::npos) << result.out;
}

TEST_F(FerryDoctorBehindALine, PortsThatAreShutAreAProblem) {
  line_.add({.what = Fault::What::answer, .verb = "EPSV", .bytes = "229 here (|||1|)\r\n"});
  const RunResult result = client_.run("doctor", {});
  EXPECT_EQ(result.exit_code, 6) << result.out;
  EXPECT_EQ(topics(result, "problem"), "passive") << result.out;
}

TEST_F(FerryDoctorBehindALine, AnotherAddressThanTheServersIsNoted) {
  const RunResult result = client_.run("doctor", {});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_NE(result.out.find("tells the address 192.0.2.1"), std::string::npos) << result.out;
}

// What it cannot remove it names.
TEST_F(FerryDoctorBehindALine, AFileThatStaysIsAProblem) {
  line_.add({.what = Fault::What::answer, .verb = "DELE", .bytes = "550 no\r\n"});
  const RunResult result = client_.run("doctor", {"--write"});
  EXPECT_NE(result.exit_code, 0) << result.out;
  EXPECT_EQ(topics(result, "problem"), "write") << result.out;
  EXPECT_NE(result.out.find("ferry-doctor-"), std::string::npos) << result.out;
}

TEST_F(FerryDoctorBehindALine, ServersSentencesStayInTheirLine) {
  line_.add(
      {.what = Fault::What::answer, .nth = 2, .bytes = "220 \x1b[2Jhello\tthere\r\n", .then_close = true});
  const RunResult result = client_.run("doctor", {});
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(result.exit_code, 6) << result.out;
}

TEST_F(FerryDoctorBehindALine, EveryFindingIsJsonAsDocumented) {
  line_.add({.what = Fault::What::answer, .verb = "EPSV", .bytes = "229 here (|||1|)\r\n"});
  const auto lines = json_lines_of(client_.run("doctor", {"--json"}).out);
  long problems = 0;
  for (const auto& line : lines) {
    if (line["type"] == "finding" && line["verdict"] == "problem") {
      ++problems;
      EXPECT_EQ(line["topic"], "passive");
      EXPECT_EQ(line["error"]["class"], "refused");
    }
  }
  EXPECT_EQ(problems, 1);
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back()["exit_code"], 6);
}

}  // namespace
}  // namespace ferry::test
