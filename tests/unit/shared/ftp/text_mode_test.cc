#include "shared/ftp/text_mode.h"

#include <gtest/gtest.h>

#include <random>

namespace ferry::ftp {
namespace {

std::string to_wire(std::string_view in, std::size_t cut) {
  ToWire converter;
  std::string out;
  converter.convert(in.substr(0, cut), out);
  converter.convert(in.substr(cut), out);
  return out;
}

std::string from_wire(std::string_view in, std::size_t cut) {
  FromWire converter;
  std::string out;
  converter.convert(in.substr(0, cut), out);
  converter.convert(in.substr(cut), out);
  converter.finish(out);
  return out;
}

TEST(ToWire, EndsEveryLineInCrLf) {
  const std::pair<std::string_view, std::string_view> rows[] = {{"", ""},
                                                                {"a", "a"},
                                                                {"a\nb", "a\r\nb"},
                                                                {"\n\n", "\r\n\r\n"},
                                                                {"a\r\nb", "a\r\nb"},
                                                                {"\r", "\r"},
                                                                {"\r\r\n", "\r\r\n"},
                                                                {"\n\r", "\r\n\r"},
                                                                {"\r\n\n", "\r\n\r\n"},
                                                                {{"\0\n", 2}, {"\0\r\n", 3}}};
  for (const auto& [file, wire] : rows)
    for (std::size_t cut = 0; cut <= file.size(); ++cut) EXPECT_EQ(to_wire(file, cut), wire);
}

TEST(FromWire, EndsEveryLineInLf) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", ""},     {"a", "a"},         {"a\r\nb", "a\nb"}, {"\r\n\r\n", "\n\n"}, {"a\nb", "a\nb"},
      {"\r", "\r"}, {"\r\r\n", "\r\n"}, {"\ra", "\ra"},     {"\r\r", "\r\r"},     {"\n\r", "\n\r"}};
  for (const auto& [wire, file] : rows)
    for (std::size_t cut = 0; cut <= wire.size(); ++cut) EXPECT_EQ(from_wire(wire, cut), file);
}

TEST(TextMode, DoesNotCareWhereRandomTextIsCut) {
  std::mt19937 random(13);
  for (int round = 0; round < 2'000; ++round) {
    std::string text(random() % 12, '\0');
    for (char& c : text) c = "\r\na"[random() % 3];
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      EXPECT_EQ(to_wire(text, cut), to_wire(text, 0));
      EXPECT_EQ(from_wire(text, cut), from_wire(text, 0));
    }
    ToWire one_by_one;
    FromWire back;
    std::string wire, file;
    for (const char c : text) one_by_one.convert({&c, 1}, wire);
    EXPECT_EQ(wire, to_wire(text, 0));
    for (const char c : wire) back.convert({&c, 1}, file);
    back.finish(file);
    EXPECT_TRUE(file == text || text.find('\r') != std::string::npos);
  }
}

}  // namespace
}  // namespace ferry::ftp
