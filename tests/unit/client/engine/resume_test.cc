#include "client/engine/resume.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

struct Row {
  Resume wish;
  Proof proof;
  Decision decision;
};

TEST(DecideResume, FollowsTheTable) {
  const Row rows[] = {
      {Resume::never, Proof::same, Decision::start_over},
      {Resume::never, Proof::different, Decision::start_over},
      {Resume::never, Proof::none, Decision::start_over},
      {Resume::automatic, Proof::same, Decision::go_on},
      {Resume::automatic, Proof::different, Decision::start_over},
      {Resume::automatic, Proof::none, Decision::start_over},
      {Resume::ask, Proof::same, Decision::go_on},
      {Resume::ask, Proof::different, Decision::ask},
      {Resume::ask, Proof::none, Decision::ask},
      {Resume::always, Proof::same, Decision::go_on},
      {Resume::always, Proof::different, Decision::start_over},  // nobody's word makes two files one
      {Resume::always, Proof::none, Decision::go_on},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(decide(row.wish, row.proof), row.decision)
        << static_cast<int>(row.wish) << " " << static_cast<int>(row.proof);
  }
}

TEST(ParseResume, KnowsFourWords) {
  EXPECT_EQ(parse_resume("auto"), Resume::automatic);
  EXPECT_EQ(parse_resume("ask"), Resume::ask);
  EXPECT_EQ(parse_resume("always"), Resume::always);
  EXPECT_EQ(parse_resume("never"), Resume::never);
  for (const char* other : {"", "Auto", "true", "yes", "auto "}) EXPECT_FALSE(parse_resume(other)) << other;
}

}  // namespace
}  // namespace ferry::client
