#include "server/session/session.h"

#include <fmt/core.h>

#include "shared/ftp/path.h"

namespace ferry {

std::uint64_t Services::current_account_epoch() {
  // An error here is not lost: the command that follows meets the same store.
  if (const auto changed = store.changed_elsewhere(); !changed || *changed) account_epoch.fetch_add(1);
  return account_epoch.load();
}

Session::Session(Services& services_used, std::uint64_t session_id, int board_seat, net::Stream stream,
                 net::Address peer_address, net::Address local_address)
    : services(services_used),
      id(session_id),
      name(fmt::format("{:016x}", session_id)),
      seat(board_seat),
      peer(std::move(peer_address)),
      local(std::move(local_address)),
      started(std::chrono::steady_clock::now()),
      tls_tag(net::make_session_tag()),
      control{.stream = std::move(stream), .queued = {}} {}

Session::~Session() {
  if (is_logged_in()) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - login.since);
    services.logs.login(
        name, fmt::format("logout user={} from={} seconds={}", account().name, peer.ip(), seconds.count()));
  }
  services.scoreboard.leave(seat);
}

void Session::reply(int code, std::string_view text) {
  reply(ftp::Reply{code, {std::string(text)}});
}

void Session::reply(const ftp::Reply& reply) {
  last_code = reply.code;
  if (control.broken) return;
  if (!control.stream.write_all(ftp::format_reply(reply), Deadline::after(kReplyTimeout)))
    control.broken = true;
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

Deadline waiting_deadline(const Session& session) {
  const Options& options = session.services.options;
  if (!session.is_logged_in()) return Deadline::at(session.started + options.login_timeout);
  return Deadline::after(options.idle_timeout);
}

}  // namespace ferry
