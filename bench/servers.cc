#include "bench/servers.h"

#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "shared/base/password.h"
#include "shared/base/version.h"
#include "shared/net/address.h"
#include "shared/net/socket.h"
#include "shared/net/tls.h"
#include "shared/store/store.h"

namespace ferry::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUser = "joe";
constexpr std::string_view kPassword = "bench-password";
// Whom servers started by root serve files as; everywhere on Debian. vsftpd wants one whose own home exists.
struct Owner {
  const char* name;
  uid_t uid;
  gid_t gid;
};
constexpr Owner kNobody{"nobody", 65534, 65534};
constexpr Owner kDaemon{"daemon", 1, 1};

bool is_root() {
  return ::geteuid() == 0;
}

fs::path certificate(const Site& site) {
  return site.dir / "certificate.pem";
}
fs::path key(const Site& site) {
  return site.dir / "key.pem";
}
fs::path both(const Site& site) {
  return site.dir / "both.pem";
}

std::string read_file(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void write_private_file(const fs::path& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
}

std::string output_of(const std::vector<std::string>& argv, const test::ChildOptions& options = {}) {
  const test::RunResult result = test::run(argv, options);
  if (result.exit_code != 0) throw std::runtime_error(argv.front() + ": " + result.out + result.err);
  return result.out;
}

void give_away(const fs::path& path, const Owner& owner = kNobody) {
  if (is_root() && ::chown(path.c_str(), owner.uid, owner.gid) != 0)
    throw std::runtime_error("cannot give away " + path.string());
}

void write_content(const fs::path& path, Bytes size) {
  std::ofstream file(path, std::ios::binary);
  const std::string piece(1024 * 1024, 'f');
  for (Bytes left = size; left > 0; left -= static_cast<Bytes>(piece.size()))
    file.write(piece.data(), std::min<std::streamsize>(left, static_cast<std::streamsize>(piece.size())));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

// The servers' homes share the files to download, and so what of them is in memory. All work in a folder
// below the home, because vsftpd's anonymous user may not write in the home itself.
fs::path make_home(const Site& site, const fs::path& server_dir, const Owner& owner = kNobody) {
  fs::path home = server_dir / "home";
  const fs::path files = home / kFilesFolder;
  fs::create_directories(files);
  for (const char* name : {kLargeFile, kSmallFile}) fs::create_hard_link(site.dir / name, files / name);
  give_away(files, owner);
  return home;
}

fs::path make_server_dir(const Site& site, const std::string& name) {
  fs::path dir = site.servers / name;
  fs::create_directories(dir);
  return dir;
}

test::ChildOptions surroundings(const Site& site, const fs::path& server_dir, const char* preload = "") {
  test::ChildOptions options;
  options.working_dir = server_dir;
  options.environment = {{"LD_LIBRARY_PATH", (site.peers / "lib").string()}, {"LD_PRELOAD", preload}};
  return options;
}

// "3.0.3" out of "vsftpd: version 3.0.3"; "" if it is not there.
std::string word_after(std::string_view mark, std::string_view text) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return "";
  text.remove_prefix(at + mark.size());
  return std::string(text.substr(0, text.find_first_of(" \n")));
}

// SHA-512 crypt with its usual 5,000 rounds: some milliseconds, where pure-pw's own choice would take 100.
std::string crypt_hash() {
  test::ChildOptions options;
  options.input = fmt::format("{}\n", kPassword);
  const std::string hash = output_of({"openssl", "passwd", "-6", "-stdin"}, options);
  return hash.substr(0, hash.find('\n'));
}

// --- ferryd ---

constexpr const char* kFerrydConfig = R"(listen = ["127.0.0.1:{port}"]
store = "{dir}/db/ferry.db"
home_root = "{dir}/home"
log_dir = "{dir}/log"
run_dir = "{dir}/run"
user = "{user}"
tls = "offered"
tls_certificate = "{certificate}"
tls_key = "{key}"
max_sessions_per_address = 0
durable = {durable}
)";

void make_ferryd_account(const fs::path& dir, const fs::path& home) {
  const auto store = store::Store::open((dir / "db/ferry.db").string());
  const auto hash = hash_password(Secret(kPassword));
  if (!store || !hash) throw std::runtime_error((store ? hash.error() : store.error()).context);
  store::NewAccount account;
  account.name = kUser;
  account.home = home.string();
  account.password_hash = *hash;
  if (auto created = (*store)->create_account(account); !created)
    throw std::runtime_error(created.error().context);
}

}  // namespace

std::unique_ptr<Server> start_ferryd(const Site& site, bool durable, const std::string& preload) {
  const fs::path dir = make_server_dir(site, !preload.empty() ? "ferryd-preloaded"
                                             : durable        ? "ferryd"
                                                              : "ferryd-fast");
  const fs::path home = make_home(site, dir);
  give_away(home);
  for (const char* folder : {"db", "log", "run"}) {
    fs::create_directory(dir / folder);
    give_away(dir / folder);
  }
  make_ferryd_account(dir, home);
  for (const auto& file : fs::directory_iterator(dir / "db")) give_away(file.path());
  const std::uint16_t port = test::free_port();
  write_private_file(
      dir / "ferryd.toml",
      fmt::format(kFerrydConfig, fmt::arg("port", port), fmt::arg("dir", dir.string()),
                  fmt::arg("user", is_root() ? kNobody.name : ""),
                  fmt::arg("certificate", certificate(site).string()), fmt::arg("key", key(site).string()),
                  fmt::arg("durable", durable ? "true" : "false")));
  auto server = std::make_unique<Server>(
      durable ? "ferryd" : "ferryd, durable=false", kVersion, port, std::string(kUser), home,
      std::vector<std::string>{site.ferryd.string(), "-c", (dir / "ferryd.toml").string()},
      surroundings(site, dir, preload.c_str()));
  server->wait_until_ready();
  return server;
}

// --- vsftpd ---

// Its anonymous user may do what the others' virtual user may; it checks no password (real users would need
// PAM). No delays. Its seccomp sandbox does not let today's OpenSSL in; its isolation is as it comes, where
// it is root.
constexpr const char* kVsftpdConfig = R"(background=NO
listen=YES
listen_address=127.0.0.1
listen_port={port}
max_clients=0
max_per_ip=0
delay_failed_login=0
delay_successful_login=0
run_as_launching_user={as_launched}
ftp_username={user}
nopriv_user=nobody
secure_chroot_dir={dir}/empty
seccomp_sandbox=NO
isolate={isolated}
isolate_network={isolated}
local_enable=NO
anonymous_enable=YES
anon_root={dir}/home
allow_writeable_chroot=YES
write_enable=YES
anon_upload_enable=YES
anon_other_write_enable=YES
anon_world_readable_only=NO
anon_umask=022
xferlog_enable=YES
xferlog_file={dir}/xferlog
vsftpd_log_file={dir}/server.log
ssl_enable=YES
allow_anon_ssl=YES
force_anon_logins_ssl=NO
force_anon_data_ssl=NO
ssl_ciphers=HIGH
rsa_cert_file={certificate}
)";

std::unique_ptr<Server> start_vsftpd(const Site& site) {
  const fs::path dir = make_server_dir(site, "vsftpd");
  const fs::path home = make_home(site, dir, kDaemon);
  fs::create_directory(dir / "empty");
  const std::uint16_t port = test::free_port();
  const fs::path config = dir / "vsftpd.conf";
  write_private_file(
      config, fmt::format(kVsftpdConfig, fmt::arg("port", port), fmt::arg("dir", dir.string()),
                          fmt::arg("user", kDaemon.name), fmt::arg("as_launched", is_root() ? "NO" : "YES"),
                          fmt::arg("isolated", is_root() ? "YES" : "NO"),
                          fmt::arg("certificate", both(site).string())));
  const std::string program = (site.peers / "vsftpd/usr/sbin/vsftpd").string();
  // What it has to say before it serves goes to its standard input.
  const auto around = surroundings(site, dir);
  const std::string version = output_of({"sh", "-c", "exec \"$0\" -v 0>&1", program}, around);
  auto server = std::make_unique<Server>(
      "vsftpd", word_after("version ", version), port, "anonymous", home,
      std::vector<std::string>{"sh", "-c", "exec \"$@\" 0>&1", "sh", program, config.string()}, around);
  server->wait_until_ready();
  return server;
}

// --- Pure-FTPd ---

std::unique_ptr<Server> start_pureftpd(const Site& site) {
  const fs::path dir = make_server_dir(site, "pureftpd");
  const fs::path home = make_home(site, dir);
  const fs::path database = dir / "users.pdb";
  write_private_file(dir / "users", fmt::format("{}:{}:{}:{}::{}::::::::::::\n", kUser, crypt_hash(),
                                                kNobody.uid, kNobody.gid, home.string()));
  // It insists on root; libfakeroot makes it content where it is not.
  const auto around = surroundings(site, dir, is_root() ? "" : "libfakeroot-sysv.so");
  output_of({(site.peers / "pureftpd/usr/bin/pure-pw").string(), "mkdb", database.string(), "-f",
             (dir / "users").string()},
            surroundings(site, dir));
  const std::string program = (site.peers / "pureftpd/usr/sbin/pure-ftpd").string();
  const std::uint16_t port = test::free_port();
  const std::string help = output_of({program, "--help"}, around);
  auto server =
      std::make_unique<Server>("Pure-FTPd", word_after("pure-ftpd v", help), port, std::string(kUser), home,
                               std::vector<std::string>{program,
                                                        "--bind",
                                                        fmt::format("127.0.0.1,{}", port),
                                                        "--login",
                                                        "puredb:" + database.string(),
                                                        "--noanonymous",
                                                        "--dontresolve",
                                                        "--maxclientsnumber",
                                                        "5000",
                                                        "--umask",
                                                        "022:022",
                                                        "--pidfile",
                                                        (dir / "pid").string(),
                                                        "--syslogfacility",
                                                        "none",
                                                        "--altlog",
                                                        "clf:" + (dir / "server.log").string(),
                                                        "--tls",
                                                        "1",
                                                        "--certfile",
                                                        both(site).string()},
                               around);
  server->wait_until_ready();
  return server;
}

// --- all ---

Server::Server(std::string name, std::string version, std::uint16_t port, const std::string& user,
               std::filesystem::path home, const std::vector<std::string>& command,
               const test::ChildOptions& options)
    : name_(std::move(name)),
      version_(std::move(version)),
      host_("127.0.0.1"),
      port_(port),
      user_(user),
      password_(kPassword),
      home_(std::move(home)),
      process_(command, options) {}

void Server::wait_until_ready() const {
  const auto address = net::Address::parse(host_, port_);
  const bool greets = test::wait_until([&] {
    if (!process_.running()) return true;
    const auto socket = net::connect_to(*address, Deadline::after(std::chrono::seconds(1)));
    std::array<char, 4> start{};
    return socket && net::wait_for(socket->get(), POLLIN, Deadline::after(std::chrono::seconds(2))) &&
           ::read(socket->get(), start.data(), start.size()) > 0 && start[0] == '2';
  });
  if (!greets || !process_.running())
    throw std::runtime_error(fmt::format("{} does not start:\n{}{}", name_, process_.out(), process_.err()));
}

void prepare(const Site& site) {
  if (auto made = net::make_self_signed(certificate(site).string(), key(site).string(), "localhost"); !made)
    throw std::runtime_error(made.error().context);
  write_private_file(both(site), read_file(key(site)) + read_file(certificate(site)));
  // ferryd's workers read neither; its master does, as the user they run as.
  give_away(certificate(site));
  give_away(key(site));
  write_content(site.dir / kLargeFile, site.large_size);
  write_content(site.dir / kSmallFile, site.small_size);
}

}  // namespace ferry::bench
