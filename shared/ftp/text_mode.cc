#include "shared/ftp/text_mode.h"

namespace ferry::ftp {

void ToWire::convert(std::string_view in, std::string& out) {
  while (!in.empty()) {
    const std::size_t end = in.find('\n');
    const std::string_view line = in.substr(0, end);
    out += line;
    if (!line.empty()) last_was_cr_ = line.back() == '\r';
    if (end == in.npos) return;
    out += last_was_cr_ ? "\n" : "\r\n";
    last_was_cr_ = false;
    in.remove_prefix(end + 1);
  }
}

void FromWire::convert(std::string_view in, std::string& out) {
  while (!in.empty()) {
    if (holds_cr_ && in.front() != '\n') out += '\r';
    holds_cr_ = false;
    const std::size_t end = in.find('\r');
    out += in.substr(0, end);
    if (end == in.npos) return;
    holds_cr_ = true;
    in.remove_prefix(end + 1);
  }
}

void FromWire::finish(std::string& out) {
  if (holds_cr_) out += '\r';
  holds_cr_ = false;
}

}  // namespace ferry::ftp
