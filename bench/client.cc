#include "bench/client.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "shared/net/socket.h"

namespace ferry::bench {
namespace {

constexpr std::size_t kPiece = 1024 * 1024;
constexpr std::chrono::seconds kPatience{60};

Deadline patience() {
  return Deadline::after(kPatience);
}

template <typename T>
T need(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().context);
  return std::move(*result);
}
void need(const Status& status) {
  if (!status) throw std::runtime_error(status.error().context);
}

[[noreturn]] void fail_system(const char* doing) {
  throw std::system_error(errno, std::generic_category(), doing);
}

net::Stream connect(const std::string& host, std::uint16_t port) {
  net::Stream stream(need(net::connect_to(need(net::Address::parse(host, port)), patience())));
  net::set_no_delay(stream.fd());
  return stream;
}

// A blocking socket saves the poll(2) around every call.
void make_blocking(int fd) {
  if (::fcntl(fd, F_SETFL, 0) != 0) fail_system("fcntl");
}

// MSG_TRUNC drops TCP's bytes inside the kernel (tcp(7)).
Bytes drop_clear(net::Stream& data) {
  make_blocking(data.fd());
  Bytes total = 0;
  while (true) {
    const ssize_t got = ::recv(data.fd(), nullptr, kPiece, MSG_TRUNC);
    if (got == 0) return total;
    if (got < 0 && errno != EINTR) fail_system("data connection");
    total += std::max<ssize_t>(got, 0);
  }
}

Bytes drop_tls(net::Stream& data) {
  thread_local std::vector<char> buffer(kPiece);
  Bytes total = 0;
  while (const std::size_t got = need(data.read(buffer, patience()))) total += static_cast<Bytes>(got);
  return total;
}

void send_clear(net::Stream& data, const Payload& payload, Bytes size) {
  make_blocking(data.fd());
  while (size > 0) {
    off_t from_start = 0;
    const std::size_t piece = std::min(static_cast<std::size_t>(size), payload.memory().size());
    const ssize_t sent = ::sendfile(data.fd(), payload.fd(), &from_start, piece);
    if (sent < 0 && errno != EINTR) fail_system("data connection");
    size -= std::max<ssize_t>(sent, 0);
  }
}

void send_tls(net::Stream& data, const Payload& payload, Bytes size) {
  while (size > 0) {
    const auto piece = payload.memory().substr(0, static_cast<std::size_t>(size));
    need(data.write_all(piece, patience()));
    size -= static_cast<Bytes>(piece.size());
  }
}

// Leaves nothing behind on either side. The server ends a download first, so its port would stay taken for a
// minute (TIME_WAIT); after some ten thousand files everybody would only measure the search for a free one.
void forget(net::Stream data) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  (void)::setsockopt(data.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

// RFC 2428 §3: "Entering Extended Passive Mode (|||6446|)".
std::uint16_t epsv_port(const std::string& text) {
  const auto bars = text.find("|||");
  std::uint16_t port = 0;
  if (bars != std::string::npos) std::from_chars(text.data() + bars + 3, text.data() + text.size(), port);
  if (port == 0) throw std::runtime_error("no port in the answer to EPSV: " + text);
  return port;
}

}  // namespace

Payload::Payload() : memory_(kPiece, '\0'), fd_(::memfd_create("payload", MFD_CLOEXEC)) {
  if (!fd_ || ::write(fd_.get(), memory_.data(), memory_.size()) != static_cast<ssize_t>(memory_.size()))
    fail_system("memfd");
}

Client::Client(const Server& server, const net::TlsClient* tls_client)
    : server_(server), tls_client_(tls_client), control_(connect(server.host(), server.port())) {
  expect(reply(), 2, "greeting");
  if (tls_client_ == nullptr) return;
  command("AUTH TLS");
  control_.start_tls(tls_client_->control_channel(server.host()));
  if (auto secured = control_.handshake(patience()); !secured)
    throw std::runtime_error(server_.name() + ": " + secured.error().context);
  fingerprint_ = control_.tls()->peer_fingerprint();
}

ftp::Reply Client::reply() {
  std::array<char, 4096> buffer;
  while (true) {
    if (auto whole = replies_.next()) return std::move(*whole);
    const std::size_t got = need(control_.read(buffer, patience()));
    if (got == 0) throw std::runtime_error(server_.name() + " hung up");
    need(replies_.feed({buffer.data(), got}));
  }
}

void Client::expect(const ftp::Reply& reply, int expected, std::string_view doing) {
  if (reply.code / 100 == expected) return;
  throw std::runtime_error(fmt::format("{}: {}: {} {}", server_.name(), doing, reply.code, reply.text()));
}

ftp::Reply Client::command(const std::string& line, int expected) {
  need(control_.write_all(line + "\r\n", patience()));
  ftp::Reply answer = reply();
  expect(answer, expected, line.starts_with("PASS") ? "PASS" : line);
  return answer;
}

void Client::log_in() {
  command("USER " + server_.user(), 3);
  command("PASS " + server_.password());
}

void Client::prepare_transfers() {
  command("TYPE I");
  command(std::string("CWD ") + kFilesFolder);
  if (tls_client_ == nullptr) return;
  command("PBSZ 0");
  command("PROT P");
}

net::Stream Client::open_data() {
  return connect(server_.host(), epsv_port(command("EPSV").text()));
}

void Client::secure_data(net::Stream& data) {
  if (tls_client_ == nullptr) return;
  const auto session = net::TlsClient::session_of(*control_.tls());
  data.start_tls(tls_client_->data_channel(server_.host(), session, fingerprint_));
  if (auto secured = data.handshake(patience()); !secured)
    throw std::runtime_error(server_.name() + ": data connection: " + secured.error().context);
  data_was_resumed_ = data.tls()->resumed();
}

void Client::download(const std::string& path, Bytes expected) {
  net::Stream data = open_data();
  command("RETR " + path, 1);
  secure_data(data);
  const Bytes got = data.is_tls() ? drop_tls(data) : drop_clear(data);
  if (got != expected) throw std::runtime_error(fmt::format("{}: {} of {} bytes", path, got, expected));
  // Servers wait for our leave before they say 226; one that is gone already takes none.
  if (data.is_tls()) {
    static_cast<void>(data.finish(patience()));
  } else {
    forget(std::move(data));
  }
  expect(reply(), 2, "RETR");
}

void Client::upload(const std::string& path, const Payload& payload, Bytes size) {
  net::Stream data = open_data();
  command("STOR " + path, 1);
  secure_data(data);
  if (data.is_tls()) {
    send_tls(data, payload, size);
  } else {
    send_clear(data, payload, size);
  }
  need(data.finish(patience()));
  expect(reply(), 2, "STOR");
}

void Client::quit() {
  command("QUIT");
}

std::string Client::tls_version() const {
  return control_.is_tls() ? control_.tls()->version() + " " + control_.tls()->cipher() : "";
}

}  // namespace ferry::bench
