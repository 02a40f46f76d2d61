// Folders of a hundred thousand names: sent as they are read, in memory that does not grow with them.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>

#include "shared/base/sanitized.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr int kFew = 100, kMany = 100'000;

// The most memory a process ever had at once, in KiB.
long peak_kib(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
  }
  return 0;
}

class ListingLoadAlone : public testing::Test {
 protected:
  ListingLoadAlone() : server_({"workers=1"}) {
    server_.add_account("mika");
    fill("few", kFew);
    fill("many", kMany);
  }
  // Links to a few files: made far more quickly than as many files, and all the same to a listing.
  void fill(const std::string& folder, int count) {
    constexpr int kLinksOfOne = 20'000;
    server_.put_file("mika", folder, std::nullopt);
    const auto place = server_.home("mika") / folder;
    for (int i = 0; i < count; ++i) {
      const auto name = [&](int number) {
        return (place / fmt::format("entry number {:06}", number)).string();
      };
      if (i % kLinksOfOne == 0) {
        server_.put_file("mika", fmt::format("{}/entry number {:06}", folder, i), "content");
      } else {
        ASSERT_EQ(::link(name(i / kLinksOfOne * kLinksOfOne).c_str(), name(i).c_str()), 0);
      }
    }
  }
  struct Listed {
    long lines = 0;
    steady_clock::duration until_first{};
  };
  Listed list(const std::string& command) {
    Listed listed;
    const auto sent = steady_clock::now();
    auto started = talker_->begin(command);
    std::array<char, 64 * 1024> buffer;
    while (true) {
      const auto got = started.data->read(buffer, Deadline::after(30s));
      if (!got || *got == 0) break;
      if (listed.lines == 0) listed.until_first = steady_clock::now() - sent;
      listed.lines += std::count(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*got), '\n');
    }
    static_cast<void>(started.data->finish(Deadline::after(5s)));
    started.data.reset();
    EXPECT_TRUE(answers(talker_->reply(), 226)) << command;
    return listed;
  }
  // STAT's listing, read as it comes.
  long lines_of_status(const std::string& folder) {
    talker_->send("STAT " + folder);
    long lines = 0;
    std::string last;
    std::array<char, 64 * 1024> buffer;
    while (!last.ends_with("213 End\r\n")) {
      const auto got = const_cast<net::Stream&>(talker_->control()).read(buffer, Deadline::after(30s));
      if (!got || *got == 0) return -1;
      lines += std::count(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*got), '\n');
      last = (last + std::string(buffer.data(), *got))
                 .substr(last.size() + *got > 64 ? last.size() + *got - 64 : 0);
    }
    return lines;
  }

  FerrydServer server_;
  std::optional<FtpTalker> talker_;
};

TEST_F(ListingLoadAlone, HundredThousandNamesTakeNoMoreMemoryThanAHundred) {
  const pid_t worker = server_.worker_pids().at(0);
  const std::pair<std::string, long> commands[] = {{"LIST", 0}, {"NLST", 0}, {"MLSD", 1}};
  long before = 0;
  for (const char* folder : {"few", "many"}) {
    const long names = folder == std::string("few") ? kFew : kMany;
    for (const bool tls : {false, true}) {
      talker_.emplace(FtpTalker::logged_in(server_, "mika", tls));
      for (const auto& [command, more] : commands) {
        const Listed listed = list(command + " " + folder);
        EXPECT_EQ(listed.lines, names + more) << command;
        EXPECT_LT(listed.until_first, 500ms) << command << " begins before all names are read";
      }
      EXPECT_EQ(lines_of_status(folder), names + 2);
    }
    if (before == 0) before = peak_kib(worker);
  }
  ASSERT_GT(before, 0);
  // A sanitizer keeps what was freed for a while.
  if (!kIsSanitized) {
    EXPECT_LT(peak_kib(worker) - before, 8 * 1024) << "KiB more than with few";
  }
}

}  // namespace
}  // namespace ferry::test
