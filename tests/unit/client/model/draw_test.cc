// Whole screens as text, compared with tests/unit/client/model/golden. FERRY_UPDATE_GOLDEN=1 writes them
// anew; look at what changed before it is committed.
#include "client/model/draw.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <locale.h>
#include <stdlib.h>

#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = WallTime(std::chrono::hours(24 * 20500 + 13));

ftp::Entry entry(const std::string& name, Bytes size, int days_ago) {
  ftp::Entry made;
  made.name = name;
  made.size = size;
  made.modified = kNow - std::chrono::hours(24 * days_ago);
  made.unix_mode = 0644;
  return made;
}

ftp::Entry folder(const std::string& name, int days_ago) {
  ftp::Entry made = entry(name, 0, days_ago);
  made.type = ftp::EntryType::directory;
  made.unix_mode = 0755;
  return made;
}

const std::vector<std::string> kHostile{
    "bad\x1b[31mname.txt", "right\xe2\x80\xaeto left",    "\xff\xfe.bin", "😀 emoji.txt", "e\u0301combined",
    "line\nbreak",         std::string(300, 'x') + ".tar"};

class Screens : public ::testing::Test {
 protected:
  Screens() {
    here_.add(std::vector{folder("夏祭り二〇二四", 1), folder("archive", 60),
                          entry("写真集_高解像度_最終版_そして長い名前.zip", 2254857830, 2),
                          entry("notes.txt", 1200, 0), entry("한국어파일이름.txt", 12, 3),
                          entry("très-long-filename-that-goes-on.tar.zst", 851443712, 700)});
    for (const std::string& name : kHostile) here_.add(std::vector{entry(name, 1, 3)});
    here_.arrange();
    here_.mark(*here_.find_name("写真集_高解像度_最終版_そして長い名前.zip"), true);
    here_.mark(0, true);
    here_.move_to_name("notes.txt");
    auto partial = entry("写真集_高解像度_最終版_そして長い名前.zip", 734003200, 1);
    partial.perm = "adfw";
    auto link = entry("latest", 4, 9);
    link.is_link = true;
    there_.add(
        std::vector{folder("2024", 1), folder("inbox", 0), partial, link, entry("readme.md", 4096, 100)});
    there_.arrange();
    model_.now = kNow;
    model_.status = {"files.example.org", "akira", "TLS 1.3 pinned", false, Bytes{9234179686},
                     Bytes{10737418240},  {}};
    model_.panes[0] = {PaneScreen::State::ready, "/home/akira/Pictures", "", &here_, 0, {},
                       Bytes{126701535232}};
    model_.panes[1] = {PaneScreen::State::ready, "files.example.org:/pics", "", &there_, 0, {}, {}};
    fill_queue();
    model_.log = {
        {kNow - 12s, "resumed at 700 MiB: the first 734,003,200 bytes are the same (SHA-256)", false},
        {kNow, "report.pdf: 552 quota exceeded\x1b[2J", true}};
  }

  void fill_queue() {
    using enum TransferRowState;
    model_.queue = {
        {true, running, "写真集_高解像度_最終版.zip", 1299227607, 734003200, 2254857830, 43201331, 23s, 0s,
         ""},
        {false, running, "backup-2026-11.tar", 325058560, 0, 943718400, 18874368, 33s, 0s, ""},
        {true, verifying, "IMG_0412.CR3", 47185920, 0, 47185920, std::nullopt, -1s, 0s, ""},
        {true, confirming, "IMG_0413.CR3", 47185920, 0, 47185920, std::nullopt, -1s, 2s, ""},
        {true, retrying, "movie.mkv", 536870912, 0, 4294967296, std::nullopt, -1s, 7s, ""},
        {true, failed, "report.pdf", 0, 0, 12582912, std::nullopt, -1s, 0s, "552 quota exceeded"},
        {false, asks, "config\x1b]0;x.yml", 0, 0, 4000, std::nullopt, -1s, 0s, ""},
        {true, waiting, "夏祭り二〇二四", 0, 0, 220200960, std::nullopt, -1s, 0s, ""},
    };
    model_.totals = {21, 241, 4, 3, 1, 1, 2211908157, 734003200, 7773020160, 62075699, 89s};
  }

  void SetUp() override {
    before_ = ::setlocale(LC_CTYPE, nullptr);
    ASSERT_NE(::setlocale(LC_CTYPE, "C.UTF-8"), nullptr);
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
  void TearDown() override { ::setlocale(LC_CTYPE, before_.c_str()); }

  std::string text(int columns, int rows) const {
    const Drawing drawing = draw_screen(model_, columns, rows, KeyMap());
    std::string all;
    for (int y = 0; y < rows; ++y) {
      const std::string row = drawing.canvas.row_text(y);
      EXPECT_EQ(display_width(row), columns) << y << ": " << row;
      all += row + "\n";
    }
    return all;
  }

  void expect_golden(const std::string& name, int columns, int rows) const {
    const std::string file = fmt::format("tests/unit/client/model/golden/{}-{}x{}.txt", name, columns, rows);
    const std::string drawn = text(columns, rows);
    if (::getenv("FERRY_UPDATE_GOLDEN") != nullptr) std::ofstream(file) << drawn;
    std::ostringstream golden;
    golden << std::ifstream(file).rdbuf();
    EXPECT_EQ(drawn, golden.str()) << file;
  }

  FolderView here_, there_;
  ScreenModel model_;

 private:
  std::string before_;
};

constexpr std::pair<int, int> kSizes[] = {{20, 5}, {40, 10}, {72, 20}, {80, 24}, {120, 40}, {200, 60}};

TEST_F(Screens, Browsing) {
  for (const auto& [columns, rows] : kSizes) expect_golden("browsing", columns, rows);
}

TEST_F(Screens, NothingConnectedYet) {
  model_ = ScreenModel{};
  model_.now = kNow;
  model_.panes[0] = {PaneScreen::State::ready, "/home/akira", "", &here_, 0, {}, {}};
  model_.panes[1].message = "F2 connects";
  for (const auto& [columns, rows] : kSizes) expect_golden("first", columns, rows);
}

TEST_F(Screens, AServerThatDoesNotAnswer) {
  model_.panes[1].state = PaneScreen::State::loading;
  model_.panes[1].waited = 12'400ms;
  model_.active_pane = 1;
  for (const auto& [columns, rows] : {std::pair{80, 24}, std::pair{40, 10}})
    expect_golden("silent", columns, rows);
}

TEST_F(Screens, TheQueueHasTheKeys) {
  model_.focus = Focus::queue;
  model_.queue_cursor = 5;
  expect_golden("queue", 80, 24);
  model_.is_queue_zoomed = true;
  for (const auto& [columns, rows] : {std::pair{80, 24}, std::pair{40, 10}})
    expect_golden("queue-zoomed", columns, rows);
}

TEST_F(Screens, ADialog) {
  DialogScreen dialog;
  dialog.title = "New certificate";
  dialog.lines = {
      "files.example.org:21 is not known yet.", "", "Issuer   self-signed, CN \x1b[1mfiles",
      "SHA-256  "
      "4F:1C:99:A0:77:4F:1C:99:A0:77:4F:1C:99:A0:77:4F:1C:99:A0:77:4F:1C:99:A0:77:4F:1C:99:A0:77:4F:1C"};
  dialog.fields = {{"Name", "例え.example", 6, false}, {"Password", "秘密secret", 6, true}};
  dialog.buttons = {"Once", "Trust and remember", "Cancel"};
  dialog.focus = 4;
  model_.dialog = dialog;
  for (const auto& [columns, rows] : {std::pair{80, 24}, std::pair{40, 10}, std::pair{20, 5}})
    expect_golden("dialog", columns, rows);
  EXPECT_EQ(text(80, 24).find("secret"), std::string::npos);
}

TEST_F(Screens, AListToChooseFrom) {
  DialogScreen dialog;
  dialog.title = "Sites";
  for (int i = 0; i < 50; ++i) dialog.list.push_back(fmt::format("site{}.example.org", i));
  dialog.first_row = 20;
  dialog.list_cursor = 22;
  dialog.buttons = {"Connect", "Cancel"};
  model_.dialog = dialog;
  expect_golden("list", 80, 24);
}

TEST_F(Screens, APromptShowsTheEndOfWhatIsTyped) {
  model_.prompt = PromptScreen{"Filter: ", "写真*" + std::string(100, 'y'), 0};
  model_.prompt->cursor = model_.prompt->text.size();
  const Drawing drawing = draw_screen(model_, 40, 10, KeyMap());
  EXPECT_EQ(drawing.canvas.row_text(9).substr(0, 9), "Filter: y");
  ASSERT_TRUE(drawing.cursor);
  EXPECT_EQ(drawing.cursor->x, 39);
  EXPECT_EQ(drawing.cursor->y, 9);
}

TEST_F(Screens, TheWholeLogScrollsBack) {
  for (int i = 0; i < 100; ++i) model_.log.push_back({kNow, fmt::format("line {}", i), false});
  model_.shows_log = true;
  model_.focus = Focus::log;
  model_.log_back = 50;
  const std::string shown = text(80, 24);
  EXPECT_NE(shown.find("line 49 "), std::string::npos);
  EXPECT_EQ(shown.find("line 50 "), std::string::npos);
}

TEST_F(Screens, EveryStateHasItsMark) {
  std::set<char> marks;
  model_.queue.resize(1);
  for (const auto state : {TransferRowState::waiting, TransferRowState::running, TransferRowState::verifying,
                           TransferRowState::retrying, TransferRowState::paused, TransferRowState::failed,
                           TransferRowState::done}) {
    model_.queue.front().state = state;
    const Drawing drawing = draw_screen(model_, 80, 24, KeyMap());
    const Layout layout = layout_of(model_, 80, 24);
    marks.insert(drawing.canvas.row_text(layout.queue.y)[1]);
  }
  EXPECT_EQ(marks.size(), 7U);
}

// Whatever a server says, and however large the screen is: no control character, and rows as wide as the
// screen.
TEST_F(Screens, AnyTextAtAnySize) {
  std::mt19937 random(11);
  const auto below = [&](int most) { return static_cast<int>(random() % static_cast<unsigned>(most)); };
  const auto foreign = [&] {
    std::string bytes;
    for (int i = below(60); i > 0; --i) {
      static const std::vector<std::string> pieces{"写", "😀", "e\u0301", "\u200d", "\u202e", "שלום"};
      if (below(2) == 0) {
        bytes += pieces[random() % pieces.size()];
      } else {
        bytes += static_cast<char>(random());
      }
    }
    return bytes;
  };
  for (int run = 0; run < 300; ++run) {
    FolderView view;
    for (int i = 0; i < 20; ++i) view.add(std::vector{entry(foreign(), below(1 << 30), below(2000))});
    view.show_hidden(true);
    view.arrange();
    for (PaneScreen& pane : model_.panes) {
      pane.view = &view;
      pane.place = foreign();
      pane.message = foreign();
      pane.state = static_cast<PaneScreen::State>(below(4));
      pane.waited = std::chrono::milliseconds(below(20'000));
    }
    for (TransferRow& row : model_.queue) row.name = row.note = foreign();
    model_.status.site = model_.status.user = model_.status.security = foreign();
    model_.log.back().text = foreign();
    model_.focus = static_cast<Focus>(below(4));
    model_.dialog.reset();
    if (below(2) == 0) {
      model_.dialog = DialogScreen{};
      model_.dialog->title = foreign();
      model_.dialog->lines = {foreign(), foreign()};
      model_.dialog->list = {foreign()};
      model_.dialog->fields = {{"label", foreign(), 0, below(2) == 0}};
      model_.dialog->fields.front().cursor = 0;
      model_.dialog->buttons = {"Yes", "No"};
    }
    const std::string shown = text(1 + below(210), 1 + below(70));
    for (const char c : shown) {
      ASSERT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << shown;
    }
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace ferry::client
