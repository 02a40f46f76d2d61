#include "server/master/prepare.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "shared/config/folders.h"
#include "shared/config/run_as.h"

namespace ferry {

namespace {

namespace fs = std::filesystem;

constexpr int kMostWorkers = 256;

int worker_count(const Options& options) {
  if (options.workers > 0) return options.workers;
  cpu_set_t cores;
  if (::sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
  return std::clamp(CPU_COUNT(&cores), 1, kMostWorkers);
}

// A session may need four descriptors and there is one process for many of them.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::string lock_holder(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  const std::string_view pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const auto digits = pid.substr(0, pid.find_first_not_of("0123456789"));  // a worker can write there
  return digits.empty() ? "unknown" : std::string(digits);
}

// ftpadm looks at the lock for a moment, to know whether a ferryd runs.
bool lock_soon(int fd) {
  constexpr int kTries = 20;
  constexpr auto kMoment = std::chrono::milliseconds(10);
  for (int i = 1; ::flock(fd, LOCK_EX | LOCK_NB) != 0; ++i) {
    if (errno != EWOULDBLOCK || i == kTries) return false;
    std::this_thread::sleep_for(kMoment);
  }
  return true;
}

// Held until the last process that has the descriptor ends; children close it.
Result<UniqueFd> take_lock(const fs::path& file, std::string_view option) {
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!fd) return fail_errno(errno, "cannot open the lock " + file.string());
  if (!lock_soon(fd.get())) {
    if (errno != EWOULDBLOCK) return fail_errno(errno, "cannot lock " + file.string());
    return fail(
        Errc::busy,
        fmt::format(
            "another ferryd (process {}) runs here: it holds {}; stop it, or give this one another {}",
            lock_holder(fd.get()), file.string(), option));
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0)
    return fail_errno(errno, "cannot write " + file.string());
  return fd;
}

Status lock_up(Service& service) {
  const ActAs acting(service.run_as);
  auto run_lock = take_lock(fs::path(service.options.run_dir) / "ferryd.lock", "run_dir");
  if (!run_lock) return tl::unexpected(run_lock.error());
  auto store_lock = take_lock(service.options.store + ".lock", "store");
  if (!store_lock) return tl::unexpected(store_lock.error());
  service.run_lock = std::move(*run_lock);
  service.store_lock = std::move(*store_lock);
  return {};
}

Status open_logs(Service& service) {
  const ActAs acting(service.run_as);
  const bool echo = ::isatty(STDERR_FILENO) == 1 || std::getenv("JOURNAL_STREAM") != nullptr;
  auto logs = Logs::open(service.options.log_dir, echo);
  if (!logs) return tl::unexpected(logs.error());
  service.logs = std::move(*logs);
  return {};
}

Status make_shared_memory(Service& service) {
  auto scoreboard = Scoreboard::create(service.options.max_sessions);
  if (!scoreboard) return tl::unexpected(scoreboard.error());
  auto login_cache = LoginCache::create();
  if (!login_cache) return tl::unexpected(login_cache.error());
  service.scoreboard = std::move(*scoreboard);
  service.login_cache = std::move(*login_cache);
  return {};
}

Status open_network(Service& service) {
  auto tls = load_tls(service.options, service.run_as, *service.logs);
  if (!tls) return tl::unexpected(tls.error());
  service.tls = std::move(*tls);
  service.tls_files = stamp_of_tls(service.options);
  auto listeners = Listeners::open(service.options, service.workers);
  if (!listeners) return tl::unexpected(listeners.error());
  service.listeners = std::move(*listeners);
  return check_listener_kinds(service.options, service.listeners);
}

std::string own_host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

struct CertificateFiles {
  std::string certificate, key;
};

CertificateFiles own_certificate_files(const Options& options) {
  const fs::path folder = fs::path(options.store).parent_path();
  return {(folder / "ferryd.crt").string(), (folder / "ferryd.key").string()};
}

net::ClientVerification client_verification(const Options& options) {
  using Mode = net::ClientVerification::Mode;
  switch (options.client_certificates) {
    case ClientCertificates::required:
      return {Mode::required, options.client_ca};
    case ClientCertificates::optional:
      return {Mode::optional, options.client_ca};
    case ClientCertificates::off:
      break;
  }
  return {};
}

Result<std::shared_ptr<net::TlsServer>> load_own_certificate(const Options& options, const RunAs& run_as,
                                                             Logs& logs) {
  const ActAs acting(run_as);
  const CertificateFiles files = own_certificate_files(options);
  std::error_code unreadable;  // a folder that cannot be searched is no reason to make others
  const bool are_there = fs::exists(files.certificate, unreadable) && fs::exists(files.key, unreadable);
  if (unreadable) return fail_errno(unreadable.value(), files.certificate);
  if (!are_there) {
    // One without the other is what a start leaves that was killed between the two: of no use to anybody.
    for (const std::string& half : {files.certificate, files.key}) {
      if (::unlink(half.c_str()) == 0)
        logs.service(Logs::Level::warning, "removed half a certificate: " + half);
    }
    if (auto made = net::make_self_signed(files.certificate, files.key, own_host_name()); !made)
      return tl::unexpected(made.error());
    logs.service(Logs::Level::info, "made a self-signed certificate: " + files.certificate);
  }
  return net::TlsServer::load(files.certificate, files.key, client_verification(options));
}

fs::path addresses_file(const Service& service) {
  return fs::path(service.options.run_dir) / "ferryd.addresses";
}

// Whatever lies there, a worker's link or fifo included, goes first.
Status write_whole(const fs::path& file, std::string_view text) {
  ::unlink(file.c_str());
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd) return fail_errno(errno, "cannot write " + file.string());
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return fail_errno(errno, "cannot write " + file.string());
  return {};
}

}  // namespace

Result<std::shared_ptr<net::TlsServer>> load_tls(const Options& options, const RunAs& run_as, Logs& logs) {
  if (options.tls == TlsPolicy::off) return std::shared_ptr<net::TlsServer>();
  // A certificate of the operator's may be readable for root only; ours lies in the run-as user's folder.
  auto tls = options.tls_certificate.empty() ? load_own_certificate(options, run_as, logs)
                                             : net::TlsServer::load(options.tls_certificate, options.tls_key,
                                                                    client_verification(options));
  if (!tls) return tl::unexpected(tls.error());
  logs.service(Logs::Level::info, "certificate SHA-256 " + (*tls)->fingerprint());
  return tls;
}

std::string stamp_of_tls(const Options& options) {
  if (options.tls == TlsPolicy::off) return "";
  const CertificateFiles files = options.tls_certificate.empty()
                                     ? own_certificate_files(options)
                                     : CertificateFiles{options.tls_certificate, options.tls_key};
  std::string stamp;
  for (const std::string& file : {files.certificate, files.key, options.client_ca}) {
    struct stat found {};
    if (::stat(file.c_str(), &found) != 0) found = {};
    stamp += fmt::format("{}:{}:{}:{}.{:09}\n", found.st_dev, found.st_ino, found.st_size,
                         found.st_mtim.tv_sec, found.st_mtim.tv_nsec);
  }
  return stamp;
}

Status check_listener_kinds(const Options& options, const Listeners& listeners) {
  for (const auto& place : listeners.places()) {
    if (place.kind.implicit_tls && options.tls == TlsPolicy::off) {
      return fail(
          Errc::unsupported,
          fmt::format("a listening socket wants TLS from the first byte, but tls = \"off\": turn TLS on, or "
                      "rename or remove the socket named {}",
                      word_of(place.kind)));
    }
    if (place.kind.proxied && options.proxy_from.empty()) {
      return fail(
          Errc::unsupported,
          fmt::format("a listening socket wants PROXY headers, but proxy_from is empty: name the load "
                      "balancers there, or rename or remove the socket named {}",
                      word_of(place.kind)));
    }
  }
  return {};
}

Result<Service> prepare_service(StartArguments arguments, Options options) {
  Service service;
  service.run_as = current_user();
  if (::geteuid() == 0) {
    auto user = resolve_user(options, arguments.source);
    if (!user) return tl::unexpected(user.error());
    service.run_as = std::move(*user);
  }
  service.workers = worker_count(options);
  service.arguments = std::move(arguments);
  service.options = std::move(options);
  raise_descriptor_limit();
  if (auto made = make_folders(service.options, service.arguments.source, service.run_as); !made)
    return tl::unexpected(made.error());
  for (const auto step : {lock_up, open_logs, make_shared_memory, open_network}) {
    if (auto done = step(service); !done) return tl::unexpected(done.error());
  }
  return service;
}

Status write_addresses(const Service& service) {
  const ActAs acting(service.run_as);
  std::string text;
  for (const auto& place : service.listeners.places())
    text +=
        fmt::format("{}{}{}\n", place.address, word_of(place.kind).empty() ? "" : " ", word_of(place.kind));
  const fs::path file = addresses_file(service);
  const fs::path fresh = file.string() + ".new";
  if (auto written = write_whole(fresh, text); !written) return written;
  if (::rename(fresh.c_str(), file.c_str()) != 0) return fail_errno(errno, "cannot write " + file.string());
  return {};
}

void remove_addresses(const Service& service) {
  const ActAs acting(service.run_as);
  ::unlink(addresses_file(service).c_str());
}

}  // namespace ferry
