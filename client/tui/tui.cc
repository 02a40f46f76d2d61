#include "client/tui/tui.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/line/signals.h"
#include "client/queue/runner.h"
#include "client/tui/terminal.h"

extern char** environ;

namespace ferry::client {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kFrame = 30ms;  // not more often, whatever comes in

// What the queue's runner does is told in the log.
class QueueLog : public JobObserver {
 public:
  explicit QueueLog(App& app) : app_(app) {}
  void plan(std::int64_t, Bytes) override {}
  void file_starts(ItemId item, Direction, const std::string& name, std::optional<Bytes>) override {
    names_[item] = name;
  }
  void progress(ItemId, const TransferState&) override {}
  void file_done(ItemId item, const FileReport& report) override {
    std::string text = report.name + ": " + bytes_for_people(report.result.size);
    if (report.result.resumed > 0) text += ", resumed at " + bytes_for_people(report.result.resumed);
    if (report.result.verified)
      text += ", verified by " + std::string(digest_name(report.result.verified->kind));
    app_.log_from_elsewhere(text, false);
    names_.erase(item);
  }
  void skipped(ItemId item, const std::string& name, const std::string& why) override {
    app_.log_from_elsewhere(name + ": " + why, false);
    names_.erase(item);
  }
  void failed(ItemId item, const Error& error) override {
    app_.log_from_elsewhere(error.context, true);
    names_.erase(item);
  }
  void retrying(ItemId item, const Error& error, int attempt, std::chrono::milliseconds) override {
    app_.log_from_elsewhere(names_[item] + ": " + error.context + "; try " + std::to_string(attempt), true);
  }
  void note(const std::string& text) override { app_.log_from_elsewhere(text, false); }

 private:
  App& app_;
  std::map<ItemId, std::string> names_;
};

// Works the queue off in a thread of its own for as long as it lives.
class QueueWorker {
 public:
  QueueWorker(Queue& queue, App& app, int parallel)
      : log_(app),
        reports_(log_, tally_),
        runner_(
            queue,
            [&app](const Site& site, const std::string& user, Cancel& cancel) {
              return app.open_site(site, user, cancel);
            },
            {parallel, {}, true}, reports_),
        thread_([this, &app] {
          const Status ended = runner_.run(cancel_);
          if (!ended && ended.error().kind == Errc::busy) {
            app.log_from_elsewhere("another ferry works the queue off", false);
          } else if (!ended && ended.error().kind != Errc::cancelled) {
            app.log_from_elsewhere("the queue stands still: " + ended.error().context, true);
          }
        }) {}
  ~QueueWorker() {
    cancel_.request();
    thread_.join();
  }

 private:
  Cancel cancel_;
  QueueLog log_;
  Tally tally_;
  Reports reports_;
  Runner runner_;
  std::thread thread_;
};

// Runs a program on the terminal and waits for it; Ctrl-C is its own meanwhile.
void run_program(Terminal& terminal, const std::string& command, const std::string& argument,
                 const std::string& folder) {
  terminal.lend([&] {
    const char* argv[] = {"sh", "-c", command.c_str(), "sh", argument.c_str(), nullptr};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    if (!folder.empty()) ::posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
    struct sigaction ignore {
    }, before{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGINT, &ignore, &before);
    pid_t pid = -1;
    if (::posix_spawn(&pid, "/bin/sh", &actions, nullptr, const_cast<char**>(argv), environ) == 0) {
      int status = 0;
      while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
      }
    }
    ::sigaction(SIGINT, &before, nullptr);
    ::posix_spawn_file_actions_destroy(&actions);
  });
}

std::string program_of(std::initializer_list<const char*> variables, const char* otherwise) {
  for (const char* variable : variables) {
    const char* value = std::getenv(variable);
    if (value != nullptr && value[0] != '\0') return value;
  }
  return otherwise;
}

std::string keys_file() {
  if (const char* config = std::getenv("XDG_CONFIG_HOME"); config != nullptr && config[0] == '/')
    return std::string(config) + "/ferry/keys.toml";
  const char* home = std::getenv("HOME");
  return home == nullptr ? "" : std::string(home) + "/.config/ferry/keys.toml";
}

Status read_keys(KeyMap& keys) {
  const std::string path = keys_file();
  std::ifstream in(path);
  if (path.empty() || !in) return {};
  std::ostringstream text;
  text << in.rdbuf();
  auto read = keys.configure(text.str());
  if (!read) return fail(read.error().kind, path + ": " + read.error().context);
  return {};
}

class Loop {
 public:
  Loop(App& app, Terminal& terminal, Cancel& cancel) : app_(app), terminal_(terminal), cancel_(cancel) {}

  void run() {
    app_.resize(terminal_.columns(), terminal_.rows());
    while (!app_.is_over() && !cancel_.requested()) {
      paint_if_due();
      wait();
      while (auto event = terminal_.next()) {
        std::visit([this](const auto& each) { take(each); }, *event);
        is_stale_ = is_urgent_ = true;
        if (app_.is_over()) return;
      }
      if (app_.deliver()) is_stale_ = true;
      if (const auto now = steady_clock::now(); now >= next_tick_) {
        app_.tick();
        next_tick_ = now + app_.tick_distance();
        is_stale_ = true;
      }
    }
  }

 private:
  // What a key has done is seen at once; what comes from elsewhere may come often.
  void paint_if_due() {
    const auto now = steady_clock::now();
    if (!is_stale_ || (!is_urgent_ && now - painted_ < kFrame)) return;
    terminal_.paint(app_.draw());
    painted_ = now;
    is_stale_ = is_urgent_ = false;
  }

  void wait() {
    const auto now = steady_clock::now();
    const auto until = is_stale_ ? std::min(next_tick_, painted_ + kFrame) : next_tick_;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
    pollfd ready[] = {{STDIN_FILENO, POLLIN, 0}, {app_.mailbox_fd(), POLLIN, 0}, {cancel_.fd(), POLLIN, 0}};
    const int count = ::poll(ready, 3, static_cast<int>(std::clamp<long long>(left, 0, 500)));
    // The terminal is gone: nothing can be shown or typed any more.
    if (count > 0 && (ready[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) cancel_.request();
  }

  void take(const Key& key) {
    if (key == Key{NamedKey::none, U'l', true}) terminal_.repaint();
    app_.key(key);
  }
  void take(const Terminal::Paste& paste) { app_.paste(paste.text); }
  void take(const Terminal::Click& click) { app_.click(click.x, click.y, click.is_double); }
  void take(const Terminal::Wheel& wheel) { app_.wheel(wheel.x, wheel.y, wheel.rows); }
  void take(const Terminal::Resized&) { app_.resize(terminal_.columns(), terminal_.rows()); }
  void take(const Terminal::Interrupt&) { app_.interrupt(); }
  void take(const Terminal::Suspend&) {
    terminal_.lend([] { ::kill(0, SIGTSTP); });
    app_.resize(terminal_.columns(), terminal_.rows());
  }

  App& app_;
  Terminal& terminal_;
  Cancel& cancel_;
  bool is_stale_ = true, is_urgent_ = true;
  steady_clock::time_point painted_{}, next_tick_{};
};

AppSettings settings_of(TuiWish& wish, Queue* queue, Terminal& terminal) {
  AppSettings settings;
  settings.trust_file = TrustStore::default_path();
  settings.queue = queue;
  settings.sites = wish.sites;
  settings.password_of = wish.password_of;
  settings.run_editor = [&terminal](const std::string& file) {
    run_program(terminal, program_of({"VISUAL", "EDITOR"}, "vi") + " \"$1\"", file, "");
  };
  settings.run_shell = [&terminal](const std::string& folder) {
    run_program(terminal, program_of({"SHELL"}, "/bin/sh"), "", folder);
  };
  settings.use_mouse = [&terminal](bool is_ours) { terminal.use_mouse(is_ours); };
  return settings;
}

bool has_screen() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1 && term != nullptr &&
         std::string_view(term) != "dumb" && term[0] != '\0';
}

}  // namespace

int run_tui(TuiWish wish, Cancel& cancel) {
  if (!has_screen()) {
    print_error("the full screen needs a terminal: use `ferry shell`, or a command (`ferry help`)");
    return kExitUsage;
  }
  KeyMap keys;
  if (auto read = read_keys(keys); !read) {
    print_error(read.error().context);
    return kExitUsage;
  }
  auto queue = Queue::open(Journal::default_folder());
  try {
    Terminal terminal({wish.ascii_only, false});
    AppSettings settings = settings_of(wish, queue ? queue->get() : nullptr, terminal);
    settings.keys = keys;
    App app(std::move(settings));
    std::optional<QueueWorker> worker;
    if (queue)
      worker.emplace(**queue, app, wish.parallel);
    else
      app.log_from_elsewhere(queue.error().context, true);
    app.start("", std::move(wish.login));
    Loop(app, terminal, cancel).run();
    app.leave();  // nobody answers questions any more
    worker.reset();
  } catch (const std::runtime_error& problem) {
    print_error(problem.what());
    return kExitUsage;
  }
  return cancel.requested() ? interrupted_exit_code() : kExitDone;
}

}  // namespace ferry::client
