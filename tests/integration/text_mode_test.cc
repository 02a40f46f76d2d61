// TYPE A over real connections: both ways, over the borders of every buffer.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <random>

#include "shared/base/digest.h"
#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

constexpr std::size_t kBuffer = 256 * 1024;  // of the server's loops

// The same, told in the simplest way.
std::string to_wire(std::string_view file) {
  std::string wire;
  for (std::size_t i = 0; i < file.size(); ++i) {
    if (file[i] == '\n' && (i == 0 || file[i - 1] != '\r')) wire += '\r';
    wire += file[i];
  }
  return wire;
}
std::string from_wire(std::string_view wire) {
  std::string file;
  for (std::size_t i = 0; i < wire.size(); ++i) {
    if (wire[i] != '\r' || i + 1 == wire.size() || wire[i + 1] != '\n') file += wire[i];
  }
  return file;
}

// Text with an end of line of every kind around each border of a buffer.
std::string text_over_borders(int shift) {
  std::mt19937 random(static_cast<unsigned>(shift));
  std::string text(2 * kBuffer + 1000, 'x');
  for (std::size_t i = 0; i < text.size(); i += 50 + random() % 100) text[i] = "\r\nx"[random() % 3];
  const std::string ends[] = {"\r\n", "\r", "\n", "\r\r\n", "\n\r", "\r\n\r\n"};
  int which = shift;
  for (const std::size_t border : {kBuffer, 2 * kBuffer}) {
    const std::string& end = ends[static_cast<std::size_t>(which++) % std::size(ends)];
    text.replace(border - 1 - static_cast<std::size_t>(shift) % 2, end.size(), end);
  }
  return text;
}

class TextMode : public testing::TestWithParam<bool> {
 protected:
  TextMode() {
    server_.add_account("mika");
    talker_.emplace(FtpTalker::logged_in(server_, "mika", GetParam()));
    talker_->expect("TYPE A", 200);
  }
  FerrydServer server_;
  std::optional<FtpTalker> talker_;
};
INSTANTIATE_TEST_SUITE_P(Wire, TextMode, testing::Bool(),
                         [](const auto& wire) { return wire.param ? "tls" : "clear"; });

TEST_P(TextMode, ConvertsOverTheBordersOfBuffers) {
  for (int shift = 0; shift < 12; ++shift) {
    const std::string text = text_over_borders(shift);
    server_.put_file("mika", "file", text);
    EXPECT_TRUE(talker_->fetch("file").bytes == to_wire(text)) << shift;
    const auto stored = talker_->store("stored", text);
    EXPECT_TRUE(answers(stored, 226));
    const std::string expected = from_wire(text);
    EXPECT_TRUE(read_bytes(server_.home("mika") / "stored") == expected) << shift;
    // Size and digest are of what is kept.
    EXPECT_NE(stored.text().find(fmt::format("{} bytes", expected.size())), std::string::npos)
        << stored.text();
    Digest digest(DigestKind::sha256);
    digest.update(expected);
    EXPECT_NE(stored.text().find(digest.hex()), std::string::npos) << stored.text();
    talker_->expect("DELE stored", 250);
  }
}

TEST_P(TextMode, SmallTextsAreExact) {
  using namespace std::string_literals;
  for (const std::string& text : {""s, "a"s, "\n"s, "\r"s, "\r\n"s, "a\nb"s, "a\r\nb\r\n"s, "\r\r\n"s,
                                  "\n\r"s, "\0\n\xff\n"s, "no end"s, "end\r"s}) {
    EXPECT_TRUE(answers(talker_->store("file", text), 226));
    EXPECT_EQ(read_bytes(server_.home("mika") / "file"), from_wire(text));
    EXPECT_EQ(talker_->fetch("file").bytes, to_wire(from_wire(text)));
  }
}

TEST_P(TextMode, AppendsAfterWhatIsThere) {
  EXPECT_TRUE(answers(talker_->store("file", "one\r\n"), 226));
  EXPECT_TRUE(answers(talker_->store("file", "two\r\nthree\r", "APPE"), 226));
  EXPECT_EQ(read_bytes(server_.home("mika") / "file"), "one\ntwo\nthree\r");
}

TEST_P(TextMode, SizeAndRestartAreRefused) {
  EXPECT_TRUE(answers(talker_->store("file", "one\r\ntwo"), 226));
  EXPECT_TRUE(answers(talker_->ask("SIZE file"), 550));
  EXPECT_TRUE(answers(talker_->ask("REST 3"), 504));
  EXPECT_TRUE(answers(talker_->ask("REST 0"), 350));
  EXPECT_EQ(talker_->fetch("file").bytes, "one\r\ntwo");
  // Said in the other type first.
  for (const char* command : {"RETR file", "STOR file", "APPE file"}) {
    talker_->expect("TYPE I", 200);
    talker_->expect("REST 3", 350);
    talker_->expect("TYPE A", 200);
    EXPECT_TRUE(answers(talker_->begin(command).reply, 504)) << command;
  }
  talker_->expect("TYPE I", 200);
  EXPECT_EQ(talker_->ask("SIZE file").text(), "7");
}

TEST_P(TextMode, ListingsEndTheirLinesTheSameInEitherType) {
  EXPECT_TRUE(answers(talker_->store("file", "text"), 226));
  for (const char* command : {"LIST", "NLST", "MLSD"}) {
    talker_->expect("TYPE A", 200);
    const std::string in_text = talker_->fetch("", command).bytes;
    talker_->expect("TYPE I", 200);
    EXPECT_EQ(in_text, talker_->fetch("", command).bytes);
    EXPECT_TRUE(in_text.ends_with("file\r\n")) << in_text;
    EXPECT_EQ(in_text.find("\r\r"), in_text.npos);
  }
}

// Names are bytes, whatever a client switches on.
TEST_P(TextMode, OptsUtf8ChangesNothing) {
  for (const char* line : {"OPTS UTF8 ON", "OPTS UTF8 OFF", "OPTS UTF8", "OPTS utf8 on", "opts Utf8 off",
                           "OPTS UTF-8 NLST", "OPTS UTF8 nonsense"}) {
    EXPECT_TRUE(answers(talker_->ask(line), 200)) << line;
    const std::string name = std::string("n\xc3\xa4me \xfe ") + line;
    EXPECT_TRUE(answers(talker_->ask("MKD " + name), 257));
    EXPECT_EQ(talker_->list("NLST"), std::vector<std::string>{name});
    EXPECT_TRUE(answers(talker_->ask("RMD " + name), 250));
  }
  EXPECT_TRUE(answers(talker_->ask("OPTS NONSENSE"), 501));
}

}  // namespace
}  // namespace ferry::test
