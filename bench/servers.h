// The servers under load: ferryd from this build, and from Debian's packages (tests/support/fetch_peers.sh)
// vsftpd and Pure-FTPd. Each runs on a loopback port of its own until its object goes, with TLS offered, all
// with the same ECDSA certificate, and serves a home that holds the files to download.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "shared/base/bytes.h"
#include "tests/support/child.h"

namespace ferry::bench {

// Where things are, for all servers of a run.
struct Site {
  std::filesystem::path ferryd;   // the program
  std::filesystem::path peers;    // the folder fetch_peers.sh fills
  std::filesystem::path dir;      // work folder, ours; the servers' user must be able to reach it
  std::filesystem::path servers;  // below it, where the servers' own folders are made
  Bytes large_size = 0;           // size of the large file
  Bytes small_size = 0;           // and of the small one
};

inline constexpr const char* kFilesFolder = "files";  // below every home: where to download and upload
inline constexpr const char* kLargeFile = "large.bin";
inline constexpr const char* kSmallFile = "small.bin";

class Server {
 public:
  Server(std::string name, std::string version, std::uint16_t port, const std::string& user,
         std::filesystem::path home, const std::vector<std::string>& command,
         const test::ChildOptions& options);

  const std::string& name() const { return name_; }
  const std::string& version() const { return version_; }
  const std::string& host() const { return host_; }
  std::uint16_t port() const { return port_; }
  const std::string& user() const { return user_; }
  const std::string& password() const { return password_; }
  const std::filesystem::path& home() const { return home_; }
  pid_t pid() const { return process_.pid(); }

  // Blocks until it greets; throws with what the program printed if it does not.
  void wait_until_ready() const;

 private:
  std::string name_, version_, host_;
  std::uint16_t port_;
  std::string user_, password_;
  std::filesystem::path home_;
  test::ChildProcess process_;
};

// The certificate of all servers, and the content to download. Once, before the first start.
void prepare(const Site& site);

// `preload`: a library, "": none.
std::unique_ptr<Server> start_ferryd(const Site& site, bool durable, const std::string& preload = "");
std::unique_ptr<Server> start_vsftpd(const Site& site);
std::unique_ptr<Server> start_pureftpd(const Site& site);

}  // namespace ferry::bench
