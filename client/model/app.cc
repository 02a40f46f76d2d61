#include "client/model/app.h"

#include <fmt/core.h>

#include <algorithm>

#include "client/model/text.h"

namespace ferry::client {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLongestLog = 2000;

}  // namespace

App::App(AppSettings settings)
    : settings_(std::move(settings)),
      trust_(settings_.trust_file),
      trust_question_(mailbox_, [this](const TrustQuestion::Asked& asked) { show_certificate(asked); }) {
  for (auto& pane : panes_) {
    pane = std::make_unique<Pane>(
        mailbox_, [this](Pane& changed, const Status& outcome) { pane_changed(changed, outcome); });
  }
}

App::~App() {
  leave();
}

void App::leave() {
  trust_question_.end();
  for (const auto& pane : panes_) pane->cancel();
}

void App::start(const std::string& folder, std::optional<Login> login) {
  panes_[0]->use(settings_.local(), folder);
  if (login) {
    connect(1, std::move(*login));
  } else {
    panes_[1]->use(settings_.local(), folder);
    show_sites();
  }
}

// --- keys ---

void App::key(const Key& key) {
  if (!dialogs_.empty()) return handle_dialog(key);
  if (typing_ != Typing::nothing) return type(key);
  if (pager_) {
    const auto page = static_cast<std::ptrdiff_t>(std::max(rows_ - 2, 1));
    const auto last = static_cast<std::ptrdiff_t>(pager_->lines.size());
    auto first = static_cast<std::ptrdiff_t>(pager_->first);
    if (key.named == NamedKey::escape || key.character == U'q') return pager_.reset();
    if (key.named == NamedKey::down || key.character == U'j') ++first;
    if (key.named == NamedKey::up || key.character == U'k') --first;
    if (key.named == NamedKey::page_down || key.character == U' ') first += page;
    if (key.named == NamedKey::page_up) first -= page;
    if (key.named == NamedKey::home) first = 0;
    if (key.named == NamedKey::end) first = last;
    pager_->first = static_cast<std::size_t>(
        std::clamp<std::ptrdiff_t>(first, 0, std::max<std::ptrdiff_t>(last - page, 0)));
    return;
  }
  if (key.named == NamedKey::escape) {  // only ever ends something
    typed_keys_.clear();
    if (!active().cancel() && !other().cancel()) model_.shows_log = false;
    return;
  }
  typed_keys_.push_back(key);
  const auto meaning = settings_.keys.meaning(typed_keys_, focus_);
  if (!meaning.action && meaning.is_beginning) return;
  typed_keys_.clear();
  if (meaning.action) act(*meaning.action);
}

void App::act(KeyAction action) {
  if (browse(action) || change_files(action) || control_queue(action)) return;
  switch (action) {
    case KeyAction::help:
      return show_help();
    case KeyAction::quit:
      return ask_quit();
    case KeyAction::menu:
    case KeyAction::palette:
      return show_palette();
    case KeyAction::command_line:
      return begin_typing(Typing::command, ":");
    case KeyAction::local_shell:
      for (const auto& pane : panes_) {
        if (pane->has_source() && !pane->source()->is_remote()) return settings_.run_shell(pane->folder());
      }
      return;
    case KeyAction::show_log:
      model_.shows_log = !model_.shows_log;
      model_.log_back = 0;
      focus_ = model_.shows_log ? Focus::log : Focus::panes;
      return;
    case KeyAction::sites:
      return show_sites();
    case KeyAction::toggle_mouse:
      has_mouse_ = !has_mouse_;
      settings_.use_mouse(has_mouse_);
      return log(has_mouse_ ? tr("the mouse is ferry's")
                            : tr("the mouse is the terminal's: mark text with it"));
    default:
      return;  // what the terminal does itself: repaint
  }
}

void App::interrupt() {
  if (typing_ != Typing::nothing) return end_typing(false);
  if (!dialogs_.empty()) return handle_dialog({NamedKey::escape});
  if (!active().cancel()) other().cancel();
}

// --- what is typed at the bottom ---

void App::begin_typing(Typing typing, std::string label, std::string text) {
  typing_ = typing;
  typing_label_ = std::move(label);
  edit_.set(std::move(text));
}

void App::type(const Key& key) {
  if (key.named == NamedKey::escape) return end_typing(false);
  if (key.named == NamedKey::enter) return end_typing(true);
  if (!edit_.handle(key)) return;
  if (typing_ == Typing::search) active().view().search(edit_.text(), false);
  if (typing_ == Typing::filter) {
    active().view().filter(edit_.text());
    active().view().arrange();
  }
}

void App::end_typing(bool is_done) {
  const Typing typing = std::exchange(typing_, Typing::nothing);
  const std::string text = edit_.text();
  FolderView& view = active().view();
  if (typing == Typing::search && is_done) last_search_ = text;
  if (typing == Typing::filter && !is_done) {
    view.filter("");
    view.arrange();
  }
  if (!is_done) return;
  if (typing == Typing::mark) view.mark_matching(text, true);
  if (typing == Typing::unmark) view.mark_matching(text, false);
  if (typing == Typing::command) run_line(text);
}

void App::paste(std::string_view text) {
  if (!dialogs_.empty()) return dialogs_.back()->paste(text);
  if (typing_ != Typing::nothing) edit_.insert(text);  // elsewhere it would be obeyed as keys
}

// --- dialogs ---

void App::open_dialog(std::unique_ptr<Dialog> dialog) {
  dialogs_.push_back(std::move(dialog));
}

void App::handle_dialog(const Key& key) {
  if (!dialogs_.back()->handle(key)) return;
  const auto closed = std::move(dialogs_.back());  // what it does may open another
  dialogs_.pop_back();
  closed->close();
}

// --- what happens ---

void App::log(std::string text, bool is_error) {
  model_.log.push_back({wall_now(), std::move(text), is_error});
  if (model_.log.size() > kLongestLog) model_.log.erase(model_.log.begin());
}

void App::log_from_elsewhere(const std::string& text, bool is_error) {
  mailbox_.post([this, text, is_error] { log(text, is_error); });
}

void App::resize(int columns, int rows) {
  columns_ = columns;
  rows_ = rows;
}

std::chrono::milliseconds App::tick_distance() const {
  const bool moves = panes_[0]->is_waiting() || panes_[1]->is_waiting() || has_running_;
  return moves ? 100ms : 500ms;
}

void App::tick() {
  take_queue();
  show_status();
}

Drawing App::draw() {
  model_.now = wall_now();
  model_.active_pane = active_;
  model_.focus = focus_;
  model_.dialog.reset();
  if (!dialogs_.empty()) model_.dialog = dialogs_.back()->screen(rows_);
  model_.pager = pager_;
  model_.prompt.reset();
  if (typing_ != Typing::nothing) model_.prompt = PromptScreen{typing_label_, edit_.text(), edit_.cursor()};
  const Layout layout = layout_of(model_, columns_, rows_);
  for (std::size_t i = 0; i < panes_.size(); ++i) {
    panes_[i]->view().arrange();
    const Rect& rect = layout.panes[i].rows > 0 ? layout.panes[i] : layout.panes[active_];
    panes_[i]->page(rows_of_entries(layout, rect));
    model_.panes[i] = panes_[i]->screen(std::chrono::steady_clock::now());
    if (!panes_[i]->has_source() && model_.panes[i].message.empty())
      model_.panes[i].message =
          fmt::format("{} {}", settings_.keys.keys_text(KeyAction::sites), tr("connects"));
  }
  const auto queue_rows = static_cast<std::size_t>(std::max(layout.queue.rows, 1));
  if (model_.queue_cursor < model_.queue_first) model_.queue_first = model_.queue_cursor;
  if (model_.queue_cursor >= model_.queue_first + queue_rows)
    model_.queue_first = model_.queue_cursor - queue_rows + 1;
  return draw_screen(model_, columns_, rows_, settings_.keys);
}

}  // namespace ferry::client
