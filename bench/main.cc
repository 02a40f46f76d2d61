// ferry-bench: ferryd beside vsftpd and Pure-FTPd, taken in turn in one run; see docs/benchmarks.md.
#include <fmt/core.h>
#include <signal.h>
#include <sys/resource.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "bench/report.h"
#include "bench/servers.h"
#include "bench/workloads.h"
#include "shared/net/tls.h"
#include "tests/support/temp_dir.h"

namespace ferry::bench {
namespace {

namespace fs = std::filesystem;

struct Settings {
  bool quick = false;
  int rounds = 0;  // 0: as the scale says
  std::string output;
  std::string only;  // workloads whose title contains it
  bool without_peers = false;
  bool digest_cost = false, parallel_commits = false;
};

struct Workload {
  const char* title;
  const char* unit;
  Sample (*run)(const Round&);
  bool is_upload;  // `durable` plays a part
  Goal goal;
  double target_clear, target_tls;
  bool wants_fresh_servers;  // and one round: a second would find the first one's memory still there
};

constexpr Workload kWorkloads[] = {
    {"large file down", "MiB/s", large_download, false, Goal::times_better, 1, 1, false},
    {"large file up", "MiB/s", large_upload, true, Goal::times_better, 1, 1, false},
    {"small files down", "files/s", small_downloads, false, Goal::times_better, 0.9, 0.9, false},
    {"small files up", "files/s", small_uploads, true, Goal::times_better, 0.9, 0.9, false},
    {"logins", "logins/s", logins, false, Goal::times_better, 3, 3, false},
    {"idle session", "KiB", idle_sessions, false, Goal::at_most, 8, 24, true},
};

Scale quick_scale() {
  Scale scale;
  scale.rounds = 3;
  scale.large_bytes = Bytes{256} << 20;
  scale.small_files = 300;
  scale.login_time = std::chrono::milliseconds(700);
  return scale;
}

// SIGINT or SIGTERM came: the round that runs is the last, and servers and files are cleared away.
volatile std::sig_atomic_t is_interrupted = 0;

void handle_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { is_interrupted = 1; };
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes with write(2)
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

fs::path from_environment(const char* name, const fs::path& otherwise) {
  const char* wish = std::getenv(name);
  return wish != nullptr && *wish != '\0' ? fs::absolute(wish) : otherwise;
}

using Servers = std::vector<std::unique_ptr<Server>>;

// ferryd twice, with and without syncing, and the others; each with its folders below a fresh one.
Servers start_servers(Site site, const Settings& settings, const std::string& folder) {
  site.servers = site.dir / folder;
  Servers servers;
  servers.push_back(start_ferryd(site, true));
  servers.push_back(start_ferryd(site, false));
  if (settings.without_peers) return servers;
  servers.push_back(start_vsftpd(site));
  servers.push_back(start_pureftpd(site));
  return servers;
}
constexpr std::size_t kFerrydFast = 1;  // its place there; the others' are free
constexpr std::size_t kOurs = 2;

Line measure(const Workload& workload, const Servers& servers, const net::TlsClient* tls, const Scale& scale,
             const Payload& payload) {
  Line line{fmt::format("{}, {}", workload.title, tls == nullptr ? "clear" : "TLS"), workload.unit,
            workload.goal, tls == nullptr ? workload.target_clear : workload.target_tls};
  line.samples.resize(servers.size());
  const int rounds = workload.wants_fresh_servers ? 1 : scale.rounds;
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < servers.size(); ++i) {
      if (i == kFerrydFast && !workload.is_upload) continue;
      if (is_interrupted) throw std::runtime_error("interrupted");
      const Sample sample = workload.run({*servers[i], tls, scale, payload});
      std::fprintf(stderr, "%-24s %d/%d  %-22s %10.1f %-8s %8.1f us cpu\n", line.title.c_str(), round + 1,
                   rounds, servers[i]->name().c_str(), sample.value, workload.unit, sample.cpu_us);
      line.samples[i].push_back(sample);
    }
  }
  return line;
}

// What each server agrees to under TLS.
std::string negotiated(const Server& server, const net::TlsClient* tls) {
  Client client(server, tls);
  client.log_in();
  client.prepare_transfers();
  client.download(kSmallFile, static_cast<Bytes>(fs::file_size(server.home() / kFilesFolder / kSmallFile)));
  const char* resumed = client.data_was_resumed() ? "resumed" : "not resumed";
  std::string text = fmt::format("{}: {}, data connections {}", server.name(), client.tls_version(), resumed);
  client.quit();
  return text;
}

std::string command_of(const Settings& settings) {
  std::string arguments;
  const auto add = [&](const std::string& word) { arguments += (arguments.empty() ? "" : " ") + word; };
  if (settings.quick) add("--quick");
  if (settings.rounds > 0) add(fmt::format("--rounds {}", settings.rounds));
  return arguments.empty() ? "make bench" : fmt::format("make bench BENCH_ARGS='{}'", arguments);
}

Page run(const Settings& settings) {
  raise_descriptor_limit();
  const fs::path own_folder = fs::read_symlink("/proc/self/exe").parent_path();
  const test::TempDir dir;
  Page page;
  page.scale = settings.quick ? quick_scale() : Scale{};
  if (settings.rounds > 0) page.scale.rounds = settings.rounds;
  page.command = command_of(settings);
  page.folder = dir.path();
  const Site site{from_environment("FERRY_BIN_DIR", own_folder) / "ferryd",
                  from_environment("FERRY_PEERS", test::build_dir() / "peers"),
                  dir.path(),
                  {},
                  page.scale.large_bytes,
                  page.scale.small_bytes};
  prepare(site);
  Servers servers = start_servers(site, settings, "servers");
  const auto tls = net::TlsClient::create({});
  if (!tls) throw std::runtime_error(tls.error().context);
  for (const auto& server : servers) {
    page.servers.push_back({server->name(), server->version(), page.servers.size() < kOurs});
    if (page.servers.size() != kFerrydFast + 1) page.notes.push_back(negotiated(*server, tls->get()));
  }
  const Payload payload;
  for (const Workload& workload : kWorkloads) {
    if (std::string(workload.title).find(settings.only) == std::string::npos) continue;
    for (const net::TlsClient* secured :
         {static_cast<const net::TlsClient*>(nullptr), static_cast<const net::TlsClient*>(tls->get())}) {
      if (workload.wants_fresh_servers) {
        servers.clear();
        servers = start_servers(site, settings, fmt::format("servers-{}", page.lines.size()));
      }
      page.lines.push_back(measure(workload, servers, secured, page.scale, payload));
    }
  }
  return page;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

struct Alone {
  test::TempDir dir;
  Scale scale;
  Site site;
  std::shared_ptr<net::TlsClient> tls;
  Payload payload;
};

std::unique_ptr<Alone> prepare_alone(const Settings& settings) {
  auto alone = std::make_unique<Alone>();
  alone->scale = settings.quick ? quick_scale() : Scale{};
  if (settings.rounds > 0) alone->scale.rounds = settings.rounds;
  const fs::path own_folder = fs::read_symlink("/proc/self/exe").parent_path();
  alone->site = {from_environment("FERRY_BIN_DIR", own_folder) / "ferryd",
                 {},
                 alone->dir.path(),
                 alone->dir.path() / "servers",
                 alone->scale.large_bytes,
                 alone->scale.small_bytes};
  prepare(alone->site);
  auto tls = net::TlsClient::create({});
  if (!tls) throw std::runtime_error(tls.error().context);
  alone->tls = std::move(*tls);
  return alone;
}

// What the SHA-256 of what arrives costs an upload under TLS: two servers that differ in nothing else, taken
// in turn; as ferryd comes, and without the wait for the disk, behind which hashing can hide.
void measure_digest_cost(const Settings& settings, bool durable) {
  constexpr double kGoal = 15;
  const auto alone = prepare_alone(settings);
  const fs::path preload =
      fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "lib" / "without_digest.so";
  if (!fs::exists(preload)) throw std::runtime_error(preload.string() + " is missing: make bench builds it");
  const auto with = start_ferryd(alone->site, durable),
             without = start_ferryd(alone->site, durable, preload.string());
  std::vector<double> speeds, speeds_without;
  const int rounds = 2 * alone->scale.rounds + 1;
  for (int round = 0; round < rounds && !is_interrupted; ++round) {
    speeds.push_back(large_upload({*with, alone->tls.get(), alone->scale, alone->payload}).value);
    speeds_without.push_back(large_upload({*without, alone->tls.get(), alone->scale, alone->payload}).value);
    std::fprintf(stderr, "%d/%d: %.0f MiB/s with digest, %.0f without\n", round + 1, rounds, speeds.back(),
                 speeds_without.back());
  }
  const double cost = 100 * (1 - median(speeds) / median(speeds_without));
  fmt::print(
      "large file up, TLS, durable={}, {} MiB, medians of {}: {:.0f} MiB/s with digest, {:.0f} without: it "
      "costs {:.0f} % "
      "(goal: under {:.0f} %)\n",
      durable, alone->scale.large_bytes >> 20, speeds.size(), median(speeds), median(speeds_without), cost,
      kGoal);
}

// How far uploads that end together share the disk's flushes: one session after the other, and eight at once.
void measure_parallel_commits(const Settings& settings) {
  constexpr int kSessions = 8;
  const auto alone = prepare_alone(settings);
  const auto server = start_ferryd(alone->site, true);
  std::vector<double> one, many;
  for (int round = 0; round < alone->scale.rounds && !is_interrupted; ++round) {
    one.push_back(parallel_small_uploads({*server, nullptr, alone->scale, alone->payload}, 1).value);
    many.push_back(parallel_small_uploads({*server, nullptr, alone->scale, alone->payload}, kSessions).value);
  }
  fmt::print(
      "small files up, durable, clear, medians of {}: {:.0f} files/s with one session, {:.0f} with {} at "
      "once: "
      "{:.1f} times as many\n",
      one.size(), median(one), median(many), kSessions, median(many) / median(one));
}

int bench_main(int argc, char** argv) {
  CLI::App app{"Measures ferryd beside vsftpd and Pure-FTPd on this machine"};
  Settings settings;
  app.add_flag("--quick", settings.quick, "smaller files, fewer rounds: under three minutes");
  app.add_option("--rounds", settings.rounds, "how often each server is measured")->check(CLI::Range(1, 100));
  app.add_option("--output", settings.output, "write the page here as well (Markdown)");
  app.add_option("--only", settings.only, "only the workloads whose name contains this, e.g. \"small\"");
  app.add_flag("--digest-cost", settings.digest_cost, "only what the digest of an upload costs; no page");
  app.add_flag("--parallel-commits", settings.parallel_commits,
               "only how far uploads that end together share the disk's flushes; no page");
  app.add_flag("--without-peers", settings.without_peers, "ferryd alone");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  handle_signals();
  try {
    if (settings.digest_cost) {
      measure_digest_cost(settings, true);
      measure_digest_cost(settings, false);
      return 0;
    }
    if (settings.parallel_commits) {
      measure_parallel_commits(settings);
      return 0;
    }
    const std::string text = markdown(run(settings));
    std::fputs(text.c_str(), stdout);
    if (settings.output.empty()) return 0;
    std::ofstream file(settings.output);
    file << text;
    if (!file.flush()) throw std::runtime_error("cannot write " + settings.output);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ferry-bench: %s\n", error.what());
    return 1;
  }
}

}  // namespace
}  // namespace ferry::bench

int main(int argc, char** argv) {
  return ferry::bench::bench_main(argc, argv);
}
