#include "bench/workloads.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <fstream>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "bench/processes.h"

namespace ferry::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kMiB = 1024 * 1024;
constexpr std::chrono::milliseconds kSettle{300};
constexpr std::chrono::seconds kTimeWait{15};
constexpr int kManyPorts = 12000;  // of the usual 28,000

// Runs `work`, which answers how much it has done; per second, and with the server's processor time.
Sample rate_of(const Server& server, const std::function<double()>& work) {
  const double cpu_before = cpu_seconds(server.pid());
  const auto start = Clock::now();
  const double amount = work();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return {amount / seconds, (cpu_seconds(server.pid()) - cpu_before) * 1e6 / amount};
}

// What earlier rounds left to be written must not slow the next one down.
void flush_disk(const Server& server) {
  const UniqueFd folder(::open(server.home().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) ::syncfs(folder.get());
}

// Number of ended connections that still hold a port (TIME_WAIT).
int ports_held() {
  std::ifstream file("/proc/net/sockstat");
  std::string word;
  int count = 0;
  while (file >> word) {
    if (word == "tw" && file >> count) return count;
  }
  return 0;
}

// With most ports held, the kernel's search for a free one is all a round with many connections would
// measure.
void wait_for_ports() {
  const auto give_up = Clock::now() + kTimeWait;
  while (ports_held() > kManyPorts && Clock::now() < give_up) std::this_thread::sleep_for(kSettle);
}

Client ready_client(const Round& round) {
  Client client(round.server, round.tls);
  client.log_in();
  client.prepare_transfers();
  return client;
}

std::string small_name(int number) {
  return fmt::format("small-{}.bin", number);
}

}  // namespace

Sample large_download(const Round& round) {
  Client client = ready_client(round);
  const Bytes size = round.scale.large_bytes;
  const Sample sample = rate_of(round.server, [&] {
    client.download(kLargeFile, size);
    return static_cast<double>(size) / kMiB;
  });
  client.quit();
  return sample;
}

Sample large_upload(const Round& round) {
  Client client = ready_client(round);
  const Bytes size = round.scale.large_bytes;
  flush_disk(round.server);
  const Sample sample = rate_of(round.server, [&] {
    client.upload("upload.bin", round.payload, size);
    return static_cast<double>(size) / kMiB;
  });
  client.command("DELE upload.bin");
  client.quit();
  return sample;
}

Sample small_downloads(const Round& round) {
  wait_for_ports();
  Client client = ready_client(round);
  const Sample sample = rate_of(round.server, [&] {
    for (int i = 0; i < round.scale.small_files; ++i) client.download(kSmallFile, round.scale.small_bytes);
    return round.scale.small_files;
  });
  client.quit();
  return sample;
}

Sample small_uploads(const Round& round) {
  wait_for_ports();
  Client client = ready_client(round);
  flush_disk(round.server);
  const Sample sample = rate_of(round.server, [&] {
    for (int i = 0; i < round.scale.small_files; ++i)
      client.upload(small_name(i), round.payload, round.scale.small_bytes);
    return round.scale.small_files;
  });
  for (int i = 0; i < round.scale.small_files; ++i) client.command("DELE " + small_name(i));
  client.quit();
  return sample;
}

Sample parallel_small_uploads(const Round& round, int sessions) {
  wait_for_ports();
  std::vector<Client> clients;
  for (int i = 0; i < sessions; ++i) clients.push_back(ready_client(round));
  flush_disk(round.server);
  const int each = round.scale.small_files / sessions;
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto upload_all = [&](int session) {
    try {
      for (int i = 0; i < each; ++i)
        clients[static_cast<std::size_t>(session)].upload(small_name(session * each + i), round.payload,
                                                          round.scale.small_bytes);
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      failure = std::current_exception();
    }
  };
  const Sample sample = rate_of(round.server, [&] {
    std::vector<std::thread> threads;
    for (int i = 0; i < sessions; ++i) threads.emplace_back(upload_all, i);
    for (std::thread& thread : threads) thread.join();
    return each * sessions;
  });
  if (failure) std::rethrow_exception(failure);
  for (int i = 0; i < each * sessions; ++i) clients.front().command("DELE " + small_name(i));
  for (Client& client : clients) client.quit();
  return sample;
}

Sample logins(const Round& round) {
  {
    Client first(round.server, round.tls);  // "known": its first login is behind it
    first.log_in();
    first.quit();
  }
  std::atomic<int> done{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto end = Clock::now() + round.scale.login_time;
  const auto log_in_until_end = [&] {
    try {
      for (; Clock::now() < end; ++done) {
        Client client(round.server, round.tls);
        client.log_in();
        client.quit();
      }
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      failure = std::current_exception();
    }
  };
  const Sample sample = rate_of(round.server, [&] {
    std::vector<std::jthread> clients;
    for (int i = 0; i < round.scale.login_clients; ++i) clients.emplace_back(log_in_until_end);
    clients.clear();  // joins
    return done.load();
  });
  if (failure) std::rethrow_exception(failure);
  return sample;
}

Sample idle_sessions(const Round& round) {
  {
    Client first(round.server, round.tls);  // what the first session of all costs is not this one's
    first.log_in();
    first.quit();
  }
  std::this_thread::sleep_for(kSettle);
  const Bytes before = proportional_memory(round.server.pid());
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < round.scale.idle_sessions; ++i) {
    clients.push_back(std::make_unique<Client>(round.server, round.tls));
    clients.back()->log_in();
  }
  std::this_thread::sleep_for(kSettle);
  const Bytes with_all = proportional_memory(round.server.pid());
  for (const auto& client : clients) client->quit();
  return {static_cast<double>(with_all - before) / 1024 / round.scale.idle_sessions, 0};
}

}  // namespace ferry::bench
