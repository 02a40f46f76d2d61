// What is measured. Each function is one round of one workload against one server and answers what it saw.
#pragma once

#include "bench/client.h"
#include "bench/servers.h"

namespace ferry::bench {

// How much of everything.
struct Scale {
  int rounds = 5;
  Bytes large_bytes = Bytes{1} << 30;
  int small_files = 2000;
  Bytes small_bytes = 4096;
  std::chrono::milliseconds login_time{2000};
  int login_clients = 4;
  int idle_sessions = 1000;
};

struct Sample {
  double value = 0;   // in the workload's unit
  double cpu_us = 0;  // the server's processor time per MiB, file or login; 0: not measured
};

// Everything a round needs.
struct Round {
  const Server& server;
  const net::TlsClient* tls;  // null: in clear
  const Scale& scale;
  const Payload& payload;
};

Sample large_download(const Round& round);   // MiB/s
Sample large_upload(const Round& round);     // MiB/s, up to the 226
Sample small_downloads(const Round& round);  // files/s, one session
Sample small_uploads(const Round& round);    // files/s, one session
// files/s together, durable: that many sessions at once, each with its own names.
Sample parallel_small_uploads(const Round& round, int sessions);
Sample logins(const Round& round);         // sessions/s from connect to the answer to QUIT, several at once
Sample idle_sessions(const Round& round);  // KiB of proportional memory per session

}  // namespace ferry::bench
