// The full-screen client without its screen: what keys do, and what is to be drawn. One thread, which never
// blocks: panes have their own, and the queue is worked off by a Runner in another (client/tui). No curses
// here, so that all of it can be driven by tests.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/engine/pool.h"
#include "client/engine/trust.h"
#include "client/model/dialog.h"
#include "client/model/draw.h"
#include "client/model/key_map.h"
#include "client/model/line_edit.h"
#include "client/model/mailbox.h"
#include "client/model/pane.h"
#include "client/model/task_thread.h"
#include "client/model/trust_question.h"
#include "client/queue/queue.h"

namespace ferry::client {

// A server to connect to. The password is shared by all sessions that are opened for it.
struct Login {
  Site site;
  std::string user;
  std::shared_ptr<const Secret> password;
  std::string folder;  // "": where the login begins
};

// A site by a name of the user's own, as the sites dialog lists it.
struct SiteChoice {
  std::string name;
  Login login;  // without a password, where none is saved
};

struct AppSettings {
  KeyMap keys;
  std::string trust_file;
  Queue* queue = nullptr;  // must outlive the App; nullptr: nothing can be copied
  std::function<std::vector<SiteChoice>()> sites;
  std::function<std::shared_ptr<FileSource>()> local = make_local_source;  // this machine's files
  // What netrc or the like knows; nullptr: nothing.
  std::function<std::shared_ptr<const Secret>(const Site&, const std::string& user)> password_of;
  // Blocks, with the terminal given back meanwhile: an editor on a file, a shell in a folder.
  std::function<void(const std::string& file)> run_editor;
  std::function<void(const std::string& folder)> run_shell;
  std::function<void(bool is_ours)> use_mouse;
};

class App {
 public:
  explicit App(AppSettings settings);
  ~App();

  // The local side begins in `folder` on the left; with a login the right side connects.
  void start(const std::string& folder, std::optional<Login> login);

  void key(const Key& key);
  void paste(std::string_view text);
  void click(int x, int y, bool is_double);
  void wheel(int x, int y, int rows);
  void resize(int columns, int rows);
  void interrupt();  // Ctrl-C: cancels what is waited for, never quits

  // What other threads have posted; true when something has changed.
  bool deliver() { return mailbox_.deliver(); }
  int mailbox_fd() const { return mailbox_.fd(); }
  void tick();  // now and then, for what moves by itself
  // When tick() is wanted next, because something on the screen moves.
  std::chrono::milliseconds tick_distance() const;

  Drawing draw();
  bool is_over() const { return is_over_; }
  // Before it ends: who waits for an answer gets none, and panes stop. For threads that still call
  // open_site().
  void leave();

  // For the queue's runner, from its threads: a session for a site that somebody here has logged in to.
  Result<std::unique_ptr<Connection>> open_site(const Site& site, const std::string& user, Cancel& cancel);
  // The same: what the log should show.
  void log_from_elsewhere(const std::string& text, bool is_error);

 private:
  enum class Typing { nothing, command, search, filter, mark, unmark };
  // A place, kept while a question is open: what is answered counts there or nowhere.
  struct Spot {
    std::shared_ptr<FileSource> source;
    std::string folder;
    std::string path(const std::string& name) const { return (folder == "/" ? "" : folder) + "/" + name; }
  };
  struct Undo {
    std::shared_ptr<FileSource> source;
    std::string what;
    std::function<Status(FileSource&)> take_back;
  };

  // app.cc
  void act(KeyAction action);
  void log(std::string text, bool is_error = false);
  void report(const Error& error) { log(error.context, true); }
  void open_dialog(std::unique_ptr<Dialog> dialog);
  void handle_dialog(const Key& key);
  void begin_typing(Typing typing, std::string label, std::string text = "");
  void end_typing(bool is_done);
  void type(const Key& key);
  Pane& active() { return *panes_[active_]; }
  Pane& other() { return *panes_[1 - active_]; }
  void pane_changed(Pane& pane, const Status& outcome);

  // app_browse.cc
  bool browse(KeyAction action);
  void enter();
  void toggle_sort(SortKey key);
  void compare_panes();
  int page() const;

  // app_files.cc
  bool change_files(KeyAction action);
  void ask_folder();
  void ask_rename();
  void ask_remove();
  void ask_mode();
  void show_properties();
  void verify_chosen();
  void view_file();
  void edit_file();
  void take_back();
  void find_in_tree();
  void show_found(const Spot& here, const std::string& part, const std::vector<std::string>& paths);
  Spot spot() const { return {panes_[active_]->shared_source(), panes_[active_]->folder()}; }
  Pane* pane_of(const FileSource* source);
  void change(const std::shared_ptr<FileSource>& source, const std::string& what,
              std::function<Status(FileSource&)> work, std::function<Status(FileSource&)> take_back = {});
  void refresh_both();

  // app_queue.cc
  bool control_queue(KeyAction action);
  void copy(bool moves);
  void copy_here(const std::vector<std::string>& names, bool moves);
  void enqueue(std::vector<std::string> names, bool moves);
  void act_on_queue(Action action, Selection selection);
  void take_queue();
  TransferRow row_of_item(const struct QueueRow& row, SteadyTime now);
  void finish_moves();
  void show_details();
  std::optional<QueueId> selected() const;
  void ask_quit();

  // app_connect.cc
  void ask_connect(std::size_t pane, const Login& known, const std::string& why);
  void show_sites();
  void connect(std::size_t pane, Login login);
  OpenSession opener(const Login& login);
  void show_status();
  void wake_queue(const Login& login);
  void show_certificate(const TrustQuestion::Asked& asked);
  void show_untrusted(const Login& login, const std::string& why);
  void ask_register();
  void ask_password();

  // app_help.cc
  void show_help();
  void show_palette();
  void run_line(const std::string& line);

  AppSettings settings_;
  Mailbox mailbox_;
  TrustStore trust_;
  TrustQuestion trust_question_;
  std::array<std::unique_ptr<Pane>, 2> panes_;
  std::size_t active_ = 0;
  Focus focus_ = Focus::panes;
  KeySequence typed_keys_;
  std::vector<std::unique_ptr<Dialog>> dialogs_;  // the last one has the keys
  Typing typing_ = Typing::nothing;
  std::string typing_label_;
  LineEdit edit_;
  std::string last_search_;
  std::vector<Undo> undo_;
  std::optional<PagerScreen> pager_;

  // What runs, over the last seconds: how fast it is, and since when it stands still.
  struct Watched {
    Bytes done = 0;
    SteadyTime changed{};
    std::deque<std::pair<SteadyTime, Bytes>> samples;
    std::optional<Bytes> rate(SteadyTime now, Bytes done_now);
  };
  std::vector<QueueId> queue_ids_;  // of the rows shown
  std::map<QueueId, Watched> watched_;
  std::map<QueueId, Spot> moves_;  // whose sources go when they are done; `folder` is the path itself
  std::int64_t over_count_ = 0;    // items that are done or have failed
  bool has_running_ = false, leaves_when_done_ = false;
  bool has_refused_ = false;  // a certificate: nobody has to be told

  std::mutex logins_mutex_;                           // open_site() comes from other threads
  std::map<std::string, Login> logins_;               // by user@site
  std::map<const FileSource*, std::string> site_of_;  // whose key in logins_
  std::map<const FileSource*, Login> being_tried_;
  ScreenModel model_;
  int columns_ = 80, rows_ = 24;
  bool is_over_ = false, has_mouse_ = true;
  TaskThread queue_thread_;  // for what waits for the disk
};

}  // namespace ferry::client
