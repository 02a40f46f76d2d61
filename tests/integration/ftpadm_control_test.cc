// ftpadm beside a running ferryd, of which only the control socket is here.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <mutex>
#include <thread>

#include "shared/base/unique_fd.h"
#include "tests/integration/ftpadm_fixture.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::RunResult;

// Answers every request on run_dir's control socket: one session of mika until it is kicked, and yes to
// everything else.
class FakeMaster {
 public:
  explicit FakeMaster(const fs::path& run_dir) : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const UniqueFd folder(::open(run_dir.c_str(), O_PATH | O_CLOEXEC));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = "/proc/self/fd/" + std::to_string(folder.get()) + "/ferryd.sock";
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::chmod((run_dir / "ferryd.sock").c_str(), 0777), 0);  // ftpadm may come as another user
    EXPECT_EQ(::listen(listener_.get(), 4), 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeMaster() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    while (true) {
      const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) return;
      std::string request;
      for (char byte = 0; ::recv(client.get(), &byte, 1, 0) == 1 && byte != '\n';) request += byte;
      if (request.find("kick") != request.npos) is_kicked_ = true;
      const std::string answer =
          request.find("sessions") == request.npos ? "{\"ok\":true}\n"
          : is_kicked_
              ? "{\"ok\":true,\"sessions\":[]}\n"
              : R"({"ok":true,"sessions":[{"session":"8f2c01d4","pid":1,"user":"mika","address":"127.0.0.1",)"
                R"("tls":true,"state":"idle","path":"/x","bytes":0,"since":"2026-11-21T04:30:00Z"}]})"
                "\n";
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      EXPECT_EQ(::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(answer.size()));
    }
  }

  UniqueFd listener_;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  bool is_kicked_ = false;  // the thread's own
  std::thread thread_;
};

using FtpadmBesideFerryd = FtpadmFixture;

TEST_F(FtpadmBesideFerryd, ShowsItsSessions) {
  create("mika", {"--quota", "500M"});
  create("akira", {"--quota", "500M"});
  FakeMaster master(dir_.path() / "run");
  EXPECT_EQ(ftpadm({"view"}).out,
            "akira\tok\t0\t524288000\t0\t0\t0\t-\n"
            "mika\tok\t0\t524288000\t0\t0\t1\t-\n");
  const json mika = view("mika");
  EXPECT_EQ(mika["sessions"], 1);
  EXPECT_EQ(mika["session_list"][0]["session"], "8f2c01d4");
  EXPECT_EQ(view("akira")["session_list"].size(), 0u);
}

TEST_F(FtpadmBesideFerryd, EndsTheSessionsOfAnAccountThatIsRemoved) {
  create("mika");
  FakeMaster master(dir_.path() / "run");
  const RunResult removed = ftpadm({"rm", "mika", "--purge", "--yes"});
  EXPECT_EQ(removed.exit_code, 0) << removed.err;
  EXPECT_EQ(master.requests(), (std::vector<std::string>{R"({"request":"sessions"})",
                                                         R"({"request":"kick","session":"8f2c01d4"})",
                                                         R"({"request":"sessions"})"}));
  EXPECT_FALSE(fs::exists(home_root() / "mika"));
}

TEST_F(FtpadmBesideFerryd, TellsItOfHomesItDoesNotKnow) {
  create("first");
  FakeMaster master(dir_.path() / "run");
  create("inside");
  EXPECT_TRUE(master.requests().empty());
  create("outside", {"--home", (dir_.path() / "elsewhere").string()});
  EXPECT_EQ(master.requests(), std::vector<std::string>{R"({"request":"reload"})"});
}

}  // namespace
}  // namespace ferry
