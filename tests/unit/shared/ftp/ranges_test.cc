#include "shared/ftp/ranges.h"

#include <gtest/gtest.h>

namespace ferry::ftp {
namespace {

TEST(Range, CountsItsLastByte) {
  EXPECT_EQ(parse_range("0 0").value(), (ByteRange{0, 1}));
  EXPECT_EQ(parse_range("0 1").value(), (ByteRange{0, 2}));
  EXPECT_EQ(parse_range("802816 1000000").value(), (ByteRange{802816, 1000001}));
  EXPECT_EQ(parse_range("1 1").value(), (ByteRange{1, 2}));
  EXPECT_EQ(parse_range("0 0").value()->length(), 1);
}

TEST(Range, OneToZeroIsTheWholeFile) {
  const auto range = parse_range("1 0");
  ASSERT_TRUE(range);
  EXPECT_EQ(*range, std::nullopt);
}

TEST(Range, DoesNotOverflow) {
  EXPECT_EQ(parse_range("0 9223372036854775807").value(), (ByteRange{0, INT64_MAX}));
  EXPECT_EQ(parse_range("9223372036854775806 9223372036854775806").value(),
            (ByteRange{INT64_MAX - 1, INT64_MAX}));
}

TEST(Range, OtherTextIsRefused) {
  for (const char* text : {"",
                           " ",
                           "0",
                           "0 ",
                           " 0 1",
                           "0  1",
                           "0 1 ",
                           "0 1 2",
                           "-1 5",
                           "+1 5",
                           "1 +5",
                           "1e3 2e3",
                           "0x1 2",
                           "2 0",
                           "5 4",
                           "0 9223372036854775808",
                           "18446744073709551616 18446744073709551617",
                           "a b",
                           "0\t1",
                           "0-1"})
    EXPECT_EQ(parse_range(text).error().kind, Errc::bad_syntax) << text;
}

using Ways = std::vector<DigestArgument>;

TEST(DigestArgument, QuotedPathHasOneReading) {
  EXPECT_EQ(parse_digest_argument(R"("a b")").value(), (Ways{{"a b", {}, {}}}));
  EXPECT_EQ(parse_digest_argument(R"("a b" 5)").value(), (Ways{{"a b", 5, {}}}));
  EXPECT_EQ(parse_digest_argument(R"("a b" 5 70)").value(), (Ways{{"a b", 5, 70}}));
  EXPECT_EQ(parse_digest_argument(R"("a b"  5  70 )").value(), (Ways{{"a b", 5, 70}}));
  EXPECT_EQ(parse_digest_argument(R"("say ""hi""" 0 0)").value(), (Ways{{R"(say "hi")", 0, 0}}));
}

TEST(DigestArgument, BarePathIsFirstOfAllAName) {
  EXPECT_EQ(parse_digest_argument("file").value(), (Ways{{"file", {}, {}}}));
  EXPECT_EQ(parse_digest_argument("my file").value(), (Ways{{"my file", {}, {}}}));
  EXPECT_EQ(parse_digest_argument("my file 5").value(), (Ways{{"my file 5", {}, {}}, {"my file", 5, {}}}));
  EXPECT_EQ(parse_digest_argument("my file 5 70").value(),
            (Ways{{"my file 5 70", {}, {}}, {"my file", 5, 70}, {"my file 5", 70, {}}}));
  EXPECT_EQ(parse_digest_argument("2026 5").value(), (Ways{{"2026 5", {}, {}}, {"2026", 5, {}}}));
  EXPECT_EQ(parse_digest_argument("5").value(), (Ways{{"5", {}, {}}}));
  EXPECT_EQ(parse_digest_argument("file 70 5").value(), (Ways{{"file 70 5", {}, {}}, {"file 70", 5, {}}}))
      << "an end before the start belongs to the name";
  EXPECT_EQ(parse_digest_argument("file -1").value(), (Ways{{"file -1", {}, {}}}));
}

TEST(DigestArgument, QuoteThatIsNotClosedBelongsToTheName) {
  EXPECT_EQ(parse_digest_argument(R"("a b)").value(), (Ways{{R"("a b)", {}, {}}}));
  EXPECT_EQ(parse_digest_argument(R"("")").value(), (Ways{{R"("")", {}, {}}}));
}

TEST(DigestArgument, WhatIsBehindAQuotedPathMustBeNumbersInOrder) {
  for (const char* text : {R"("a" x)", R"("a"5)", R"("a" 5 x)", R"("a" 5 6 7)", R"("a" 6 5)", R"("a" -1)",
                           R"("a" 9223372036854775808)", ""})
    EXPECT_EQ(parse_digest_argument(text).error().kind, Errc::bad_syntax) << text;
}

}  // namespace
}  // namespace ferry::ftp
