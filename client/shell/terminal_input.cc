// Lines from a terminal through libedit's wide interface. The only user of libedit.
#include <fcntl.h>
#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cwchar>
#include <filesystem>
#include <stdexcept>

#include "client/shell/input.h"
#include "shared/base/terminal_text.h"
#include "shared/base/unique_fd.h"

namespace ferry::client {
namespace {

constexpr int kHistoryLines = 1000;
constexpr std::size_t kMostShown = 200;

// The locale's encoding on either side; what it cannot express becomes '?'.
std::wstring widen(const std::string& text) {
  std::wstring wide;
  std::mbstate_t state{};
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    wchar_t c = 0;
    const std::size_t used = std::mbrtowc(&c, at, static_cast<std::size_t>(end - at), &state);
    if (used == static_cast<std::size_t>(-1) || used == static_cast<std::size_t>(-2)) {
      wide += L'?';
      state = {};
      ++at;
    } else {
      wide += c;
      at += used == 0 ? 1 : used;
    }
  }
  return wide;
}

std::string narrow(const wchar_t* text, std::size_t length) {
  std::string bytes;
  std::mbstate_t state{};
  std::array<char, 16> buffer;
  for (std::size_t i = 0; i < length; ++i) {
    const std::size_t used = std::wcrtomb(buffer.data(), text[i], &state);
    if (used == static_cast<std::size_t>(-1)) {
      bytes += '?';
      state = {};
    } else {
      bytes.append(buffer.data(), used);
    }
  }
  return bytes;
}

class TerminalInput : public Input {
 public:
  TerminalInput(const std::string& history_file, Cancel& cancel, CandidateSource source);
  ~TerminalInput() override;

  bool is_interactive() const override { return true; }
  Result<std::optional<std::string>> line(const std::string& prompt) override;
  Result<Secret> secret(const std::string& prompt) override { return ask_secret(prompt); }
  void remember(const std::string& line) override;

 private:
  static TerminalInput* self(EditLine* edit);
  static wchar_t* show_prompt(EditLine* edit) { return self(edit)->prompt_.data(); }
  static int read_character(EditLine* edit, wchar_t* character);
  static unsigned char on_tab(EditLine* edit, int key);
  void show_candidates(const std::vector<Candidate>& candidates);

  EditLine* edit_ = nullptr;
  HistoryW* history_ = nullptr;
  std::string history_file_;
  Cancel& cancel_;
  CandidateSource source_;
  std::wstring prompt_;
  bool interrupted_ = false;
};

TerminalInput::TerminalInput(const std::string& history_file, Cancel& cancel, CandidateSource source)
    : edit_(::el_init("ferry", stdin, stdout, stderr)),
      history_(::history_winit()),
      history_file_(history_file),
      cancel_(cancel),
      source_(std::move(source)) {
  if (edit_ == nullptr || history_ == nullptr)
    throw std::runtime_error("the terminal cannot be used for line editing");
  ::el_wset(edit_, EL_CLIENTDATA, this);
  ::el_wset(edit_, EL_PROMPT, &TerminalInput::show_prompt);
  ::el_wset(edit_, EL_EDITOR, L"emacs");
  ::el_wset(edit_, EL_GETCFN, &TerminalInput::read_character);
  ::el_wset(edit_, EL_ADDFN, L"ferry-complete", L"complete a command or a name", &TerminalInput::on_tab);
  ::el_wset(edit_, EL_BIND, L"^I", L"ferry-complete", nullptr);
  HistEventW event{};
  ::history_w(history_, &event, H_SETSIZE, kHistoryLines);
  ::history_w(history_, &event, H_SETUNIQUE, 1);
  ::el_wset(edit_, EL_HIST, ::history_w, history_);
  std::error_code ignored;  // without a history file the shell works all the same
  std::filesystem::create_directories(std::filesystem::path(history_file_).parent_path(), ignored);
  const UniqueFd private_file(::open(history_file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ::history_w(history_, &event, H_LOAD, history_file_.c_str());
}

TerminalInput::~TerminalInput() {
  ::history_wend(history_);
  ::el_end(edit_);
}

TerminalInput* TerminalInput::self(EditLine* edit) {
  void* data = nullptr;
  ::el_wget(edit, EL_CLIENTDATA, &data);
  return static_cast<TerminalInput*>(data);
}

// libedit's own reader swallows the first interrupted read; ours ends the line when a stop is requested.
int TerminalInput::read_character(EditLine* edit, wchar_t* character) {
  TerminalInput* input = self(edit);
  std::mbstate_t state{};
  while (true) {
    std::array<pollfd, 2> watched{{{STDIN_FILENO, POLLIN, 0}, {input->cancel_.fd(), POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return -1;
    if (input->cancel_.requested()) {
      input->interrupted_ = true;
      return -1;
    }
    if (watched[0].revents == 0) continue;
    char byte = 0;
    const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return static_cast<int>(got);
    const std::size_t used = std::mbrtowc(character, &byte, 1, &state);
    if (used == static_cast<std::size_t>(-2)) continue;  // the rest of the character follows
    if (used != static_cast<std::size_t>(-1)) return 1;
    state = {};  // not in this locale: dropped
  }
}

Result<std::optional<std::string>> TerminalInput::line(const std::string& prompt) {
  prompt_ = widen(prompt);
  interrupted_ = false;
  int length = 0;
  const wchar_t* text = ::el_wgets(edit_, &length);
  if (interrupted_) {
    std::fputs("\n", stdout);
    return fail(Errc::cancelled, "interrupted");
  }
  if (text == nullptr || length <= 0) {
    std::fputs("\n", stdout);
    return std::optional<std::string>();
  }
  std::string bytes = narrow(text, static_cast<std::size_t>(length));
  while (!bytes.empty() && (bytes.back() == '\n' || bytes.back() == '\r')) bytes.pop_back();
  return std::optional<std::string>(std::move(bytes));
}

void TerminalInput::remember(const std::string& line) {
  HistEventW event{};
  ::history_w(history_, &event, H_ENTER, widen(line).c_str());
  ::history_w(history_, &event, H_SAVE, history_file_.c_str());  // at once: a closed window must not cost it
}

void TerminalInput::show_candidates(const std::vector<Candidate>& candidates) {
  std::string text = "\n";
  for (std::size_t i = 0; i < candidates.size() && i < kMostShown; ++i)
    text += terminal_safe(candidates[i].text) + "\n";
  if (candidates.size() > kMostShown)
    text += "… " + std::to_string(candidates.size() - kMostShown) + " more\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

unsigned char TerminalInput::on_tab(EditLine* edit, int) {
  TerminalInput* input = self(edit);
  const LineInfoW* info = ::el_wline(edit);
  const auto length = static_cast<std::size_t>(info->cursor - info->buffer);
  const std::string text = narrow(info->buffer, length);
  const Completion completion = complete_line(text, input->source_);
  const std::string present = text.substr(completion.replace_from);
  if (completion.replacement != present) {
    const std::wstring old_part = widen(present);
    if (!old_part.empty()) ::el_wdeletestr(edit, static_cast<int>(old_part.size()));
    ::el_winsertstr(edit, widen(completion.replacement).c_str());
    return CC_REFRESH;
  }
  if (completion.candidates.empty()) return CC_REFRESH_BEEP;
  input->show_candidates(completion.candidates);
  return CC_REDISPLAY;
}

}  // namespace

std::unique_ptr<Input> make_terminal_input(const std::string& history_file, Cancel& cancel,
                                           CandidateSource source) {
  return std::make_unique<TerminalInput>(history_file, cancel, std::move(source));
}

}  // namespace ferry::client
