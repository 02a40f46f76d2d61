// Nothing a client can name lies outside its home: every path-taking command against paths and links that
// lead out, or into the folder where partials lie. Judged by what is there afterwards, not by reply codes.
// The outside is another account's home, which the sandbox of the workers would let them touch.
#include <fcntl.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <functional>
#include <map>
#include <thread>

#include "server/commands/table.h"
#include "shared/base/digest.h"
#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

constexpr char kSecret[] = "MARKER-OF-THE-OTHER-HOME";
constexpr char kHiddenName[] = "marker-only-a-listing-tells";
constexpr char kSecretSize[] = "4711042";  // what SIZE, LIST and MLST would give away
constexpr char kPartialBytes[] = "MARKER-OF-A-PARTIAL";

// Everything below a folder: type, mode, inode, time and content.
std::map<std::string, std::string> snapshot(const fs::path& folder, bool with_folder_times = true) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    struct stat status {};
    if (::lstat(entry.path().c_str(), &status) != 0) continue;
    const bool has_time = with_folder_times || !S_ISDIR(status.st_mode);
    found[entry.path().string()] =
        fmt::format("{:o} {} {} {}", status.st_mode, status.st_ino, status.st_size,
                    has_time ? status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec : 0);
    if (S_ISREG(status.st_mode) && status.st_size < 1000)
      found[entry.path().string()] += read_bytes(entry.path());
  }
  return found;
}

// One command with a path: all that came back for it.
struct PathCommand {
  std::string verbs;  // rows of the table it covers
  std::function<std::string(FtpTalker&, const std::string& path)> run;
};

std::string whole(const FtpTalker::Fetched& fetched) {
  return fetched.reply.text() + "\n" + fetched.bytes;
}

PathCommand asks(const std::string& verb) {
  return {verb, [verb](FtpTalker& talker, const std::string& path) {
            return talker.ask(verb + " " + path).text();
          }};
}
PathCommand fetches(const std::string& verb) {
  return {verb,
          [verb](FtpTalker& talker, const std::string& path) { return whole(talker.fetch(path, verb)); }};
}
PathCommand stores(const std::string& verb) {
  return {verb, [verb](FtpTalker& talker, const std::string& path) {
            return talker.store(path, "planted", verb).text();
          }};
}

std::vector<PathCommand> path_commands() {
  std::vector<PathCommand> commands;
  for (const char* verb : {"AVBL",
                           "DELE",
                           "HASH",
                           "MD5",
                           "MDTM",
                           "MKD",
                           "MLST",
                           "RMD",
                           "SIZE",
                           "STAT",
                           "XCRC",
                           "XMD5",
                           "XMKD",
                           "XRMD",
                           "XSHA",
                           "XSHA1",
                           "XSHA256",
                           "XSHA512",
                           "SITE MKDIR",
                           "SITE RMDIR",
                           "SITE BREAKPOINT",
                           "SITE BREAKPOINT DROP"})
    commands.push_back(asks(verb));
  for (const char* verb : {"LIST", "MLSD", "NLST", "RETR"}) commands.push_back(fetches(verb));
  for (const char* verb : {"APPE", "STOR"}) commands.push_back(stores(verb));
  for (const std::string verb : {"CWD", "XCWD"}) {
    commands.push_back({verb, [verb](FtpTalker& talker, const std::string& path) {
                          const std::string text = talker.ask(verb + " " + path).text();
                          return text + whole(talker.fetch("", "MLSD")) + talker.ask("STAT .").text();
                        }});
  }
  commands.push_back({"STOR", [](FtpTalker& talker, const std::string& path) {  // goes on with what is there
                        talker.expect("REST 3", 350);
                        return talker.store(path, "planted").text();
                      }});
  commands.push_back({"STOR", [](FtpTalker& talker, const std::string& path) {  // changes what is there
                        talker.expect("RANG 0 6", 350);
                        return talker.store(path, "planted").text();
                      }});
  commands.push_back({"MFF", [](FtpTalker& talker, const std::string& path) {
                        return talker.ask("MFF modify=19990101000000;UNIX.mode=0777; " + path).text();
                      }});
  commands.push_back({"SITE UTIME", [](FtpTalker& talker, const std::string& path) {
                        return talker.ask("SITE UTIME 19990101000000 " + path).text();
                      }});
  commands.push_back({"MFMT", [](FtpTalker& talker, const std::string& path) {
                        return talker.ask("MFMT 19990101000000 " + path).text();
                      }});
  commands.push_back({"SITE CHMOD", [](FtpTalker& talker, const std::string& path) {
                        return talker.ask("SITE CHMOD 777 " + path).text();
                      }});
  commands.push_back({"RNFR", [](FtpTalker& talker, const std::string& path) {
                        return talker.ask("RNFR " + path).text() + talker.ask("RNTO /taken").text() +
                               whole(talker.fetch("/taken")) + whole(talker.fetch("/taken", "MLSD"));
                      }});
  commands.push_back({"RNTO", [](FtpTalker& talker, const std::string& path) {
                        return talker.ask("RNFR /own").text() + talker.ask("RNTO " + path).text();
                      }});
  commands.push_back({"RNTO", [](FtpTalker& talker, const std::string& path) {
                        return talker.ask("RNFR /folder").text() + talker.ask("RNTO " + path).text();
                      }});
  return commands;
}

class Confinement : public testing::Test {
 protected:
  Confinement() {
    server_.add_account("mika");
    server_.add_account("victim");
    server_.put_file("victim", "secret", kSecret);
    server_.put_file("victim", kHiddenName, kSecret);
    server_.put_file("victim", "folder", std::nullopt);
    server_.put_file("victim", "folder/secret", kSecret);
    server_.put_file("victim", "large", std::string(std::stoul(kSecretSize), 'x'));
    server_.put_file("victim", "empty-folder", std::nullopt);
  }

  fs::path home() const { return server_.home("mika"); }
  fs::path victim() const { return server_.home("victim"); }

  // The home as an attacker with shell access once left it; a command may have changed it.
  void rebuild_home() {
    for (const auto& entry : fs::directory_iterator(home())) {
      if (entry.path().filename() != ".ferry") fs::remove_all(entry.path());
    }
    server_.put_file("mika", "own", "own");
    server_.put_file("mika", "folder", std::nullopt);
    const auto link = [this](const std::string& target, const std::string& name) {
      fs::create_symlink(target, home() / name);
    };
    link(victim().string(), "absolute");
    link((victim() / "secret").string(), "absolute-file");
    link("../victim", "relative");
    link("../victim/secret", "relative-file");
    link("../../victim", "folder/deep");
    link("chain-2", "chain-1");
    link("chain-3", "chain-2");
    link("../victim", "chain-3");
    link("..", "up");
    link("/proc/self/root", "proc-root");
    link("/proc/self/cwd", "proc-cwd");
    link("/proc", "proc");
    link("/", "slash");
    link(".ferry", "reserved");
    link("/.ferry", "reserved-absolute");
    link("folder/../.ferry", "reserved-round");
  }

  std::vector<std::string> outside_paths() const {
    const std::string absolute = victim().string();
    std::vector<std::string> paths;
    for (const std::string& folder : std::vector<std::string>{"../victim",
                                                              "/../victim",
                                                              "../../../../../../../../../../.." + absolute,
                                                              "folder/../../victim",
                                                              "./.././../victim",
                                                              absolute,
                                                              "/" + absolute,
                                                              "absolute",
                                                              "relative",
                                                              "folder/deep",
                                                              "chain-1",
                                                              "up/victim",
                                                              "up/up/home/victim",
                                                              "relative/../victim",
                                                              "folder/deep/../victim",
                                                              "proc-root" + absolute,
                                                              "proc/self/root" + absolute,
                                                              "proc/1/root" + absolute,
                                                              "proc-cwd" + absolute,
                                                              "proc/self/cwd/../home/victim",
                                                              "slash" + absolute,
                                                              "slash/../victim"}) {
      for (const char* leaf : {"", "/secret", "/large", "/folder", "/empty-folder", "/planted", "/*"})
        paths.push_back(folder + leaf);
    }
    paths.insert(paths.end(), {"absolute-file", "relative-file", "relative-file/", "absolute-file/."});
    return paths;
  }

  std::vector<std::string> reserved_paths(const std::string& token) const {
    std::vector<std::string> paths;
    for (const std::string folder :
         {".ferry", "/.ferry", "./.ferry", "folder/../.ferry", ".ferry/../.ferry", ".ferry/.", "reserved",
          "reserved-absolute", "reserved-round", "slash/.ferry", "up/.ferry", ".//.ferry//"}) {
      for (const std::string& leaf : {std::string(), "/" + token, std::string("/planted"), std::string("/*")})
        paths.push_back(folder + leaf);
    }
    return paths;
  }

  static void expect_nothing_told(const std::string& text, const std::string& token = "no token") {
    for (const std::string& marker : {std::string(kSecret), std::string(kHiddenName),
                                      std::string(kSecretSize), std::string(kPartialBytes), token})
      EXPECT_EQ(text.find(marker), std::string::npos) << text;
    for (const DigestKind kind : kDigestKinds) {
      for (const char* bytes : {kSecret, kPartialBytes}) {
        Digest digest(kind);
        digest.update(bytes);
        EXPECT_EQ(text.find(digest.hex()), std::string::npos) << text;
      }
    }
  }

  FerrydServer server_;
};

TEST_F(Confinement, EveryPathTakingCommandIsTried) {
  std::string tried;
  for (const PathCommand& command : path_commands()) tried += " " + command.verbs + " ";
  const auto expect_tried = [&tried](const Command& row, const std::string& prefix) {
    if (row.handler == nullptr || row.help.find("path") == row.help.npos) return;
    EXPECT_NE(tried.find(fmt::format(" {}{} ", prefix, row.verb)), tried.npos) << row.verb << " takes a path";
  };
  for (const Command& row : command_table()) expect_tried(row, "");
  for (const Command& row : site_table()) expect_tried(row, "SITE ");
}

TEST_F(Confinement, NoPathLeadsOutside) {
  FtpTalker talker = FtpTalker::logged_in(server_, "mika");
  const auto before = snapshot(victim());
  const auto paths = outside_paths();
  for (const PathCommand& command : path_commands()) {
    for (const std::string& path : paths) {
      SCOPED_TRACE(command.verbs + " " + path);
      rebuild_home();
      talker.expect("CWD /", 250);
      expect_nothing_told(command.run(talker, path));
      ASSERT_EQ(snapshot(victim()), before);
      if (HasFailure()) return;
    }
  }
}

TEST_F(Confinement, TheReservedFolderDoesNotExistForClients) {
  FtpTalker talker = FtpTalker::logged_in(server_, "mika");
  talker.expect("ALLO 1000", 200);
  ASSERT_TRUE(answers(talker.break_off("waiting", kPartialBytes), 426));
  std::string token;
  for (const auto& entry : fs::directory_iterator(home() / ".ferry")) token = entry.path().filename();
  ASSERT_FALSE(token.empty());
  const auto before = snapshot(home() / ".ferry", false);
  ASSERT_EQ(before.size(), 1U);
  const mode_t mode = [&] {
    struct stat status {};
    ::lstat((home() / ".ferry").c_str(), &status);
    return status.st_mode;
  }();
  for (const PathCommand& command : path_commands()) {
    for (const std::string& path : reserved_paths(token)) {
      SCOPED_TRACE(command.verbs + " " + path);
      rebuild_home();
      talker.expect("CWD /", 250);
      const std::string text = command.run(talker, path);
      // An error may repeat the path that was asked for.
      expect_nothing_told(text, path.find(token) == path.npos ? token : "no token");
      ASSERT_EQ(snapshot(home() / ".ferry", false), before);
      if (HasFailure()) return;
    }
  }
  struct stat status {};
  ASSERT_EQ(::lstat((home() / ".ferry").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode, mode);
}

TEST_F(Confinement, TheReservedFolderIsInNoListing) {
  rebuild_home();
  FtpTalker talker = FtpTalker::logged_in(server_, "mika");
  for (const char* command :
       {"LIST", "LIST -a", "LIST -la", "NLST", "NLST -a", "NLST .*", "NLST *", "MLSD", "LIST .f*"}) {
    for (const std::string& line :
         talker.fetch("", command).bytes.empty() ? std::vector<std::string>{} : talker.list(command)) {
      EXPECT_FALSE(line.ends_with(".ferry")) << command << ": " << line;
    }
  }
  EXPECT_EQ(talker.ask("STAT /").text().find(" .ferry"), std::string::npos);
}

// A folder becomes a link to outside, and a folder again, between any two system calls of the server.
TEST_F(Confinement, SwappingAFolderForALinkWinsNothing) {
  const auto before = snapshot(victim());
  server_.put_file("mika", "swap", std::nullopt);
  fs::create_symlink("../victim", home() / "link");
  server_.put_file("mika", "swap/secret", "own");
  std::atomic<bool> done = false;
  std::thread swapping([&] {
    while (!done) {
      ::renameat2(AT_FDCWD, (home() / "swap").c_str(), AT_FDCWD, (home() / "link").c_str(), RENAME_EXCHANGE);
    }
  });
  int successes = 0;
  const auto attack = [&](FtpTalker& talker) {
    const auto fetched = talker.fetch("swap/secret");
    successes += fetched.reply.code == 226;
    expect_nothing_told(fetched.bytes);
    expect_nothing_told(whole(talker.fetch("swap", "MLSD")));
    expect_nothing_told(whole(talker.fetch("swap", "LIST")));
    expect_nothing_told(talker.ask("MLST swap/large").text());
    successes += talker.store("swap/secret", "own").code == 226;
    for (const char* line : {"DELE swap/large", "MKD swap/made", "RMD swap/made", "RMD swap/empty-folder",
                             "SITE CHMOD 777 swap/secret", "MFMT 19990101000000 swap/secret",
                             "RNFR swap/folder", "RNTO swap/moved", "CWD swap", "SIZE large", "CWD /"})
      expect_nothing_told(talker.ask(line).text());
  };
  try {
    FtpTalker in_clear = FtpTalker::logged_in(server_, "mika"),
              with_tls = FtpTalker::logged_in(server_, "mika", true);
    for (const Deadline end = Deadline::after(std::chrono::seconds(2)); !end.passed() && !HasFailure();) {
      attack(in_clear);
      attack(with_tls);
    }
  } catch (const std::runtime_error& error) {
    ADD_FAILURE() << error.what();
  }
  done = true;
  swapping.join();
  EXPECT_GT(successes, 0) << "the folder was never one";
  EXPECT_EQ(snapshot(victim()), before);
}

}  // namespace
}  // namespace ferry::test
