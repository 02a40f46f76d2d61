// Everything the full-screen client shows, as plain data. client/tui fills it; draw.h makes cells of it.
// Texts are foreign bytes unless a comment says otherwise; drawing makes them safe.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/model/actions.h"
#include "client/model/folder_view.h"
#include "shared/base/bytes.h"
#include "shared/base/clock.h"

namespace ferry::client {

struct PaneScreen {
  enum class State : std::uint8_t {
    ready,
    loading,  // `view` has what came so far
    failed,   // `message` says why; what is shown is from before
    closed,   // no place at all, `message` says what to do
  };
  State state = State::closed;
  std::string place;  // "/home/akira", "files.example.org:/pics"
  std::string message;
  const FolderView* view = nullptr;  // must outlive the drawing; nullptr: nothing yet
  std::size_t first_row = 0;
  std::chrono::milliseconds waited{};  // for the server
  std::optional<Bytes> free;
};

enum class TransferRowState : std::uint8_t {
  waiting,
  running,
  comparing,   // what is there from before with what is here
  confirming,  // waits for the server's 226
  verifying,
  stalled,
  retrying,
  asks,
  paused,
  failed,
  done,
};

struct TransferRow {
  bool is_upload = false;
  TransferRowState state = TransferRowState::waiting;
  std::string name;
  Bytes done = 0, resumed = 0;
  std::optional<Bytes> total;
  std::optional<Bytes> rate;      // per second
  std::chrono::seconds left{-1};  // negative: not known
  std::chrono::seconds waited{};  // stalled, confirming, until the next try
  std::string note;               // what failed, what is asked
};

struct QueueTotals {
  std::int64_t files_done = 0, files = 0;
  std::int64_t running = 0, waiting = 0, asking = 0, failed = 0;
  Bytes done = 0, resumed = 0, total = 0;
  std::optional<Bytes> rate;
  std::chrono::seconds left{-1};
};

struct StatusScreen {
  std::string site, user;   // "" when there is no connection
  std::string security;     // "TLS 1.3 pinned", "in clear"
  bool is_warning = false;  // about the security
  std::optional<Bytes> used, quota;
  std::chrono::milliseconds waited{};  // the server has not answered for so long
};

// A line at the bottom in which something is typed: command, search, filter.
struct PromptScreen {
  std::string label;  // ours
  std::string text;
  std::size_t cursor = 0;  // byte in `text`, at a character
};

struct DialogField {
  std::string label;  // ours
  std::string text;
  std::size_t cursor = 0;
  bool is_secret = false;
};

// A box in the middle: some lines, fields to fill in, a list to choose from, buttons; each part may be
// missing.
struct DialogScreen {
  std::string title;
  std::vector<std::string> lines;
  std::vector<DialogField> fields;
  std::vector<std::string> list;
  std::size_t list_cursor = 0, first_row = 0;
  std::vector<std::string> buttons;  // ours
  // What has the keys: fields first, then the list (as one), then the buttons.
  std::size_t focus = 0;
  bool is_warning = false;
};

// A text over the whole screen.
struct PagerScreen {
  std::string title;
  std::vector<std::string> lines;
  std::size_t first = 0;
};

struct LogLine {
  WallTime when;
  std::string text;
  bool is_error = false;
};

struct ScreenModel {
  StatusScreen status;
  std::array<PaneScreen, 2> panes;
  std::size_t active_pane = 0;
  Focus focus = Focus::panes;
  std::vector<TransferRow> queue;
  std::size_t queue_first = 0, queue_cursor = 0;
  bool is_queue_zoomed = false;
  QueueTotals totals;
  std::vector<LogLine> log;  // the newest last
  std::size_t log_back = 0;  // lines scrolled back in the whole screen's log
  bool shows_log = false;
  std::optional<PromptScreen> prompt;
  std::optional<DialogScreen> dialog;
  std::optional<PagerScreen> pager;
  WallTime now;  // for dates of this year and the like
};

}  // namespace ferry::client
