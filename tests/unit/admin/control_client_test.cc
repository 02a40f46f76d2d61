#include "admin/control_client.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "shared/base/unique_fd.h"
#include "tests/support/temp_dir.h"

namespace ferry::admin {
namespace {

// A control socket that takes one client, reads its line and answers with `answer`, whatever it asked.
class FakeMaster {
 public:
  FakeMaster(const std::string& run_dir, std::string answer) : answer_(std::move(answer)) {
    const UniqueFd folder(::open(run_dir.c_str(), O_PATH | O_CLOEXEC));
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = "/proc/self/fd/" + std::to_string(folder.get()) + "/ferryd.sock";
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 4), 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeMaster() { finish(); }
  void finish() {
    if (thread_.joinable()) thread_.join();
  }

  std::string request;

 private:
  void serve() {
    const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    char byte = 0;
    while (::recv(client.get(), &byte, 1, 0) == 1 && byte != '\n') request += byte;
    std::size_t sent = 0;
    while (sent < answer_.size()) {
      const ssize_t count = ::send(client.get(), answer_.data() + sent, answer_.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return;
      sent += static_cast<std::size_t>(count);
    }
  }

  std::string answer_;
  UniqueFd listener_;
  std::thread thread_;
};

class ControlClient : public testing::Test {
 protected:
  std::string run_dir() const { return dir_.path().string(); }
  std::optional<Errc> sessions_error(const std::string& answer) {
    FakeMaster master(run_dir(), answer);
    const auto sessions = ask_sessions(run_dir());
    std::filesystem::remove(dir_.path() / "ferryd.sock");
    return sessions ? std::nullopt : std::optional(sessions.error().kind);
  }
  test::TempDir dir_;
};

TEST_F(ControlClient, ReadsTheSessions) {
  FakeMaster master(
      run_dir(),
      R"({"ok":true,"sessions":[{"session":"8f2c01d4","pid":17,"user":"demo","address":"::1",)"
      R"("tls":true,"state":"idle","path":"/a","bytes":5,"since":"2026-11-21T04:30:00Z","new":1}]})"
      "\n");
  const auto sessions = ask_sessions(run_dir());
  ASSERT_TRUE(sessions) << sessions.error().context;
  ASSERT_EQ(sessions->size(), 1u);
  EXPECT_EQ((*sessions)[0].id, "8f2c01d4");
  EXPECT_EQ((*sessions)[0].pid, 17);
  EXPECT_EQ((*sessions)[0].user, "demo");
  EXPECT_EQ((*sessions)[0].address, "::1");
  EXPECT_TRUE((*sessions)[0].is_tls);
  EXPECT_EQ((*sessions)[0].state, "idle");
  EXPECT_EQ((*sessions)[0].path, "/a");
  EXPECT_EQ((*sessions)[0].bytes, 5);
  EXPECT_EQ((*sessions)[0].since, "2026-11-21T04:30:00Z");
  master.finish();
  EXPECT_EQ(master.request, R"({"request":"sessions"})");
}

TEST_F(ControlClient, ReadsALongAnswer) {
  std::string answer = R"({"ok":true,"sessions":[)";
  for (int i = 0; i < 5000; ++i) {
    if (i != 0) answer += ',';
    answer +=
        R"({"session":"8f2c01d4","pid":17,"user":"demo","address":"127.0.0.1","tls":false,"state":"idle",)"
        R"("path":"/some/long/path","bytes":0,"since":"2026-11-21T04:30:00Z"})";
  }
  FakeMaster master(run_dir(), answer + "]}\n");
  const auto sessions = ask_sessions(run_dir());
  ASSERT_TRUE(sessions) << sessions.error().context;
  EXPECT_EQ(sessions->size(), 5000u);
}

TEST_F(ControlClient, TellsThatNobodyListens) {
  EXPECT_EQ(ask_sessions(run_dir()).error().kind, Errc::not_found);
  EXPECT_EQ(ask_reload(run_dir() + "/missing").error().kind, Errc::not_found);
  {
    FakeMaster gone(run_dir(), "{}\n");
    static_cast<void>(ask_reload(run_dir()));
  }
  EXPECT_EQ(ask_reload(run_dir()).error().kind, Errc::not_found) << "the socket of a dead ferryd";
}

TEST_F(ControlClient, PassesOnARefusal) {
  FakeMaster master(run_dir(), "{\"ok\":false,\"error\":\"busy elsewhere\"}\n");
  const Status reloaded = ask_reload(run_dir());
  ASSERT_FALSE(reloaded);
  EXPECT_EQ(reloaded.error().kind, Errc::refused);
  EXPECT_NE(reloaded.error().context.find("busy elsewhere"), std::string::npos);
}

TEST_F(ControlClient, RefusesAnswersThatAreNone) {
  EXPECT_EQ(sessions_error("nonsense\n"), Errc::bad_syntax);
  EXPECT_EQ(sessions_error("[]\n"), Errc::bad_syntax);
  EXPECT_EQ(sessions_error("{}\n"), Errc::refused);
  EXPECT_EQ(sessions_error("{\"ok\":true}\n"), Errc::bad_syntax);
  EXPECT_EQ(sessions_error("{\"ok\":true,\"sessions\":[{\"session\":1}]}\n"), Errc::bad_syntax);
  EXPECT_EQ(sessions_error("{\"ok\":true"), Errc::reset);
}

TEST_F(ControlClient, WaitsTwoSecondsForAnAnswerAndNoLonger) {
  const UniqueFd folder(::open(run_dir().c_str(), O_PATH | O_CLOEXEC));
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = "/proc/self/fd/" + std::to_string(folder.get()) + "/ferryd.sock";
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(ask_reload(run_dir()).error().kind, Errc::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

}  // namespace
}  // namespace ferry::admin
