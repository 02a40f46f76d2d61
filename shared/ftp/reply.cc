#include "shared/ftp/reply.h"

#include <fmt/core.h>

#include <algorithm>

namespace ferry::ftp {

namespace {

constexpr std::size_t kCodeLength = 3;

// The code a line begins with, or 0.
int leading_code(std::string_view line) {
  if (line.size() < kCodeLength) return 0;
  int code = 0;
  for (const char c : line.substr(0, kCodeLength)) {
    if (c < '0' || c > '9') return 0;
    code = code * 10 + (c - '0');
  }
  return code >= 100 && code <= 599 ? code : 0;
}

void append_clean(std::string& out, std::string_view text) {
  for (const char c : text) out += (c == '\r' || c == '\n' || c == '\0') ? '?' : c;
}

}  // namespace

std::string Reply::text() const {
  std::string joined;
  for (const auto& line : lines) {
    if (&line != &lines.front()) joined += '\n';
    joined += line;
  }
  return joined;
}

std::string format_reply(const Reply& reply) {
  if (reply.lines.size() <= 1)
    return format_reply(reply.code, reply.lines.empty() ? "" : reply.lines.front());
  std::string wire = fmt::format("{:03}-", reply.code);
  append_clean(wire, reply.lines.front());
  for (std::size_t i = 1; i + 1 < reply.lines.size(); ++i) {
    wire += "\r\n ";
    append_clean(wire, reply.lines[i]);
  }
  wire += fmt::format("\r\n{:03} ", reply.code);
  append_clean(wire, reply.lines.back());
  return wire += "\r\n";
}

std::string format_reply_line(int code, std::string_view text) {
  std::string wire = fmt::format("{:03}-", code);
  append_clean(wire, text);
  return wire += "\r\n";
}

std::string format_reply(int code, std::string_view text) {
  std::string wire = fmt::format("{:03} ", code);
  append_clean(wire, text);
  return wire += "\r\n";
}

Status ReplyParser::feed(std::string_view bytes) {
  if (failed_) return tl::unexpected(*failed_);
  if (taken_ >
      ready_.size() / 2) {  // at most half is dead, so that each reply is moved a bounded number of times
    ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(taken_));
    taken_ = 0;
  }
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (current_bytes_ + buffer_.size() + piece.size() >= kMaxReplyBytes) {
      failed_ = Error{Errc::too_long, fmt::format("reply longer than {} bytes", kMaxReplyBytes)};
      return tl::unexpected(*failed_);
    }
    buffer_ += piece;
    if (end == bytes.npos) return {};
    bytes.remove_prefix(end + 1);
    current_bytes_ += buffer_.size() + 1;
    std::string line;
    line.swap(buffer_);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (auto taken = take_line(line); !taken) {
      failed_ = taken.error();
      return taken;
    }
  }
  return {};
}

Status ReplyParser::take_line(std::string_view line) {
  const int code = leading_code(line);
  const char separator = line.size() > kCodeLength ? line[kCodeLength] : ' ';
  const std::string_view text = line.substr(std::min(line.size(), kCodeLength + 1));

  if (!in_block_) {
    if (code == 0 || (separator != ' ' && separator != '-'))
      return fail(Errc::bad_syntax, "the answer is not an FTP reply");
    current_.code = code;
    in_block_ = separator == '-';
    current_.lines.emplace_back(text);
  } else if (code == current_.code && line.size() > kCodeLength && (separator == ' ' || separator == '-')) {
    in_block_ = separator == '-';  // many servers repeat "220-" on each line of a block
    current_.lines.emplace_back(text);
  } else {
    current_.lines.emplace_back(line.substr(!line.empty() && line.front() == ' ' ? 1 : 0));
  }
  if (in_block_) return {};
  ready_.push_back(std::move(current_));
  current_ = {};
  current_bytes_ = 0;
  return {};
}

std::optional<Reply> ReplyParser::next() {
  if (taken_ == ready_.size()) return std::nullopt;
  Reply reply = std::move(ready_[taken_++]);
  if (taken_ == ready_.size()) {
    ready_.clear();
    taken_ = 0;
  }
  return reply;
}

}  // namespace ferry::ftp
