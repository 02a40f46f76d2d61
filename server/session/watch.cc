#include "server/session/watch.h"

#include <cerrno>

#include "shared/base/secret.h"
#include "shared/ftp/command_line.h"

namespace ferry {

namespace {

// Looking costs a system call; a transfer that runs looks this often at most, well within the 100 ms an ABOR
// may take.
constexpr std::chrono::milliseconds kLookEvery{10};

}  // namespace

Watch::Watch(Session& session, std::string_view what, std::string path)
    : session_(session),
      what_(what),
      path_(std::move(path)),
      started_(std::chrono::steady_clock::now()),
      last_look_(started_) {
  session_.services.scoreboard.set_state(session_.seat, what_, path_);
}

Watch::~Watch() {
  session_.services.scoreboard.set_state(session_.seat, "idle");
}

double Watch::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
}

void Watch::count(Bytes bytes) {
  bytes_ += bytes;
  session_.services.scoreboard.set_bytes(session_.seat, bytes_);
}

// poll(2) announces what lies in the socket, not what has been read out of it already.
Status Watch::look_at_buffer() {
  if (looked_at_buffer_) return {};
  looked_at_buffer_ = true;
  if (session_.control.queue.is_full()) return {};  // nothing more is read
  return read_control();
}

Status Watch::wait(int fd, short events, Deadline deadline) {
  if (auto looked = look_at_buffer(); !looked) return looked;
  while (true) {
    pollfd polled[2] = {{fd, events, 0}, control_poll()};
    // One that hung up after QUIT is polled no more, so an interruption is looked for.
    const Deadline until = was_left_ ? deadline.sooner(Deadline::after(kLookEvery * 10)) : deadline;
    const int ready = poll(polled, 2, until.poll_timeout_ms());
    if (ready < 0 && errno != EINTR) return fail_errno(errno, "poll");
    if (was_left_ && session_.interrupted.load()) return lose_control();
    if (ready > 0 && polled[1].revents != 0) {
      if (auto read = read_control(); !read) return read;
    }
    if (ready > 0 && polled[0].revents != 0) return {};
    // Whatever comes on the control connection does not stretch the deadline.
    if (deadline.passed()) {
      return refusal(Errc::timeout, "no data for {} s",
                     session_.services.options.data_timeout.count() / 1000);
    }
  }
}

// With a full queue the peer's commands stay in its socket, and only the loss of the connection is announced:
// also that it said its last word, which it may have done behind commands that nobody has read.
short Watch::control_events() const {
  return session_.control.queue.is_full() ? POLLRDHUP : POLLIN;
}

pollfd Watch::control_poll() const {
  return {was_left_ ? -1 : session_.control.stream.fd(), control_events(), 0};
}

Status Watch::lose_control() {
  was_left_ = session_.control.said_quit && !session_.interrupted.load();
  if (was_left_) return {};
  session_.control.broken = true;
  return fail(Errc::cancelled, "the control connection is gone");
}

Status Watch::look() {
  if (auto looked = look_at_buffer(); !looked) return looked;
  const auto now = std::chrono::steady_clock::now();
  return now - last_look_ < kLookEvery ? Status{} : look_now();
}

Status Watch::look_now() {
  last_look_ = std::chrono::steady_clock::now();
  if (aborted_) return fail(Errc::cancelled, "aborted");
  const bool is_interrupted = was_left_ && session_.interrupted.load();
  if (session_.control.broken || is_interrupted) return lose_control();
  pollfd polled = control_poll();
  return poll(&polled, 1, 0) > 0 ? read_control() : Status{};
}

Status Watch::read_control() {
  Control& control = session_.control;
  if (control.queue.is_full()) return lose_control();  // nothing else was asked of poll(2)
  while (!control.queue.is_full()) {
    auto line = control.reader.next(control.stream);
    if (!line || line->state == net::LineReader::Line::State::end) return lose_control();
    if (line->state == net::LineReader::Line::State::need_more) return {};
    if (auto taken = take_line(std::move(*line)); !taken) return taken;
  }
  return {};
}

// What waits is kept as it came, Telnet's bytes too: whoever runs it strips them, and only once.
Status Watch::take_line(net::LineReader::Line line) {
  std::string text = line.text;
  ftp::strip_telnet(text);
  const auto command = ftp::parse_command_line(text);
  wipe(text);
  if (command && command->verb == "QUIT" && !command->has_argument) session_.control.said_quit = true;
  if (command && command->verb == "ABOR" && !command->has_argument) {
    aborted_ = true;
    return fail(Errc::cancelled, "aborted");
  }
  if (command && command->verb == "STAT" && !command->has_argument) {
    if (tell_) {
      tell_();
    } else if (tells_) {
      answer_stat();
      return {};
    }
  }
  session_.control.queue.push(std::move(line));
  return {};
}

void Watch::begin_telling() {
  tells_ = true;
  const auto is_stat = [](std::string text) {
    ftp::strip_telnet(text);
    const auto command = ftp::parse_command_line(text);
    wipe(text);
    return command && command->verb == "STAT" && !command->has_argument;
  };
  for (std::size_t stats = session_.control.queue.take_out(is_stat); stats > 0; --stats) answer_stat();
}

void Watch::answer_stat() {
  const double elapsed = seconds();
  const double rate = elapsed > 0 ? static_cast<double>(bytes_) / elapsed : 0;
  const auto per_second = static_cast<Bytes>(rate);
  const std::string progress =
      total_ > 0 ? session_.text("{} {}: {} bytes of {} ({} %), {} bytes/s", what_, path_, bytes_, total_,
                                 bytes_ * 100 / total_, per_second)
                 : session_.text("{} {}: {} bytes, {} bytes/s", what_, path_, bytes_, per_second);
  session_.reply({213, {session_.text("Status"), progress, session_.text("End")}});
}

}  // namespace ferry
