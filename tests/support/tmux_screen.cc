#include "tests/support/tmux_screen.h"

#include <atomic>

namespace ferry::test {
namespace {

ChildOptions options_for(const std::filesystem::path& home, const TmuxOptions& options) {
  std::map<std::string, std::string> environment = {
      {"HOME", home.string()}, {"LC_ALL", "C.UTF-8"}, {"TERM", "xterm"}, {"TMUX", ""}};
  for (const auto& [name, value] : options.environment) environment[name] = value;
  ChildOptions child;
  child.environment.assign(environment.begin(), environment.end());
  return child;
}

// Of its own: a command for a server that is gone would start one, with another home.
std::string new_socket(const std::filesystem::path& home) {
  static std::atomic<int> count{0};
  return (home / ("tmux" + std::to_string(++count))).string();
}

}  // namespace

TmuxScreen::TmuxScreen(const std::filesystem::path& home, const std::filesystem::path& folder,
                       const std::string& command, const TmuxOptions& options)
    : socket_(new_socket(home)),
      server_({"tmux", "-D", "-S", socket_, "-f", "/dev/null"}, options_for(home, options)) {
  wait_until([&] { return std::filesystem::exists(socket_); });
  if (options.stays) tmux({"set-option", "-g", "remain-on-exit", "on"});
  if (const auto term = options.environment.find("TERM"); term != options.environment.end())
    tmux({"set-option", "-g", "default-terminal", term->second});
  tmux({"new-session", "-d", "-x", std::to_string(options.columns), "-y", std::to_string(options.rows), "-c",
        folder.string(), command});
}

RunResult TmuxScreen::tmux(Strings arguments, const std::string& input) const {
  arguments.insert(arguments.begin(), {"tmux", "-S", socket_});
  ChildOptions options;
  options.input = input;
  return run(arguments, options);
}

testing::AssertionResult TmuxScreen::shows(const std::string& wanted) const {
  if (wait_until([&] { return text().find(wanted) != std::string::npos; }))
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no '" << wanted << "' on the screen:\n" << text();
}

testing::AssertionResult TmuxScreen::no_longer_shows(const std::string& unwanted) const {
  if (wait_until([&] { return text().find(unwanted) == std::string::npos; }))
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << "'" << unwanted << "' is still on the screen:\n" << text();
}

void TmuxScreen::press(Strings keys) const {
  keys.insert(keys.begin(), "send-keys");
  tmux(keys);
}

void TmuxScreen::type(const std::string& text) const {
  tmux({"send-keys", "-l", text});
}

void TmuxScreen::paste_secret(const std::string& text) const {
  tmux({"load-buffer", "-b", "secret", "-"}, text);
  tmux({"paste-buffer", "-d", "-b", "secret"});
}

void TmuxScreen::resize(int columns, int rows) const {
  tmux({"resize-window", "-x", std::to_string(columns), "-y", std::to_string(rows)});
}

pid_t TmuxScreen::program() const {
  return std::stoi(tmux({"display-message", "-p", "#{pane_pid}"}).out);
}

}  // namespace ferry::test
