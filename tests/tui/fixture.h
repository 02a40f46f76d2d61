// The full-screen client on a screen of tmux, against the real ferryd.
#pragma once

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>

#include "tests/support/bytes.h"
#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tmux_screen.h"

namespace ferry::test {

class FullScreen : public testing::Test {
 protected:
  explicit FullScreen(std::vector<std::string> sets = {}, AccountOptions account = {})
      : server_(std::move(sets)) {
    server_.add_account("mika", account);
    std::filesystem::create_directories(here());
    write_file(home() / "password", std::string(kPassword) + "\n");
    std::filesystem::permissions(home() / "password", std::filesystem::perms::owner_read);
  }

  std::filesystem::path home() const { return dir_.path(); }
  std::filesystem::path here() const { return dir_.path() / "here"; }
  std::filesystem::path there() const { return server_.home("mika"); }

  std::string command(const std::string& more) const {
    return fmt::format("{} open ftp://mika@127.0.0.1:{}/ {}", ferry_program().string(), server_.port(), more);
  }
  std::string with_password() const { return "--password-file " + (home() / "password").string(); }

  void open(const std::string& line, TmuxOptions options = {}) {
    options.environment.insert({"XDG_STATE_HOME", ""});
    options.environment.insert({"XDG_CONFIG_HOME", ""});
    options.environment.insert({"XDG_DATA_HOME", ""});
    screen_.reset();
    screen_.emplace(home(), here(), line, options);
  }
  // Logged in, the certificate accepted for good, the cursor on the left.
  void log_in(const TmuxOptions& options = {}) {
    open("exec " + command(with_password()), options);
    if (!is_trusted_) {
      ASSERT_TRUE(screen_->shows("is not known yet"));
      screen_->press({"t"});
      is_trusted_ = true;
    }
    ASSERT_TRUE(screen_->shows("TLSv1.3"));
  }
  bool is_same(const std::string& here_name, const std::string& there_name) const {
    std::error_code none;
    return std::filesystem::exists(here() / here_name, none) &&
           std::filesystem::exists(there() / there_name, none) &&
           same_content(here() / here_name, there() / there_name);
  }

  // How often the screen says it.
  std::size_t count_on_screen(const std::string& wanted) const {
    const std::string text = screen_->text();
    std::size_t count = 0;
    for (auto at = text.find(wanted); at != text.npos; at = text.find(wanted, at + 1)) ++count;
    return count;
  }

  TempDir dir_;
  FerrydServer server_;
  std::optional<TmuxScreen> screen_;
  bool is_trusted_ = false;
};

}  // namespace ferry::test
