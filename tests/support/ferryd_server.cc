#include "tests/support/ferryd_server.h"

#include <fmt/core.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "shared/base/password.h"
#include "shared/net/address.h"
#include "tests/support/bytes.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr char kUnprivileged[] = "nobody";
constexpr PasswordCost kCheapPassword{8 * 1024 * 1024, 1};
// A sanitizer makes a start slow, a loaded machine too.
constexpr auto kStartLimit = 60s;
constexpr auto kStopLimit = 30s;

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().context);
  return std::move(*result);
}

fs::path program() {
  const char* folder = ::getenv("FERRY_BIN_DIR");
  return (folder != nullptr ? fs::path(folder) : build_dir() / "release" / "bin") / "ferryd";
}

std::string status_field(pid_t pid, const std::string& name) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(name + ":")) continue;
    const auto value = line.find_first_not_of(" \t", name.size() + 1);
    return value == line.npos ? "" : line.substr(value);
  }
  return "";
}

}  // namespace

FerrydServer::FerrydServer(std::vector<std::string> sets, std::vector<std::string> prefix)
    : sets_(std::move(sets)), prefix_(std::move(prefix)) {
  for (const char* folder : {"db", "home", "log", "run"}) {
    fs::create_directory(dir_.path() / folder);
    give_to_server(dir_.path() / folder);
  }
  store_ = must(store::Store::open((dir_.path() / "db" / "ferry.db").string()));
  for (const auto& entry : fs::directory_iterator(dir_.path() / "db")) give_to_server(entry.path());
  start();
}

FerrydServer::~FerrydServer() {
  if (process_) process_->terminate(kStopLimit);
}

void FerrydServer::give_to_server(const fs::path& path) const {
  if (::geteuid() != 0) return;
  const passwd* user = ::getpwnam(kUnprivileged);
  if (user == nullptr || ::lchown(path.c_str(), user->pw_uid, user->pw_gid) != 0)
    throw std::system_error(errno, std::generic_category(), "chown " + path.string());
}

void FerrydServer::write_configuration() const {
  std::ofstream file(dir_.path() / "ferryd.toml");
  file << "listen = [\"127.0.0.1:0\", \"[::1]:0\"]\n"
       << "store = \"db/ferry.db\"\nhome_root = \"home\"\nlog_dir = \"log\"\nrun_dir = \"run\"\n"
       << "tls = \"offered\"\nworkers = 2\nmax_sessions_per_address = 0\ndurable = false\n"
       << fmt::format("password_memory = {}\npassword_passes = {}\n", kCheapPassword.memory,
                      kCheapPassword.passes);
  if (::geteuid() == 0) file << "user = \"" << kUnprivileged << "\"\n";
}

void FerrydServer::start() {
  write_configuration();
  const fs::path addresses = dir_.path() / "run" / "ferryd.addresses";
  fs::remove(addresses);
  std::vector<std::string> argv = prefix_;
  argv.insert(argv.end(), {program().string(), "-c", (dir_.path() / "ferryd.toml").string()});
  for (const std::string& set : sets_) argv.insert(argv.end(), {"--set", set});
  process_ = std::make_unique<ChildProcess>(argv);
  const bool ready = wait_until([&] { return fs::exists(addresses) || !process_->running(); }, kStartLimit);
  if (!process_->running()) fail_to_start(fmt::format("ended with {}", *process_->wait(0ms)));
  if (!ready) fail_to_start("is not ready in time");
  read_addresses();
}

void FerrydServer::fail_to_start(const std::string& why) const {
  throw std::runtime_error(fmt::format("ferryd {}\n--- it said:\n{}{}\n--- ferryd.log:\n{}", why,
                                       process_->out(), process_->err(), log("ferryd.log")));
}

void FerrydServer::read_addresses() {
  std::ifstream file(dir_.path() / "run" / "ferryd.addresses");
  for (std::string line; std::getline(file, line);) {
    const auto space = line.find(' ');
    const auto address = must(net::Address::parse_listen(line.substr(0, space)));
    const std::string word = space == line.npos ? "" : line.substr(space + 1);
    if (word == "implicit") {
      implicit_port_ = address.port();
    } else if (word == "proxy") {
      proxy_port_ = address.port();
    } else if (word == "proxy-implicit") {
      proxy_implicit_port_ = address.port();
    } else {
      (address.is_ipv6() ? port_v6_ : port_) = address.port();
    }
  }
  if (port_ == 0) fail_to_start("wrote no addresses");
}

void FerrydServer::stop() {
  const int code = process_->terminate(kStopLimit);
  if (code != 0) throw std::runtime_error(fmt::format("ferryd ended with {}: {}", code, process_->err()));
}

void FerrydServer::kill_master() {
  process_->send_signal(SIGKILL);
  if (!process_->wait(kStopLimit)) throw std::runtime_error("SIGKILL did not end ferryd");
}

void FerrydServer::reload() {
  process_->send_signal(SIGHUP);
}

void FerrydServer::set(const std::string& key_value) {
  sets_.push_back(key_value);
}

void FerrydServer::add_account(const std::string& name, const AccountOptions& options) {
  put_file(name, "", std::nullopt);
  store::NewAccount account;
  account.name = name;
  account.home = home(name).string();
  account.password_hash = must(hash_password(Secret(options.password), kCheapPassword));
  account.quota_bytes = options.quota;
  account.quota_files = options.files;
  account.is_read_only = options.read_only;
  must(store_->create_account(account));
}

fs::path FerrydServer::home(const std::string& name) const {
  return dir_.path() / "home" / name;
}

void FerrydServer::put_file(const std::string& name, const std::string& path,
                            const std::optional<std::string>& bytes) {
  const fs::path whole = home(name) / path;
  if (bytes) {
    write_bytes(whole, *bytes);
  } else {
    fs::create_directory(whole);
  }
  give_to_server(whole);
}

std::vector<pid_t> FerrydServer::worker_pids() const {
  std::vector<pid_t> workers;
  for (const pid_t child : children_of(master_pid())) {
    if (read_bytes(fmt::format("/proc/{}/cmdline", child)).starts_with("ferryd: worker"))
      workers.push_back(child);
  }
  return workers;
}

std::string FerrydServer::log(const std::string& file) const {
  return read_bytes(dir_.path() / "log" / file);
}

void FerrydServer::put_names(const std::string& name, const std::string& folder, int count,
                             std::size_t length) {
  put_file(name, folder, std::nullopt);
  put_file(name, folder + "/first", "content");
  const auto place = home(name) / folder;
  for (int i = 0; i < count; ++i) {
    std::string link = fmt::format("{:05}", i);
    link.resize(length, 'n');
    std::filesystem::create_hard_link(place / "first", place / link);
  }
}

void FerrydServer::resize_partial(const std::string& name, const std::string& path, std::uintmax_t size) {
  const auto row = must(store_->partial_at(must(store_->find_account(name)).id, path));
  if (!row) throw std::runtime_error("no partial waits at " + path);
  stop();
  std::filesystem::resize_file(home(name) / store::kPartialsFolder / row->token, size);
  start();
}

Usage FerrydServer::usage(const std::string& name) {
  const auto account = must(store_->find_account(name));
  return {account.used_bytes, account.used_files};
}

// A partial under the name of a complete file takes bytes, but no second place among the files. One that no
// upload knows counts in full: that is a leak.
bool FerrydServer::is_extra_file(const std::string& name, const fs::path& file) {
  if (file.parent_path() != home(name) / ".ferry") return true;
  const auto account = must(store_->find_account(name));
  for (const store::Partial& partial : must(store_->partials_of(account.id))) {
    if (partial.token == file.filename()) return !fs::exists(home(name) / partial.path.substr(1));
  }
  return true;
}

Usage FerrydServer::disk_usage(const std::string& name) {
  Usage found;
  std::error_code gone;
  for (fs::recursive_directory_iterator at(home(name), gone), end; !gone && at != end; at.increment(gone)) {
    std::error_code vanished;
    if (at->is_symlink(vanished) || !at->is_regular_file(vanished)) continue;
    const auto size = at->file_size(vanished);
    if (vanished) continue;
    found.bytes += static_cast<Bytes>(size);
    if (is_extra_file(name, at->path())) ++found.files;
  }
  return found;
}

testing::AssertionResult FerrydServer::is_settled(const std::string& name, std::chrono::milliseconds limit) {
  std::string state;
  const auto settled = [&] {
    const auto account = must(store_->find_account(name));
    const auto uploads = must(store_->uploads_owned_by(std::nullopt));
    const auto intents = must(store_->intents_owned_by(std::nullopt));
    const Usage counted = usage(name), real = disk_usage(name);
    state = fmt::format("store: {} bytes in {} files, {} pending; disk: {} bytes in {} files", counted.bytes,
                        counted.files, account.pending_bytes, real.bytes, real.files);
    for (const auto& upload : uploads)
      state += fmt::format("; upload of {} is still active (owner {}, granted {})", upload.path,
                           upload.owner.value_or(0), upload.granted);
    for (const auto& intent : intents)
      state += fmt::format("; change of {} is still open (owner {})", intent.path, intent.owner);
    return account.pending_bytes == 0 && uploads.empty() && intents.empty() && counted == real;
  };
  if (wait_until(settled, limit)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << state << "\n--- ferryd.log:\n" << log("ferryd.log");
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != name.npos) continue;
    const pid_t candidate = static_cast<pid_t>(std::stol(name));
    if (status_field(candidate, "PPid") == std::to_string(pid)) children.push_back(candidate);
  }
  return children;
}

std::size_t count_descriptors(pid_t pid) {
  std::error_code gone;
  std::size_t count = 0;
  for (fs::directory_iterator at(fmt::format("/proc/{}/fd", pid), gone), end; !gone && at != end;
       at.increment(gone))
    ++count;
  return count;
}

std::size_t count_threads(pid_t pid) {
  const std::string field = status_field(pid, "Threads");
  return field.empty() ? 0 : std::stoul(field);
}

bool is_alive(pid_t pid) {
  const std::string state = status_field(pid, "State");
  return !state.empty() && state.front() != 'Z';
}

}  // namespace ferry::test
