#include "tests/support/ftp_talker.h"

#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <map>
#include <mutex>
#include <stdexcept>

#include "shared/ftp/host_port.h"
#include "shared/net/address.h"
#include "shared/net/socket.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;
constexpr auto kPatience = 60s;

Deadline patience() {
  return Deadline::after(kPatience);
}

template <typename T>
T must(Result<T> result, const char* what) {
  if (!result) throw std::runtime_error(fmt::format("{}: {}", what, result.error().context));
  return std::move(*result);
}
void must(const Status& status, const char* what) {
  if (!status) throw std::runtime_error(fmt::format("{}: {}", what, status.error().context));
}

std::shared_ptr<net::TlsClient> tls_client(const TalkerOptions& options) {
  const auto make = [&] {
    net::TlsClient::Options wanted;
    wanted.allow_tls12_only = options.version == TlsVersion::tls12;
    wanted.certificate_file = options.certificate;
    wanted.key_file = options.key;
    return must(net::TlsClient::create(wanted), "TLS");
  };
  if (!options.certificate.empty()) return make();
  static std::mutex mutex;  // some tests talk in several threads
  static std::map<TlsVersion, std::shared_ptr<net::TlsClient>> made;
  const std::lock_guard lock(mutex);
  auto& client = made[options.version];
  if (!client) client = make();
  return client;
}

std::string one_line(const ftp::Reply& reply) {
  return fmt::format("{} {}", reply.code, reply.text());
}

net::Stream connect(const std::string& host, std::uint16_t port, const std::string& source) {
  const auto address = must(net::Address::parse(host, port), "address");
  const auto from = source.empty() ? net::Address() : must(net::Address::parse(source, 0), "source address");
  return net::Stream(must(net::connect_to(address, patience(), from), "connect"));
}

bool is_active(DataMode mode) {
  return mode == DataMode::port || mode == DataMode::eprt;
}

}  // namespace

FtpTalker::FtpTalker(const FerrydServer& server, const Options& options)
    : options_(options),
      host_(!options.host.empty() ? options.host
            : options.ipv6        ? "::1"
                                  : "127.0.0.1"),
      tls_(tls_client(options)),
      control_(connect(host_, port_of(server), options.source)) {
  ::signal(SIGPIPE, SIG_IGN);
  send_raw(options.proxy_header);
  if (!options.implicit_tls) return;
  start_tls(new_channel());
  private_ = true;
}

std::uint16_t FtpTalker::port_of(const FerrydServer& server) const {
  if (!options_.proxy_header.empty())
    return options_.implicit_tls ? server.proxy_implicit_port() : server.proxy_port();
  if (options_.implicit_tls) return server.implicit_port();
  return options_.ipv6 ? server.port_v6() : server.port();
}

FtpTalker FtpTalker::logged_in(const FerrydServer& server, const std::string& user, bool tls,
                               const Options& options) {
  FtpTalker talker(server, options);
  if (const auto greeting = talker.reply(); greeting.code != 220)
    throw std::runtime_error("greeting: " + one_line(greeting));
  if (tls) {
    talker.auth_tls();
    talker.protect();
  }
  talker.log_in(user);
  talker.expect("TYPE I", 200);
  return talker;
}

// --- control connection ---

void FtpTalker::send_raw(std::string_view bytes) {
  must(control_.write_all(bytes, patience()), "control connection");
}

ftp::Reply FtpTalker::reply(std::chrono::milliseconds limit) {
  const Deadline deadline = Deadline::after(limit);
  std::array<char, 16 * 1024> buffer;
  while (true) {
    if (auto reply = replies_.next()) return std::move(*reply);
    const std::size_t got = must(control_.read(buffer, deadline), "waiting for a reply");
    if (got == 0) throw std::runtime_error("the server ended the control connection");
    must(replies_.feed({buffer.data(), got}), "reply");
  }
}

std::string FtpTalker::next_line(std::chrono::milliseconds limit) {
  const Deadline deadline = Deadline::after(limit);
  std::string line;
  std::array<char, 1> byte;  // no more: the rest is reply()'s
  while (!line.ends_with("\r\n")) {
    if (must(control_.read(byte, deadline), "waiting for a line") == 0)
      throw std::runtime_error("the server ended the control connection");
    line += byte[0];
  }
  line.resize(line.size() - 2);
  return line;
}

ftp::Reply FtpTalker::ask(std::string_view line) {
  send(line);
  return reply();
}

void FtpTalker::expect(std::string_view line, int code) {
  const auto answer = ask(line);
  if (answer.code != code)
    throw std::runtime_error(fmt::format("'{}' was answered {}, not {}", line, one_line(answer), code));
}

bool FtpTalker::is_closed(std::chrono::milliseconds limit) {
  const Deadline deadline = Deadline::after(limit);
  std::array<char, 4096> buffer;
  while (true) {
    const auto got = control_.read(buffer, deadline);
    if (!got) return got.error().kind != Errc::timeout;
    if (*got == 0) return true;
  }
}

void FtpTalker::auth_tls() {
  expect("AUTH TLS", 234);
  start_tls(new_channel());
}

std::unique_ptr<net::TlsChannel> FtpTalker::new_channel() const {
  return tls_->control_channel("localhost");
}

void FtpTalker::start_tls(std::unique_ptr<net::TlsChannel> channel) {
  control_.start_tls(std::move(channel));
  must(control_.handshake(patience()), "TLS handshake");
  server_fingerprint_ = control_.tls()->peer_fingerprint();
}

void FtpTalker::leave_tls() {
  must(control_.try_close_notify(), "close_notify");
  char rest[1];
  if (must(control_.read(rest, patience()), "waiting for the server's close_notify") != 0)
    throw std::runtime_error("the server goes on under TLS");
  control_.leave_tls();
}

void FtpTalker::protect() {
  expect("PBSZ 0", 200);
  expect("PROT P", 200);
  private_ = true;
}

void FtpTalker::log_in(const std::string& user, const std::string& password) {
  expect("USER " + user, 331);
  expect("PASS " + password, 230);
}

void FtpTalker::disconnect() {
  control_.interrupt();
}

// --- data connections ---

void FtpTalker::prepare_data() {
  if (is_active(mode_)) {
    const auto here = must(net::Address::parse(host_, 0), "address");
    listener_ = must(net::listen_on(here), "listen");
    const ftp::HostPort mine{host_, must(net::Address::local_of(listener_.get()), "listen").port(),
                             options_.ipv6, ""};
    return expect(
        mode_ == DataMode::port ? "PORT " + ftp::format_port(mine) : "EPRT " + ftp::format_eprt(mine), 200);
  }
  const auto answer = ask(mode_ == DataMode::epsv ? "EPSV" : "PASV");
  const auto place =
      mode_ == DataMode::epsv ? ftp::parse_epsv_reply(answer.text()) : ftp::parse_pasv_reply(answer.text());
  if (answer.code != (mode_ == DataMode::epsv ? 229 : 227) || !place)
    throw std::runtime_error("passive mode: " + one_line(answer));
  connected_.emplace(connect(mode_ == DataMode::epsv ? host_ : place->host, place->port, options_.source));
}

net::Stream FtpTalker::take_data() {
  if (connected_) {
    net::Stream data = std::move(*connected_);
    connected_.reset();
    return data;
  }
  if (!net::wait_for(listener_.get(), POLLIN, patience()))
    throw std::runtime_error("the server made no data connection");
  auto accepted = must(net::accept_now(listener_.get()), "accept");
  listener_.reset();
  return net::Stream(std::move(accepted.socket));
}

FtpTalker::Started FtpTalker::begin(std::string_view command) {
  if (!connected_ && !listener_) prepare_data();
  Started started{ask(command), std::nullopt};
  if (!started.reply.is_preliminary()) {
    connected_.reset();
    listener_.reset();
    return started;
  }
  started.data.emplace(take_data());
  if (!private_) return started;
  started.data->start_tls(new_data_channel());
  must(started.data->handshake(patience()), "TLS handshake of the data connection");
  return started;
}

std::unique_ptr<net::TlsChannel> FtpTalker::new_data_channel() const {
  const net::TlsSession session = offered_ ? *offered_ : resumes_ ? tls_session() : net::TlsSession();
  return tls_->data_channel("localhost", session, server_fingerprint_);
}

ftp::Reply FtpTalker::store(const std::string& path, std::string_view bytes, const std::string& verb) {
  auto started = begin(path.empty() ? verb : verb + " " + path);
  if (!started.data) return started.reply;
  // A server that has refused in the middle does not take the rest: its reply tells.
  if (started.data->write_all(bytes, patience())) static_cast<void>(started.data->finish(patience()));
  auto final_reply = reply(kPatience);
  started.data.reset();
  return final_reply;
}

ftp::Reply FtpTalker::break_off(const std::string& path, std::string_view bytes, const std::string& verb) {
  auto started = begin(verb + " " + path);
  if (!started.data) return started.reply;
  must(started.data->write_all(bytes, patience()), "data connection");
  // An RST would destroy what the server has not read yet: FIN without close_notify under TLS. In clear that
  // is an end like any other; there a test breaks the control connection too.
  ::shutdown(started.data->fd(), SHUT_WR);
  return reply(kPatience);
}

FtpTalker::Fetched FtpTalker::fetch(const std::string& path, const std::string& verb) {
  auto started = begin(path.empty() ? verb : verb + " " + path);
  if (!started.data) return {started.reply, ""};
  std::string bytes = read_to_end(*started.data);
  static_cast<void>(started.data->finish(patience()));
  started.data.reset();
  return {reply(kPatience), std::move(bytes)};
}

std::vector<std::string> FtpTalker::list(const std::string& command) {
  const auto fetched = fetch("", command);
  if (fetched.reply.code != 226) throw std::runtime_error(command + ": " + one_line(fetched.reply));
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < fetched.bytes.size();) {
    const auto end = fetched.bytes.find("\r\n", at);
    if (end == fetched.bytes.npos) throw std::runtime_error(command + ": the last line has no end");
    lines.push_back(fetched.bytes.substr(at, end - at));
    at = end + 2;
  }
  return lines;
}

std::string read_to_end(net::Stream& data) {
  std::string bytes;
  std::array<char, 64 * 1024> buffer;
  while (true) {
    const std::size_t got = must(data.read(buffer, patience()), "data connection");
    if (got == 0) return bytes;
    bytes.append(buffer.data(), got);
  }
}

void break_connection(net::Stream data) {
  const linger hard{1, 0};
  ::setsockopt(data.fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

testing::AssertionResult answers(const ftp::Reply& reply, int code) {
  if (reply.code == code) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "answered " << one_line(reply) << ", not " << code;
}

}  // namespace ferry::test
