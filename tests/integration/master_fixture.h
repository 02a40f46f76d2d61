// A ferryd in folders of its own, with the real program, for what its master does.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "shared/base/clock.h"
#include "shared/net/address.h"
#include "shared/net/socket.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace ferry {

inline std::string ferryd_program() {
  const char* folder = std::getenv("FERRY_BIN_DIR");
  const std::filesystem::path bin = folder != nullptr
                                        ? std::filesystem::path(folder)
                                        : std::filesystem::read_symlink("/proc/self/exe").parent_path();
  return (bin / "ferryd").string();
}

inline std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Up to the end of a line, or what came before the deadline or the end.
inline std::string read_line(int fd) {
  const Deadline deadline = Deadline::after(std::chrono::seconds(10));
  std::string line;
  for (char c = 0; !line.ends_with('\n') && net::wait_for(fd, POLLIN, deadline);) {
    if (::recv(fd, &c, 1, 0) != 1) break;
    line += c;
  }
  return line;
}

// A folder with a configuration, and the ferryd that runs on it.
class MasterFixture : public ::testing::Test {
 protected:
  MasterFixture() { configure(""); }

  std::filesystem::path path(const char* name) const { return dir_.path() / name; }

  // The folders do not exist before, so that root's ferryd makes them for the user its workers run as.
  void configure(const std::string& more) {
    std::ofstream(path("ferryd.toml")) << "workers = 2\nstore = \"db/ferry.db\"\nhome_root = "
                                          "\"home\"\nlog_dir = \"log\"\nrun_dir = \"run\"\n"
                                       << (::geteuid() == 0 ? "user = \"nobody\"\n" : "") << more;
  }
  std::vector<std::string> command(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> argv{ferryd_program(), "-c", path("ferryd.toml").string(), "--set",
                                  "listen=127.0.0.1:0"};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  }

  void start(const std::vector<std::string>& more = {}, const test::ChildOptions& options = {}) {
    ferryd_ = std::make_unique<test::ChildProcess>(command(more), options);
    wait_for_start();
  }
  void wait_for_start() {
    ASSERT_TRUE(test::wait_until([&] {
      return std::filesystem::exists(path("run/ferryd.addresses")) || !ferryd_->running();
    })) << ferryd_->err();
    ASSERT_TRUE(ferryd_->running()) << ferryd_->err();
  }

  std::vector<std::string> address_lines() const {
    std::vector<std::string> lines;
    std::ifstream in(path("run/ferryd.addresses"));
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  UniqueFd connect() const {
    const std::string line = address_lines().at(0);
    const auto address = net::Address::parse_listen(line.substr(0, line.find(' ')));
    auto fd = net::connect_to(*address, Deadline::after(std::chrono::seconds(10)));
    EXPECT_TRUE(fd.has_value()) << (fd ? "" : fd.error().context);
    return fd ? std::move(*fd) : UniqueFd();
  }

  // One request over the control socket, through a descriptor of the folder because a path may be too long.
  nlohmann::json ask(const nlohmann::json& request) const {
    const UniqueFd folder(::open(path("run").c_str(), O_PATH | O_CLOEXEC));
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, ("/proc/self/fd/" + std::to_string(folder.get()) + "/ferryd.sock").c_str());
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
    const std::string line = request.dump() + "\n";
    EXPECT_EQ(::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL), static_cast<ssize_t>(line.size()));
    return nlohmann::json::parse(read_line(fd.get()), nullptr, false);
  }
  std::vector<pid_t> workers() const {
    return ask({{"request", "status"}}).value("worker_pids", std::vector<pid_t>{});
  }
  std::size_t sessions() const {
    return ask({{"request", "sessions"}}).value("sessions", nlohmann::json::array()).size();
  }

  bool log_has(const std::string& text) const {
    return content_of(path("log/ferryd.log")).find(text) != std::string::npos;
  }

  test::TempDir dir_;
  std::unique_ptr<test::ChildProcess> ferryd_;
};

}  // namespace ferry
