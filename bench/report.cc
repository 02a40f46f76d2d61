#include "bench/report.h"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "shared/base/clock.h"

namespace ferry::bench {
namespace {

double Sample::*const kValue = &Sample::value;
double Sample::*const kCpu = &Sample::cpu_us;

struct Spread {
  double least = 0, median = 0, most = 0;
};

Spread spread_of(const std::vector<Sample>& samples, double Sample::*member) {
  std::vector<double> values;
  for (const Sample& sample : samples) values.push_back(sample.*member);
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {values.front(), median, values.back()};
}

std::string number(double value) {
  return value < 100 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
}

std::string cell(const std::vector<Sample>& samples, double Sample::*member) {
  if (samples.empty()) return "–";
  const Spread spread = spread_of(samples, member);
  if (samples.size() == 1) return fmt::format("**{}**", number(spread.median));
  return fmt::format("**{}** ({}–{})", number(spread.median), number(spread.least), number(spread.most));
}

double better_of_others(const Page& page, const Line& line) {
  double best = 0;
  for (std::size_t i = 0; i < page.servers.size(); ++i) {
    if (!page.servers[i].is_ours && !line.samples[i].empty())
      best = std::max(best, spread_of(line.samples[i], kValue).median);
  }
  return best;
}

// Ours against the better of the others, each of our columns by itself.
std::string verdict(const Page& page, const Line& line) {
  if (line.goal == Goal::at_most) return fmt::format("≤ {} {}", number(line.target), line.unit);
  const double others = better_of_others(page, line);
  std::string ratios;
  for (std::size_t i = 0; i < page.servers.size(); ++i) {
    if (!page.servers[i].is_ours || line.samples[i].empty() || others <= 0) continue;
    const double ratio = spread_of(line.samples[i], kValue).median / others;
    ratios += fmt::format("{}{:.2f}", ratios.empty() ? "" : " / ", ratio);
  }
  return fmt::format("{} (goal ≥ {})", ratios, line.target);
}

std::string header(const Page& page, const std::string& first, const std::string& last) {
  std::string titles = fmt::format("| {} |", first), rule = "|---|";
  for (const Column& server : page.servers) {
    titles += fmt::format(" {} |", server.name);
    rule += "--:|";
  }
  if (!last.empty()) {
    titles += fmt::format(" {} |", last);
    rule += "--:|";
  }
  return titles + "\n" + rule + "\n";
}

std::string speed_table(const Page& page) {
  std::string table = header(page, "", "ferryd ÷ better of the others");
  for (const Line& line : page.lines) {
    table += fmt::format("| {}, {} |", line.title, line.unit);
    for (const auto& samples : line.samples) table += fmt::format(" {} |", cell(samples, kValue));
    table += fmt::format(" {} |\n", verdict(page, line));
  }
  return table;
}

std::string cpu_table(const Page& page) {
  std::string table = header(page, "", "");
  for (const Line& line : page.lines) {
    if (line.goal == Goal::at_most) continue;
    const std::string per = line.unit.substr(0, line.unit.find('/'));
    table += fmt::format("| {}, µs per {} |", line.title, per == "MiB" ? per : per.substr(0, per.size() - 1));
    for (const auto& samples : line.samples) table += fmt::format(" {} |", cell(samples, kCpu));
    table += "\n";
  }
  return table;
}

// The value of the first line of `file` that starts with `key`.
std::string value_in(const char* file, std::string_view key) {
  std::ifstream lines(file);
  std::string line;
  while (std::getline(lines, line)) {
    if (!line.starts_with(key)) continue;
    const auto start = line.find_first_not_of(" \t:=\"", key.size());
    if (start == std::string::npos) continue;
    const auto end = line.find_last_not_of(" \"");
    return line.substr(start, end + 1 - start);
  }
  return "unknown";
}

std::string file_system(const std::string& folder) {
  std::ifstream mounts("/proc/self/mounts");
  std::string line, best_point, best;
  while (std::getline(mounts, line)) {
    std::istringstream fields(line);
    std::string device, point, type, options;
    fields >> device >> point >> type >> options;
    if (!folder.starts_with(point) || point.size() < best_point.size()) continue;
    best_point = point;
    best = fmt::format("{} on {} ({})", type, device, options);
  }
  return best;
}

std::string machine(const Page& page) {
  utsname system{};
  ::uname(&system);
  const auto memory = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) *
                      static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1024.0 * 1024 * 1024);
  std::string text;
  text += fmt::format("- {}, {} cores, {:.0f} GiB memory\n", value_in("/proc/cpuinfo", "model name"),
                      ::sysconf(_SC_NPROCESSORS_ONLN), memory);
  text += fmt::format("- {} {}, {}\n", system.sysname, system.release,
                      value_in("/etc/os-release", "PRETTY_NAME"));
  text += fmt::format("- disk: {}\n", file_system(page.folder));
  text += fmt::format("- servers: {}\n", [&] {
    std::string servers;
    for (const Column& server : page.servers)
      servers += fmt::format("{}{} {}", servers.empty() ? "" : "; ", server.name, server.version);
    return servers;
  }());
  text += fmt::format("- {}\n", OpenSSL_version(OPENSSL_VERSION));
  for (const std::string& note : page.notes) text += fmt::format("- {}\n", note);
  return text;
}

constexpr const char* kIntroduction = R"(# Benchmarks

Made by `{command}` on {date}: every server on the same machine in the same run, taken in turn round by round
({rounds} rounds), load generator included, over the loopback interface. Cells are the median, with the least
and the most in parentheses.

)";

constexpr const char* kMethod = R"(
## How

- Downloads come from the page cache and are dropped by the generator inside the kernel (TLS: after
  decryption); uploads are sent from one warm piece of memory and timed up to the 226. Before each upload the
  disk is left to settle; the file is removed after it, with the clock stopped.
- ferryd keeps its promise that a 226 means "on the disk" by default (`durable = true`); the others never
  sync, so like is compared with like in the column `durable=false`. Where an upload has two quotients, the
  first is the default's.
- Small files: {small_files} of {small_bytes} bytes one after the other in one session, each over a data
  connection of its own (EPSV); under TLS each resumes the session of the control connection.
- Logins: {login_clients} clients at once, each connects, starts TLS where the line says so, logs in (USER,
  PASS), and quits. ferryd verifies a password it has verified since its start (Argon2id) by a keyed hash;
  Pure-FTPd computes SHA-512 crypt; vsftpd serves its anonymous user and checks no password at all.
- Idle sessions: proportional set size (PSS) of all processes of the server with {idle} sessions logged in,
  less that with none, per session.
- ferryd logs every command, vsftpd and Pure-FTPd every transfer. vsftpd's delays are off, and its seccomp
  sandbox, in which today's OpenSSL dies; ferryd's is on.
)";

}  // namespace

std::string markdown(const Page& page) {
  const Scale& scale = page.scale;
  std::string text =
      fmt::format(kIntroduction, fmt::arg("command", page.command),
                  fmt::arg("date", iso_time(wall_now()).substr(0, 10)), fmt::arg("rounds", scale.rounds));
  text += machine(page) + "\n## Speed and memory\n\n" + speed_table(page);
  text +=
      "\n## Processor time of the server\n\nIncludes its share of the kernel's work.\n\n" + cpu_table(page);
  text += fmt::format(kMethod, fmt::arg("small_files", scale.small_files),
                      fmt::arg("small_bytes", scale.small_bytes),
                      fmt::arg("login_clients", scale.login_clients), fmt::arg("idle", scale.idle_sessions));
  return text;
}

}  // namespace ferry::bench
