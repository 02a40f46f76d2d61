#include "server/master/control.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "shared/config/run_as.h"
#include "tests/support/temp_dir.h"

namespace ferry {
namespace {

using nlohmann::json;

class FakeDesk final : public ControlDesk {
 public:
  std::vector<SessionView> sessions() const override { return views; }
  MasterStatus status() const override {
    return {{11, 12}, {77, 1LL << 62},          true,
            3,        std::chrono::seconds(60), {{"127.0.0.1:2121", {false}}, {"[::1]:990", {true}}}};
  }
  Status reload() override { return reload_answer; }
  Status kick(std::uint64_t session) override {
    kicked.push_back(session);
    return {};
  }

  std::vector<SessionView> views;
  std::vector<std::uint64_t> kicked;
  Status reload_answer;
};

json ask(FakeDesk& desk, const std::string& line) {
  return json::parse(answer_request(desk, line));
}

TEST(ControlRequests, SessionsAreListedWithEveryFact) {
  FakeDesk desk;
  SessionView view;
  view.session = 0x8f2c01d4;
  view.pid = 77;
  view.user = "anna";
  view.address = "192.0.2.1";
  view.tls = true;
  view.state = "upload";
  view.path = "/not utf-8: \xff";
  view.bytes = 5;
  desk.views = {view};
  const json answer = ask(desk, R"({"request":"sessions"})");
  EXPECT_TRUE(answer["ok"]);
  const json& session = answer["sessions"][0];
  EXPECT_EQ(session["session"], "000000008f2c01d4");
  EXPECT_EQ(session["pid"], 77);
  EXPECT_EQ(session["user"], "anna");
  EXPECT_EQ(session["address"], "192.0.2.1");
  EXPECT_EQ(session["tls"], true);
  EXPECT_EQ(session["state"], "upload");
  EXPECT_EQ(session["path"], "/not utf-8: \xef\xbf\xbd");
  EXPECT_EQ(session["bytes"], 5);
  EXPECT_EQ(session["since"], "1970-01-01T00:00:00Z");
}

TEST(ControlRequests, StatusTellsWhatRuns) {
  FakeDesk desk;
  const json answer = ask(desk, R"({"request":"status"})");
  EXPECT_EQ(answer["workers"], 2);
  EXPECT_EQ(answer["worker_pids"], json({11, 12}));
  EXPECT_EQ(answer["owners"], json({77, 1LL << 62}));
  EXPECT_EQ(answer["settling"], true);
  EXPECT_EQ(answer["generation"], 3);
  EXPECT_EQ(answer["uptime"], 60);
  EXPECT_EQ(answer["pid"], ::getpid());
  EXPECT_EQ(answer["addresses"][1]["address"], "[::1]:990");
  EXPECT_EQ(answer["addresses"][1]["implicit_tls"], true);
  EXPECT_EQ(answer["addresses"][1]["proxy"], false);
}

TEST(ControlRequests, KickTakesTheIdThatSessionsGave) {
  FakeDesk desk;
  EXPECT_TRUE(ask(desk, R"({"request":"kick","session":"000000008f2c01d4"})")["ok"]);
  EXPECT_EQ(desk.kicked, std::vector<std::uint64_t>{0x8f2c01d4});
}

TEST(ControlRequests, AFailedReloadSaysWhy) {
  FakeDesk desk;
  desk.reload_answer = fail(Errc::bad_syntax, "ferryd.toml:3: workers: wrong type");
  const json answer = ask(desk, R"({"request":"reload"})");
  EXPECT_FALSE(answer["ok"]);
  EXPECT_EQ(answer["error"], "ferryd.toml:3: workers: wrong type");
}

TEST(ControlRequests, BadInputOfAnyKindGetsAnError) {
  FakeDesk desk;
  for (const char* line :
       {"", "x", "[]", "{}", "7", R"({"request":5})", R"({"request":"format"})", R"({"request":"kick"})",
        "{\"request\":\"kick\",\"session\":5}", R"({"request":"kick","session":""})",
        R"({"request":"kick","session":"8f2c zz"})", R"({"request":"kick","session":"-1"})",
        R"({"request":"kick","session":"fffffffffffffffff"})", "{\"request\":\"\xff\"}"}) {
    const json answer = ask(desk, line);
    EXPECT_EQ(answer["ok"], false) << line;
    EXPECT_TRUE(answer["error"].is_string()) << line;
  }
  EXPECT_TRUE(desk.kicked.empty());
}

TEST(ControlRequests, DeepNestingIsRefusedWithoutHarm) {
  FakeDesk desk;
  EXPECT_EQ(ask(desk, std::string(4000, '['))["ok"], false);
}

class ControlSocketTest : public ::testing::Test {
 protected:
  // A relative path: the absolute one may be too long for a socket.
  void SetUp() override {
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(dir_.path());
    control_.emplace(*ControlSocket::open(".", current_user()));
  }
  void TearDown() override { std::filesystem::current_path(before_); }

  UniqueFd connect() {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, "./ferryd.sock");
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  // Lets the master's side run until the client has a whole line, or its connection ended ("").
  std::string answer_line(int client) {
    std::string line;
    for (int i = 0; i < 10000; ++i) {
      control_->serve(desk_);
      char c = 0;
      while (::recv(client, &c, 1, MSG_DONTWAIT) == 1) {
        if (c == '\n') return line;
        line += c;
      }
    }
    return "";
  }
  static void say(int client, const std::string& text) {
    ASSERT_EQ(::send(client, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }

  test::TempDir dir_;
  std::filesystem::path before_;
  FakeDesk desk_;
  std::optional<ControlSocket> control_;
};

TEST_F(ControlSocketTest, IsForItsOwnerOnly) {
  struct stat status {};
  ASSERT_EQ(::stat("ferryd.sock", &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  control_->remove(current_user());
  EXPECT_FALSE(std::filesystem::exists("ferryd.sock"));
}

TEST_F(ControlSocketTest, AnswersRequestsInTheirOrder) {
  const UniqueFd client = connect();
  say(client.get(), "{\"request\":\"status\"}\n{\"request\":\"nothing\"}\n{\"request\":\"sess");
  EXPECT_NE(answer_line(client.get()).find("\"version\""), std::string::npos);
  EXPECT_NE(answer_line(client.get()).find("unknown request"), std::string::npos);
  say(client.get(), "ions\"}\n");
  EXPECT_NE(answer_line(client.get()).find("\"sessions\":[]"), std::string::npos);
}

TEST_F(ControlSocketTest, AClientThatNeverReadsHoldsNobodyUp) {
  desk_.views.resize(20000);
  const UniqueFd stuck = connect();
  say(stuck.get(), "{\"request\":\"sessions\"}\n{\"request\":\"sessions\"}\n");
  for (int i = 0; i < 10; ++i) control_->serve(desk_);
  EXPECT_FALSE(control_->next_deadline().passed());
  EXPECT_NE(control_->next_deadline().poll_timeout_ms(), -1);
  const UniqueFd other = connect();
  say(other.get(), "{\"request\":\"status\"}\n");
  EXPECT_NE(answer_line(other.get()).find("\"version\""), std::string::npos);
}

TEST_F(ControlSocketTest, ALargeAnswerArrivesWhole) {
  desk_.views.resize(5000);
  const UniqueFd client = connect();
  say(client.get(), "{\"request\":\"sessions\"}\n");
  EXPECT_EQ(json::parse(answer_line(client.get()))["sessions"].size(), 5000U);
}

TEST_F(ControlSocketTest, AnEndlessRequestEndsTheConnection) {
  const UniqueFd client = connect();
  say(client.get(), std::string(10000, 'x'));
  for (int i = 0; i < 10; ++i) control_->serve(desk_);
  std::vector<pollfd> polls;
  control_->add_polls(polls);
  EXPECT_EQ(polls.size(), 1U) << "only the listener is left";
}

TEST_F(ControlSocketTest, MoreClientsThanSeatsWait) {
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(connect());
    control_->serve(desk_);
  }
  std::vector<pollfd> polls;
  control_->add_polls(polls);
  EXPECT_EQ(polls.size(), 16U);
  clients.erase(clients.begin(), clients.begin() + 16);
  say(clients.back().get(), "{\"request\":\"status\"}\n");
  EXPECT_NE(answer_line(clients.back().get()).find("\"version\""), std::string::npos);
}

TEST(ControlSocketPath, OneThatIsTooLongIsAnErrorThatNamesTheOption) {
  const auto opened = ControlSocket::open("/tmp/" + std::string(120, 'x'), current_user());
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().context.find("run_dir"), std::string::npos);
}

}  // namespace
}  // namespace ferry
