#include "server/session/control_listing.h"

#include <fmt/core.h>

namespace ferry {

namespace {

constexpr std::size_t kPiece = 16 * 1024;

}  // namespace

ControlListing::ControlListing(Session& session, int code, std::string_view head, std::string path)
    : session_(session),
      code_(code),
      piece_(fmt::format("{}-{}\r\n", code, head)),
      watch_(session, "list", std::move(path)) {
  watch_.on_stat([] {});  // it waits its turn: a 213 in the middle would end this reply
}

bool ControlListing::add(std::string_view line) {
  piece_.append(line).append("\r\n");
  if (piece_.size() > kPiece) send();
  return goes_on();
}

void ControlListing::end(std::string_view text) {
  send();
  session_.reply(ftp::Reply{code_, {std::string(text)}});
  if (watch_.aborted()) session_.reply(226, "ABOR done");
}

void ControlListing::send() {
  if (piece_.empty() || session_.control.broken) return;
  if (!session_.control.stream.write_all(piece_, Deadline::after(kReplyTimeout).sooner(deadline_)))
    session_.control.broken = true;
  piece_.clear();
}

bool ControlListing::goes_on() {
  has_failed_ = has_failed_ || session_.control.broken || !watch_.look();
  return !has_failed_;
}

}  // namespace ferry
