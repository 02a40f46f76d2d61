#include "server/master/control.h"

#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "shared/base/version.h"
#include "shared/config/run_as.h"

namespace ferry {

namespace {

using json = nlohmann::ordered_json;
using namespace std::chrono_literals;

constexpr std::size_t kMostClients = 16;
constexpr std::size_t kLongestRequest = 4096;
constexpr auto kPatience = 2s;

json refusal(std::string_view why) {
  return {{"ok", false}, {"error", why}};
}
json outcome(const Status& status) {
  return status ? json{{"ok", true}} : refusal(status.error().context);
}

std::string session_name(std::uint64_t session) {
  return fmt::format("{:016x}", session);
}

std::optional<std::uint64_t> parse_session(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

json session_json(const SessionView& view) {
  return {{"session", session_name(view.session)},
          {"pid", view.pid},
          {"user", view.user},
          {"address", view.address},
          {"tls", view.tls},
          {"state", view.state},
          {"path", view.path},
          {"bytes", view.bytes},
          {"since", iso_time(view.since)}};
}

json answer_sessions(ControlDesk& desk, const json&) {
  json all = json::array();
  for (const SessionView& view : desk.sessions()) all.push_back(session_json(view));
  return {{"ok", true}, {"sessions", std::move(all)}};
}

json answer_status(ControlDesk& desk, const json&) {
  const MasterStatus status = desk.status();
  json addresses = json::array();
  for (const auto& place : status.addresses)
    addresses.push_back({{"address", place.address},
                         {"implicit_tls", place.kind.implicit_tls},
                         {"proxy", place.kind.proxied}});
  return {{"ok", true},
          {"pid", ::getpid()},
          {"version", kVersion},
          {"workers", status.worker_pids.size()},
          {"worker_pids", status.worker_pids},
          {"owners", status.owners},
          {"settling", status.is_settling},
          {"generation", status.generation},
          {"sessions", desk.sessions().size()},
          {"uptime", status.uptime.count()},
          {"addresses", std::move(addresses)}};
}

json answer_reload(ControlDesk& desk, const json&) {
  return outcome(desk.reload());
}

json answer_kick(ControlDesk& desk, const json& request) {
  const auto text = request.find("session");
  if (text == request.end() || !text->is_string()) return refusal("kick needs \"session\"");
  const auto session = parse_session(text->get<std::string>());
  return session ? outcome(desk.kick(*session)) : refusal("no such session");
}

// How to add a request: a row here, and its function above.
struct Request {
  std::string_view name;
  json (*answer)(ControlDesk&, const json&);
};
constexpr std::array kRequests = {
    Request{"kick", answer_kick},
    Request{"reload", answer_reload},
    Request{"sessions", answer_sessions},
    Request{"status", answer_status},
};

json answer_of(ControlDesk& desk, const std::string& line) {
  const json request = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!request.is_object()) return refusal("a request is a JSON object on one line");
  const auto name = request.find("request");
  if (name == request.end() || !name->is_string()) return refusal("\"request\" is missing");
  const auto row =
      std::ranges::find(kRequests, std::string_view(name->get_ref<const std::string&>()), &Request::name);
  return row == kRequests.end() ? refusal("unknown request") : row->answer(desk, request);
}

}  // namespace

std::string answer_request(ControlDesk& desk, const std::string& line) {
  // Names on disk and in the scoreboard may be no UTF-8.
  return answer_of(desk, line).dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<ControlSocket> ControlSocket::open(const std::string& run_dir, const RunAs& run_as) {
  ControlSocket control(run_dir + "/ferryd.sock", run_as.uid);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (control.path_.size() >= sizeof address.sun_path) {
    return fail(Errc::too_long,
                fmt::format("the option run_dir is too long for a socket in it: {} (at most {} bytes)",
                            run_dir, sizeof address.sun_path - sizeof "/ferryd.sock"));
  }
  std::memcpy(address.sun_path, control.path_.c_str(), control.path_.size());
  const ActAs acting(run_as);
  control.listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  ::unlink(control.path_.c_str());  // of a ferryd that was killed: we hold the lock of this folder
  const mode_t mask = ::umask(0177);
  const bool bound =
      ::bind(control.listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int why = errno;
  ::umask(mask);
  if (!bound) return fail_errno(why, "cannot make the control socket " + control.path_);
  if (::listen(control.listener_.get(), static_cast<int>(kMostClients)) != 0)
    return fail_errno(errno, "cannot listen on " + control.path_);
  return control;
}

void ControlSocket::remove(const RunAs& run_as) {
  const ActAs acting(run_as);
  ::unlink(path_.c_str());
}

void ControlSocket::add_polls(std::vector<pollfd>& polls) const {
  if (clients_.size() < kMostClients) polls.push_back({listener_.get(), POLLIN, 0});
  for (const Client& client : clients_) {
    polls.push_back({client.fd.get(), static_cast<short>(client.output.empty() ? POLLIN : POLLOUT), 0});
  }
}

Deadline ControlSocket::next_deadline() const {
  Deadline next = Deadline::infinite();
  for (const Client& client : clients_) next = next.sooner(client.deadline);
  return next;
}

void ControlSocket::serve(ControlDesk& desk) {
  accept_clients();
  for (Client& client : clients_) serve_client(client, desk);
  std::erase_if(clients_, [](const Client& client) { return client.is_done || client.deadline.passed(); });
}

void ControlSocket::accept_clients() {
  while (clients_.size() < kMostClients) {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) return;
    if (is_trusted(fd.get())) clients_.push_back({std::move(fd), "", "", Deadline::after(kPatience)});
  }
}

bool ControlSocket::is_trusted(int client) const {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == run_as_ || peer.uid == ::getuid();
}

// One request at a time: the next is looked at when the answer to the last is gone, so that no client makes
// us hold two.
void ControlSocket::serve_client(Client& client, ControlDesk& desk) {
  write_output(client);
  if (client.output.empty()) read_input(client);
  for (std::size_t end = 0; client.output.empty() && (end = client.input.find('\n')) != std::string::npos;) {
    const std::string line = client.input.substr(0, end);
    client.input.erase(0, end + 1);
    client.output = answer_request(desk, line) + "\n";
    write_output(client);
  }
  if (client.input.size() > kLongestRequest) client.is_done = true;
}

void ControlSocket::read_input(Client& client) {
  std::array<char, kLongestRequest> chunk{};
  const ssize_t size = ::recv(client.fd.get(), chunk.data(), chunk.size(), 0);
  if (size > 0) {
    client.input.append(chunk.data(), static_cast<std::size_t>(size));
    client.deadline = Deadline::after(kPatience);
  } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
    client.is_done = true;
  }
}

void ControlSocket::write_output(Client& client) {
  while (!client.output.empty()) {
    const ssize_t size = ::send(client.fd.get(), client.output.data(), client.output.size(), MSG_NOSIGNAL);
    if (size < 0) {
      client.is_done = client.is_done || (errno != EAGAIN && errno != EINTR);
      return;
    }
    client.output.erase(0, static_cast<std::size_t>(size));
    client.deadline = Deadline::after(kPatience);
  }
}

}  // namespace ferry
