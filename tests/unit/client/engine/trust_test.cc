#include "client/engine/trust.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "tests/support/temp_dir.h"

namespace ferry::client {
namespace {

const std::string kOne = *parse_fingerprint(std::string(64, 'a'));
const std::string kOther = *parse_fingerprint(std::string(64, 'b'));

class Asker : public TrustAsker {
 public:
  explicit Asker(TrustAnswer answer) : answer_(answer) {}
  TrustAnswer unknown_certificate(const Site&, const Certificate&) override {
    ++asked;
    return answer_;
  }
  int asked = 0;

 private:
  TrustAnswer answer_;
};

class Trust : public testing::Test {
 protected:
  Trust() : store_((dir_.path() / "data/trust").string()) { site_.host = "files.example.org"; }

  static Certificate certificate(const std::string& fingerprint, bool by_ca = false) {
    Certificate shown;
    shown.fingerprint = fingerprint;
    if (!by_ca) shown.why_untrusted = "self-signed";
    return shown;
  }

  test::TempDir dir_;
  TrustStore store_;
  Site site_;
};

TEST_F(Trust, AsksOnceAndRemembers) {
  Asker asker(TrustAnswer::remember);
  EXPECT_TRUE(check_certificate(site_, certificate(kOne), store_, asker));
  EXPECT_TRUE(check_certificate(site_, certificate(kOne), store_, asker));
  EXPECT_EQ(asker.asked, 1);
  struct stat info {};
  ASSERT_EQ(::stat(store_.path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(Trust, RefusesWhenTheUserSaysNo) {
  Asker asker(TrustAnswer::no);
  const auto verdict = check_certificate(site_, certificate(kOne), store_, asker);
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().kind, Errc::untrusted);
  EXPECT_FALSE(*store_.find(site_.key()));
}

TEST_F(Trust, OnceLastsForThisProcessOnly) {
  Asker asker(TrustAnswer::once);
  EXPECT_TRUE(check_certificate(site_, certificate(kOne), store_, asker));
  EXPECT_TRUE(check_certificate(site_, certificate(kOne), store_, asker));
  EXPECT_EQ(asker.asked, 1);
  TrustStore next(store_.path());
  EXPECT_TRUE(check_certificate(site_, certificate(kOne), next, asker));
  EXPECT_EQ(asker.asked, 2);
}

TEST_F(Trust, RefusesAChangedCertificateEvenIfACaVerifiesIt) {
  ASSERT_TRUE(store_.remember(site_.key(), kOne, wall_now()));
  Asker asker(TrustAnswer::remember);
  const auto verdict = check_certificate(site_, certificate(kOther, true), store_, asker);
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().kind, Errc::untrusted);
  EXPECT_NE(verdict.error().context.find("pinned sha256:" + std::string(64, 'A')), std::string::npos);
  EXPECT_NE(verdict.error().context.find("now sha256:" + std::string(64, 'B')), std::string::npos);
  EXPECT_EQ(asker.asked, 0);
}

TEST_F(Trust, NeedsNoPinWhereACaVerifies) {
  Asker asker(TrustAnswer::no);
  EXPECT_TRUE(check_certificate(site_, certificate(kOne, true), store_, asker));
  EXPECT_EQ(asker.asked, 0);
}

TEST_F(Trust, APinGivenByHandDecidesAlone) {
  site_.pinned = kOne;
  Asker asker(TrustAnswer::remember);
  EXPECT_TRUE(check_certificate(site_, certificate(kOne), store_, asker));
  EXPECT_FALSE(check_certificate(site_, certificate(kOther, true), store_, asker));
  EXPECT_EQ(asker.asked, 0);
}

TEST_F(Trust, KeepsThePinsOfAllWhoWriteAtOnce) {
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&, i] {
      TrustStore own(store_.path());
      EXPECT_TRUE(own.remember("host" + std::to_string(i) + ":21", kOne, wall_now()));
    });
  }
  for (auto& writer : writers) writer.join();
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(*store_.find("host" + std::to_string(i) + ":21")) << i;
}

TEST_F(Trust, SaysWhichLineOfADamagedFileIsWrong) {
  std::filesystem::create_directories(dir_.path() / "data");
  std::ofstream(store_.path()) << "# comment\nnonsense\n";
  const auto found = store_.find(site_.key());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, Errc::corrupt);
  EXPECT_NE(found.error().context.find("line 2"), std::string::npos);
}

TEST(Pins, AreReadBackAsTheyWereWritten) {
  const std::vector<Pin> pins{{"[::1]:2121", kOne, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"}};
  const auto again = parse_pins(format_pins(pins));
  ASSERT_TRUE(again);
  ASSERT_EQ(again->size(), 1u);
  EXPECT_EQ(again->front().server, "[::1]:2121");
  EXPECT_EQ(again->front().fingerprint, kOne);
}

TEST(Fingerprint, IsTakenWithAndWithoutPrefixAndColons) {
  EXPECT_EQ(*parse_fingerprint("sha256:" + std::string(64, 'a')), kOne);
  EXPECT_EQ(*parse_fingerprint(kOne), kOne);
  EXPECT_FALSE(parse_fingerprint("sha256:abc"));
  EXPECT_FALSE(parse_fingerprint(std::string(64, 'g')));
}

TEST_F(Trust, IsNotRestoredByAStamp) {
  const std::string fingerprint = parse_fingerprint(std::string(64, 'a')).value();
  ASSERT_TRUE(store_.remember("other:21", fingerprint, wall_now()));
  ASSERT_TRUE(store_.refresh("gone:21", fingerprint, wall_now()));
  EXPECT_FALSE(store_.find("gone:21").value());
  EXPECT_TRUE(store_.find("other:21").value());
}

}  // namespace
}  // namespace ferry::client
