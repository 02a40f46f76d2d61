#include "client/model/line_edit.h"

#include "shared/base/secret.h"
#include "shared/base/terminal_text.h"
#include "shared/base/utf8.h"

namespace ferry::client {

void LineEdit::set(std::string text) {
  text_ = std::move(text);
  cursor_ = text_.size();
}

void LineEdit::wipe() {
  ferry::wipe(text_);
  cursor_ = 0;
}

std::size_t LineEdit::before(std::size_t at) const {
  std::size_t last = 0;
  for (std::size_t next = 0; next < at; next = behind(next)) last = next;
  return last;
}

std::size_t LineEdit::behind(std::size_t at) const {
  if (at >= text_.size()) return text_.size();
  return at + terminal_cells(std::string_view(text_).substr(at)).front().bytes.size();
}

std::size_t LineEdit::word_before(std::size_t at) const {
  while (at > 0 && text_[at - 1] == ' ') --at;
  while (at > 0 && text_[at - 1] != ' ') --at;
  return at;
}

void LineEdit::erase(std::size_t from, std::size_t to) {
  text_.erase(from, to - from);
  cursor_ = from;
}

void LineEdit::insert(std::string_view text) {
  std::string clean;
  for (std::string_view rest = text; !rest.empty();) {
    const Utf8Char c = decode_utf8(rest);
    if (c.is_valid && (c.code == '\n' || c.code == '\r')) break;
    const bool is_control = c.is_valid && (c.code < 0x20 || (c.code >= 0x7f && c.code < 0xa0));
    if (!is_control) clean += rest.substr(0, c.length);
    rest.remove_prefix(c.length);
  }
  text_.insert(cursor_, clean);
  cursor_ += clean.size();
}

bool LineEdit::handle_ctrl(char32_t letter) {
  switch (letter) {
    case U'a':
      cursor_ = 0;
      return true;
    case U'e':
      cursor_ = text_.size();
      return true;
    case U'b':
      cursor_ = before(cursor_);
      return true;
    case U'f':
      cursor_ = behind(cursor_);
      return true;
    case U'd':
      erase(cursor_, behind(cursor_));
      return true;
    case U'h':
      erase(before(cursor_), cursor_);
      return true;
    case U'k':
      erase(cursor_, text_.size());
      return true;
    case U'u':
      erase(0, cursor_);
      return true;
    case U'w':
      erase(word_before(cursor_), cursor_);
      return true;
    default:
      return false;
  }
}

bool LineEdit::handle(const Key& key) {
  if (key.alt) return false;
  switch (key.named) {
    case NamedKey::left:
      cursor_ = before(cursor_);
      return true;
    case NamedKey::right:
      cursor_ = behind(cursor_);
      return true;
    case NamedKey::home:
      cursor_ = 0;
      return true;
    case NamedKey::end:
      cursor_ = text_.size();
      return true;
    case NamedKey::backspace:
      erase(before(cursor_), cursor_);
      return true;
    case NamedKey::del:
      erase(cursor_, behind(cursor_));
      return true;
    case NamedKey::none:
      break;
    default:
      return false;
  }
  if (key.ctrl) return handle_ctrl(key.character);
  std::string bytes;
  append_utf8(bytes, key.character);
  insert(bytes);
  return true;
}

}  // namespace ferry::client
