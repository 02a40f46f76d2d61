// Runs the real ftpadm on a store, homes and folders of its own.
#pragma once

#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "shared/store/store.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace ferry {

inline std::string program_path(const std::string& name) {
  const char* folder = std::getenv("FERRY_BIN_DIR");
  return (std::filesystem::absolute(folder != nullptr ? folder : "build/release/bin") / name).string();
}

class FtpadmFixture : public testing::Test {
 protected:
  // Root's tools act as another user; `nobody` is on every machine.
  static bool is_root() { return ::geteuid() == 0; }

  std::vector<std::string> command_line(std::vector<std::string> words) const {
    std::vector<std::string> argv = {program_path("ftpadm"),
                                     "--set",
                                     "store=" + (dir_.path() / "db/ferry.db").string(),
                                     "--set",
                                     "home_root=" + home_root().string(),
                                     "--set",
                                     "log_dir=" + (dir_.path() / "log").string(),
                                     "--set",
                                     "run_dir=" + (dir_.path() / "run").string(),
                                     "--set",
                                     "password_memory=8M"};
    if (is_root()) argv.insert(argv.end(), {"--set", "user=nobody"});
    argv.insert(argv.end(), words.begin(), words.end());
    return argv;
  }
  test::RunResult ftpadm(const std::vector<std::string>& words, const std::string& input = "") const {
    test::ChildOptions options;
    options.input = input;
    return test::run(command_line(words), options);
  }
  void create(const std::string& name, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"create", name, "--generate"};
    words.insert(words.end(), more.begin(), more.end());
    const test::RunResult result = ftpadm(words);
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  nlohmann::json view(const std::string& name) const {
    const test::RunResult result = ftpadm({"view", name, "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out);
  }
  store::Account account(const std::string& name) const {
    const auto store = store::Store::open((dir_.path() / "db/ferry.db").string());
    return store.value()->find_account(name).value();
  }
  std::filesystem::path home_root() const { return dir_.path() / "home"; }
  // A file as a client would have left it.
  void write(const std::filesystem::path& path, std::size_t size) const {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << std::string(size, 'x');
  }
  // To whom the program acts as.
  void give_away(const std::filesystem::path& path) const {
    if (!is_root()) return;
    const passwd* nobody = ::getpwnam("nobody");
    ASSERT_EQ(::lchown(path.c_str(), nobody->pw_uid, nobody->pw_gid), 0);
    if (!std::filesystem::is_directory(std::filesystem::symlink_status(path))) return;
    for (const auto& entry : std::filesystem::directory_iterator(path)) give_away(entry.path());
  }

  test::TempDir dir_;
};

}  // namespace ferry
