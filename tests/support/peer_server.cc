#include "tests/support/peer_server.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/unique_fd.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kPortAttempts = 5;
constexpr seconds kStartLimit{10};
constexpr std::string_view kVirtualUser = "joe";
constexpr std::string_view kVirtualPassword = "peer-password";

// What a server's configuration is made from.
struct Setup {
  fs::path programs;  // the folder fetch_peers.sh filled
  fs::path dir;       // the server's own folder
  std::string host;
  std::uint16_t port;
  PeerOptions options;

  fs::path home() const { return dir / "home"; }
  fs::path library_dir() const { return programs / "lib"; }
  fs::path certificate() const { return dir / "certificate.pem"; }
  fs::path key() const { return dir / "key.pem"; }
};

using Command = std::vector<std::string>;

fs::path find_programs() {
  const char* wish = std::getenv("FERRY_PEERS");
  if (wish != nullptr && *wish != '\0') return fs::absolute(wish);
  for (auto folder = fs::read_symlink("/proc/self/exe").parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    if (fs::exists(folder / "peers" / ".complete")) return folder / "peers";
  }
  throw PeerUnavailable(
      "no foreign servers above the test program; tests/support/fetch_peers.sh fetches them");
}

std::string read_file(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// For the owner's eyes: vsftpd and ProFTPD refuse files of others, and keys that others may read.
void write_file(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary).flush();
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

std::string checked_output(const std::vector<std::string>& argv, const ChildOptions& options = {}) {
  const RunResult result = run(argv, options);
  if (result.exit_code != 0) throw std::runtime_error(argv.front() + ": " + result.out + result.err);
  return result.out;
}

void make_certificate(const Setup& setup) {
  checked_output({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                  "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                  "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1", "-keyout", setup.key().string(), "-out",
                  setup.certificate().string()});
  write_file(setup.dir / "both.pem", read_file(setup.key()) + read_file(setup.certificate()));
}

// SHA-512 crypt: both servers with virtual users know it, and unlike pure-pw's own choice it costs no second.
std::string password_hash() {
  ChildOptions options;
  options.input = fmt::format("{}\n", kVirtualPassword);
  std::string hash = checked_output({"openssl", "passwd", "-6", "-stdin"}, options);
  return hash.substr(0, hash.find('\n'));
}

// run_as_launching_user needs neither root nor PAM, and root without it would need accounts to change to.
constexpr const char* kVsftpdConfig = R"(background=NO
listen={listen_ipv4}
listen_ipv6={listen_ipv6}
{address_option}={host}
listen_port={port}
max_per_ip={most_sessions}
run_as_launching_user=YES
ftp_username=nobody
nopriv_user=nobody
secure_chroot_dir={home}
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
local_enable=NO
anonymous_enable=YES
no_anon_password=YES
anon_root={home}
allow_writeable_chroot=YES
write_enable=YES
anon_upload_enable=YES
anon_mkdir_write_enable=YES
anon_other_write_enable=YES
anon_world_readable_only=NO
anon_umask=022
ascii_upload_enable=YES
ascii_download_enable=YES
xferlog_enable=YES
xferlog_std_format=NO
log_ftp_protocol=YES
vsftpd_log_file={dir}/server.log
)";

// Its own list of ciphers is older than ECDSA keys.
constexpr const char* kVsftpdTlsConfig = R"(ssl_enable=YES
allow_anon_ssl=YES
force_anon_logins_ssl={forced}
force_anon_data_ssl={forced}
ssl_ciphers=HIGH
rsa_cert_file={dir}/both.pem
)";

Command vsftpd_command(const Setup& setup) {
  const bool ipv6 = setup.options.ipv6;
  std::string text = fmt::format(
      kVsftpdConfig, fmt::arg("listen_ipv4", ipv6 ? "NO" : "YES"),
      fmt::arg("listen_ipv6", ipv6 ? "YES" : "NO"),
      fmt::arg("address_option", ipv6 ? "listen_address6" : "listen_address"), fmt::arg("host", setup.host),
      fmt::arg("port", setup.port), fmt::arg("most_sessions", setup.options.most_sessions),
      fmt::arg("home", setup.home().string()), fmt::arg("dir", setup.dir.string()));
  if (setup.options.tls) {
    text += fmt::format(kVsftpdTlsConfig, fmt::arg("forced", setup.options.require_tls ? "YES" : "NO"),
                        fmt::arg("dir", setup.dir.string()));
  }
  const fs::path config = setup.dir / "vsftpd.conf";
  write_file(config, text);
  // What it dies of it tells its standard input.
  return {
      "sh",           "-c", "exec \"$@\" 0>&1", "sh", (setup.programs / "vsftpd/usr/sbin/vsftpd").string(),
      config.string()};
}

// The socket of the controls is removed at the start even if they are off: it gets a place that cannot exist.
constexpr const char* kProftpdConfig = R"(ServerType standalone
ServerName peer
ServerIdent on "ProFTPD"
UseIPv6 {use_ipv6}
UseReverseDNS off
DefaultAddress {host}
Port {port}
ModulePath "{modules}"
PidFile "{dir}/pid"
ScoreboardFile {scoreboard}
ControlsEngine off
ControlsSocket /dev/null/none
CapabilitiesEngine off
DelayEngine off
WtmpLog off
TransferLog none
SystemLog "{dir}/server.log"
AuthOrder mod_auth_file.c
AuthUserFile "{dir}/users"
RootLogin on
RequireValidShell off
Umask 022
AllowOverwrite on
AllowStoreRestart on
AllowRetrieveRestart on
)";

constexpr const char* kProftpdTlsConfig = R"(LoadModule mod_tls.c
TLSEngine on
TLSRequired {required}
TLSECCertificateFile "{dir}/certificate.pem"
TLSECCertificateKeyFile "{dir}/key.pem"
TLSLog "{dir}/tls.log"
)";

constexpr const char* kProftpdDigestConfig = R"(LoadModule mod_digest.c
DigestEngine on
)";

Command proftpd_command(const Setup& setup) {
  const bool is_limited = setup.options.most_sessions > 0;  // counted on the scoreboard
  write_file(setup.dir / "users", fmt::format("{}:{}:{}:{}::{}:/bin/sh\n", kVirtualUser, password_hash(),
                                              ::getuid(), ::getgid(), setup.home().string()));
  std::string text = fmt::format(
      kProftpdConfig, fmt::arg("use_ipv6", setup.options.ipv6 ? "on" : "off"), fmt::arg("host", setup.host),
      fmt::arg("port", setup.port), fmt::arg("dir", setup.dir.string()),
      fmt::arg("scoreboard", is_limited ? (setup.dir / "scoreboard").string() : "none"),
      fmt::arg("modules", (setup.programs / "proftpd/usr/lib/proftpd").string()));
  if (setup.options.tls) {
    text += fmt::format(kProftpdTlsConfig, fmt::arg("required", setup.options.require_tls ? "on" : "off"),
                        fmt::arg("dir", setup.dir.string()));
  }
  if (setup.options.digests) text += kProftpdDigestConfig;
  if (is_limited) text += fmt::format("MaxClientsPerUser {}\n", setup.options.most_sessions);
  const fs::path config = setup.dir / "proftpd.conf";
  write_file(config, text);
  return {(setup.programs / "proftpd/usr/sbin/proftpd").string(), "--nodaemon", "--config", config.string()};
}

Command pureftpd_command(const Setup& setup) {
  const fs::path database = setup.dir / "users.pdb";
  const int some_uid_but_root = 1000;  // root is refused; nobody becomes it, see kPretendedRoot
  write_file(setup.dir / "users", fmt::format("{}:{}:{}:{}::{}::::::::::::\n", kVirtualUser, password_hash(),
                                              some_uid_but_root, some_uid_but_root, setup.home().string()));
  ChildOptions options;
  options.environment = {{"LD_LIBRARY_PATH", setup.library_dir().string()}};
  checked_output({(setup.programs / "pureftpd/usr/bin/pure-pw").string(), "mkdb", database.string(), "-f",
                  (setup.dir / "users").string()},
                 options);
  Command command = {(setup.programs / "pureftpd/usr/sbin/pure-ftpd").string()};
  command.insert(command.end(), {"--bind", fmt::format("{},{}", setup.host, setup.port)});
  command.insert(command.end(), {"--login", "puredb:" + database.string(), "--noanonymous"});
  command.insert(command.end(), {"--dontresolve", "--maxclientsnumber", "200", "--umask", "022:022"});
  if (setup.options.most_sessions > 0)
    command.insert(command.end(), {"--maxclientsperip", std::to_string(setup.options.most_sessions)});
  command.insert(command.end(), {"--pidfile", (setup.dir / "pid").string()});
  command.insert(command.end(),
                 {"--syslogfacility", "none", "--altlog", "clf:" + (setup.dir / "server.log").string()});
  if (!setup.options.tls) {
    command.insert(command.end(), {"--tls", "0"});
    return command;
  }
  const char* offered_or_forced = setup.options.require_tls ? "3" : "1";  // 3: data connections as well
  command.insert(command.end(),
                 {"--tls", offered_or_forced, "--certfile", (setup.dir / "both.pem").string()});
  return command;
}

// Starts in its folder as the others do, without changing its root.
constexpr const char* kPyftpdlibProgram = R"(import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer

host, port, user, password_file, folder, tls, certificate = sys.argv[1:]
Handler = FTPHandler if tls == "off" else TLS_FTPHandler

class Here(Handler):
    def on_login(self, username):
        self.fs.cwd = folder

authorizer = DummyAuthorizer()
authorizer.add_user(user, open(password_file).read(), "/", perm="elradfmwMT")
Here.authorizer = authorizer
if tls != "off":
    Here.certfile = certificate
    Here.tls_control_required = Here.tls_data_required = tls == "required"
FTPServer((host, int(port)), Here).serve_forever()
)";

Command pyftpdlib_command(const Setup& setup) {
  write_file(setup.dir / "server.py", kPyftpdlibProgram);
  write_file(setup.dir / "password", kVirtualPassword);
  const fs::path packages = setup.programs / "pyftpdlib/usr/lib/python3/dist-packages";
  const char* tls = setup.options.require_tls ? "required" : setup.options.tls ? "offered" : "off";
  return {"env",
          "PYTHONPATH=" + packages.string(),
          "python3",
          "-W",
          "ignore",
          (setup.dir / "server.py").string(),
          setup.host,
          std::to_string(setup.port),
          std::string(kVirtualUser),
          (setup.dir / "password").string(),
          setup.home().string(),
          tls,
          (setup.dir / "both.pem").string()};
}

// ProFTPD and Pure-FTPd want to be root to become the user who logs in, and Pure-FTPd wants certain
// capabilities. libfakeroot makes them content whoever runs them: without its daemon it only answers what is
// asked and ordered about users and capabilities, and files stay those of the user who runs the tests.
constexpr const char* kPretendedRoot = "libfakeroot-sysv.so";

struct PeerKind {
  const char* name;      // its folder below the programs
  const char* greeting;  // what its 220 contains: proof that it is not another program's port
  std::string_view user;
  std::string_view password;
  const char* preload;
  Command (*make_command)(const Setup&);
};

const PeerKind& kind_of(Peer peer) {
  static constexpr PeerKind kVsftpd{"vsftpd", "vsFTPd",      "anonymous", "someone@example.org",
                                    "",       vsftpd_command};
  static constexpr PeerKind kProftpd{"proftpd",        "ProFTPD",      kVirtualUser,
                                     kVirtualPassword, kPretendedRoot, proftpd_command};
  static constexpr PeerKind kPureftpd{"pureftpd",       "Pure-FTPd",    kVirtualUser,
                                      kVirtualPassword, kPretendedRoot, pureftpd_command};
  static constexpr PeerKind kPyftpdlib{"pyftpdlib",      "pyftpdlib", kVirtualUser,
                                       kVirtualPassword, "",          pyftpdlib_command};
  switch (peer) {
    case Peer::vsftpd:
      return kVsftpd;
    case Peer::proftpd:
      return kProftpd;
    case Peer::pureftpd:
      return kPureftpd;
    case Peer::pyftpdlib:
      return kPyftpdlib;
  }
  std::abort();
}

UniqueFd connect_to(const std::string& host, std::uint16_t port) {
  const bool ipv6 = host.find(':') != std::string::npos;
  UniqueFd fd(::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  int outcome = -1;
  if (ipv6) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    ::inet_pton(AF_INET6, host.c_str(), &address.sin6_addr);
    outcome = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    outcome = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  if (outcome != 0) fd.reset();
  return fd;
}

// The first line a server says; empty if there is no server or it says nothing for a second.
std::string greeting_at(const std::string& host, std::uint16_t port) {
  const UniqueFd fd = connect_to(host, port);
  std::string said;
  std::array<char, 512> buffer;
  while (fd && said.find('\n') == std::string::npos) {
    pollfd readable{fd.get(), POLLIN, 0};
    if (::poll(&readable, 1, 1000) != 1) break;
    const ssize_t got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    said.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return said;
}

}  // namespace

std::string name_of(Peer peer) {
  return kind_of(peer).name;
}

std::unique_ptr<PeerServer> PeerServer::start(Peer peer, const PeerOptions& options) {
  std::unique_ptr<PeerServer> server(new PeerServer(peer, options));
  for (int attempt = 1; attempt <= kPortAttempts; ++attempt) {
    if (server->launch()) return server;
  }
  throw std::runtime_error(name_of(peer) + " found its port taken every time:\n" + server->log());
}

PeerServer::PeerServer(Peer peer, const PeerOptions& options)
    : peer_(peer),
      options_(options),
      host_(options.ipv6 ? "::1" : "127.0.0.1"),
      user_(kind_of(peer).user),
      password_(kind_of(peer).password) {
  options_.tls = options.tls || options.require_tls;
  fs::create_directory(root());
}

PeerServer::~PeerServer() {
  if (process_) process_->terminate();
}

bool PeerServer::launch() {
  process_.reset();
  port_ = free_port(host_);
  const PeerKind& kind = kind_of(peer_);
  const Setup setup{find_programs(), dir_.path(), host_, port_, options_};
  if (!fs::is_directory(setup.programs / kind.name)) {
    throw PeerUnavailable(setup.programs.string() + " lacks " + kind.name +
                          "; tests/support/fetch_peers.sh fetches it");
  }
  if (options_.tls && !fs::exists(setup.certificate())) make_certificate(setup);
  ChildOptions options;
  options.working_dir = root();
  options.environment = {{"LD_LIBRARY_PATH", setup.library_dir().string()}, {"LD_PRELOAD", kind.preload}};
  process_ = std::make_unique<ChildProcess>(kind.make_command(setup), options);

  bool greets = false;
  wait_until(
      [&] {
        greets = greeting_at(host_, port_).find(kind.greeting) != std::string::npos;
        return greets || !process_->running();
      },
      kStartLimit);
  if (process_->running() && greets) return true;
  if (!process_->running() && !is_port_free(host_, port_)) return false;
  throw std::runtime_error(fmt::format("{} does not start:\n{}", kind.name, log()));
}

std::string PeerServer::log() const {
  std::string text = process_ ? process_->out() + process_->err() : "";
  for (const char* name : {"server.log", "tls.log"}) text += read_file(dir_.path() / name);
  return text;
}

}  // namespace ferry::test
