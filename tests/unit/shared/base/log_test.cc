#include "shared/base/log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/support/temp_dir.h"

namespace ferry {
namespace {

using test::TempDir;

class LogTest : public ::testing::Test {
 protected:
  std::unique_ptr<Logs> open() {
    auto logs = Logs::open(dir_.path().string(), false);
    EXPECT_TRUE(logs.has_value()) << (logs ? "" : logs.error().context);
    return std::move(*logs);
  }
  std::vector<std::string> lines(const char* file) {
    std::vector<std::string> all;
    std::ifstream in(dir_.path() / file);
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }

  TempDir dir_;
};

TEST_F(LogTest, ServiceLinesTellTimeProcessAndLevel) {
  open()->service(Logs::Level::warning, "low water");
  const auto written = lines("ferryd.log");
  ASSERT_EQ(written.size(), 1U);
  std::string shape = written[0].substr(0, 24);
  for (char& c : shape) c = c >= '0' && c <= '9' ? '9' : c;
  EXPECT_EQ(shape, "9999-99-99T99:99:99.999Z");
  EXPECT_EQ(written[0].substr(24), " " + std::to_string(::getpid()) + " warning low water");
}

TEST_F(LogTest, EachKindHasItsFileAndCarriesTheSession) {
  const auto logs = open();
  logs->login("8f2c01d4", "anna from 127.0.0.1");
  logs->operate("8f2c01d4", "anna RETR 226");
  logs->transfer("8f2c01d4", "down /a 5 bytes");
  EXPECT_TRUE(lines("login.log").at(0).ends_with("Z 8f2c01d4 anna from 127.0.0.1"));
  EXPECT_TRUE(lines("operate.log").at(0).ends_with("Z 8f2c01d4 anna RETR 226"));
  EXPECT_TRUE(lines("transfer.log").at(0).ends_with("Z 8f2c01d4 down /a 5 bytes"));
}

TEST_F(LogTest, ForeignBytesCannotMakeALine) {
  const auto logs = open();
  logs->operate("1", "a\nb\r\x1b[2J{}%s");
  const auto written = lines("operate.log");
  ASSERT_EQ(written.size(), 1U);
  EXPECT_EQ(written[0].find('\x1b'), std::string::npos);
  EXPECT_TRUE(written[0].ends_with("[2J{}%s")) << written[0];
}

TEST_F(LogTest, LongLinesAreCut) {
  const auto logs = open();
  logs->transfer("1", std::string(10000, 'x'));
  logs->transfer("1", std::string(2000, '\x01'));
  for (const std::string& line : lines("transfer.log")) {
    EXPECT_LT(line.size(), 3600U);
    EXPECT_TRUE(line.ends_with("x [cut]") || line.ends_with(" [cut]"));
  }
}

TEST_F(LogTest, FilesAreNotForOthers) {
  open();
  struct stat status {};
  ASSERT_EQ(::stat((dir_.path() / "login.log").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0137U, 0U);
}

TEST_F(LogTest, ReopenFollowsARotation) {
  const auto logs = open();
  logs->service(Logs::Level::info, "old");
  std::filesystem::rename(dir_.path() / "ferryd.log", dir_.path() / "ferryd.log.1");
  logs->service(Logs::Level::info, "still old");
  logs->reopen();
  logs->service(Logs::Level::info, "new");
  EXPECT_EQ(lines("ferryd.log.1").size(), 2U);
  EXPECT_EQ(lines("ferryd.log").size(), 1U);
}

TEST_F(LogTest, ReopenKeepsTheOldFileWhenTheNewOneIsRefused) {
  const auto logs = open();
  std::filesystem::rename(dir_.path() / "ferryd.log", dir_.path() / "ferryd.log.1");
  std::filesystem::create_symlink("elsewhere", dir_.path() / "ferryd.log");
  logs->reopen();
  logs->service(Logs::Level::info, "kept");
  EXPECT_EQ(lines("ferryd.log.1").size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(dir_.path() / "elsewhere"));
}

TEST_F(LogTest, AMissingFolderIsAnError) {
  EXPECT_EQ(Logs::open((dir_.path() / "none").string(), false).error().kind, Errc::not_found);
}

TEST_F(LogTest, ThreadsAndAReopenLoseNoLine) {
  const auto logs = open();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&logs, i] {
      for (int n = 0; n < 200; ++n) logs->operate(std::to_string(i), "line " + std::to_string(n));
    });
  }
  for (int i = 0; i < 20; ++i) logs->reopen();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lines("operate.log").size(), 800U);
}

TEST_F(LogTest, ProcessesShareAFileLineByLine) {
  const auto logs = open();
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (int n = 0; n < 200; ++n) logs->transfer("child", std::string(300, static_cast<char>('a' + i)));
      ::_exit(0);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) ::waitpid(pid, nullptr, 0);
  const auto written = lines("transfer.log");
  EXPECT_EQ(written.size(), 600U);
  for (const std::string& line : written)
    EXPECT_EQ(line.substr(line.size() - 300), std::string(300, line.back()));
}

}  // namespace
}  // namespace ferry
