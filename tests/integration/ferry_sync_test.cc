// ferry sync against ferryd: one folder becomes what the other is, and nothing goes that may not go.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>

#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/scripted_server.h"
#include "tests/support/terminal.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// Every name below `root` with what is there: content, and the time if asked for.
std::map<std::string, std::string> snapshot(const fs::path& root, bool with_times = false) {
  std::map<std::string, std::string> tree;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    std::string what = entry.is_directory() ? "folder" : "file " + read_file(entry.path());
    if (with_times) what += " @" + std::to_string(entry.last_write_time().time_since_epoch().count());
    const std::string name = fs::relative(entry.path(), root).native();
    if (name != ".ferry" && !name.starts_with(".ferry/")) tree[name] = what;
  }
  return tree;
}

void put(const fs::path& path, const std::string& bytes, std::chrono::hours age = 48h) {
  fs::create_directories(path.parent_path());
  write_file(path, bytes);
  fs::last_write_time(path, fs::file_time_type::clock::now() - age);
}

class FerrySync : public testing::Test {
 protected:
  FerrySync() {
    server_.add_account("akira");
    client_ = std::make_unique<FerryClient>(ClientServer{"127.0.0.1", server_.port(), "akira", kPassword},
                                            std::vector<std::string>{"--tls=off"});
    put(here("a.txt"), "one");
    put(here("b/c.txt"), "three");
    put(here("b/d/e.txt"), "five");
    put(here("b/empty"), "");
    put(here("夏 祭り.txt"), "matsuri");
    fs::create_directories(here("nothing in it"));
  }

  fs::path here(const std::string& name = "") const { return client_->here() / "tree" / name; }
  fs::path there(const std::string& name = "") const { return server_.home("akira") / "tree" / name; }
  RunResult sync(std::vector<std::string> words) const {
    std::vector<std::string> line = client_->command_line("sync", {});
    line.insert(line.end(), words.begin(), words.end());
    return run(line, client_->child_options());
  }
  RunResult up(std::vector<std::string> options = {}) const {
    return with(std::move(options), "--up", "tree", "/tree");
  }
  RunResult down(std::vector<std::string> options = {}) const {
    return with(std::move(options), "--down", "/tree", "tree");
  }
  RunResult with(std::vector<std::string> options, const char* direction, const char* from,
                 const char* to) const {
    options.insert(options.end(), {direction, from, to});
    return sync(options);
  }
  static testing::AssertionResult says(const RunResult& result, int code, const std::string& text = "") {
    if (result.exit_code == code && (result.err + result.out).find(text) != std::string::npos)
      return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << "exit " << result.exit_code << ", not " << code << " with \"" << text << "\":\n"
           << result.out << result.err;
  }
  // Puts what ferry uploaded in another's hands: as if somebody had changed it on the server.
  void change_there(const std::string& name, const std::string& bytes, std::chrono::hours age) {
    put(there(name), bytes, age);
    struct stat home {};
    ASSERT_EQ(::stat(server_.home("akira").c_str(), &home), 0);
    ASSERT_EQ(::chown(there(name).c_str(), home.st_uid, home.st_gid), 0);
  }

  FerrydServer server_;
  std::unique_ptr<FerryClient> client_;
};

TEST_F(FerrySync, UploadsAndThenHasNothingToDo) {
  EXPECT_TRUE(says(up(), 0, "5 files to copy"));
  EXPECT_EQ(snapshot(there()), snapshot(here()));
  const auto before = snapshot(there(), true);
  EXPECT_TRUE(says(up(), 0, "nothing to do"));
  EXPECT_TRUE(says(up({"--delete"}), 0, "nothing to do"));
  EXPECT_TRUE(says(up({"--compare=hash"}), 0, "nothing to do"));
  EXPECT_TRUE(says(up({"--compare=size"}), 0, "nothing to do"));
  EXPECT_TRUE(says(down({"--delete"}), 0, "nothing to do"));
  EXPECT_EQ(snapshot(there(), true), before);
}

TEST_F(FerrySync, DownloadsIntoAFolderThatIsNotThere) {
  ASSERT_TRUE(says(up(), 0));
  const auto all = snapshot(here());
  fs::remove_all(here());
  EXPECT_TRUE(says(down(), 0, "5 files to copy"));
  EXPECT_EQ(snapshot(here()), all);
  EXPECT_TRUE(says(down(), 0, "nothing to do"));
}

TEST_F(FerrySync, CopiesOnlyWhatHasChanged) {
  ASSERT_TRUE(says(up(), 0));
  put(here("a.txt"), "uno", 24h);          // newer, same size
  put(here("b/c.txt"), "three and more");  // other size, same age
  EXPECT_TRUE(says(up(), 0, "2 files to copy"));
  EXPECT_EQ(snapshot(there()), snapshot(here()));
  EXPECT_TRUE(says(up(), 0, "nothing to do"));
}

TEST_F(FerrySync, KeepsWhatIsNewerThere) {
  ASSERT_TRUE(says(up(), 0));
  change_there("a.txt", "theirs", 1h);
  EXPECT_TRUE(says(up(), 11, "target newer"));
  EXPECT_EQ(read_file(there("a.txt")), "theirs");
  EXPECT_TRUE(says(up({"--overwrite-newer"}), 0));
  EXPECT_EQ(read_file(there("a.txt")), "one");
}

TEST_F(FerrySync, FindsByHashWhatTimeAndSizeHide) {
  ASSERT_TRUE(says(up(), 0));
  const auto time = fs::last_write_time(here("a.txt"));
  write_file(here("a.txt"), "eno");
  fs::last_write_time(here("a.txt"), time);
  EXPECT_TRUE(says(up(), 0, "nothing to do"));
  EXPECT_TRUE(says(up({"--compare=hash"}), 0, "1 file to copy"));
  EXPECT_EQ(read_file(there("a.txt")), "eno");
}

TEST_F(FerrySync, RemovesWhatTheSourceDoesNotHave) {
  ASSERT_TRUE(says(up(), 0));
  fs::remove_all(here("b/d"));
  fs::remove(here("a.txt"));
  EXPECT_TRUE(says(up(), 0, "3 only in the target")) << "not unasked";
  EXPECT_TRUE(fs::exists(there("a.txt")));
  EXPECT_TRUE(says(up({"--delete", "--yes"}), 0, "removed 3"));
  EXPECT_EQ(snapshot(there()), snapshot(here()));

  ASSERT_TRUE(says(client_->run("rm", {"-r", "/tree/b"}), 0));
  EXPECT_TRUE(says(down({"--delete", "--yes"}), 0, "removed 3"));
  EXPECT_EQ(snapshot(here()), snapshot(there()));
}

TEST_F(FerrySync, NeverRemovesUnasked) {
  ASSERT_TRUE(says(up(), 0));
  fs::remove(here("a.txt"));
  put(here("new.txt"), "new");
  const auto before = snapshot(there(), true);
  EXPECT_TRUE(says(up({"--delete"}), 2, "--yes says that this is meant"));
  EXPECT_EQ(snapshot(there(), true), before) << "before anything is changed";
}

TEST_F(FerrySync, DryRunChangesNothing) {
  ASSERT_TRUE(says(up(), 0));
  fs::remove(here("a.txt"));
  put(here("new.txt"), "new");
  put(here("b/c.txt"), "changed");
  const auto there_before = snapshot(there(), true), here_before = snapshot(here(), true);
  const RunResult plan = up({"--dry-run", "--delete"});
  EXPECT_TRUE(says(plan, 0));
  EXPECT_EQ(plan.out.substr(0, 24), "copy\tsize\t7\t20" + plan.out.substr(14, 10)) << plan.out;
  EXPECT_NE(plan.out.find("\tb/c.txt\ncopy\tmissing\t3\t"), plan.out.npos) << plan.out;
  EXPECT_NE(plan.out.find("\nremove\textra\t3\t"), plan.out.npos) << plan.out;
  EXPECT_TRUE(says(up({"-n", "--delete", "--exit-code"}), 12));
  EXPECT_TRUE(says(down({"-n", "--delete", "--exit-code"}), 12));
  EXPECT_EQ(snapshot(there(), true), there_before);
  EXPECT_EQ(snapshot(here(), true), here_before);
  EXPECT_TRUE(says(up({"--delete", "--yes"}), 0));
  EXPECT_TRUE(says(up({"-n", "--delete", "--exit-code"}), 0));
}

TEST_F(FerrySync, ExcludedNamesAreLeftAloneOnBothSides) {
  put(here("x.log"), "ours");
  put(here(".git/config"), "ours");
  ASSERT_TRUE(says(up({"--exclude", "*.log", "--exclude", ".git/"}), 0));
  EXPECT_FALSE(fs::exists(there("x.log")) || fs::exists(there(".git")));
  ASSERT_TRUE(says(up({"--exclude", "*.log", "--include", "x.log", "--exclude", ".git/"}), 0));
  EXPECT_TRUE(fs::exists(there("x.log")));
  fs::remove(here("x.log"));
  ASSERT_TRUE(says(up({"--delete", "--yes", "--exclude", "*.log"}), 0));
  EXPECT_TRUE(fs::exists(there("x.log")));
}

TEST_F(FerrySync, AnEmptySourceEmptiesNothingByItself) {
  ASSERT_TRUE(says(up(), 0));
  const auto before = snapshot(there(), true);
  fs::remove_all(here());
  EXPECT_TRUE(says(up({"--delete", "--yes"}), 3)) << "not there at all";
  fs::create_directory(here());
  EXPECT_TRUE(says(up({"--delete", "--yes"}), 2, "--allow-empty"));
  EXPECT_EQ(snapshot(there(), true), before);
  EXPECT_TRUE(says(up({"--delete", "--yes", "--allow-empty"}), 0));
  EXPECT_TRUE(snapshot(there()).empty());
}

// The tests may run as root, for whom no folder is unreadable: the server's folder is made so instead.
TEST_F(FerrySync, AReadErrorOfTheSourceRemovesNothing) {
  ASSERT_TRUE(says(up(), 0));
  fs::permissions(there("b/d"), fs::perms::none);
  put(here("extra.txt"), "only here");
  fs::remove(here("a.txt"));
  const RunResult result = down({"--delete", "--yes"});
  EXPECT_TRUE(says(result, 10, "not all of the source could be read"));
  EXPECT_TRUE(fs::exists(here("extra.txt")) && fs::exists(here("b/d/e.txt")));
  EXPECT_EQ(read_file(here("a.txt")), "one") << "copies go on";
  fs::permissions(there("b/d"), fs::perms::owner_all);
}

TEST_F(FerrySync, NothingIsRemovedWhenACopyFails) {
  ASSERT_TRUE(says(up(), 0));
  fs::permissions(there("b"), fs::perms::owner_read | fs::perms::owner_exec);
  put(here("b/c.txt"), "refused", 1h);
  fs::remove(here("a.txt"));
  EXPECT_TRUE(says(up({"--delete", "--yes"}), 5, "nothing was removed, because not all was copied"));
  EXPECT_TRUE(fs::exists(there("a.txt")));
  fs::permissions(there("b"), fs::perms::owner_all);
}

TEST_F(FerrySync, LinksStayAndLeadNowhere) {
  put(client_->here() / "outside/secret", "untouched");
  ASSERT_TRUE(says(up(), 0));
  fs::remove_all(here("b"));
  fs::create_directory_symlink(client_->here() / "outside", here("b"));
  EXPECT_TRUE(says(down({"--delete", "--yes"}), 11, "other kind"));
  EXPECT_EQ(snapshot(client_->here() / "outside").size(), 1u) << "nothing was written through the link";
  EXPECT_TRUE(says(up({"--delete", "--yes"}), 0)) << "a link of the source protects its name";
  EXPECT_EQ(read_file(there("b/c.txt")), "three");
}

TEST_F(FerrySync, WrongOperandsAreUsage) {
  EXPECT_TRUE(says(sync({"tree", "/tree"}), 2, "--up or --down"));
  EXPECT_TRUE(says(up({"--down"}), 2, "exclude each other"));
  EXPECT_TRUE(says(up({"--compare=time"}), 2, "--compare"));
  EXPECT_TRUE(says(up({"--exclude", "/"}), 2, "without a name"));
  EXPECT_TRUE(says(client_->run_plain({"sync", "a", "b"}), 2, "must be remote"));
  EXPECT_TRUE(says(client_->run_plain({"sync", "ftp://x/a", "ftp://x/b"}), 2, "both are remote"));
  EXPECT_TRUE(says(client_->run_plain({"sync", "--down", "a", "ftp://x/b"}), 2, "the first is the source"));
  EXPECT_TRUE(says(client_->run_plain({"sync", "missing", "ftp://x/b"}), 3, "missing"));
}

TEST_F(FerrySync, DirectionFollowsFromTheUrl) {
  const auto url = [&](std::vector<std::string> words) {
    std::vector<std::string> line{"sync", "--tls=off", "--no-input", "--password-file",
                                  client_->password_file().string()};
    line.insert(line.end(), words.begin(), words.end());
    return client_->run_plain(line);
  };
  EXPECT_TRUE(says(url({"tree", client_->url("/tree")}), 0));
  EXPECT_EQ(snapshot(there()), snapshot(here()));
  EXPECT_TRUE(says(url({client_->url("/tree"), "copy"}), 0));
  EXPECT_EQ(snapshot(client_->here() / "copy"), snapshot(here()));
}

TEST_F(FerrySync, JsonTellsThePlanAndWhatCameOfIt) {
  ASSERT_TRUE(says(up(), 0));
  fs::remove(here("a.txt"));
  put(here("b/c.txt"), "changed", 1h);
  const RunResult result = up({"--json", "--delete", "--yes"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const char* part :
       {R"("type":"sync_step","act":"copy","why":"size","path":"b/c.txt","size":7,)",
        R"("type":"sync_step","act":"remove","why":"extra","path":"a.txt","size":3,)",
        R"("type":"sync_plan","folders":0,"copies":1,"copy_bytes":7,"removals":1,)", R"("type":"removed",)"})
    EXPECT_NE(result.out.find(part), result.out.npos) << part << "\n" << result.out;
}

TEST_F(FerrySync, ATerminalIsAsked) {
  ASSERT_TRUE(says(up(), 0));
  fs::remove(here("a.txt"));
  std::vector<std::string> line{"/usr/bin/env", "HOME=" + client_->here().string()};
  for (const auto& word : client_->command_line("sync", {"--up", "--delete", here().parent_path(), "/tree"}))
    if (word != "--no-input") line.push_back(word);
  const auto answered = [&](const std::string& answer) {
    Terminal terminal(line);
    terminal.type_after("Remove 1 from the target (3 B)? [y/N]: ", answer + "\r");
    return terminal.exit_code();
  };
  EXPECT_EQ(answered("n"), 1);
  EXPECT_TRUE(fs::exists(there("a.txt")));
  EXPECT_EQ(answered("y"), 0);
  EXPECT_FALSE(fs::exists(there("a.txt")));
}

// Killed in the middle of it, the next run ends it: never a mixture, and what is there is not taken for
// something newer.
TEST_F(FerrySync, GoesOnAfterKill) {
  write_noise(here("big"), 60'000'000, 7);
  fs::last_write_time(here("big"), fs::file_time_type::clock::now() - 48h);
  {
    ChildProcess killed(client_->command_line("sync", {"--up", "--limit", "20M", "tree", "/tree"}),
                        client_->child_options());
    ASSERT_TRUE(wait_until([&] { return server_.disk_usage("akira").bytes > 5'000'000; })) << killed.err();
    killed.send_signal(SIGKILL);
    (void)killed.wait(5s);
  }
  ASSERT_TRUE(server_.is_settled("akira"));
  EXPECT_FALSE(fs::exists(there("big")));
  EXPECT_TRUE(says(up({"--delete", "--yes"}), 0));
  EXPECT_EQ(snapshot(there()), snapshot(here()));
  EXPECT_TRUE(says(up(), 0, "nothing to do"));

  fs::remove(here("big"));
  {
    ChildProcess killed(client_->command_line("sync", {"--down", "--limit", "20M", "/tree", "tree"}),
                        client_->child_options());
    ASSERT_TRUE(wait_until([&] {
      std::error_code ignored;
      return fs::file_size(here("big.ferry-part"), ignored) > 5'000'000 && !ignored;
    })) << killed.err();
    killed.send_signal(SIGKILL);
    (void)killed.wait(5s);
  }
  EXPECT_TRUE(says(down({"--delete", "--yes"}), 0));
  EXPECT_EQ(snapshot(here()), snapshot(there()));
  EXPECT_TRUE(says(down(), 0, "nothing to do"));
}

}  // namespace
}  // namespace ferry::test
