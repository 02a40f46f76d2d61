#include "client/engine/sync_filter.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

struct Row {
  const char* glob;
  const char* path;
  bool is_folder;
  bool excluded;
};

TEST(SyncFilter, GlobsMeanWhatTheyMeanToRsync) {
  // clang-format off
  const Row rows[] = {
      {"*.o",       "a.o",             false, true},
      {"*.o",       "src/deep/a.o",    false, true},
      {"*.o",       "a.o.c",           false, false},
      {"*.o",       "a.o",             true,  true},
      {"build",     "a/build",         true,  true},
      {"/build",    "build",           true,  true},
      {"/build",    "a/build",         true,  false},
      {"tmp/",      "tmp",             true,  true},
      {"tmp/",      "a/tmp",           true,  true},
      {"tmp/",      "tmp",             false, false},
      {"/tmp/",     "a/tmp",           true,  false},
      {"a/b",       "a/b",             false, true},
      {"a/b",       "x/y/a/b",         false, true},
      {"a/b",       "a/x/b",           false, false},
      {"a/b",       "xa/b",            false, false},
      {"/a/*/c",    "a/b/c",           false, true},
      {"/a/*/c",    "a/b/d/c",         false, false},
      {"/a/**/c",   "a/b/d/c",         false, true},
      {"/a/**/c",   "a/c",             false, true},
      {"/a/**/c",   "a/b/d/ce",        false, false},
      {"cache/**",  "cache",           true,  false},
      {"cache/**",  "cache/x",         false, true},
      {"cache/**",  "q/cache/x/y",     false, true},
      {"**",        "anything",        false, true},
      {"/**/x/**/y", "x/1/x/2/y",      false, true},
      {"?",         "a",               false, true},
      {"?",         "ab",              false, false},
      {"[a-c]x",    "bx",              false, true},
      {"[a-c]x",    "dx",              false, false},
      {"写真*",      "a/写真集",         true,  true},
      {".git/",     "a/.git",          true,  true},
  };
  // clang-format on
  for (const Row& row : rows) {
    SyncFilter filter;
    ASSERT_TRUE(filter.exclude(row.glob)) << row.glob;
    EXPECT_EQ(filter.excludes(row.path, row.is_folder), row.excluded) << row.glob << " " << row.path;
  }
}

TEST(SyncFilter, IncludesAreExceptions) {
  SyncFilter filter;
  ASSERT_TRUE(filter.exclude("*.log"));
  ASSERT_TRUE(filter.include("/keep/*.log"));
  EXPECT_TRUE(filter.excludes("a.log", false));
  EXPECT_FALSE(filter.excludes("keep/a.log", false));
  EXPECT_FALSE(filter.excludes("a.txt", false));
}

TEST(SyncFilter, GlobWithoutANameIsAnError) {
  for (const char* glob : {"", "/", "//"}) {
    SyncFilter filter;
    EXPECT_EQ(filter.exclude(glob).error().kind, Errc::bad_syntax) << glob;
    EXPECT_EQ(filter.include(glob).error().kind, Errc::bad_syntax) << glob;
  }
}

// Time does not explode with many stars: this ends at once or never.
TEST(SyncFilter, ManyStarsAreQuick) {
  SyncFilter filter;
  std::string glob, path;
  for (int i = 0; i < 100; ++i) glob += "/**/a";
  for (int i = 0; i < 400; ++i) path += "a/";
  ASSERT_TRUE(filter.exclude(glob + "/b"));
  EXPECT_FALSE(filter.excludes(path + "c", false));
}

}  // namespace
}  // namespace ferry::client
