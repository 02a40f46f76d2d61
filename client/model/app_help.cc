// Help, the palette, and the line behind ":".
#include <fmt/core.h>

#include <algorithm>
#include <sstream>

#include "client/model/app.h"
#include "client/model/text.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

const char* focus_name(Focus focus) {
  switch (focus) {
    case Focus::everywhere:
      return tr("Everywhere");
    case Focus::panes:
      return tr("In a pane");
    case Focus::queue:
      return tr("In the queue");
    case Focus::log:
      return tr("In the log");
  }
  return "";
}

std::string row_text(const ActionRow& row, const KeyMap& keys) {
  return fmt::format("{:<20} {}", keys.keys_text(row.action), tr(std::string(row.help).c_str()));
}

}  // namespace

void App::show_help() {
  pager_ = PagerScreen{tr("Keys"), {}, 0};
  for (const Focus focus : {Focus::everywhere, Focus::panes, Focus::queue}) {
    pager_->lines.emplace_back(focus_name(focus));
    for (const ActionRow& row : action_rows()) {
      if (row.focus == focus) pager_->lines.push_back("  " + row_text(row, settings_.keys));
    }
    pager_->lines.emplace_back();
  }
  for (const char* line :
       {tr("Esc only ever ends or closes something. Ctrl-C ends what is waited for."),
        tr("In a bar: = was there before, # moved now, > where it is, . to do."),
        tr("In a pane: * marked, p an upload that is not finished, / folder, @ link."),
        tr("Behind ':' : cd, mkdir, passwd, register, quit, and every action by its name.")})
    pager_->lines.emplace_back(line);
}

void App::show_palette() {
  std::vector<std::string> rows;
  std::vector<KeyAction> actions;
  for (const ActionRow& row : action_rows()) {
    if (row.focus != Focus::everywhere && row.focus != focus_) continue;
    rows.push_back(fmt::format("{:<18} {}", row.name, row_text(row, settings_.keys)));
    actions.push_back(row.action);
  }
  auto dialog = std::make_unique<Dialog>(tr("Do"));
  dialog->field({tr("Find")}).list(rows).filter_list().button(tr("Do it")).button(tr("Cancel"));
  dialog->on_close([this, actions](const Dialog& closed, int button) {
    if (button == 0 && closed.chosen()) act(actions[*closed.chosen()]);
  });
  open_dialog(std::move(dialog));
}

void App::run_line(const std::string& line) {
  std::istringstream words(line);
  std::string verb, rest;
  words >> verb >> std::ws;
  std::getline(words, rest);
  if (verb.empty()) return;
  if (const ActionRow* row = find_action(verb); row != nullptr && rest.empty()) return act(row->action);
  if (verb == "q" || verb == "exit") return ask_quit();
  if (verb == "passwd") return ask_password();
  if (verb == "register") return ask_register();
  if (!active().has_source()) return log(tr("this pane is nowhere yet"), true);
  const Spot here = spot();
  const std::string path = ftp::join_path(here.folder, rest);
  if (verb == "cd" && !rest.empty()) return active().open(path);
  if (verb == "mkdir" && !rest.empty()) {
    return change(
        here.source, fmt::format("{} {}", tr("made"), path),
        [path](FileSource& source) { return source.make_folder(path); },
        [path](FileSource& source) { return source.remove_empty_folder(path); });
  }
  log(fmt::format("{}: {}", verb, tr("no such command; Ctrl-P lists them")), true);
}

}  // namespace ferry::client
