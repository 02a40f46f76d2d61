// A transfer breaks off, its source changes, and ferry is asked to go on: what comes out is the new source as
// a whole, or an error and no file, but never a beginning of the one and an end of the other. Both
// directions.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "tests/support/bytes.h"
#include "tests/support/cut_proxy.h"
#include "tests/support/ferry_client.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t kSize = 1'500'000;
constexpr Bytes kCutAt = 700'000;

enum class Change { content, shorter, longer, touched, content_at_once, content_but_not_time };

struct ChangeCase {
  bool up;
  Change change;
};

std::string name_of_case(const testing::TestParamInfo<ChangeCase>& info) {
  constexpr const char* kNames[] = {"Content", "Shorter",       "Longer",
                                    "Touched", "ContentAtOnce", "ContentButNotTime"};
  return std::string(info.param.up ? "Up" : "Down") + kNames[static_cast<int>(info.param.change)];
}

class ChangedSource : public testing::TestWithParam<ChangeCase> {
 protected:
  ChangedSource() : server_(options()) {
    server_.add_account("mika");
    proxy_.lead_to(server_);
    ferry_.emplace(ClientServer{CutProxy::kHost, proxy_.port(), "mika", kPassword},
                   std::vector<std::string>{"--tls=off"});
  }

  std::vector<std::string> options() const {
    auto options = proxy_.options();
    options.push_back("data_timeout=1s");
    return options;
  }
  fs::path local() const { return ferry_->here() / "file"; }
  fs::path remote() const { return server_.home("mika") / "file"; }
  fs::path source() const { return GetParam().up ? local() : remote(); }
  fs::path target() const { return GetParam().up ? remote() : local(); }

  void write_source(const std::string& bytes) {
    if (GetParam().up) {
      write_bytes(local(), bytes);
    } else {
      EXPECT_TRUE(answers(FtpTalker::logged_in(server_, "mika").store("file", bytes), 226));
    }
  }
  std::vector<std::string> command(bool resumes) const {
    std::vector<std::string> operands;
    if (resumes) operands.push_back("-c");
    if (GetParam().up) {
      operands.insert(operands.end(), {"file", "/"});
    } else {
      operands.push_back("/file");
    }
    return ferry_->command_line(GetParam().up ? "put" : "get", operands);
  }
  void break_off() {
    proxy_.arm({Cut::Kind::hold, GetParam().up ? Cut::Direction::up : Cut::Direction::down, kCutAt});
    const ChildProcess client(command(false), ferry_->child_options());
    ASSERT_TRUE(wait_until([&] { return proxy_.has_cut(); }, 30s)) << client.err();
    client.send_signal(SIGKILL);
    ASSERT_TRUE(client.wait(10s));
    proxy_.release();
    EXPECT_TRUE(wait_until([&] { return server_.store().uploads_owned_by(std::nullopt)->empty(); }, 30s));
    EXPECT_FALSE(fs::exists(target()));
  }
  std::string change_source(const std::string& old);

  CutProxy proxy_;
  FerrydServer server_;
  std::optional<FerryClient> ferry_;
};

// Returns what the source holds then.
std::string ChangedSource::change_source(const std::string& old) {
  const auto time = fs::last_write_time(source());
  const Change change = GetParam().change;
  std::string bytes = old;
  if (change != Change::touched) {
    bytes = some_bytes(change == Change::shorter  ? kSize - 400'000
                       : change == Change::longer ? kSize + 400'000
                                                  : kSize,
                       77);
    write_source(bytes);
  }
  // Within the second that FTP's times have where a server gives no fraction, or by a program that sets it
  // back.
  const auto later = change == Change::content_but_not_time ? 0ms
                     : change == Change::content_at_once    ? 1ms
                                                            : 2000ms;
  fs::last_write_time(source(), time + later);
  return bytes;
}

TEST_P(ChangedSource, NeverBecomesAMixture) {
  const std::string old = some_bytes(kSize, 5);
  write_source(old);
  ASSERT_NO_FATAL_FAILURE(break_off());
  const std::string now = change_source(old);
  const RunResult resumed = run(command(true), ferry_->child_options());
  if (resumed.exit_code == 0) {
    EXPECT_EQ(sha256_of(read_bytes(target())), sha256_of(now)) << resumed.out << resumed.err;
  } else {
    EXPECT_FALSE(fs::exists(target())) << resumed.out << resumed.err;
    EXPECT_FALSE(resumed.err.empty());
  }
  // Without -c it comes from the start, whatever lies there.
  const RunResult anew = run(command(false), ferry_->child_options());
  EXPECT_EQ(anew.exit_code, 0) << anew.out << anew.err;
  EXPECT_EQ(sha256_of(read_bytes(target())), sha256_of(now));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ChangedSource,
    testing::Values(ChangeCase{true, Change::content}, ChangeCase{true, Change::shorter},
                    ChangeCase{true, Change::longer}, ChangeCase{true, Change::touched},
                    ChangeCase{false, Change::content}, ChangeCase{false, Change::shorter},
                    ChangeCase{false, Change::longer}, ChangeCase{false, Change::touched},
                    ChangeCase{true, Change::content_at_once}, ChangeCase{true, Change::content_but_not_time},
                    ChangeCase{false, Change::content_at_once},
                    ChangeCase{false, Change::content_but_not_time}),
    name_of_case);

}  // namespace
}  // namespace ferry::test
