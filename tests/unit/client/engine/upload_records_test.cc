#include "client/engine/upload_records.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace ferry::client {
namespace {

const UploadTarget kTarget{"files.example.org:21", "akira", "/a b/100%25\n\x7F"};
const LocalIdentity kFile{7, 8, 9, 1'700'000'000'123'456'789};

class Uploads : public testing::Test {
 protected:
  test::TempDir dir_;
  UploadRecords records_{(dir_.path() / "state/ferry/uploads").string()};
};

TEST_F(Uploads, AreRememberedUntilTheyAreDone) {
  EXPECT_FALSE(records_.holds(kTarget, kFile));
  ASSERT_TRUE(records_.begin(kTarget, kFile));
  EXPECT_TRUE(records_.holds(kTarget, kFile));
  ASSERT_TRUE(records_.finish(kTarget));
  EXPECT_FALSE(records_.holds(kTarget, kFile));
}

TEST_F(Uploads, AreThoseOfOneLocalFileInOneState) {
  ASSERT_TRUE(records_.begin(kTarget, kFile));
  LocalIdentity moved = kFile;
  moved.inode = 80;
  EXPECT_FALSE(records_.holds(kTarget, moved)) << "another file with the same size and time";
  ASSERT_TRUE(records_.begin(kTarget, moved));
  EXPECT_FALSE(records_.holds(kTarget, kFile)) << "one target has one source";
}

TEST_F(Uploads, GoToOnePlace) {
  ASSERT_TRUE(records_.begin(kTarget, kFile));
  UploadTarget other = kTarget;
  other.user = "mika";
  EXPECT_FALSE(records_.holds(other, kFile));
}

TEST(UploadRecordText, IsReadBackAsItWasWritten) {
  for (const std::string name : {"", "%", "%4", "%41", "a b", "\r\n\t", "旅行", "#"}) {
    const auto back = parse_records(format_records({{{"h:21", name, "/" + name}, kFile}}));
    ASSERT_EQ(back.size(), 1u) << name;
    EXPECT_EQ(back[0].target, (UploadTarget{"h:21", name, "/" + name}));
    EXPECT_EQ(back[0].file, kFile);
  }
}

TEST(UploadRecordText, LeavesOutWhatIsNoRecord) {
  EXPECT_TRUE(parse_records("# x\n\nh u /r 1 2\nh u /r 1 2 3 4 5\nh u /r a b c d\n").empty());
}

}  // namespace
}  // namespace ferry::client
