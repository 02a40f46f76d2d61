#include "client/engine/sync_memory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "client/engine/state_file.h"
#include "tests/support/temp_dir.h"

namespace ferry::client {
namespace {

SyncTime at(std::int64_t ns, std::int64_t precision = 0) {
  return {WallTime(std::chrono::nanoseconds(ns)), std::chrono::nanoseconds(precision)};
}

TEST(SyncMemory, ReadsWhatItHasWritten) {
  SyncMemoryText memory;
  memory.begun = {"a b", "c\nd/%", "\xff"};
  memory.records["e f"] = {5, 6, at(1'000'000'001), at(-7, 59'999'999'999)};
  const SyncMemoryText read = parse_sync_memory(format_sync_memory(memory));
  EXPECT_EQ(read.begun, memory.begun);
  ASSERT_EQ(read.records.size(), 1u);
  const SyncRecord& record = read.records.at("e f");
  EXPECT_EQ(record.source_size, 5);
  EXPECT_EQ(record.target_size, 6);
  EXPECT_EQ(record.source_time, at(1'000'000'001));
  EXPECT_EQ(record.target_time, at(-7, 59'999'999'999));
}

TEST(SyncMemory, LeavesOutWhatItDoesNotUnderstand) {
  const auto read =
      parse_sync_memory("begun a\nbegun\n\nstood b 1 2 x\nwhat c\nbegun b\ndone a\nstood d 1 2 3 4 5\nbeg");
  EXPECT_EQ(read.begun, std::set<std::string>{"b"});
  EXPECT_EQ(read.records.size(), 1u);
  EXPECT_TRUE(read.records.contains("d"));
}

class SyncMemoryFile : public testing::Test {
 protected:
  SyncMemoryFile() { ::setenv("XDG_STATE_HOME", dir_.path().c_str(), 1); }
  ~SyncMemoryFile() override { ::unsetenv("XDG_STATE_HOME"); }

  test::TempDir dir_;
  const SyncPlace place_{"127.0.0.1:21", "akira", "/a", "/home/akira/a"};
};

TEST_F(SyncMemoryFile, KnowsAfterAKillWhatWasBegun) {
  {
    SyncMemory memory(place_);
    memory.begins("x");
    memory.begins("y");
    memory.is_done("x");
  }
  EXPECT_EQ(SyncMemory(place_).read().begun, std::set<std::string>{"y"});
  SyncPlace other = place_;
  other.remote = "/b";
  EXPECT_TRUE(SyncMemory(other).read().begun.empty());
  struct stat info {};
  ASSERT_EQ(::stat(SyncMemory(place_).file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(SyncMemoryFile, IsReplacedAtTheEndOfARun) {
  SyncMemory memory(place_);
  memory.begins("x");
  SyncMemoryText text;
  text.records["f"] = {1, 1, at(1), at(2)};
  ASSERT_TRUE(memory.write(text));
  EXPECT_TRUE(memory.read().begun.empty());
  EXPECT_EQ(memory.read().records.size(), 1u);
  memory.begins("z");
  EXPECT_EQ(memory.read().begun, std::set<std::string>{"z"});
  ASSERT_TRUE(memory.write({}));
  EXPECT_FALSE(std::filesystem::exists(memory.file()));
}

// Without a place to write to a sync goes on, it only knows less.
TEST_F(SyncMemoryFile, CanDoWithoutAFile) {
  ::setenv("XDG_STATE_HOME", "/proc/nowhere", 1);
  SyncMemory memory(place_);
  memory.begins("x");
  SyncMemoryText text;
  text.begun.insert("x");
  EXPECT_FALSE(memory.write(text));
  EXPECT_TRUE(memory.read().begun.empty());
}

}  // namespace
}  // namespace ferry::client
