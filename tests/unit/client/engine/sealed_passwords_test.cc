#include "client/engine/sealed_passwords.h"

#include <gtest/gtest.h>

#include "shared/base/digest.h"

namespace ferry::client {
namespace {

constexpr KeyCost kCheap{1, 8192};
const SealedFor kExample{"example", "files.example.org:21", "akira"};
const SealedFor kOther{"夏 祭り%", "[::1]:2121", "mi ka"};

class SealedPasswordsTest : public testing::Test {
 protected:
  SealedPasswordsTest() : opened_(std::move(*SealedPasswords::create(Secret("eight ferries"), kCheap))) {
    box().put(key(), kExample, Secret("one"));
    box().put(key(), kOther, Secret("two"));
  }
  SealedPasswords& box() { return opened_.passwords; }
  const Secret& key() const { return opened_.key; }

  // As whoever can write to the file would change it: the last line is made to fit.
  static std::string with_digest(const std::string& text) {
    std::string lines = text.substr(0, text.rfind("end "));
    Digest digest(DigestKind::sha256);
    digest.update(lines);
    return lines + "end " + digest.hex() + "\n";
  }
  static std::string changed(std::string text, const std::string& old, const std::string& now) {
    const auto at = text.find(old);
    EXPECT_NE(at, std::string::npos) << old;
    return text.replace(at, old.size(), now);
  }

  SealedPasswords::Opened opened_;
};

TEST_F(SealedPasswordsTest, ComeBackFromTheirText) {
  const auto again = SealedPasswords::parse(box().text());
  ASSERT_TRUE(again) << again.error().context;
  EXPECT_EQ(again->text(), box().text());
  const auto same_key = again->key(Secret("eight ferries"));
  ASSERT_TRUE(same_key);
  EXPECT_EQ(again->open(*same_key, kExample)->view(), "one");
  EXPECT_EQ(again->open(*same_key, kOther)->view(), "two");
  EXPECT_EQ(*again->find(kOther.site), kOther);
  EXPECT_EQ(again->find("nosuch"), nullptr);
  EXPECT_EQ(box().text().find("one"), std::string::npos);
}

TEST_F(SealedPasswordsTest, AnotherPassphraseIsToldApartFromDamage) {
  EXPECT_EQ(box().key(Secret("nine ferries")).error().kind, Errc::login_refused);
  EXPECT_EQ(box().key(Secret("")).error().kind, Errc::login_refused);
}

TEST_F(SealedPasswordsTest, AreForExactlyOneSiteServerAndUser) {
  EXPECT_EQ(box().open(key(), {"example", "files.example.org:22", "akira"}).error().kind, Errc::not_found);
  EXPECT_EQ(box().open(key(), {"example", "files.example.org:21", "mika"}).error().kind, Errc::not_found);
  EXPECT_EQ(box().open(key(), {"exampl", "files.example.org:21", "akira"}).error().kind, Errc::not_found);
}

TEST_F(SealedPasswordsTest, AnEntryCannotBeMadeOneForAnotherServer) {
  for (const auto& [old, now] :
       std::vector<std::pair<std::string, std::string>>{{"files.example.org:21", "evil.example.org:21"},
                                                        {"akira", "mika"},
                                                        {"entry example", "entry exampel"}}) {
    const auto moved = SealedPasswords::parse(with_digest(changed(box().text(), old, now)));
    ASSERT_TRUE(moved) << moved.error().context;
    const SealedFor* what = moved->find(now == "entry exampel" ? "exampel" : "example");
    ASSERT_NE(what, nullptr);
    EXPECT_EQ(moved->open(key(), *what).error().kind, Errc::corrupt);
    EXPECT_EQ(moved->with_passphrase(key(), Secret("new passphrase"), kCheap).error().kind, Errc::corrupt);
  }
}

TEST_F(SealedPasswordsTest, EntriesCannotBeSwapped) {
  const std::string text = box().text();
  const auto box_of = [&](const std::string& line_start) {
    const auto line =
        text.substr(text.find(line_start), text.find('\n', text.find(line_start)) - text.find(line_start));
    return line.substr(line.rfind(' ') + 1);
  };
  const std::string one = box_of("entry example"), two = box_of("entry %");
  const std::string swapped = with_digest(changed(changed(changed(text, one, "<>"), two, one), "<>", two));
  const auto read = SealedPasswords::parse(swapped);
  ASSERT_TRUE(read) << read.error().context;
  EXPECT_EQ(read->open(key(), kExample).error().kind, Errc::corrupt);
  EXPECT_EQ(read->open(key(), kOther).error().kind, Errc::corrupt);
}

TEST_F(SealedPasswordsTest, ADamagedTextIsNoText) {
  const std::string text = box().text();
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(SealedPasswords::parse(text.substr(0, i))) << i;
    std::string one_bit = text;
    one_bit[i] = static_cast<char>(one_bit[i] ^ 1);
    EXPECT_FALSE(SealedPasswords::parse(one_bit)) << i;
  }
  EXPECT_FALSE(SealedPasswords::parse(text + "\n"));
  EXPECT_EQ(SealedPasswords::parse("").error().kind, Errc::corrupt);
  EXPECT_EQ(SealedPasswords::parse(changed(text, "ferry-passwords 1", "ferry-passwords 2")).error().kind,
            Errc::unsupported);
  EXPECT_FALSE(
      SealedPasswords::parse(with_digest(changed(text, "argon2id 1 8192", "argon2id 1 99999999999"))));
}

TEST_F(SealedPasswordsTest, AreReplacedAndForgotten) {
  const SealedFor elsewhere{"example", "new.example.org:21", "akira"};
  box().put(key(), elsewhere, Secret("three"));
  EXPECT_EQ(box().open(key(), kExample).error().kind, Errc::not_found);
  EXPECT_EQ(box().open(key(), elsewhere)->view(), "three");
  EXPECT_TRUE(box().forget("example"));
  EXPECT_FALSE(box().forget("example"));
  EXPECT_EQ(box().open(key(), kOther)->view(), "two");
}

TEST_F(SealedPasswordsTest, ANewPassphraseOpensAllAndTheOldOneNone) {
  auto fresh = box().with_passphrase(key(), Secret("new passphrase"), kCheap);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->passwords.open(fresh->key, kExample)->view(), "one");
  EXPECT_EQ(fresh->passwords.open(fresh->key, kOther)->view(), "two");
  EXPECT_FALSE(fresh->passwords.is_key(key()));
  EXPECT_FALSE(fresh->passwords.key(Secret("eight ferries")));
  EXPECT_TRUE(fresh->passwords.key(Secret("new passphrase")));
}

}  // namespace
}  // namespace ferry::client
