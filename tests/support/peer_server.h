// Foreign FTP servers from Debian's packages (vsftpd, ProFTPD, Pure-FTPd, pyftpdlib), for the interop tests: started on
// a loopback port as whoever runs the tests, from the folder that fetch_peers.sh fills, and gone with their
// object. They write only to a folder of their own below the build folder. None of them changes its root:
// clients see the machine's file system, and upload to remote_dir().
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace ferry::test {

enum class Peer { vsftpd, proftpd, pureftpd, pyftpdlib };

std::string name_of(Peer peer);

struct PeerOptions {
  bool tls = false;          // AUTH TLS, with a self-signed certificate for localhost, 127.0.0.1 and ::1
  bool require_tls = false;  // refuses logins and data in clear; means tls
  bool ipv6 = false;         // listens on ::1 instead of 127.0.0.1
  int most_sessions = 0;     // of one address (vsftpd, Pure-FTPd) or user (ProFTPD); 0: no limit
  bool digests = false;      // HASH, XSHA256 and their kind; ProFTPD only (mod_digest)
};

// The server's programs are not there; the text says how to get them.
class PeerUnavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// In a test, of a PeerUnavailable: a machine of one's own may lack a server; one that is there to test may
// not.
#define SKIP_UNLESS_CI(why)                                   \
  do {                                                        \
    if (std::getenv("CI") != nullptr) FAIL() << (why).what(); \
    GTEST_SKIP() << (why).what();                             \
  } while (false)

// With TLS, vsftpd and ProFTPD want data connections to resume the control connection's session (their
// default); Pure-FTPd and pyftpdlib do not. vsftpd serves its anonymous user, who may upload, overwrite, resume, rename
// and delete.
class PeerServer {
 public:
  // Blocks until the server greets. Throws PeerUnavailable, or std::runtime_error with the server's log if it
  // does not start within 10 seconds. Programs come from $FERRY_PEERS, else from the nearest `peers` folder
  // above the test program.
  static std::unique_ptr<PeerServer> start(Peer peer, const PeerOptions& options = {});
  PeerServer(const PeerServer&) = delete;
  PeerServer& operator=(const PeerServer&) = delete;
  ~PeerServer();

  pid_t pid() const { return process_->pid(); }
  const std::string& host() const { return host_; }  // numeric, IPv6 without brackets
  std::uint16_t port() const { return port_; }
  const std::string& user() const { return user_; }
  const std::string& password() const { return password_; }
  std::filesystem::path root() const { return dir_.path() / "home"; }  // where uploads go: the login folder
  std::string remote_dir() const { return root().string(); }           // the same folder, as clients name it
  std::filesystem::path certificate() const { return dir_.path() / "certificate.pem"; }  // only with tls
  std::string log() const;  // all the server has written so far, in its log files and on its terminal

 private:
  PeerServer(Peer peer, const PeerOptions& options);
  bool launch();  // false: somebody took the port in the meantime

  Peer peer_;
  PeerOptions options_;
  TempDir dir_;
  std::string host_;
  std::uint16_t port_ = 0;
  std::string user_;
  std::string password_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace ferry::test
