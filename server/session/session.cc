#include "server/session/session.h"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>

#include "server/session/login.h"
#include "server/session/replies.h"
#include "shared/base/secret.h"
#include "shared/ftp/path.h"

namespace ferry {

namespace {

// For a client to answer our close_notify with its own.
constexpr std::chrono::seconds kLeaveTlsTimeout{10};

}  // namespace
std::string session_name(std::uint64_t id) {
  return fmt::format("{:016x}", id);
}

Session::Session(Services& services_used, std::uint64_t session_id, int board_seat, net::Stream stream,
                 net::Address peer_address, net::Address local_address)
    : services(services_used),
      id(session_id),
      name(session_name(session_id)),
      seat(board_seat),
      peer(std::move(peer_address)),
      reached(local_address),
      local(std::move(local_address)),
      started(std::chrono::steady_clock::now()),
      tls_tag(net::make_session_tag()),
      control(std::move(stream)) {
  login.asked_since = started;
}

void CommandQueue::push(Line line) {
  // A client that keeps the queue filled never lets it run empty: what has been taken makes room here.
  if (next_ > 0 && next_ >= lines_.size() / 2) {
    lines_.erase(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(next_));
    next_ = 0;
  }
  bytes_ += line.text.size() + sizeof(Line);
  lines_.push_back(std::move(line));
}

CommandQueue::Line CommandQueue::pop() {
  Line line = std::move(lines_[next_++]);
  bytes_ -= line.text.size() + sizeof(Line);
  if (is_empty()) clear();
  return line;
}

std::size_t CommandQueue::take_out(const std::function<bool(std::string)>& is_wanted) {
  std::vector<Line> kept;
  std::size_t taken = 0;
  for (std::size_t i = next_; i < lines_.size(); ++i) {
    if (!lines_[i].too_long && is_wanted(lines_[i].text)) {
      bytes_ -= lines_[i].text.size() + sizeof(Line);
      ++taken;
    } else {
      kept.push_back(lines_[i]);
    }
    wipe(lines_[i].text);  // a short text would stay behind where it was moved from
  }
  lines_ = std::move(kept);
  next_ = 0;
  return taken;
}

void CommandQueue::clear() {
  for (Line& line : lines_) wipe(line.text);
  std::vector<Line>().swap(lines_);
  next_ = bytes_ = 0;
}

Session::~Session() {
  log_out(*this);
  services.scoreboard.leave(seat);
}

void Session::reply(const Error& error) {
  reply(reply_code_for(error), error);
}

void Session::reply(int code, const Error& error) {
  reply(ftp::Reply{code, {text_of(error, language)}});
}

void Session::reply(const ftp::Reply& reply) {
  last_code = reply.code;
  send_reply(ftp::format_reply(reply));
}

void Session::reply_line(int code, std::string_view text) {
  send_reply(ftp::format_reply_line(code, text));
}

void Session::send_reply(std::string_view wire) {
  if (control.broken) return;
  const auto patience =
      is_logged_in() ? std::chrono::milliseconds(kReplyTimeout) : std::chrono::milliseconds(0);
  if (!control.stream.write_all(wire, Deadline::after(patience))) control.broken = true;
}

void Session::last_words(int code, Text said) {
  last_code = code;
  if (control.broken || control.handshaking || control.arrival) return;
  static_cast<void>(control.stream.write_all(ftp::format_reply(code, text(said)), Deadline::after({})));
}

std::string Session::absolute(std::string_view argument) const {
  if (argument.empty()) return cwd;
  if (argument.front() == '/') return std::string(argument);
  return (cwd == "/" ? "/" : cwd + "/").append(argument);
}

void Session::forget_data_settings() {
  data.listener.reset();
  data.target.reset();
}

void Session::give_up_listening() {
  pollfd polled{data.listener.get(), POLLIN, 0};
  const bool has_come = data.listener && !data.is_prolonged && poll(&polled, 1, 0) > 0;
  if (!has_come) return data.listener.reset();
  data.is_prolonged = true;
  data.listens_until = std::chrono::steady_clock::now() + data.listens_for;
}

void Session::leave_tls() {
  control.leaving_tls = true;
  control.left_tls_by = std::chrono::steady_clock::now() +
                        std::min<std::chrono::milliseconds>(kLeaveTlsTimeout, services.options.idle_timeout);
}

Deadline waiting_deadline(const Session& session) {
  const Options& options = session.services.options;
  if (session.control.leaving_tls) return Deadline::at(session.control.left_tls_by);
  if (session.control.arrival)
    return Deadline::at(session.started +
                        std::min<std::chrono::milliseconds>(options.login_timeout, kArrivalTimeout));
  if (!session.is_logged_in()) return Deadline::at(session.login.asked_since + options.login_timeout);
  return Deadline::after(session.login.idle_timeout.value_or(options.idle_timeout));
}

Deadline listening_deadline(const Session& session) {
  return session.data.listener ? Deadline::at(session.data.listens_until) : Deadline::infinite();
}

}  // namespace ferry
