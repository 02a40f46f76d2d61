// `make install` into an empty folder: everything where it belongs, units that systemd accepts, a server that
// runs from there. And the check of include arrows, which must be able to fail.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

fs::path checkout() {
  return build_dir().parent_path();
}
// The folder BUILD of make: this program is BUILD/bin/integration-tests.
fs::path make_build() {
  return fs::read_symlink("/proc/self/exe").parent_path().parent_path();
}

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

unsigned mode_of(const fs::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 07777u : 0;
}

class Install : public ::testing::Test {
 protected:
  void SetUp() override { make("install-files"); }

  // The make that runs the tests has told its own options and jobs to whoever it starts; this one is another.
  void make(const std::string& target) const {
    ChildOptions options;
    options.working_dir = checkout();
    const RunResult result = run({"env", "-u", "MAKEFLAGS", "-u", "MFLAGS", "-u", "MAKELEVEL", "make", "-s",
                                  target, "BUILD=" + make_build().string(), "DESTDIR=" + root().string()},
                                 options);
    ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  }

  fs::path root() const { return dir_.path() / "root"; }
  fs::path in_root(const char* path) const { return root() / path; }

  // Every folder that options name, below DESTDIR.
  std::vector<std::string> ferryd(const std::vector<std::string>& more) const {
    std::vector<std::string> argv = {in_root("usr/sbin/ferryd"), "-c", in_root("etc/ferry/ferryd.toml")};
    for (const char* set : {"store=var/lib/ferry/ferry.db", "home_root=var/lib/ferry/home",
                            "log_dir=var/log/ferry", "run_dir=run/ferry"}) {
      const std::string text = set;
      const auto value = text.find('=') + 1;
      argv.insert(argv.end(),
                  {"--set", text.substr(0, value) + in_root(text.substr(value).c_str()).string()});
    }
    if (::geteuid() == 0) argv.insert(argv.end(), {"--set", "user=nobody"});
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  }

 private:
  TempDir dir_;
};

TEST_F(Install, PutsEveryFileWhereItBelongs) {
  for (const char* program : {"usr/sbin/ferryd", "usr/sbin/ftpadm", "usr/bin/ferry"}) {
    EXPECT_EQ(mode_of(in_root(program)), 0755u) << program;
  }
  for (const char* file :
       {"etc/ferry/ferryd.toml", "etc/logrotate.d/ferry", "usr/lib/systemd/system/ferryd.service",
        "usr/lib/systemd/system/ferryd.socket", "usr/lib/sysusers.d/ferry.conf",
        "usr/lib/tmpfiles.d/ferry.conf", "usr/share/ferry/fail2ban/filter.d/ferryd.conf",
        "usr/share/ferry/fail2ban/jail.d/ferryd.conf", "usr/share/man/man8/ferryd.8",
        "usr/share/man/man5/ferryd.toml.5", "usr/share/man/man8/ftpadm.8", "usr/share/man/man1/ferry.1"}) {
    EXPECT_EQ(mode_of(in_root(file)), 0644u) << file;
  }
}

TEST_F(Install, KeepsAConfigurationThatIsThere) {
  const fs::path config = in_root("etc/ferry/ferryd.toml");
  std::ofstream(config) << "banner = \"Mine\"\n";
  make("install-files");
  EXPECT_EQ(text_of(config), "banner = \"Mine\"\n");
}

TEST_F(Install, UninstallLeavesTheConfigurationOnly) {
  make("uninstall");
  std::vector<std::string> left;
  for (const auto& entry : fs::recursive_directory_iterator(root())) {
    if (entry.is_regular_file()) left.push_back(entry.path().lexically_relative(root()));
  }
  EXPECT_EQ(left, std::vector<std::string>{"etc/ferry/ferryd.toml"});
}

TEST_F(Install, UnitsPassSystemdAnalyze) {
  if (run({"sh", "-c", "command -v systemd-analyze"}).exit_code != 0)
    GTEST_SKIP() << "no systemd-analyze here";
  const fs::path service = in_root("usr/lib/systemd/system/ferryd.service");
  std::string text = text_of(service);
  const std::string start = "ExecStart=";
  const auto at = text.find(start + "/usr/sbin/ferryd");
  ASSERT_NE(at, std::string::npos);
  text.insert(at + start.size(), root().string());  // it looks for the program
  std::ofstream(service) << text;
  const RunResult result = run({"systemd-analyze", "verify", "--man=no", service.string(),
                                in_root("usr/lib/systemd/system/ferryd.socket").string()});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out + result.err, "");
}

TEST_F(Install, InstalledConfigurationHasNoMistake) {
  const RunResult result = run(ferryd({"--check"}));
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(Install, InstalledServerStartsAndStops) {
  // Made by systemd's unit on a real machine, for the unit's user.
  for (const char* folder : {"var/lib/ferry", "var/log/ferry", "run/ferry"})
    fs::create_directories(in_root(folder));
  if (::geteuid() == 0) {
    ASSERT_EQ(run({"chown", "-R", "nobody:", in_root("var"), in_root("run")}).exit_code, 0);
  }
  const ChildProcess server(ferryd({"--set", "listen=127.0.0.1:0"}));
  const fs::path addresses = in_root("run/ferry/ferryd.addresses");
  EXPECT_TRUE(
      wait_until([&] { return fs::exists(addresses) || !server.running(); }, std::chrono::seconds(20)));
  EXPECT_TRUE(fs::exists(addresses)) << server.err();
  EXPECT_EQ(server.terminate(std::chrono::seconds(10)), 0) << server.err();
}

TEST(CheckDeps, NamesAnIncludeAgainstTheArrows) {
  const TempDir dir;
  fs::create_directories(dir.path() / "shared/base");
  fs::create_directories(dir.path() / "server/session");
  std::ofstream(dir.path() / "server/session/session.h") << "#pragma once\n";
  std::ofstream(dir.path() / "shared/base/bytes.cc") << "#include \"server/session/session.h\"\n";
  const RunResult result =
      run({"python3", (checkout() / "tests/check_deps.py").string(), dir.path().string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.out.find("shared/base/bytes.cc:1: shared/base must not include server/session"),
            std::string::npos)
      << result.out;
}

}  // namespace
}  // namespace ferry::test
