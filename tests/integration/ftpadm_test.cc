// ftpadm as a script runs it: the real binary, every sub-command, every exit code.
#include <sys/stat.h>

#include "shared/base/password.h"
#include "tests/integration/ftpadm_fixture.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::RunResult;

using Ftpadm = FtpadmFixture;

// --- create ---

TEST_F(Ftpadm, CreatesAnAccountWithAGeneratedPassword) {
  const RunResult result = ftpadm({"create", "mika", "--quota", "2G", "--files", "100", "--generate"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  ASSERT_EQ(result.out.size(), 21u) << "the password and nothing else, so that a script can take it";
  const std::string password = result.out.substr(0, 20);
  EXPECT_EQ(result.err.find(password), std::string::npos);
  EXPECT_NE(result.err.find("created mika, quota 2 GiB"), std::string::npos) << result.err;

  const store::Account made = account("mika");
  EXPECT_TRUE(verify_password(made.password_hash, Secret(password)));
  EXPECT_EQ(made.quota_bytes, Bytes{2} << 30);
  EXPECT_EQ(made.quota_files, 100);
  EXPECT_EQ(made.home, (home_root() / "mika").string());
  struct stat home {};
  ASSERT_EQ(::stat(made.home.c_str(), &home), 0);
  EXPECT_EQ(home.st_mode & 0007, 0u);
  if (is_root()) {
    EXPECT_EQ(home.st_uid, ::getpwnam("nobody")->pw_uid);
  }
}

TEST_F(Ftpadm, TakesAPasswordFromStandardInput) {
  const RunResult result = ftpadm({"create", "mika", "--password-stdin"}, "opensesame\nmore\n");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err.find("opensesame"), std::string::npos);
  EXPECT_TRUE(verify_password(account("mika").password_hash, Secret("opensesame")));
}

TEST_F(Ftpadm, RefusesAWeakOrMissingPassword) {
  EXPECT_EQ(ftpadm({"create", "mika", "--password-stdin"}, "short\n").exit_code, 1);
  EXPECT_EQ(ftpadm({"create", "mika", "--password-stdin"}, "").exit_code, 1);
  EXPECT_EQ(ftpadm({"view", "mika"}).exit_code, 3) << "nothing is left of the attempt";
  EXPECT_FALSE(fs::exists(home_root() / "mika"));
}

TEST_F(Ftpadm, NamesTheOptionsForAPasswordWhereItCannotAsk) {
  const RunResult result = ftpadm({"create", "mika"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("--password-stdin"), std::string::npos);
  EXPECT_NE(result.err.find("--generate"), std::string::npos);
}

TEST_F(Ftpadm, UsesTheDefaultQuotaUnlessToldOtherwise) {
  create("a");
  create("b", {"--quota", "none", "--files", "none"});
  create("c", {"--quota", "0"});
  EXPECT_EQ(account("a").quota_bytes, 500 << 20);
  EXPECT_EQ(account("a").quota_files, std::nullopt);
  EXPECT_EQ(account("b").quota_bytes, std::nullopt);
  EXPECT_EQ(account("c").quota_bytes, 0);
}

TEST_F(Ftpadm, RefusesToCreateAnAccountTwice) {
  create("mika");
  const std::string hash = account("mika").password_hash;
  EXPECT_EQ(ftpadm({"create", "mika", "--generate"}).exit_code, 4);
  EXPECT_EQ(account("mika").password_hash, hash);
}

TEST_F(Ftpadm, RefusesHostileNames) {
  for (const std::string name : {"", ".", "..", "../etc", "a/b", "/etc", ".ferry", " a", "a ", "a\nb",
                                 "a\x1b[2J", "\xFF", "a\xC2\x9B"}) {
    const RunResult result = ftpadm({"create", name, "--generate"});
    EXPECT_EQ(result.exit_code, 2) << name;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err.find('\x1b'), std::string::npos);
  }
  EXPECT_EQ(ftpadm({"create", std::string(65, 'x'), "--generate"}).exit_code, 2);
  EXPECT_EQ(ftpadm({"create", "--generate", "--", "-rf"}).exit_code, 2);
  for (const char* guest : {"guest", "anonymous", "ftp"})
    EXPECT_EQ(ftpadm({"create", guest, "--generate"}).exit_code, 2) << guest;
  EXPECT_EQ(ftpadm({"view"}).out, "");
}

TEST_F(Ftpadm, TakesNamesInAnyScriptAndWithQuotes) {
  const std::vector<std::string> names = {"写真", "o'brien", "x\"; DROP TABLE account; --", "%s%n",
                                          std::string(64, 'x')};
  for (const std::string& name : names) {
    create(name);
    EXPECT_EQ(view(name)["name"], name);
    EXPECT_TRUE(fs::is_directory(home_root() / name));
  }
}

TEST_F(Ftpadm, CountsWhatAnExistingHomeHolds) {
  const fs::path home = dir_.path() / "photos";
  write(home / "a", 100);
  write(home / "b/c/d", 23);
  fs::create_symlink("/etc/passwd", home / "link");
  give_away(home);
  create("mika", {"--home", home.string()});
  EXPECT_EQ(view("mika")["used_bytes"], 123);
  EXPECT_EQ(view("mika")["used_files"], 2);
  EXPECT_EQ(view("mika")["home"], home.string());
}

TEST_F(Ftpadm, MakesAHomeThatIsMissing) {
  const fs::path home = dir_.path() / "srv/ftp/mika";
  create("mika", {"--home", home.string()});
  EXPECT_TRUE(fs::is_directory(home));
}

TEST_F(Ftpadm, RefusesHomesThatHoldEachOther) {
  const fs::path home = dir_.path() / "photos";
  create("mika", {"--home", home.string()});
  create("akira");
  fs::create_directory_symlink(home, dir_.path() / "alias");
  for (const fs::path& taken :
       {home, home / "below", dir_.path(), dir_.path() / "alias", dir_.path() / "alias/x", home_root(),
        home_root() / "akira/x", home_root() / ".." / "photos", fs::path("/")}) {
    const RunResult result = ftpadm({"create", "other", "--generate", "--home", taken.string()});
    EXPECT_EQ(result.exit_code, 1) << taken;
    EXPECT_EQ(result.out, "");
  }
  EXPECT_EQ(ftpadm({"create", "other", "--generate", "--home", "relative"}).exit_code, 2);
  EXPECT_EQ(ftpadm({"view", "other"}).exit_code, 3);
  EXPECT_FALSE(fs::exists(home / "below"));
}

TEST_F(Ftpadm, RefusesAHomeTheServerCannotUse) {
  if (!is_root()) GTEST_SKIP() << "needs root, whose folders others may not change";
  const fs::path home = dir_.path() / "roots";
  fs::create_directory(home);
  const RunResult result = ftpadm({"create", "mika", "--generate", "--home", home.string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("chown"), std::string::npos) << result.err;
}

// --- setup ---

TEST_F(Ftpadm, ChangesAnAccountAndShowsOldAndNew) {
  create("mika", {"--quota", "500M"});
  const RunResult result =
      ftpadm({"setup", "mika", "--quota", "2G", "--files", "10", "--lock", "--read-only"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "quota     500 MiB -> 2 GiB\n"
            "files     none -> 10\n"
            "state     unlocked -> locked\n"
            "access    read-write -> read-only\n");
  json now = view("mika");
  EXPECT_EQ(now["state"], "locked");
  EXPECT_EQ(now["read_only"], true);
  EXPECT_EQ(now["quota_files"], 10);
  ASSERT_EQ(ftpadm({"setup", "mika", "--unlock", "--read-write", "--quota", "none"}).exit_code, 0);
  now = view("mika");
  EXPECT_EQ(now["state"], "ok");
  EXPECT_TRUE(now["quota_bytes"].is_null());
  EXPECT_EQ(now["quota_files"], 10);
}

TEST_F(Ftpadm, SetsAndForgetsACertificate) {
  create("mika", {});
  EXPECT_TRUE(view("mika")["certificate"].is_null());
  const std::string digits(64, 'a');
  std::string shown = "AA";
  for (int i = 1; i < 32; ++i) shown += ":AA";
  const RunResult set = ftpadm({"setup", "mika", "--certificate", digits});
  ASSERT_EQ(set.exit_code, 0) << set.err;
  EXPECT_EQ(set.out, "certificate none -> " + shown + "\n");
  EXPECT_EQ(view("mika")["certificate"], shown);
  EXPECT_NE(ftpadm({"view", "mika"}).out.find("certificate\t" + shown), std::string::npos);
  EXPECT_EQ(ftpadm({"setup", "mika", "--certificate", "xyz"}).exit_code, 2);
  ASSERT_EQ(ftpadm({"setup", "mika", "--certificate", "none"}).exit_code, 0);
  EXPECT_TRUE(view("mika")["certificate"].is_null());
}

TEST_F(Ftpadm, ChangesAPassword) {
  create("mika");
  const RunResult result = ftpadm({"setup", "mika", "--password-stdin"}, "a new secret\n");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ((result.out + result.err).find("secret"), std::string::npos);
  EXPECT_TRUE(verify_password(account("mika").password_hash, Secret("a new secret")));
}

TEST_F(Ftpadm, ChangesNothingWithoutASaneOrder) {
  create("mika");
  EXPECT_EQ(ftpadm({"setup", "mika"}).exit_code, 2);
  EXPECT_EQ(ftpadm({"setup"}).exit_code, 2);
  EXPECT_EQ(ftpadm({"setup", "mika", "--lock", "--unlock"}).exit_code, 2);
  EXPECT_EQ(ftpadm({"setup", "mika", "--quota", "much"}).exit_code, 2);
  EXPECT_EQ(ftpadm({"setup", "nobody", "--lock"}).exit_code, 3);
  EXPECT_EQ(view("mika")["state"], "ok");
}

// --- rm ---

TEST_F(Ftpadm, RemovesAnAccountAndKeepsItsFiles) {
  create("mika");
  const fs::path home = home_root() / "mika";
  write(home / "a", 5);
  write(home / ".ferry/partial", 5);
  give_away(home);
  const RunResult result = ftpadm({"rm", "mika", "--yes"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(fs::exists(home / "a"));
  EXPECT_FALSE(fs::exists(home / ".ferry")) << "nobody can resume these uploads any more";
  EXPECT_EQ(ftpadm({"view", "mika"}).exit_code, 3);
  create("mika");
  EXPECT_EQ(view("mika")["used_bytes"], 5) << "an account that takes the folder over finds its files counted";
}

TEST_F(Ftpadm, PurgesAHomeAndNothingOutsideIt) {
  create("mika");
  const fs::path home = home_root() / "mika", outside = dir_.path() / "outside";
  write(outside / "kept", 1);
  write(home / "a/b/c", 5);
  fs::create_directory_symlink(outside, home / "a/link");
  give_away(home);
  const RunResult result = ftpadm({"rm", "mika", "--purge", "--yes"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find(home.string()), std::string::npos) << "names what is lost";
  EXPECT_FALSE(fs::exists(home));
  EXPECT_TRUE(fs::exists(outside / "kept"));
}

TEST_F(Ftpadm, RemovesNothingUnasked) {
  create("mika");
  for (const char* how : {"--purge", "--keep-files"}) {
    const RunResult result = ftpadm({"rm", "mika", how});
    EXPECT_EQ(result.exit_code, 9);
    EXPECT_NE(result.err.find("--yes"), std::string::npos);
  }
  EXPECT_EQ(ftpadm({"rm", "mika"}, "mika\n").exit_code, 9) << "a pipe is no terminal";
  EXPECT_EQ(ftpadm({"rm", "mika", "--purge", "--keep-files", "--yes"}).exit_code, 2);
  EXPECT_EQ(ftpadm({"rm", "nobody", "--yes"}).exit_code, 3);
  EXPECT_EQ(ftpadm({"view", "mika"}).exit_code, 0);
  EXPECT_TRUE(fs::exists(home_root() / "mika"));
}

// --- view ---

TEST_F(Ftpadm, ListsAccountsForProgramsWhenPiped) {
  create("mika", {"--quota", "500M"});
  create("akira", {"--quota", "none", "--read-only"});
  EXPECT_EQ(ftpadm({"view"}).out,
            "akira\tread-only\t0\t-\t-\t0\t-\t-\n"
            "mika\tok\t0\t524288000\t0\t0\t-\t-\n");
}

TEST_F(Ftpadm, ShowsOneAccountWholeAsLinesOfKeyAndValue) {
  create("mika", {"--quota", "500M"});
  const std::string text = ftpadm({"view", "mika"}).out;
  for (const char* line : {"name\tmika\n", "state\tok\n", "quota\t524288000\n", "rest\t524288000\n",
                           "files\t0\n", "sessions\t-\n", "last_login\t-\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

TEST_F(Ftpadm, ShowsJsonWithUnknownSessionsWhileFerrydDoesNotRun) {
  create("mika");
  EXPECT_TRUE(view("mika")["sessions"].is_null());
  const RunResult all = ftpadm({"view", "--json"});
  EXPECT_EQ(json::parse(all.out).size(), 1u);
  EXPECT_EQ(all.err, "") << "that ferryd does not run is no error";
}

TEST_F(Ftpadm, ShowsAnEmptyStoreAsNothing) {
  EXPECT_EQ(ftpadm({"view"}).out, "");
  EXPECT_EQ(ftpadm({"view", "--json"}).out, "[]\n");
  EXPECT_EQ(ftpadm({"view", "nobody"}).exit_code, 3);
}

TEST_F(Ftpadm, TellsADamagedStore) {
  create("mika");
  std::ofstream(dir_.path() / "db/ferry.db") << std::string(8192, 'x');
  const RunResult result = ftpadm({"view"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("ferry.db"), std::string::npos);
}

TEST_F(Ftpadm, FailsWhenItsOutputCannotBeWritten) {
  create("mika");
  test::ChildOptions options;
  options.output_file = "/dev/full";
  EXPECT_EQ(test::run(command_line({"view"}), options).exit_code, 1);
}

// --- command line ---

TEST_F(Ftpadm, ExplainsItself) {
  const RunResult help = ftpadm({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* word : {"create", "rm", "setup", "view", "--set"}) {
    EXPECT_NE(help.out.find(word), std::string::npos) << word;
  }
  for (const char* command : {"create", "rm", "setup", "view"}) {
    const RunResult detail = ftpadm({command, "--help"});
    EXPECT_EQ(detail.exit_code, 0);
    EXPECT_NE(detail.out.find("Example:"), std::string::npos) << command;
  }
  EXPECT_EQ(ftpadm({"--version"}).out.substr(0, 7), "ftpadm ");
}

TEST_F(Ftpadm, RefusesWrongCommandLinesWithoutRepeatingThem) {
  EXPECT_EQ(ftpadm({}).exit_code, 2);
  EXPECT_EQ(ftpadm({"frobnicate"}).exit_code, 2);
  EXPECT_EQ(ftpadm({"create"}).exit_code, 2);
  EXPECT_EQ(ftpadm({"--set", "no_such_option=1", "view"}).exit_code, 2);
  EXPECT_EQ(ftpadm({"-c", "/nonexistent/ferryd.toml", "view"}).exit_code, 2);
  for (const auto& words : {std::vector<std::string>{"create", "mika", "--password=opensesame"},
                            std::vector<std::string>{"create", "mika", "--password", "opensesame"},
                            std::vector<std::string>{"create", "mika", "opensesame"}}) {
    const RunResult result = ftpadm(words);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ((result.out + result.err).find("opensesame"), std::string::npos) << result.err;
  }
}

TEST_F(Ftpadm, KeepsAHomeInItsNormalSpelling) {
  create("mika", {"--home", (home_root() / "x/.././here//").string()});
  EXPECT_EQ(view("mika")["home"], (home_root() / "here").string());
}

TEST_F(Ftpadm, GivesAHomeToOneAccountOnlyHoweverManyAskAtOnce) {
  create("first");
  std::vector<std::unique_ptr<test::ChildProcess>> asking;
  for (int i = 0; i < 6; ++i) {
    asking.push_back(std::make_unique<test::ChildProcess>(command_line(
        {"create", "user" + std::to_string(i), "--generate", "--home", (home_root() / "shared").string()})));
  }
  int created = 0;
  for (const auto& one : asking) created += one->wait(std::chrono::seconds(30)) == 0 ? 1 : 0;
  EXPECT_EQ(created, 1);
}

}  // namespace
}  // namespace ferry
