// Saved sites of ferry: the file, the commands around it, and NAME:PATH wherever a URL is taken.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

class FerrySites : public testing::Test {
 protected:
  FerrySites() { server_.add_account("akira"); }

  // With a fresh home; the environment's folders are not looked at.
  RunResult ferry(std::vector<std::string> words, const std::string& input = {}) const {
    words.insert(words.begin(), ferry_program().string());
    ChildOptions options = client_.child_options(input);
    options.environment.emplace_back("XDG_CONFIG_HOME", (home() / "config").string());
    return run(words, options);
  }
  RunResult on_site(std::vector<std::string> words, const std::string& input = {}) const {
    words.insert(words.end(), {"--no-input", "--password-file", client_.password_file().string()});
    return ferry(words, input);
  }
  static testing::AssertionResult exits(int code, const RunResult& result) {
    if (result.exit_code == code) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "exit " << result.exit_code << "\n" << result.out << result.err;
  }
  fs::path home() const { return client_.here().parent_path(); }
  fs::path sites() const { return home() / "config/ferry/sites.toml"; }
  std::string url(const std::string& path) const { return client_.url(path); }

  FerrydServer server_;
  FerryClient client_{{"127.0.0.1", server_.port(), "akira", kPassword}, {}};
};

TEST_F(FerrySites, AreAddedListedChangedAndForgotten) {
  ASSERT_TRUE(exits(0, ferry({"sites", "add", "example", "ftp://akira@files.example.org/pics"})));
  ASSERT_TRUE(
      exits(0, ferry({"sites", "add", "夏祭り", "ftps://[::1]:9900//srv", "--active", "-u", "mika"})));
  struct stat info {};
  ASSERT_EQ(::stat(sites().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(ferry({"sites", "list"}).out,
            "example\tfiles.example.org\t21\trequired\takira\tpics\t-\n"
            "夏祭り\t::1\t9900\timplicit\tmika\t/srv\t-\n");
  EXPECT_TRUE(exits(0, ferry({"sites", "edit", "example", "--folder", "/new", "--tls=off", "-P", "2121"})));
  EXPECT_EQ(ferry({"sites", "show", "example"}).out,
            "name\texample\nhost\tfiles.example.org\nport\t2121\ntls\toff\nuser\takira\nfolder\t/new\n");
  EXPECT_TRUE(exits(0, ferry({"sites", "edit", "example", "--unset", "user", "--unset", "port"})));
  EXPECT_TRUE(exits(0, ferry({"sites", "rm", "夏祭り"})));
  EXPECT_EQ(ferry({"sites", "list"}).out, "example\tfiles.example.org\t21\toff\t-\t/new\t-\n");
}

TEST_F(FerrySites, EveryMistakeIsTold) {
  ASSERT_TRUE(exits(0, ferry({"sites", "add", "example", "ftp://files.example.org"})));
  const std::string before = read_file(sites());
  EXPECT_TRUE(exits(11, ferry({"sites", "add", "example", "ftp://other.example.org"})));
  EXPECT_TRUE(exits(2, ferry({"sites", "add", "x", "ftp://files.example.org"})));
  EXPECT_TRUE(exits(2, ferry({"sites", "add", "fine", "http://files.example.org"})));
  EXPECT_TRUE(exits(2, ferry({"sites", "add", "fine", "ftp://akira:secret@files.example.org"})));
  EXPECT_TRUE(exits(2, ferry({"sites", "edit", "example", "--unset", "host"})));
  EXPECT_TRUE(exits(2, ferry({"sites", "edit", "example", "--folder", "a\tb"})));
  EXPECT_TRUE(exits(3, ferry({"sites", "edit", "exampel"})));
  EXPECT_TRUE(exits(3, ferry({"sites", "rm", "nosuch"})));
  EXPECT_TRUE(exits(3, ferry({"sites", "show", "nosuch"})));
  EXPECT_EQ(read_file(sites()), before);

  const RunResult unknown = ferry({"ls", "exmaple:x"});
  EXPECT_TRUE(exits(2, unknown));
  EXPECT_NE(unknown.err.find("did you mean example?"), std::string::npos) << unknown.err;

  write_file(sites(), "[example]\nhost = \"h\"\npinn = \"x\"\n");
  const RunResult damaged = ferry({"ls", "example:"});
  EXPECT_TRUE(exits(2, damaged));
  EXPECT_NE(damaged.err.find("sites.toml:3:1: there is no key pinn"), std::string::npos) << damaged.err;
  EXPECT_TRUE(exits(2, ferry({"sites", "add", "more", "ftp://h"}))) << "a damaged file is not written to";
  EXPECT_EQ(read_file(sites()), "[example]\nhost = \"h\"\npinn = \"x\"\n");

  fs::permissions(sites(), fs::perms::others_write, fs::perm_options::add);
  EXPECT_TRUE(exits(5, ferry({"sites", "list"})));
}

TEST_F(FerrySites, AreTakenWhereverAUrlIs) {
  ASSERT_TRUE(exits(0, ferry({"sites", "add", "example", url("/pics"), "--tls=off"})));
  write_file(client_.here() / "a.txt", "first");
  EXPECT_TRUE(exits(0, on_site({"mkdir", "-p", "example:sub/deep"})));
  EXPECT_TRUE(exits(0, on_site({"put", "a.txt", "example:"})));
  EXPECT_TRUE(exits(0, on_site({"put", "a.txt", "example:sub/b.txt"})));
  EXPECT_TRUE(exits(0, on_site({"put", "a.txt", "example:/top.txt"})));
  EXPECT_EQ(read_file(server_.home("akira") / "pics/a.txt"), "first");
  EXPECT_EQ(read_file(server_.home("akira") / "pics/sub/b.txt"), "first");
  EXPECT_EQ(read_file(server_.home("akira") / "top.txt"), "first");
  const RunResult listed = on_site({"ls", "example:sub"});
  EXPECT_TRUE(exits(0, listed));
  EXPECT_NE(listed.out.find("\tb.txt\n"), std::string::npos) << listed.out;
  EXPECT_TRUE(exits(0, on_site({"get", "example:sub/b.txt", "example:a.txt"})));
  EXPECT_EQ(read_file(client_.here() / "b.txt"), "first");
  EXPECT_TRUE(exits(0, on_site({"rm", "-r", "example:sub"})));
  EXPECT_FALSE(fs::exists(server_.home("akira") / "pics/sub"));
  const RunResult shell = on_site({"shell", "example"}, "pwd\n");
  EXPECT_EQ(shell.out, "/pics\n") << shell.err;
  EXPECT_EQ(on_site({"shell", "example:/"}, "pwd\n").out, "/\n");
  EXPECT_TRUE(exits(4, on_site({"ls", "example:", "-u", "mika"}))) << "the command line decides";
}

TEST_F(FerrySites, ANameThatIsAlsoALocalFileIsTheFile) {
  ASSERT_TRUE(exits(0, ferry({"sites", "add", "example", url("/"), "--tls=off"})));
  server_.put_file("akira", "a.txt", "remote");
  write_file(client_.here() / "example:copy", "old");
  EXPECT_TRUE(exits(0, on_site({"get", "example:a.txt", "example:copy"})));
  EXPECT_EQ(read_file(client_.here() / "example:copy"), "remote");
  EXPECT_TRUE(exits(10, on_site({"get", "example:a.txt", "example:none"}))) << "that is a second source";
  EXPECT_TRUE(exits(2, on_site({"get", "example:a.txt", "note:today"}))) << "and that an unknown site";
  EXPECT_TRUE(exits(0, on_site({"get", "example:a.txt", "./note:today"})));
  EXPECT_TRUE(fs::exists(client_.here() / "note:today"));
}

TEST_F(FerrySites, TheFileMayLieBehindALink) {
  fs::create_directories(sites().parent_path());
  fs::create_directories(home() / "dotfiles");
  write_file(home() / "dotfiles/ferry-sites", "# mine\n");
  fs::create_symlink(home() / "dotfiles/ferry-sites", sites());
  ASSERT_TRUE(exits(0, ferry({"sites", "add", "example", "ftp://files.example.org"})));
  EXPECT_TRUE(fs::is_symlink(sites()));
  EXPECT_EQ(read_file(home() / "dotfiles/ferry-sites"),
            "# mine\n\n[example]\nhost = \"files.example.org\"\n");
}

}  // namespace
}  // namespace ferry::test
