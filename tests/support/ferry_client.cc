#include "tests/support/ferry_client.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <random>

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

}  // namespace

fs::path ferry_program() {
  const char* folder = std::getenv("FERRY_BIN_DIR");
  return folder != nullptr ? fs::absolute(folder) / "ferry" : build_dir() / "release/bin/ferry";
}

FerryClient::FerryClient(ClientServer server, std::vector<std::string> security)
    : server_(std::move(server)), security_(std::move(security)) {
  fs::create_directory(here());
  write_file(password_file(), server_.password + "\n");
  fs::permissions(password_file(), fs::perms::owner_read | fs::perms::owner_write);
}

std::vector<std::string> FerryClient::command_line(const std::string& command,
                                                   const std::vector<std::string>& operands) const {
  std::vector<std::string> line{ferry_program().string(),
                                command,
                                "-s",
                                server_.host,
                                "-P",
                                std::to_string(server_.port),
                                "-u",
                                server_.user,
                                "--password-file",
                                password_file().string(),
                                "--no-input",
                                "--timeout",
                                timeout_};
  line.insert(line.end(), security_.begin(), security_.end());
  line.insert(line.end(), operands.begin(), operands.end());
  return line;
}

ChildOptions FerryClient::child_options(const std::string& input) const {
  ChildOptions options;
  options.input = input;
  options.working_dir = here();
  options.environment = {{"HOME", dir_.path().string()},
                         {"XDG_DATA_HOME", (dir_.path() / "data").string()},
                         {"LC_ALL", "C.UTF-8"},
                         {"TERM", "dumb"}};
  return options;
}

RunResult FerryClient::run(const std::string& command, const std::vector<std::string>& operands,
                           const std::string& input) const {
  return test::run(command_line(command, operands), child_options(input));
}

RunResult FerryClient::run_plain(const std::vector<std::string>& arguments, const std::string& input) const {
  std::vector<std::string> line{ferry_program().string()};
  line.insert(line.end(), arguments.begin(), arguments.end());
  return test::run(line, child_options(input));
}

std::string FerryClient::url(const std::string& path) const {
  const std::string host =
      server_.host.find(':') == std::string::npos ? server_.host : "[" + server_.host + "]";
  return (server_.implicit_tls ? "ftps://" : "ftp://") + server_.user + "@" + host + ":" +
         std::to_string(server_.port) + path;
}

void write_file(const fs::path& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_noise(const fs::path& path, std::size_t size, unsigned seed) {
  std::mt19937_64 numbers(seed);
  std::array<std::uint64_t, 8192> block;
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  while (size > 0) {
    for (auto& number : block) number = numbers();
    const std::size_t count = std::min(size, sizeof block);
    out.write(reinterpret_cast<const char*>(block.data()), static_cast<std::streamsize>(count));
    size -= count;
  }
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

bool same_content(const fs::path& a, const fs::path& b) {
  std::ifstream first(a, std::ios::binary), second(b, std::ios::binary);
  if (!first || !second || fs::file_size(a) != fs::file_size(b)) return false;
  std::array<char, 65536> left, right;
  while (first) {
    first.read(left.data(), left.size());
    second.read(right.data(), right.size());
    if (first.gcount() != second.gcount() ||
        !std::equal(left.begin(), left.begin() + first.gcount(), right.begin()))
      return false;
  }
  return true;
}

}  // namespace ferry::test
