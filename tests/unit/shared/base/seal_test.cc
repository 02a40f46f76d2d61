#include "shared/base/seal.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

constexpr KeyCost kCheap{1, 8192};

Secret key_for(const char* passphrase, const std::string& salt = std::string(16, 's')) {
  return std::move(*key_of_passphrase(Secret(passphrase), salt, kCheap));
}

TEST(Seal, OnlyItsKeyAndItsTextOpenABox) {
  const Secret key = key_for("eight ferries");
  for (const std::string& secret :
       std::vector<std::string>{"", "x", "seven-quiet-ferries",
                                "0123456789012345678901234567890123456789012345678901234567890123"}) {
    const std::string box = seal(key, secret, "for a");
    const auto opened = unseal(key, box, "for a");
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->view(), secret);
    EXPECT_EQ(unseal(key, box, "for b").error().kind, Errc::corrupt);
    EXPECT_FALSE(unseal(key_for("nine ferries"), box, "for a"));
    EXPECT_FALSE(unseal(key_for("eight ferries", std::string(16, 't')), box, "for a"));
  }
}

TEST(Seal, NoByteOfABoxCanBeChanged) {
  const Secret key = key_for("eight ferries");
  const std::string box = seal(key, "secret", "");
  for (std::size_t i = 0; i < box.size(); ++i) {
    std::string changed = box;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(unseal(key, changed, "")) << i;
    EXPECT_FALSE(unseal(key, box.substr(0, i), "")) << i;
  }
}

TEST(Seal, ABoxTellsTheSizeInStepsOnly) {
  const Secret key = key_for("eight ferries");
  EXPECT_EQ(seal(key, "", "").size(), seal(key, std::string(63, 'x'), "").size());
  EXPECT_LT(seal(key, std::string(63, 'x'), "").size(), seal(key, std::string(64, 'x'), "").size());
  EXPECT_NE(seal(key, "a", ""), seal(key, "a", "")) << "a nonce each";
}

TEST(Seal, ACostOrSaltThatCannotBeIsRefused) {
  EXPECT_EQ(key_of_passphrase(Secret("x"), "short", kCheap).error().kind, Errc::out_of_range);
  EXPECT_EQ(key_of_passphrase(Secret("x"), std::string(16, 's'), {1, 100}).error().kind, Errc::out_of_range);
}

TEST(Base64, ComesBackAsItWent) {
  for (const std::string& bytes : std::vector<std::string>{"", "a", std::string("ab\0c", 4), "\xff\xfe\xfd"})
    EXPECT_EQ(bytes_of_base64(base64_of(bytes)), bytes);
  for (const char* wrong : {"a", "YQ", "YQ==\n", "Y*==", "YQ== "})
    EXPECT_FALSE(bytes_of_base64(wrong)) << wrong;
}

}  // namespace
}  // namespace ferry
