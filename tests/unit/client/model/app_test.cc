// The full-screen client driven by keys, without a terminal, on files out of memory.
#include "client/model/app.h"

#include <gtest/gtest.h>
#include <locale.h>
#include <poll.h>

#include <random>

#include "shared/base/terminal_text.h"
#include "tests/unit/client/model/fake_source.h"

namespace ferry::client {
namespace {

using namespace std::chrono_literals;

class AppTest : public ::testing::Test {
 protected:
  AppTest() : before_(::setlocale(LC_CTYPE, nullptr)) {
    ::setlocale(LC_CTYPE, "C.UTF-8");
    AppSettings settings;
    settings.trust_file = "/nonexistent/trust";
    settings.local = [this] { return source_; };
    settings.run_editor = [this](const std::string& file) { edited_ = file; };
    settings.run_shell = [](const std::string&) {};
    settings.use_mouse = [](bool) {};
    app_.emplace(std::move(settings));
    app_->resize(80, 24);
    app_->start("/home", std::nullopt);
    press({"Esc"});          // the sites dialog
    EXPECT_TRUE(until([&] {  // both panes are there
      const std::string shown = screen();
      const auto first = shown.find("b.txt");
      return first != shown.npos && shown.find("b.txt", first + 1) != shown.npos;
    }));
  }
  ~AppTest() override {
    app_.reset();
    ::setlocale(LC_CTYPE, before_.c_str());
  }

  void press(std::initializer_list<const char*> keys) {
    for (const char* key : keys) app_->key(*parse_key(key));
  }
  void type(const std::string& text) {
    for (const char c : text) app_->key({NamedKey::none, static_cast<char32_t>(c)});
  }
  std::string screen() {
    const Drawing drawing = app_->draw();
    std::string all;
    for (int y = 0; y < drawing.canvas.rows(); ++y) all += drawing.canvas.row_text(y) + "\n";
    return all;
  }
  // Delivers what the threads bring, until it shows.
  template <typename Condition>
  bool until(const Condition& done) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      pollfd ready{app_->mailbox_fd(), POLLIN, 0};
      ::poll(&ready, 1, 50);
      app_->deliver();
    }
    return done();
  }
  bool shows(const std::string& text) {
    return until([&] { return screen().find(text) != std::string::npos; });
  }

  std::shared_ptr<FakeSource> source_ = std::make_shared<FakeSource>("");
  std::string edited_;
  std::optional<App> app_;

 private:
  std::string before_;
};

TEST_F(AppTest, MakesAFolderAndTakesItBack) {
  press({"a"});
  type("new");
  press({"Enter"});
  EXPECT_TRUE(shows(">/new"));
  EXPECT_TRUE(source_->has("/home/new"));
  press({"u"});
  EXPECT_TRUE(until([&] { return !source_->has("/home/new"); }));
}

TEST_F(AppTest, ANameThatLeadsElsewhereIsRefused) {
  for (const char* name : {"../up", "a/b", ".."}) {
    press({"a"});
    type(name);
    press({"Enter"});
    EXPECT_TRUE(shows("is no name"));
  }
  EXPECT_FALSE(source_->has("/up"));
}

TEST_F(AppTest, DeletingAsksAndTheSafeButtonHasTheKeys) {
  press({"j", "d"});
  EXPECT_TRUE(shows("Delete?"));
  press({"Enter"});
  EXPECT_TRUE(source_->has("/home/b.txt"));
  press({"d", "1"});
  EXPECT_TRUE(until([&] { return !source_->has("/home/b.txt"); }));
  EXPECT_TRUE(source_->has("/home/c.txt"));
}

TEST_F(AppTest, EscNeverDoesAnything) {
  for (const char* key : {"a", "r", "d", "p", "F2", "F9", ":", "/", "f", "F3", "F1"}) {
    press({"j", key});
    static_cast<void>(screen());
    press({"Esc", "Esc"});
  }
  EXPECT_TRUE(until([&] { return !screen().empty(); }));
  for (const char* path : {"/home/a/x", "/home/b.txt", "/home/c.txt"})
    EXPECT_TRUE(source_->has(path)) << path;
  EXPECT_FALSE(app_->is_over());
}

TEST_F(AppTest, LooksIntoAFileWithEnterAndNeverCopiesWithIt) {
  press({"j", "Enter"});
  EXPECT_TRUE(shows("content of /home/b.txt"));
  press({"q"});
  EXPECT_TRUE(shows("Name ^"));
}

TEST_F(AppTest, OffersEveryActionInThePalette) {
  press({"Ctrl-P"});
  type("invert");
  EXPECT_TRUE(shows("invert-marks"));
  press({"Enter"});
  EXPECT_TRUE(shows("2 marked"));
}

TEST_F(AppTest, RunsALine) {
  press({":"});
  type("cd a");
  press({"Enter"});
  EXPECT_TRUE(shows("[/home/a]"));
  press({":"});
  type("fly");
  press({"Enter"});
  EXPECT_TRUE(shows("no such command"));
}

TEST_F(AppTest, ComparesThePanes) {
  press({"Tab", "Enter"});
  EXPECT_TRUE(shows("[/home/a]"));
  press({"Tab", "t"});
  EXPECT_TRUE(shows("2 marked"));
}

TEST_F(AppTest, LeavesWithoutAQuestionWhenNothingWaits) {
  press({"q"});
  EXPECT_TRUE(app_->is_over());
}

// No key, in whatever order and at whatever size, does harm to the drawing.
TEST_F(AppTest, AnyKeysAtAnySize) {
  std::mt19937 random(5);
  std::vector<Key> keys;
  for (const ActionRow& row : action_rows()) {
    if (row.action == KeyAction::quit) continue;
    const KeyMap map;
    for (const KeySequence& sequence : map.keys_of(row.action))
      keys.insert(keys.end(), sequence.begin(), sequence.end());
  }
  for (const char* key : {"Esc", "Enter", "Tab", "Up", "Down", "1", "2", "x", "写", "Bksp", "Ctrl-K"})
    keys.insert(keys.end(), 3, *parse_key(key));
  for (int step = 0; step < 3000 && !app_->is_over(); ++step) {
    app_->key(keys[random() % keys.size()]);
    if (random() % 7 == 0)
      app_->resize(static_cast<int>(1 + random() % 150), static_cast<int>(1 + random() % 50));
    if (random() % 11 == 0) app_->paste("pasted\x1b[31m text\nmore");
    if (random() % 5 == 0)
      app_->click(static_cast<int>(random() % 100), static_cast<int>(random() % 40), random() % 2 == 0);
    app_->deliver();
    app_->tick();
    const Drawing drawing = app_->draw();
    for (int y = 0; y < drawing.canvas.rows(); ++y)
      ASSERT_EQ(display_width(drawing.canvas.row_text(y)), drawing.canvas.columns()) << step;
  }
}

}  // namespace
}  // namespace ferry::client
