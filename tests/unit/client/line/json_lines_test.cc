#include "client/line/json_lines.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace ferry::client {
namespace {

using nlohmann::json;

json parsed(const JsonObject& object) {
  return json::parse(object.str());
}

std::string bytes_of_base64(const std::string& text) {
  static const std::string kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    held = held << 6 | static_cast<std::uint32_t>(kDigits.find(c));
    if ((bits += 6) < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(held >> bits & 0xFF);
  }
  return bytes;
}

TEST(JsonObject, KeepsFieldsInTheirOrder) {
  JsonObject inner;
  inner.truth("yes", true);
  JsonObject object;
  object.text("name", "a").number("size", std::int64_t{5}).object("in", inner).list("all", {inner, inner});
  EXPECT_EQ(object.str(), R"({"name":"a","size":5,"in":{"yes":true},"all":[{"yes":true},{"yes":true}]})");
  EXPECT_EQ(JsonObject().str(), "{}");
}

TEST(JsonObject, LeavesOutANumberThatIsNotKnown) {
  EXPECT_EQ(JsonObject().number("size", std::optional<std::int64_t>()).str(), "{}");
}

TEST(JsonObject, AddsTheFieldsOfAnother) {
  JsonObject a, b;
  b.number("n", std::int64_t{1});
  EXPECT_EQ(JsonObject().add(b).str(), R"({"n":1})");
  a.truth("t", false).add(b).add(JsonObject());
  EXPECT_EQ(a.str(), R"({"t":false,"n":1})");
}

TEST(JsonObject, GivesTheBytesOfANameThatIsNotUtf8) {
  for (const std::string& name : {std::string("caf\xe9"), std::string("\xff"),
                                  std::string("ab\xfe"
                                              "cd")}) {
    JsonObject object;
    object.text("name", name);
    const json read = parsed(object);
    EXPECT_NE(read["name"].get<std::string>().find("\xEF\xBF\xBD"), std::string::npos);
    EXPECT_EQ(bytes_of_base64(read["name_b64"]), name);
  }
}

TEST(JsonObject, SaysAValidNameOnce) {
  JsonObject object;
  object.text("name", "写真集\n\"\\\x1b[31m");
  const json read = parsed(object);
  EXPECT_EQ(read["name"], "写真集\n\"\\\x1b[31m");
  EXPECT_FALSE(read.contains("name_b64"));
}

TEST(JsonObject, IsValidAndHarmlessWhateverTheBytes) {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string name(random() % 12, '\0');
    for (char& c : name) c = static_cast<char>(random());
    if (round % 3 == 0)
      name +=
          "\xe2\x80\xae\xc2\x9b"
          "31m\x1b]0;x\x07";
    JsonObject object;
    object.text("name", name);
    const std::string text = object.str();
    const json read = json::parse(text);
    EXPECT_EQ(read.contains("name_b64") ? bytes_of_base64(read["name_b64"]) : read["name"].get<std::string>(),
              name);
    for (const char c : text) ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << text;
    ASSERT_EQ(text.find("\xc2\x9b"), std::string::npos) << text;
    ASSERT_EQ(text.find("\xe2\x80\xae"), std::string::npos) << text;
  }
}

TEST(ErrorFields, TellTheReplyTheClassAndWhetherLaterMayHelp) {
  const json refused = parsed(error_fields(Error{Errc::over_quota, "x: over quota (552 no)", 552}));
  EXPECT_EQ(refused, json({{"message", "x: over quota (552 no)"},
                           {"class", "over_quota"},
                           {"ftp_code", 552},
                           {"retryable", false}}));
  const json broken = parsed(error_fields(Error{Errc::reset, "broken off"}));
  EXPECT_FALSE(broken.contains("ftp_code"));
  EXPECT_EQ(broken["retryable"], true);
}

}  // namespace
}  // namespace ferry::client
