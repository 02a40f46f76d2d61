// Small clients that are called with their work on the command line or on the standard input: ncftp,
// tnftp, GNU inetutils' ftp and busybox.
#include <sstream>

#include "tests/interop/client_fixture.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

class CommandLineClients : public testing::Test, public ForeignClient {
 protected:
  // A command on any path that ends like this, with whatever result.
  bool asked_for(const std::string& verb, const std::string& leaf) const {
    std::istringstream log(server_.log("operate.log"));
    for (std::string line; std::getline(log, line);) {
      if (line.find(" " + verb + " ") != line.npos && line.ends_with("/" + leaf)) return true;
    }
    return false;
  }
};

// The clear-text clients of one program each; none of Debian's builds speaks TLS.
TEST_F(CommandLineClients, NcftpCopiesDifficultFilesBothWays) {
  write_bytes(local("login"), fmt::format("host 127.0.0.1\nuser mika\npass {}\n", kPassword));
  // ncftp 3.2.6 cuts the last byte off the name of the first folder inside the one it walks (ncftpput asks
  // the disk for "tree//emoj") and leaves out what lies there, both ways: here only the files of one folder
  // go. Of what MLSD names it asks for all but "...".
  Tree files = difficult_tree();
  std::erase_if(
      files, [](const auto& entry) { return !entry.second || entry.first.find('/') != std::string::npos; });
  Tree fetched = files;
  fetched.erase("...");
  make_tree(local("tree"), files);
  fs::create_directory(local("back"));
  const std::vector<std::string> common = {"-f", local("login").string(), "-P", port(), "-V", "-R"};
  auto put = common, get = common;
  put.insert(put.begin(), "ncftpput");
  put.insert(put.end(), {"-m", "up", "tree"});
  get.insert(get.begin(), "ncftpget");
  get.insert(get.end(), {"-T", "back", "up/tree"});
  expect_runs(put);
  EXPECT_TRUE(same_tree(files, read_tree(remote("up/tree"))));
  expect_runs(get);
  EXPECT_TRUE(same_tree(fetched, read_tree(local("back/tree"))));
  EXPECT_TRUE(asked_for("RETR", "..two"));
  EXPECT_FALSE(asked_for("RETR", "...")) << "then it belongs to what is fetched";
  expect_logins_over(Wire::clear);
}

// What the two old interactive clients share; both leave the folder `made` with `file` in it, 3000003 bytes.
constexpr char kInteractive[] =
    "binary\nhash\nmkdir made\ncd made\nput file\nput half\nappend half file\nrename half moved\n"
    "mdelete mo*\nls\nreget file back\nquit\n";

void prepare_interactive(const fs::path& folder, const std::string& bytes) {
  write_bytes(folder / "file", bytes);
  write_bytes(folder / "half", bytes.substr(0, 1'000'000));
  write_bytes(folder / "back", bytes.substr(0, 1234));
}

TEST_F(CommandLineClients, TnftpDoesAllItCan) {
  const std::string bytes = some_bytes(2'000'003), whole = bytes + bytes.substr(0, 1'000'000);
  write_netrc();
  prepare_interactive(dir_.path(), bytes);
  expect_runs({"tnftp", "-i", "127.0.0.1", port()}, kInteractive);
  EXPECT_TRUE(same_tree({{"file", whole}}, read_tree(remote("made"))));
  EXPECT_TRUE(read_bytes(local("back")) == whole);
  EXPECT_TRUE(did("229 EPSV"));
  EXPECT_TRUE(did("350 REST 1234"));
  expect_logins_over(Wire::clear);
  EXPECT_TRUE(server_.is_settled("mika"));
}

TEST_F(CommandLineClients, InetutilsFtpDoesAllItCanInBothModes) {
  const std::string bytes = some_bytes(2'000'003), whole = bytes + bytes.substr(0, 1'000'000);
  write_netrc();
  prepare_interactive(dir_.path(), bytes);
  expect_runs({"inetutils-ftp", "-i"}, "open 127.0.0.1 " + port() + "\npassive\n" + kInteractive);
  EXPECT_TRUE(same_tree({{"file", whole}}, read_tree(remote("made"))));
  EXPECT_TRUE(read_bytes(local("back")) == whole);
  EXPECT_TRUE(did("350 REST 1234"));
  EXPECT_FALSE(did("200 PORT") || did("200 EPRT"));
  expect_runs({"inetutils-ftp", "-i"}, "open 127.0.0.1 " + port() + "\nbinary\nget made/file active\nquit\n");
  EXPECT_TRUE(read_bytes(local("active")) == whole);
  EXPECT_TRUE(did("200 PORT") || did("200 EPRT"));
  expect_logins_over(Wire::clear);
  EXPECT_TRUE(server_.is_settled("mika"));
}

// busybox takes a password from its arguments only, where every process list shows it. The one of our tests
// opens nothing else.
TEST_F(CommandLineClients, BusyboxPutsAndGets) {
  const std::string bytes = some_bytes(1'500'003);
  write_bytes(local("file"), bytes);
  write_bytes(local("half"), bytes.substr(0, 600'000));
  const std::vector<std::string> login = {"-u", "mika", "-p", kPassword, "-P", port()};
  const auto busybox = [&](const std::string& applet, const std::vector<std::string>& arguments) {
    std::vector<std::string> argv = {"busybox", applet};
    argv.insert(argv.end(), login.begin(), login.end());
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    expect_runs(argv);
  };
  busybox("ftpput", {"127.0.0.1", "夏 祭り", "file"});
  EXPECT_TRUE(read_bytes(remote("夏 祭り")) == bytes);
  busybox("ftpget", {"127.0.0.1", "back", "夏 祭り"});
  EXPECT_TRUE(read_bytes(local("back")) == bytes);
  busybox("ftpget", {"-c", "127.0.0.1", "half", "夏 祭り"});
  EXPECT_TRUE(read_bytes(local("half")) == bytes);
  EXPECT_TRUE(did("350 REST 600000"));
  expect_logins_over(Wire::clear);
  EXPECT_TRUE(server_.is_settled("mika"));
}

class Guests : public testing::Test, public ForeignClient {
 protected:
  Guests() : ForeignClient({"anonymous=true"}) {
    server_.put_file("guest", "open to all", some_bytes(400'003));
    write_bytes(local("file"), "not wanted");
  }
};

TEST_F(Guests, BusyboxGetsAndMayNotPut) {
  expect_runs({"busybox", "ftpget", "-P", port(), "127.0.0.1", "back", "open to all"});
  EXPECT_TRUE(read_bytes(local("back")) == some_bytes(400'003));
  EXPECT_NE(run_client({"busybox", "ftpput", "-P", port(), "127.0.0.1", "file"}).exit_code, 0);
  EXPECT_FALSE(fs::exists(server_.home("guest") / "file"));
  EXPECT_TRUE(wait_until([&] { return did("550 STOR"); })) << server_.log("operate.log");
}

}  // namespace
}  // namespace ferry::test
