// Wherever a password comes from, it is in no argument, no environment, no file, on no screen and in no core.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "shared/base/seal.h"
#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/terminal.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

class FerrySecrets : public testing::Test {
 protected:
  FerrySecrets() {
    server_.add_account("akira", {.password = password_});
    fs::create_directory(home());
    fs::create_directory(outside());
    write_private(outside() / "password", password_ + "\n");
    write_private(outside() / "passphrase", passphrase_ + "\n");
  }

  static std::string secret() { return std::string(generate_password().view()); }
  static void write_private(const fs::path& path, const std::string& text) {
    write_file(path, text);
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  }
  fs::path home() const { return dir_.path() / "home"; }
  fs::path outside() const { return dir_.path() / "outside"; }
  std::string address() const { return "ftp://akira@127.0.0.1:" + std::to_string(server_.port()); }

  // Through a shell, so that descriptors can be opened; it becomes ferry.
  Terminal ferry(const std::string& words) const {
    return Terminal({"/usr/bin/env", "-i", "HOME=" + home().string(), "TERM=dumb", "PATH=/usr/bin:/bin",
                     "/bin/sh", "-c",
                     "cd '" + home().string() + "' && exec '" + ferry_program().string() + "' " + words});
  }
  void save_site() const {
    Terminal saving = ferry("sites add example " + address() + " --save-password --password-file " +
                            (outside() / "password").string() + " --passphrase-file " +
                            (outside() / "passphrase").string());
    EXPECT_EQ(saving.exit_code(), 0) << saving.screen();
  }

  // As they are, and as a careless writer would dress them.
  std::vector<std::string> forms() const {
    std::vector<std::string> all;
    for (const std::string& secret : {password_, passphrase_}) {
      std::string hex;
      for (const char c : secret) hex += "0123456789abcdef"[c >> 4], hex += "0123456789abcdef"[c & 15];
      all.insert(all.end(), {secret, base64_of(secret).substr(0, 20), hex});
    }
    return all;
  }
  testing::AssertionResult is_clean(const std::string& text) const {
    for (const auto& form : forms()) {
      if (text.find(form) != std::string::npos) return testing::AssertionFailure() << "it holds " << form;
    }
    return testing::AssertionSuccess();
  }
  void expect_clean_files(const fs::path& folder, const fs::path& except = {}) const {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file() || entry.path() == except) continue;
      EXPECT_TRUE(is_clean(read_file(entry.path()))) << entry.path();
    }
  }

  // Works for a while once `words` have logged in, with what was asked for typed, and looks everywhere.
  void expect_clean(const std::string& words,
                    const std::vector<std::pair<std::string, std::string>>& typed = {},
                    const fs::path& except = {}) {
    SCOPED_TRACE(words);
    Terminal shell = ferry(words + " --accept-new");
    for (const auto& [question, answer] : typed) shell.type_after(question, answer + "\n");
    shell.type_after("ferry akira@", "mkdir a\n");
    const std::string process = "/proc/" + std::to_string(shell.pid());
    EXPECT_NE(read_file(process + "/cmdline").find("--accept-new"), std::string::npos) << "it is ferry's";
    EXPECT_TRUE(is_clean(read_file(process + "/cmdline")));
    EXPECT_TRUE(is_clean(read_file(process + "/environ")));
    shell.type_after("ferry akira@", "rmdir a\n");
    shell.type_after("ferry akira@", "exit\n");
    EXPECT_EQ(shell.exit_code(), 0) << shell.screen();
    EXPECT_TRUE(is_clean(shell.screen()));
    expect_clean_files(home(), except);
    expect_clean_files(server_.folder());
  }

  TempDir dir_;
  FerrydServer server_;
  const std::string password_ = secret(), passphrase_ = secret();
};

TEST_F(FerrySecrets, OfAFileOrADescriptorStayThere) {
  expect_clean("shell " + address() + " --password-file " + (outside() / "password").string());
  expect_clean("shell " + address() + " --password-fd 7 7<" + (outside() / "password").string());
}

TEST_F(FerrySecrets, OfNetrcStayThere) {
  write_private(home() / ".netrc", "machine 127.0.0.1 login akira password " + password_ + "\n");
  expect_clean("shell " + address(), {}, home() / ".netrc");
}

TEST_F(FerrySecrets, ThatAreTypedAreNotShown) {
  expect_clean("shell " + address(), {{"Password of akira@", password_}});
  expect_clean(
      "shell",
      {{"Host", "127.0.0.1:" + std::to_string(server_.port())}, {"User", "akira"}, {"Password", password_}});
}

TEST_F(FerrySecrets, OfASavedSiteAreSealed) {
  save_site();
  expect_clean("shell example --passphrase-file " + (outside() / "passphrase").string());
}

TEST_F(FerrySecrets, OfASavedSiteComeWithATypedPassphrase) {
  save_site();
  expect_clean("shell example", {{"Passphrase", "wrong one"}, {"Passphrase", passphrase_}});
}

TEST_F(FerrySecrets, AreAskedForWhenASiteIsSaved) {
  Terminal saving = ferry("sites add example " + address() + " --save-password");
  saving.type_after("Password of akira@", password_ + "\n");
  saving.type_after("New passphrase", passphrase_ + "\n");
  saving.type_after("again", passphrase_ + "\n");
  EXPECT_EQ(saving.exit_code(), 0) << saving.screen();
  EXPECT_TRUE(is_clean(saving.screen()));
  expect_clean("shell example", {{"Passphrase", passphrase_}});
}

TEST_F(FerrySecrets, AreInNoCore) {
  std::vector<std::string> words = {"/usr/bin/prlimit", "--core=unlimited"};
  const bool is_root = ::geteuid() == 0;
  // Who owns a process in /proc tells whether it can be dumped, unless root started it.
  if (is_root)
    words.insert(words.end(), {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  words.insert(words.end(), {ferry_program().string(), "shell"});
  Terminal shell(words);
  shell.type_after("Host", "");
  const std::string process = "/proc/" + std::to_string(shell.pid());
  const std::string limits = read_file(process + "/limits");
  const auto core = limits.find("Max core file size");
  ASSERT_NE(core, std::string::npos) << limits;
  EXPECT_EQ(limits.substr(core, limits.find('\n', core) - core).find("unlimited"), std::string::npos)
      << limits;
  struct stat info {};
  ASSERT_EQ(::stat((process + "/environ").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 0u) << "it can be dumped";
}

}  // namespace
}  // namespace ferry::test
