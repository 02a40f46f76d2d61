#include "admin/control_client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "shared/base/clock.h"
#include "shared/base/unique_fd.h"

namespace ferry::admin {

namespace {

using nlohmann::json;

constexpr auto kPatience = std::chrono::seconds(2);
constexpr std::size_t kLongestAnswer = 16 * 1024 * 1024;  // some 50,000 sessions

Status wait_for(int fd, short events, const Deadline& deadline) {
  pollfd waiting{fd, events, 0};
  while (true) {
    const int ready = ::poll(&waiting, 1, deadline.poll_timeout_ms());
    if (ready > 0) return {};
    if (ready == 0) return fail(Errc::timeout, "ferryd does not answer on its control socket");
    if (errno != EINTR) return fail_errno(errno, "control socket");
  }
}

// Through a descriptor of its folder, so that the socket's path may be longer than the 107 bytes an address
// holds.
Result<UniqueFd> connect_to(const std::string& run_dir) {
  const UniqueFd folder(::open(run_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return fail_errno(errno, run_dir);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno(errno, "control socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = "/proc/self/fd/" + std::to_string(folder.get()) + "/ferryd.sock";
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  if (errno == ENOENT || errno == ECONNREFUSED) return fail(Errc::not_found, "ferryd does not run");
  return fail_errno(errno, "control socket " + run_dir + "/ferryd.sock");
}

Status send_line(int fd, std::string_view line, const Deadline& deadline) {
  while (!line.empty()) {
    if (const Status ready = wait_for(fd, POLLOUT, deadline); !ready) return ready;
    const ssize_t count = ::send(fd, line.data(), line.size(), MSG_NOSIGNAL);
    if (count > 0) line.remove_prefix(static_cast<std::size_t>(count));
    if (count < 0 && errno != EAGAIN && errno != EINTR) return fail_errno(errno, "control socket");
  }
  return {};
}

Result<std::string> receive_line(int fd, const Deadline& deadline) {
  std::string line;
  std::array<char, 65536> buffer{};
  while (line.size() <= kLongestAnswer) {
    if (const Status ready = wait_for(fd, POLLIN, deadline); !ready)
      return tl::unexpected<Error>(ready.error());
    const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count < 0) return fail_errno(errno, "control socket");
    if (count == 0) return fail(Errc::reset, "ferryd broke off its answer on the control socket");
    line.append(buffer.data(), static_cast<std::size_t>(count));
    if (const auto end = line.find('\n'); end != line.npos) return line.substr(0, end);
  }
  return fail(Errc::too_long, "ferryd's answer on the control socket has no end");
}

Result<json> ask(const std::string& run_dir, const json& request) {
  const Deadline deadline = Deadline::after(kPatience);
  const auto fd = connect_to(run_dir);
  if (!fd) return tl::unexpected<Error>(fd.error());
  if (const Status sent = send_line(fd->get(), request.dump() + "\n", deadline); !sent) {
    return tl::unexpected<Error>(sent.error());
  }
  const auto line = receive_line(fd->get(), deadline);
  if (!line) return tl::unexpected<Error>(line.error());
  json answer = json::parse(*line, nullptr, false);
  if (!answer.is_object())
    return fail(Errc::bad_syntax, "ferryd's answer on the control socket is no JSON object");
  if (answer.value("ok", json()) != json(true)) {
    const auto error = answer.find("error");
    return fail(Errc::refused, error != answer.end() && error->is_string()
                                   ? "ferryd: " + error->get<std::string>()
                                   : "ferryd refused without a reason");
  }
  return answer;
}

RunningSession session_in(const json& row) {
  RunningSession session;
  session.id = row.at("session").get<std::string>();
  session.pid = row.at("pid").get<std::int64_t>();
  session.user = row.at("user").get<std::string>();
  session.address = row.at("address").get<std::string>();
  session.is_tls = row.at("tls").get<bool>();
  session.state = row.at("state").get<std::string>();
  session.path = row.at("path").get<std::string>();
  session.bytes = row.at("bytes").get<Bytes>();
  session.since = row.at("since").get<std::string>();
  return session;
}

}  // namespace

Result<std::vector<RunningSession>> ask_sessions(const std::string& run_dir) {
  const auto answer = ask(run_dir, {{"request", "sessions"}});
  if (!answer) return tl::unexpected<Error>(answer.error());
  try {
    std::vector<RunningSession> sessions;
    for (const json& row : answer->at("sessions")) sessions.push_back(session_in(row));
    return sessions;
  } catch (const json::exception& error) {
    return fail(Errc::bad_syntax, std::string("ferryd's list of sessions: ") + error.what());
  }
}

Result<Owners> ask_owners(const std::string& run_dir) {
  const auto answer = ask(run_dir, {{"request", "status"}});
  if (!answer) return tl::unexpected<Error>(answer.error());
  try {
    return Owners{answer->at("owners").get<std::vector<std::int64_t>>(), answer->at("settling").get<bool>()};
  } catch (const json::exception& error) {
    return fail(Errc::bad_syntax, std::string("ferryd's status: ") + error.what());
  }
}

Status ask_reload(const std::string& run_dir) {
  const auto answer = ask(run_dir, {{"request", "reload"}});
  if (!answer) return tl::unexpected<Error>(answer.error());
  return {};
}

Status ask_kick(const std::string& run_dir, const std::string& session) {
  const auto answer = ask(run_dir, {{"request", "kick"}, {"session", session}});
  if (!answer) return tl::unexpected<Error>(answer.error());
  return {};
}

}  // namespace ferry::admin
