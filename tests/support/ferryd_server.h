// The real ferryd for tests: started on loopback ports that the kernel chooses, with a store, homes and logs
// in a folder of its own, and gone with its object. Accounts are made straight in the store. Started by root
// it runs as nobody, else as whoever runs the tests.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shared/store/store.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace ferry::test {

inline constexpr char kPassword[] = "seven-quiet-ferries";

struct AccountOptions {
  std::string password = kPassword;
  std::optional<Bytes> quota = {};  // unlimited
  std::optional<std::int64_t> files = {};
  bool read_only = false;
};

// What an account holds: as the store counts it, or as it lies on the disk.
struct Usage {
  Bytes bytes = 0;
  std::int64_t files = 0;
  bool operator==(const Usage&) const = default;
};

class FerrydServer {
 public:
  // "KEY=VALUE" as for ferryd's --set, over defaults for tests: TLS offered, cheap passwords, two workers, no
  // limit of sessions per address, no waiting for the disk. Returns when clients can connect. Throws
  // std::runtime_error with what ferryd said if it does not start. `prefix`: words before the program and its
  // arguments, which must become it.
  explicit FerrydServer(std::vector<std::string> sets = {}, std::vector<std::string> prefix = {});
  FerrydServer(const FerrydServer&) = delete;
  FerrydServer& operator=(const FerrydServer&) = delete;
  ~FerrydServer();

  void add_account(const std::string& name, const AccountOptions& options = {});
  store::Store& store() { return *store_; }
  std::filesystem::path home(const std::string& name) const;
  // Makes the file, or the folder if `bytes` is nothing, in the account's home, owned as ferryd would own it.
  void put_file(const std::string& name, const std::string& path, const std::optional<std::string>& bytes);
  // Makes the folder with a file `first` and `count` more names of it, `length` bytes each: quicker than
  // files.
  void put_names(const std::string& name, const std::string& folder, int count, std::size_t length);

  std::uint16_t port() const { return port_; }
  std::uint16_t port_v6() const { return port_v6_; }
  std::uint16_t implicit_port() const { return implicit_port_; }
  std::uint16_t proxy_port() const { return proxy_port_; }
  std::uint16_t proxy_implicit_port() const { return proxy_implicit_port_; }

  pid_t master_pid() const { return process_->pid(); }
  std::vector<pid_t> worker_pids() const;
  std::string log(const std::string& file) const;  // "login.log"
  std::filesystem::path folder() const { return dir_.path(); }

  Usage usage(const std::string& name);       // used_bytes and used_files of the store
  Usage disk_usage(const std::string& name);  // regular files, the partials among them
  // Stops the server, gives the partial that waits at `path` another size, and starts it again.
  void resize_partial(const std::string& name, const std::string& path, std::uintmax_t size);
  // Nothing is being uploaded any more, and store and disk agree. Waits for it.
  testing::AssertionResult is_settled(const std::string& name,
                                      std::chrono::milliseconds limit = std::chrono::seconds(10));

  void stop();                             // SIGTERM; throws if it does not end in order
  void kill_master();                      // SIGKILL, to the master alone
  void start();                            // again, after stop() or kill_master()
  void reload();                           // SIGHUP; returns at once
  void set(const std::string& key_value);  // for the next start(); a reload knows --set only as it was

 private:
  bool is_extra_file(const std::string& name, const std::filesystem::path& file);
  void write_configuration() const;
  void give_to_server(const std::filesystem::path& path) const;
  void read_addresses();
  [[noreturn]] void fail_to_start(const std::string& why) const;

  TempDir dir_;
  std::vector<std::string> sets_, prefix_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ChildProcess> process_;
  std::uint16_t port_ = 0, port_v6_ = 0, implicit_port_ = 0, proxy_port_ = 0, proxy_implicit_port_ = 0;
};

// --- what /proc tells of a process; 0 or empty when it is gone ---
std::vector<pid_t> children_of(pid_t pid);
std::size_t count_descriptors(pid_t pid);
std::size_t count_threads(pid_t pid);
bool is_alive(pid_t pid);  // and no zombie

}  // namespace ferry::test
