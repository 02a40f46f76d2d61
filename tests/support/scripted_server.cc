#include "tests/support/scripted_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "shared/net/address.h"
#include "shared/net/socket.h"

namespace ferry::test {
namespace {

constexpr int kPatienceMs = 20'000;

UniqueFd listen_here() {
  auto listener = net::listen_on(*net::Address::parse("127.0.0.1", 0));
  if (!listener) throw std::runtime_error(listener.error().context);
  return std::move(*listener);
}

std::uint16_t port_of(const UniqueFd& listener) {
  return net::Address::local_of(listener.get())->port();
}

UniqueFd take(const UniqueFd& listener, int limit_ms) {
  pollfd watched{listener.get(), POLLIN, 0};
  if (::poll(&watched, 1, limit_ms) <= 0) return {};
  return UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the client is gone, as some tests want it
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string receive_all(int socket) {
  std::string bytes;
  char buffer[65536];
  for (ssize_t got = 0; (got = ::recv(socket, buffer, sizeof buffer, 0)) > 0;)
    bytes.append(buffer, static_cast<std::size_t>(got));
  return bytes;
}

}  // namespace

ScriptedServer::ScriptedServer(std::string file)
    : listener_(listen_here()), port_(port_of(listener_)), file_(std::move(file)) {
  thread_ = std::thread([this] { serve(); });
}

ScriptedServer::~ScriptedServer() {
  ends_ = true;
  if (const int socket = session_; socket >= 0) ::shutdown(socket, SHUT_RDWR);
  thread_.join();
}

std::string ScriptedServer::file() const {
  const std::lock_guard lock(mutex_);
  return file_;
}

std::vector<std::string> ScriptedServer::commands() const {
  const std::lock_guard lock(mutex_);
  return commands_;
}

void ScriptedServer::serve() {
  while (!ends_) {
    const UniqueFd control = take(listener_, 50);
    if (!control) continue;
    session_ = control.get();
    run_session(control.get());
    session_ = -1;
  }
}

void ScriptedServer::run_session(int control) {
  say(control, {"220 scripted"});
  std::string pending;
  char buffer[4096];
  for (ssize_t got = 0; !ends_ && (got = ::recv(control, buffer, sizeof buffer, 0)) > 0;) {
    pending.append(buffer, static_cast<std::size_t>(got));
    for (auto end = pending.find("\r\n"); end != pending.npos; end = pending.find("\r\n")) {
      run_command(control, pending.substr(0, end));
      pending.erase(0, end + 2);
    }
  }
}

void ScriptedServer::say(int control, const std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < lines.size() && !ends_; ++i) {
    if (i > 0 && pause_.count() > 0) ::poll(nullptr, 0, static_cast<int>(pause_.count()));
    send_all(control, lines[i] + "\r\n");
  }
}

void ScriptedServer::run_command(int control, const std::string& line) {
  const auto space = line.find(' ');
  const std::string verb = line.substr(0, space);
  const std::string argument = space == line.npos ? "" : line.substr(space + 1);
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(line);
  }
  if (const auto special = answers_.find(verb); special != answers_.end())
    return say(control, special->second(argument));
  if (const auto listing = listings_.find(verb); listing != listings_.end())
    return list(control, listing->second(argument));
  if (verb == "FEAT") {
    std::vector<std::string> lines{"211-Features"};
    for (const std::string& feature : features_) lines.push_back(" " + feature);
    lines.push_back("211 End");
    return say(control, lines);
  }
  if (verb == "EPSV") {
    passive_ = listen_here();
    return say(control, {"229 here (|||" + std::to_string(port_of(passive_)) + "|)"});
  }
  if (verb == "REST") {
    offset_ = std::stoul(argument);
    return say(control, {"350 go on"});
  }
  if (verb == "RETR" || verb == "STOR" || verb == "MLSD") return transfer(control, verb == "STOR");
  if (verb == "SIZE")
    return say(control, {file().empty() ? "550 none" : "213 " + std::to_string(file().size())});
  if (verb == "MDTM") return say(control, {"213 20260101000000"});
  if (verb == "USER") return say(control, {"331 password"});
  if (verb == "PASS") return say(control, {"230 in"});
  if (verb == "PWD") return say(control, {"257 \"/\""});
  if (verb == "CWD") return say(control, {argument == "/" ? "250 there" : "550 no folder"});
  if (verb == "TYPE" || verb == "NOOP") return say(control, {"200 fine"});
  say(control, {"502 not here"});
}

void ScriptedServer::list(int control, const std::string& text) {
  say(control, {"150 coming"});
  const UniqueFd data = take(passive_, kPatienceMs);
  if (!data) return say(control, {"425 nobody came"});
  send_all(data.get(), text);
  ::shutdown(data.get(), SHUT_WR);
  say(control, {"226 done"});
}

void ScriptedServer::transfer(int control, bool is_upload) {
  say(control, {"150 coming"});
  const UniqueFd data = take(passive_, kPatienceMs);
  if (!data) return say(control, {"425 nobody came"});
  if (is_upload) {
    const std::string bytes = receive_all(data.get());
    const std::lock_guard lock(mutex_);
    file_ = file_.substr(0, offset_) + bytes;
  } else {
    const std::string bytes = file();
    send_all(data.get(), std::string_view(bytes).substr(std::min(offset_, bytes.size())));
    ::shutdown(data.get(), SHUT_WR);
  }
  offset_ = 0;
  if (is_upload && kept_back_-- > 0) return;
  say(control, {"226 done"});
}

}  // namespace ferry::test
