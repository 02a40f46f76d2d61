// The real `ferry` run by tests: with a home, trust store and password file of its own, never asking
// anything.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace ferry::test {

struct ClientServer {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string user;
  std::string password;
  bool implicit_tls = false;
};

class FerryClient {
 public:
  // `security` is what --tls gets, and where it is needed the certificate's CA or pin: {"--tls=off"},
  // {"--tls=required", "--ca", file}.
  FerryClient(ClientServer server, std::vector<std::string> security);

  // ferry COMMAND <connection options> OPERANDS. Options among the operands come before the paths.
  RunResult run(const std::string& command, const std::vector<std::string>& operands,
                const std::string& input = {}) const;
  // ferry shell with these lines on stdin.
  RunResult shell(const std::string& lines) const { return run("shell", {}, lines); }
  // Without the connection options.
  RunResult run_plain(const std::vector<std::string>& arguments, const std::string& input = {}) const;
  // As run(), without waiting for its end.
  std::vector<std::string> command_line(const std::string& command,
                                        const std::vector<std::string>& operands) const;
  ChildOptions child_options(const std::string& input = {}) const;

  void moved_to(std::uint16_t port) { server_.port = port; }  // the same server, started again
  void waits(std::string timeout) { timeout_ = std::move(timeout); }  // --timeout

  std::string url(const std::string& path) const;                      // ftp://user@host:port/path
  std::filesystem::path here() const { return dir_.path() / "here"; }  // its working folder
  std::filesystem::path upload_records() const { return dir_.path() / ".local/state/ferry/uploads"; }
  std::filesystem::path trust_file() const { return dir_.path() / "data/ferry/trust"; }
  std::filesystem::path password_file() const { return dir_.path() / "password"; }

 private:
  TempDir dir_;
  ClientServer server_;
  std::vector<std::string> security_;
  std::string timeout_ = "20s";
};

std::filesystem::path ferry_program();  // $FERRY_BIN_DIR/ferry, else build/release/bin/ferry

// --- files to move ---
void write_file(const std::filesystem::path& path, const std::string& bytes);
std::string read_file(const std::filesystem::path& path);
// `size` bytes that no two seeds have in common, written in blocks.
void write_noise(const std::filesystem::path& path, std::size_t size, unsigned seed);
bool same_content(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace ferry::test
