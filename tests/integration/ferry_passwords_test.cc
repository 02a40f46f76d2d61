// Passwords of saved sites: sealed with a passphrase, for one server and user, and nowhere else.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

class FerryPasswords : public testing::Test {
 protected:
  FerryPasswords() {
    server_.add_account("akira");
    write_file(passphrase(), "eight-ferries-at-night\n");
    write_file(other(), "nine-ferries-at-dawn\n");
  }

  RunResult ferry(std::vector<std::string> words) const {
    words.insert(words.begin(), ferry_program().string());
    words.emplace_back("--no-input");
    return run(words, client_.child_options());
  }
  RunResult add(const std::string& name) const {
    return ferry({"sites", "add", name, client_.url("/"), "--tls=off", "--save-password", "--password-file",
                  client_.password_file().string(), "--passphrase-file", passphrase().string()});
  }
  RunResult ls(const std::string& operand, const fs::path& passphrase_file) const {
    return ferry({"ls", operand, "--passphrase-file", passphrase_file.string()});
  }
  static testing::AssertionResult exits(int code, const RunResult& result) {
    if (result.exit_code == code) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "exit " << result.exit_code << "\n" << result.out << result.err;
  }
  fs::path home() const { return client_.here().parent_path(); }
  fs::path passphrase() const { return home() / "passphrase"; }
  fs::path other() const { return home() / "other-passphrase"; }
  fs::path passwords() const { return home() / ".config/ferry/passwords"; }

  FerrydServer server_;
  FerryClient client_{{"127.0.0.1", server_.port(), "akira", kPassword}, {}};
};

TEST_F(FerryPasswords, LogInWhereTheyWereSaved) {
  ASSERT_TRUE(exits(0, add("example")));
  struct stat info {};
  ASSERT_EQ(::stat(passwords().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_TRUE(exits(0, ls("example:", passphrase())));
  const RunResult wrong = ls("example:", other());
  EXPECT_TRUE(exits(4, wrong));
  EXPECT_NE(wrong.err.find("the passphrase is not the right one"), std::string::npos) << wrong.err;
  const RunResult none = ferry({"ls", "example:"});
  EXPECT_TRUE(exits(2, none));
  EXPECT_NE(none.err.find("--passphrase-file"), std::string::npos) << none.err;
  EXPECT_NE(ferry({"sites", "list"}).out.find("\tsaved\n"), std::string::npos);
}

TEST_F(FerryPasswords, AreForTheirServerAndUserOnly) {
  ASSERT_TRUE(exits(0, add("example")));
  const RunResult elsewhere =
      ferry({"ls", "example:", "-P", "1", "--passphrase-file", passphrase().string()});
  EXPECT_TRUE(exits(2, elsewhere));
  EXPECT_NE(elsewhere.err.find("is not used for akira on 127.0.0.1:1"), std::string::npos) << elsewhere.err;

  // As somebody would who may change both files, but does not know the passphrase.
  const fs::path sites = home() / ".config/ferry/sites.toml";
  std::string text = read_file(sites);
  text.replace(text.find("127.0.0.1"), 9, "localhost");
  write_file(sites, text);
  EXPECT_TRUE(exits(2, ls("example:", passphrase())));

  const RunResult moved = ferry({"sites", "edit", "example", "-u", "mika"});
  EXPECT_TRUE(exits(0, moved));
  EXPECT_NE(moved.err.find("is forgotten"), std::string::npos) << moved.err;
  EXPECT_EQ(ferry({"sites", "list"}).out.find("saved"), std::string::npos);
}

TEST_F(FerryPasswords, AreNeverWrittenOverWhenTheFileIsDamaged) {
  ASSERT_TRUE(exits(0, add("example")));
  std::string text = read_file(passwords());
  text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
  for (const std::string& damaged : {text, text.substr(0, 80), std::string()}) {
    write_file(passwords(), damaged);
    const RunResult told = ls("example:", passphrase());
    EXPECT_TRUE(exits(1, told));
    EXPECT_NE(told.err.find("passwords: the file is damaged"), std::string::npos) << told.err;
    EXPECT_TRUE(exits(1, add("more")));
    EXPECT_TRUE(exits(1, ferry({"sites", "edit", "example", "--forget-password"})));
    EXPECT_EQ(read_file(passwords()), damaged);
  }
  EXPECT_EQ(ferry({"sites", "list"}).out.find("more"), std::string::npos) << "not half of it";
  fs::permissions(passwords(), fs::perms::group_read, fs::perm_options::add);
  EXPECT_TRUE(exits(5, ls("example:", passphrase())));
}

TEST_F(FerryPasswords, GetAnotherPassphrase) {
  ASSERT_TRUE(exits(0, add("example")));
  EXPECT_TRUE(exits(4, ferry({"sites", "passphrase", "--passphrase-file", other().string(),
                              "--new-passphrase-file", passphrase().string()})));
  EXPECT_TRUE(exits(0, ferry({"sites", "passphrase", "--passphrase-file", passphrase().string(),
                              "--new-passphrase-file", other().string()})));
  EXPECT_TRUE(exits(4, ls("example:", passphrase())));
  EXPECT_TRUE(exits(0, ls("example:", other())));
}

TEST_F(FerryPasswords, AreForgottenWithTheirSite) {
  ASSERT_TRUE(exits(0, add("example")));
  EXPECT_TRUE(exits(0, ferry({"sites", "edit", "example", "--forget-password"})));
  EXPECT_EQ(read_file(passwords()).find("entry"), std::string::npos);
  ASSERT_TRUE(
      exits(0, ferry({"sites", "edit", "example", "--save-password", "--password-file",
                      client_.password_file().string(), "--passphrase-file", passphrase().string()})));
  EXPECT_TRUE(exits(0, ls("example:", passphrase())));
  EXPECT_TRUE(exits(0, ferry({"sites", "rm", "example"})));
  EXPECT_EQ(read_file(passwords()).find("entry"), std::string::npos);
}

TEST_F(FerryPasswords, NeedAUserAndAPassphraseWorthIt) {
  write_file(other(), "short\n");
  EXPECT_TRUE(
      exits(2, ferry({"sites", "add", "example", client_.url("/"), "--save-password", "--password-file",
                      client_.password_file().string(), "--passphrase-file", other().string()})));
  EXPECT_TRUE(
      exits(2, ferry({"sites", "add", "example", "ftp://127.0.0.1", "--save-password", "--password-file",
                      client_.password_file().string(), "--passphrase-file", passphrase().string()})));
  EXPECT_TRUE(exits(3, ferry({"sites", "passphrase", "--passphrase-file", passphrase().string()})));
  EXPECT_EQ(ferry({"sites", "list"}).out, "");
  EXPECT_FALSE(fs::exists(passwords()));
}

}  // namespace
}  // namespace ferry::test
