// Getting in, looking round, changing things: as a person does it.
#include "tests/tui/fixture.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Browsing : public FullScreen {};

TEST_F(Browsing, AsksForThePasswordAndAboutTheCertificate) {
  open("exec " + command(""));
  ASSERT_TRUE(screen_->shows("Password"));
  screen_->paste_secret(kPassword);
  ASSERT_TRUE(screen_->shows("****"));
  EXPECT_EQ(screen_->text().find(kPassword), std::string::npos);
  screen_->press({"Enter"});
  ASSERT_TRUE(screen_->shows("is not known yet"));
  ASSERT_TRUE(screen_->shows("SHA-256"));
  screen_->press({"Enter"});  // the safe button has the keys
  ASSERT_TRUE(screen_->no_longer_shows("is not known yet"));
  EXPECT_EQ(screen_->text().find("TLSv1.3"), std::string::npos);
  log_in();
  log_in();  // and the second time nobody asks
}

TEST_F(Browsing, AWrongPasswordIsAskedForAgain) {
  write_file(home() / "wrong", "not-this-one\n");
  open("exec " + command("--password-file " + (home() / "wrong").string()));
  ASSERT_TRUE(screen_->shows("is not known yet"));
  screen_->press({"t"});
  ASSERT_TRUE(screen_->shows("530"));
  ASSERT_TRUE(screen_->shows("Password"));
}

TEST_F(Browsing, MakesRenamesAndRemovesOnEitherSide) {
  server_.put_file("mika", "a.txt", "1");
  write_file(here() / "mine.txt", "2");
  log_in();
  screen_->press({"Tab", "a"});
  ASSERT_TRUE(screen_->shows("Make a folder"));
  screen_->type("新しい folder");
  screen_->press({"Enter"});
  ASSERT_TRUE(screen_->shows(">/新しい folder"));
  EXPECT_TRUE(fs::is_directory(there() / "新しい folder"));
  screen_->press({"j", "r"});
  ASSERT_TRUE(screen_->shows("Rename"));
  screen_->press({"C-u"});
  screen_->type("b.txt");
  screen_->press({"Enter"});
  ASSERT_TRUE(screen_->shows("b.txt"));
  ASSERT_TRUE(wait_until([&] { return fs::exists(there() / "b.txt"); }));
  screen_->press({"u"});  // undo
  ASSERT_TRUE(wait_until([&] { return fs::exists(there() / "a.txt"); }));
  ASSERT_TRUE(screen_->shows(" a.txt"));
  screen_->press({"d"});
  ASSERT_TRUE(screen_->shows("Delete?"));
  screen_->press({"Enter"});  // on the safe button
  ASSERT_TRUE(screen_->no_longer_shows("Delete?"));
  EXPECT_TRUE(fs::exists(there() / "a.txt") || fs::exists(there() / "新しい folder"));
  screen_->press({"Tab", "d"});
  ASSERT_TRUE(screen_->shows("Delete?"));
  screen_->press({"1"});
  ASSERT_TRUE(wait_until([&] { return !fs::exists(here() / "mine.txt"); }));
}

TEST_F(Browsing, LooksIntoAFileOnTheServer) {
  std::string text;
  for (int i = 0; i < 9000; ++i) text += fmt::format("line {}\n", i);
  server_.put_file("mika", "long.txt", text);
  server_.put_file("mika", "bad\x1b[31mname", "\x1b[31mred\n");
  log_in();
  screen_->press({"Tab"});
  ASSERT_TRUE(screen_->shows("bad\\x1b[31mname"));
  screen_->press({"F3"});
  ASSERT_TRUE(screen_->shows("\\x1b[31mred"));
  screen_->press({"q", "j", "F3"});
  ASSERT_TRUE(screen_->shows("line 7"));
  screen_->press({"End"});
  ASSERT_TRUE(screen_->shows("[the first 64 KiB]"));
  screen_->press({"q", "R"});  // the session goes on after the part that was not wanted
  ASSERT_TRUE(screen_->shows("2 items"));
}

TEST_F(Browsing, FiltersSearchesAndSorts) {
  for (const char* name : {"alpha.txt", "beta.md", "gamma.txt"}) write_file(here() / name, std::string(name));
  log_in();
  screen_->press({"f"});
  screen_->type("txt");
  ASSERT_TRUE(screen_->no_longer_shows("beta.md"));
  screen_->press({"Enter"});
  ASSERT_TRUE(screen_->shows("{txt}"));
  screen_->press({"f", "C-u", "Enter"});
  ASSERT_TRUE(screen_->shows("beta.md"));
  screen_->press({"/"});
  screen_->type("gam");
  ASSERT_TRUE(screen_->shows(">gamma.txt"));
  screen_->press({"Enter", "s", "n"});
  ASSERT_TRUE(screen_->shows("Name v"));
}

// A worker that dies takes the session along: the pane opens another, and is where it was.
TEST_F(Browsing, StaysInItsFolderWhenTheServersProcessDies) {
  server_.put_file("mika", "deep", std::nullopt);
  server_.put_file("mika", "deep/inner", std::nullopt);
  server_.put_file("mika", "deep/inner/file.txt", "x");
  log_in();
  screen_->press({"Tab", "Enter"});
  ASSERT_TRUE(screen_->shows(":/deep]"));
  screen_->press({"Enter"});
  ASSERT_TRUE(screen_->shows(":/deep/inner]"));
  for (const pid_t worker : server_.worker_pids()) ::kill(worker, SIGKILL);
  server_.put_file("mika", "deep/inner/new.txt", "x");
  screen_->press({"R"});
  ASSERT_TRUE(screen_->shows("new.txt"));
  EXPECT_NE(screen_->text().find(":/deep/inner]"), std::string::npos);
}

TEST_F(Browsing, ChangesThePassword) {
  log_in();
  screen_->press({"Tab", ":"});
  screen_->type("passwd");
  screen_->press({"Enter"});
  ASSERT_TRUE(screen_->shows("Once more"));
  screen_->paste_secret("another-good-secret-9");
  screen_->press({"Tab"});
  screen_->paste_secret("another-good-secret-9");
  screen_->press({"Enter"});
  ASSERT_TRUE(screen_->no_longer_shows("Once more"));
  write_file(home() / "new", "another-good-secret-9\n");
  ASSERT_TRUE(wait_until([&] {
    open("exec " + command("--password-file " + (home() / "new").string()));
    return bool(screen_->shows("TLSv1.3"));
  }));
}

}  // namespace
}  // namespace ferry::test
