// ferry's queue against ferryd: it outlives its program, is changed while it is worked off, and what one item
// meets is its own affair.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "client/queue/queue.h"
#include "tests/support/bytes.h"
#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/scripted_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using client::ItemState;

class FerryQueue : public testing::Test {
 protected:
  FerryQueue() { server_.add_account("akira"); }

  ClientServer where() const { return {"127.0.0.1", server_.port(), "akira", kPassword}; }
  fs::path here(const std::string& name) const { return client_.here() / name; }
  fs::path there(const std::string& name) const { return server_.home("akira") / name; }
  fs::path folder() const { return client_.here().parent_path() / ".local/state/ferry/queue"; }

  RunResult queue(std::vector<std::string> words) const {
    words.insert(words.begin(), "queue");
    return client_.run_plain(words);
  }
  RunResult add(std::vector<std::string> words) const {
    words.insert(words.begin(), "add");
    words.insert(words.end(), {"--tls=off", "--timeout=20s"});
    return queue(words);
  }
  std::vector<std::string> run_words(std::vector<std::string> more = {}) const {
    std::vector<std::string> words{ferry_program().string(),         "queue",     "run", "--password-file",
                                   client_.password_file().string(), "--no-input"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  RunResult run(const std::vector<std::string>& more = {}) const {
    return test::run(run_words(more), client_.child_options());
  }
  std::unique_ptr<ChildProcess> start(const std::vector<std::string>& more = {}) const {
    return std::make_unique<ChildProcess>(run_words(more), client_.child_options());
  }

  client::SharedItem item(client::QueueId id) const {
    const auto queue = client::Queue::open(folder().string());
    return queue ? (*queue)->find(id) : nullptr;
  }
  // "waiting", or "none".
  std::string state(client::QueueId id) const {
    const auto it = item(id);
    return it ? std::string(client::state_word(it->state)) : "none";
  }
  std::string states() const {
    std::string text;
    const auto queue = client::Queue::open(folder().string());
    for (const auto& row : (*queue)->rows())
      text += std::to_string(row.item->id) + " " + std::string(client::state_word(row.item->state)) + " ";
    return text;
  }
  int marks(client::QueueId id) const {
    const auto queue = client::Queue::open(folder().string());
    return queue ? static_cast<int>((*queue)->marks(id).size()) : 0;
  }
  static int transfers_in(const std::string& log) {
    int count = 0;
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);) {
      const bool is_transfer = line.find(" upload ") != line.npos || line.find(" download ") != line.npos;
      count += is_transfer ? 1 : 0;
    }
    return count;
  }
  // `files` of a few thousand bytes each, in folders of ten.
  static void write_tree(const fs::path& root, int files) {
    for (int i = 0; i < files; ++i) {
      const fs::path folder = root / std::to_string(i / 10);
      fs::create_directories(folder);
      write_noise(folder / std::to_string(i), 5000 + static_cast<std::size_t>(i), static_cast<unsigned>(i));
    }
  }
  static testing::AssertionResult same_trees(const fs::path& a, const fs::path& b) {
    for (const auto& entry : fs::recursive_directory_iterator(a)) {
      const fs::path other = b / fs::relative(entry.path(), a);
      if (entry.is_regular_file() && !same_content(entry.path(), other))
        return testing::AssertionFailure() << other << " is not the same";
    }
    const auto count = [](const fs::path& root) {
      return std::distance(fs::recursive_directory_iterator(root), fs::recursive_directory_iterator());
    };
    if (count(a) != count(b)) return testing::AssertionFailure() << b << " has other names";
    return testing::AssertionSuccess();
  }
  bool becomes(client::QueueId id, const std::string& wanted) const {
    return wait_until([&] { return state(id) == wanted; });
  }
  static testing::AssertionResult exits(int code, const RunResult& result) {
    if (result.exit_code == code) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "exit " << result.exit_code << "\n" << result.out << result.err;
  }

  FerrydServer server_;
  FerryClient client_{where(), {"--tls=off"}};
};

TEST_F(FerryQueue, WorksOffWhatWasAdded) {
  write_noise(here("a b"), 300'000, 1);
  write_noise(here("写真"), 1000, 2);
  server_.put_file("akira", "down.txt", "what is there");
  fs::create_directory(here("into"));
  EXPECT_EQ(add({"put", "a b", "写真", client_.url("/")}).out, "1\n2\n");
  EXPECT_EQ(add({"get", client_.url("/down.txt"), "into", "--priority=high"}).out, "3\n");
  EXPECT_TRUE(exits(0, run()));
  EXPECT_EQ(states(), "1 done 2 done 3 done ");
  EXPECT_TRUE(same_content(here("a b"), there("a b")));
  EXPECT_TRUE(same_content(here("写真"), there("写真")));
  EXPECT_EQ(read_file(here("into/down.txt")), "what is there");
  EXPECT_TRUE(exits(0, run())) << "nothing to do";
  EXPECT_TRUE(exits(0, queue({"clear"})));
  EXPECT_EQ(states(), "");
}

// Both ends are fixed when it is added, not when it runs.
TEST_F(FerryQueue, AnItemGoesWhereItWasToGoWhenItWasAdded) {
  server_.put_file("akira", "sub", std::nullopt);
  write_file(here("a"), "first");
  ASSERT_TRUE(exits(0, add({"put", "a", client_.url("/sub/")})));
  ASSERT_TRUE(exits(0, add({"put", "a", client_.url("/new name")})));
  ASSERT_TRUE(exits(0, add({"get", client_.url("//sub/a"), "target"})));
  ASSERT_TRUE(exits(0, queue({"move", "3", "--to=last"})));
  fs::create_directory(here("target"));  // too late to become the folder it goes into
  write_file(here("a"), "second");       // its content is its own affair
  EXPECT_EQ(item(1)->local, here("a"));
  EXPECT_EQ(item(1)->remote, "sub/a");
  EXPECT_EQ(item(3)->remote, "/sub/a");
  EXPECT_EQ(item(3)->local, here("target"));
  ChildOptions elsewhere = client_.child_options();
  elsewhere.working_dir = "/";
  test::run(run_words({"--parallel=1", "--retries=0"}), elsewhere);
  EXPECT_EQ(read_file(there("sub/a")), "second");
  EXPECT_EQ(read_file(there("new name")), "second");
  EXPECT_EQ(state(3), "failed");
}

TEST_F(FerryQueue, RefusesWhatCannotBeQueued) {
  fs::create_directory(here("folder"));
  write_file(here("a"), "x");
  EXPECT_TRUE(exits(2, add({"take", "a", client_.url("/")})));
  EXPECT_TRUE(exits(2, add({"put", "-", client_.url("/x")})));
  EXPECT_TRUE(exits(2, add({"get", client_.url("/x"), "-o", "-"})));
  EXPECT_TRUE(exits(2, add({"get", client_.url("/")})));
  EXPECT_TRUE(exits(3, add({"put", "none", client_.url("/")})));
  EXPECT_TRUE(exits(1, add({"put", "a", "folder", client_.url("/")}))) << "all or none";
  EXPECT_TRUE(exits(5, add({"put", "a", "ftp://akira:secret@127.0.0.1/"})));
  EXPECT_FALSE(fs::exists(folder()) && !states().empty());
  for (const char* command : {"pause", "resume", "cancel", "retry"}) {
    EXPECT_TRUE(exits(3, queue({command, "7"}))) << command;
    EXPECT_TRUE(exits(2, queue({command, "x"}))) << command;
    EXPECT_TRUE(exits(2, queue({command}))) << command;
    EXPECT_TRUE(exits(0, queue({command, "--all"}))) << command;
  }
  EXPECT_TRUE(exits(2, queue({"move", "1", "--to=aside"})));
  EXPECT_TRUE(exits(2, queue({"priority", "very", "1"})));
  EXPECT_TRUE(exits(3, queue({"list", "1"})));
}

TEST_F(FerryQueue, ListsForPrograms) {
  write_file(here("a"), "12345");
  ASSERT_TRUE(exits(0, add({"put", "a", client_.url("/x"), "--priority=-5"})));
  const RunResult list = queue({"list"});
  EXPECT_TRUE(exits(0, list));
  std::vector<std::string> fields;
  std::istringstream line(list.out.substr(0, list.out.find('\n')));
  for (std::string field; std::getline(line, field, '\t');) fields.push_back(field);
  ASSERT_EQ(fields.size(), 15U) << list.out;
  EXPECT_EQ(fields[0] + " " + fields[1] + " " + fields[2] + " " + fields[3], "1 waiting up -5");
  EXPECT_EQ(fields[5], "5");
  EXPECT_EQ(fields[10], "akira@127.0.0.1:" + std::to_string(server_.port()));
  EXPECT_EQ(fields[13], "~/x");
  EXPECT_EQ(fields[14], here("a"));
  const RunResult json = queue({"list", "--json"});
  EXPECT_NE(json.out.find(R"("type":"queue_item","id":1,"state":"waiting","direction":"up","priority":-5)"),
            std::string::npos)
      << json.out;
}

TEST_F(FerryQueue, IsItsUsersAloneAndHasNoPassword) {
  write_file(here("a"), "x");
  ASSERT_TRUE(exits(0, add({"put", "a", client_.url("/")})));
  ASSERT_TRUE(exits(0, run()));
  struct stat info {};
  ASSERT_EQ(::stat(folder().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0700U);
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder())) {
    ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600U) << entry.path();
    EXPECT_EQ(read_file(entry.path()).find(kPassword), std::string::npos) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 3);
}

TEST_F(FerryQueue, ItemsAddedWhileItRunsAreDone) {
  write_noise(here("big"), 3'000'000, 1);
  write_file(here("late"), "late");
  ASSERT_TRUE(exits(0, add({"put", "big", client_.url("/")})));
  const auto runner = start({"--limit=2M"});
  ASSERT_TRUE(becomes(1, "running"));
  ASSERT_TRUE(exits(0, add({"put", "late", client_.url("/")})));
  ASSERT_TRUE(becomes(2, "done"));
  EXPECT_EQ(state(1), "running") << "it did not have to wait for the first one";
  EXPECT_EQ(runner->wait(10s), 0);
  EXPECT_TRUE(same_content(here("big"), there("big")));
  EXPECT_EQ(read_file(there("late")), "late");
}

TEST_F(FerryQueue, HasOneRunner) {
  write_noise(here("big"), 3'000'000, 1);
  ASSERT_TRUE(exits(0, add({"put", "big", client_.url("/")})));
  const auto runner = start({"--limit=1M"});
  ASSERT_TRUE(becomes(1, "running"));
  const RunResult second = run();
  EXPECT_TRUE(exits(1, second));
  EXPECT_NE(second.err.find("process " + std::to_string(runner->pid())), std::string::npos) << second.err;
  EXPECT_EQ(state(1), "running");
}

// Within a second, and what has arrived is kept: the server has it, and it goes on behind it.
TEST_F(FerryQueue, APausedUploadKeepsItsPiece) {
  write_noise(here("big"), 8'000'000, 1);
  write_file(here("small"), "small");
  ASSERT_TRUE(exits(0, add({"put", "big", client_.url("/")})));
  const auto runner = start({"--limit=4M"});
  ASSERT_TRUE(wait_until([&] { return server_.disk_usage("akira").bytes > 2'000'000; }));
  const auto before = std::chrono::steady_clock::now();
  ASSERT_TRUE(exits(0, queue({"pause", "1"})));
  EXPECT_EQ(state(1), "paused");
  EXPECT_EQ(runner->wait(10s), 0) << "nothing is left to do";
  EXPECT_LT(std::chrono::steady_clock::now() - before, 3s);
  EXPECT_EQ(state(1), "paused");
  EXPECT_GT(item(1)->bytes_done, 1'000'000);
  ASSERT_TRUE(server_.is_settled("akira"));
  const auto kept = server_.disk_usage("akira").bytes;
  EXPECT_GT(kept, 1'000'000);
  EXPECT_TRUE(exits(0, run())) << "a paused one is left alone";
  EXPECT_EQ(state(1), "paused");
  ASSERT_TRUE(exits(0, queue({"resume", "1"})));
  const RunResult rest = run();
  EXPECT_TRUE(exits(0, rest));
  EXPECT_NE(rest.err.find("offset=" + std::to_string(kept)), std::string::npos) << rest.err;
  EXPECT_NE(rest.err.find("verified=server"), std::string::npos) << rest.err;
  EXPECT_TRUE(same_content(here("big"), there("big")));
}

TEST_F(FerryQueue, ACancelledUploadLeavesNothingBehind) {
  write_noise(here("big"), 8'000'000, 1);
  ASSERT_TRUE(exits(0, add({"put", "big", client_.url("/")})));
  const auto runner = start({"--limit=4M"});
  ASSERT_TRUE(wait_until([&] { return server_.disk_usage("akira").bytes > 1'000'000; }));
  ASSERT_TRUE(exits(0, queue({"cancel", "1"})));
  EXPECT_EQ(runner->wait(10s), 0);
  EXPECT_EQ(states(), "1 cancelled ");
  EXPECT_FALSE(item(1)->has_leftover);
  EXPECT_EQ(server_.disk_usage("akira").files, 0);
}

TEST_F(FerryQueue, ACancelledDownloadLeavesNothingBehind) {
  server_.put_file("akira", "big", some_bytes(8'000'000));
  for (const bool is_running : {true, false}) {
    SCOPED_TRACE(is_running);
    ASSERT_TRUE(exits(0, add({"get", client_.url("/big")})));
    const client::QueueId id = is_running ? 1 : 2;
    const auto runner = start({"--limit=4M"});
    ASSERT_TRUE(wait_until([&] {
      std::error_code none;
      return fs::file_size(here("big.ferry-part"), none) > 1'000'000 && !none;
    }));
    if (!is_running) {
      runner->send_signal(SIGKILL);
      ASSERT_EQ(runner->wait(5s), 128 + SIGKILL);
      EXPECT_TRUE(fs::exists(here("big.ferry-part")));
    }
    ASSERT_TRUE(exits(0, queue({"cancel", std::to_string(id)})));
    if (is_running) {
      EXPECT_EQ(runner->wait(10s), 0);
    }
    EXPECT_EQ(state(id), "cancelled");
    EXPECT_TRUE(fs::is_empty(client_.here()));
  }
}

// kill -9 in the middle and a new start: the same items, at the offset that was reached, and nothing twice.
TEST_F(FerryQueue, AKilledRunnerGoesOnWhereItWas) {
  write_noise(here("up"), 6'000'000, 1);
  write_file(here("done"), "x");
  write_noise(here("down"), 6'000'000, 2);
  ASSERT_TRUE(exits(0, client_.run("put", {"down", "/"})));
  fs::remove(here("down"));
  ASSERT_TRUE(exits(0, add({"put", "done", "up", client_.url("/")})));
  ASSERT_TRUE(exits(0, add({"get", client_.url("/down")})));
  ASSERT_TRUE(exits(0, add({"put", "done", client_.url("/later"), "--priority=low"})));
  {
    const auto runner = start({"--limit=3M", "--parallel=3"});
    ASSERT_TRUE(becomes(1, "done"));
    ASSERT_TRUE(wait_until([&] {
      std::error_code none;
      return server_.disk_usage("akira").bytes > 7'500'000 &&
             fs::file_size(here("down.ferry-part"), none) > 1'500'000 && !none;
    }));
    runner->send_signal(SIGKILL);
    ASSERT_EQ(runner->wait(5s), 128 + SIGKILL);
  }
  EXPECT_NE(queue({"list"}).out.find("2\twaiting\t"), std::string::npos) << "nobody runs it any more";
  ASSERT_TRUE(server_.is_settled("akira"));
  const std::string transfers = server_.log("transfer.log");
  const auto piece = fs::file_size(here("down.ferry-part"));
  const RunResult rest = run();
  EXPECT_TRUE(exits(0, rest));
  EXPECT_EQ(states(), "1 done 2 done 3 done 4 done ");
  EXPECT_NE(rest.err.find("offset=" + std::to_string(piece)), std::string::npos) << rest.err;
  const std::string since = server_.log("transfer.log").substr(transfers.size());
  EXPECT_EQ(since.find("/done"), std::string::npos) << since;
  EXPECT_TRUE(same_content(here("up"), there("up")));
  EXPECT_TRUE(same_content(here("down"), there("down")));
}

TEST_F(FerryQueue, CtrlCKeepsEverything) {
  write_noise(here("big"), 6'000'000, 1);
  ASSERT_TRUE(exits(0, add({"put", "big", client_.url("/")})));
  const auto runner = start({"--limit=3M"});
  ASSERT_TRUE(wait_until([&] { return server_.disk_usage("akira").bytes > 1'000'000; }));
  runner->send_signal(SIGINT);
  EXPECT_EQ(runner->wait(5s), 130);
  EXPECT_NE(runner->err().find("ferry queue run"), std::string::npos) << runner->err();
  EXPECT_EQ(state(1), "waiting");
  const RunResult rest = run();
  EXPECT_TRUE(exits(0, rest));
  EXPECT_NE(rest.err.find(" offset="), std::string::npos) << rest.err;
  EXPECT_TRUE(same_content(here("big"), there("big")));
}

TEST_F(FerryQueue, TheOrderIsThatOfTheListAndOfPriorities) {
  for (const char* name : {"a", "b", "c", "d"}) {
    write_file(here(name), name);
    ASSERT_TRUE(exits(0, add({"put", name, client_.url("/")})));
  }
  ASSERT_TRUE(exits(0, queue({"move", "4", "--to=before=2"})));
  ASSERT_TRUE(exits(0, queue({"priority", "high", "3"})));
  const RunResult done = run({"--parallel=1"});
  EXPECT_TRUE(exits(0, done));
  std::vector<std::size_t> at;
  for (const char* name : {"/c ", "/a ", "/d ", "/b "}) at.push_back(done.err.find(std::string(name)));
  EXPECT_TRUE(std::ranges::is_sorted(at) && at.back() != std::string::npos) << done.err;
}

// Fatal for one is no affair of the others.
TEST_F(FerryQueue, AFullAccountStopsThatItemAlone) {
  server_.add_account("mika", {.quota = 100'000});
  const FerryClient mika({"127.0.0.1", server_.port(), "mika", kPassword}, {});
  write_noise(here("large"), 200'000, 1);
  write_noise(here("small"), 1000, 2);
  ASSERT_TRUE(exits(0, add({"put", "large", "small", mika.url("/")})));
  const RunResult done = run();
  EXPECT_TRUE(exits(10, done));
  EXPECT_EQ(states(), "1 failed 2 done ");
  EXPECT_EQ(item(1)->attempts, 0) << "552 is fatal";
  EXPECT_EQ(item(1)->error->reply_code, 552);
  EXPECT_NE(done.err.find("over quota"), std::string::npos) << done.err;
  EXPECT_TRUE(exits(8, (queue({"retry", "1"}), run())));
}

TEST_F(FerryQueue, AServerThatComesBackIsGoneOnWith) {
  write_noise(here("big"), 6'000'000, 1);
  write_file(here("small"), "x");
  FerrydServer server;
  server.add_account("akira");
  const std::uint16_t port = server.port();
  const FerryClient there({"127.0.0.1", port, "akira", kPassword}, {});
  ASSERT_TRUE(exits(0, add({"put", "big", there.url("/")})));
  ASSERT_TRUE(exits(0, add({"put", "small", there.url("/"), "--priority=low"})));
  const auto runner = start({"--limit=3M", "--parallel=1", "--retries=20"});
  ASSERT_TRUE(wait_until([&] { return server.disk_usage("akira").bytes > 1'000'000; }));
  server.set("listen=127.0.0.1:" + std::to_string(port));
  server.kill_master();
  ASSERT_TRUE(becomes(1, "retrying"));
  server.start();
  EXPECT_EQ(runner->wait(20s), 0) << runner->err();
  EXPECT_TRUE(same_content(here("big"), server.home("akira") / "big"));
  EXPECT_EQ(states(), "1 done 2 done ");
}

TEST_F(FerryQueue, ASiteThatIsGoneForGoodKeepsItsItems) {
  write_file(here("a"), "x");
  write_file(here("b"), "y");
  const std::uint16_t nobody = free_port();
  const FerryClient gone({"127.0.0.1", nobody, "akira", kPassword}, {});
  ASSERT_TRUE(exits(0, add({"put", "a", "b", gone.url("/")})));
  const RunResult done = run({"--retries=1"});
  EXPECT_TRUE(exits(6, done));
  EXPECT_EQ(states(), "1 waiting 2 waiting ") << "the next run takes them up";
}

TEST_F(FerryQueue, TwoSitesAtOnce) {
  FerrydServer other;
  other.add_account("mika", {.password = "another-quiet-ferry"});
  const FerryClient mika({"127.0.0.1", other.port(), "mika", ""}, {});
  write_noise(here("big"), 3'000'000, 1);
  write_file(here("small"), "x");
  ASSERT_TRUE(exits(0, add({"put", "big", client_.url("/")})));
  ASSERT_TRUE(exits(0, add({"put", "small", mika.url("/")})));
  EXPECT_TRUE(exits(2, run())) << "one password is for one login";
  EXPECT_EQ(states(), "1 waiting 2 waiting ");
  const fs::path netrc = client_.here().parent_path() / ".netrc";
  write_file(netrc, "machine 127.0.0.1 login akira password " + std::string(kPassword) +
                        "\nmachine 127.0.0.1 login mika password another-quiet-ferry\n");
  fs::permissions(netrc, fs::perms::owner_read | fs::perms::owner_write);
  const ChildProcess runner(
      {ferry_program().string(), "queue", "run", "--no-input", "--limit=2M", "--parallel=1"},
      client_.child_options());
  ASSERT_TRUE(becomes(2, "done"));
  EXPECT_NE(state(1), "done") << "each site has sessions of its own";
  EXPECT_EQ(runner.wait(10s), 0) << runner.err();
  EXPECT_EQ(read_file(other.home("mika") / "small"), "x");
}

// What needs an answer waits in its row; the others do not.
TEST_F(FerryQueue, AnItemThatAsksWaitsAndTheRestRuns) {
  FerrydServer other;
  other.add_account("akira");
  const FerryClient there({"127.0.0.1", other.port(), "akira", kPassword}, {});
  write_file(here("a"), "x");
  ASSERT_TRUE(exits(0, queue({"add", "put", "a", there.url("/unknown")})));  // a certificate nobody knows
  ASSERT_TRUE(exits(0, add({"put", "a", client_.url("/known")})));
  const fs::path netrc = client_.here().parent_path() / ".netrc";
  write_file(netrc, "machine 127.0.0.1 login akira password " + std::string(kPassword) + "\n");
  fs::permissions(netrc, fs::perms::owner_read | fs::perms::owner_write);
  const RunResult first = client_.run_plain({"queue", "run", "--no-input"});
  EXPECT_TRUE(exits(10, first));
  EXPECT_EQ(states(), "1 asks 2 done ");
  EXPECT_EQ(item(1)->question, client::Question::certificate);
  EXPECT_NE(first.err.find("fingerprint"), std::string::npos) << first.err;
  EXPECT_NE(first.err.find("item 1 waits for an answer"), std::string::npos) << first.err;
}

TEST_F(FerryQueue, AWrongPasswordIsAskedFor) {
  write_file(here("a"), "x");
  ASSERT_TRUE(exits(0, add({"put", "a", client_.url("/1")})));
  ASSERT_TRUE(exits(0, add({"put", "a", client_.url("/2")})));
  write_file(here("wrong"), "not-this-one\n");
  EXPECT_TRUE(exits(4, client_.run_plain({"queue", "run", "--password-file", "wrong", "--no-input"})));
  EXPECT_EQ(states(), "1 asks 2 asks ");
  EXPECT_EQ(item(2)->question, client::Question::password);
  EXPECT_TRUE(exits(2, client_.run_plain({"queue", "run", "--no-input"}))) << "none at all";
  EXPECT_EQ(states(), "1 asks 2 asks ");
  EXPECT_TRUE(exits(0, run())) << "whoever brings the right one answers";
  EXPECT_EQ(states(), "1 done 2 done ");
}

TEST_F(FerryQueue, AConflictIsAnsweredByRetry) {
  write_noise(here("big"), 3'000'000, 1);
  ASSERT_TRUE(exits(0, add({"put", "big", client_.url("/"), "--resume=ask"})));
  server_.put_file("akira", "big", some_bytes(1'000'000, 7));  // longer ago, by somebody else
  EXPECT_TRUE(exits(11, run()));
  EXPECT_EQ(states(), "1 asks ");
  EXPECT_EQ(item(1)->question, client::Question::conflict);
  EXPECT_EQ(fs::file_size(there("big")), 1'000'000U) << "left as it is";
  EXPECT_TRUE(exits(0, run())) << "nobody has answered";
  EXPECT_EQ(states(), "1 asks ");
  ASSERT_TRUE(exits(0, queue({"retry", "1", "--resume=never"})));
  EXPECT_TRUE(exits(0, run()));
  EXPECT_TRUE(same_content(here("big"), there("big")));
}

TEST_F(FerryQueue, FoldersGoUpAndDown) {
  write_tree(here("tree"), 30);
  ASSERT_TRUE(exits(0, add({"put", "-r", "tree", client_.url("/in/")})));
  EXPECT_TRUE(exits(0, run()));
  EXPECT_EQ(states(), "1 done ");
  EXPECT_EQ(item(1)->files_done, 30);
  EXPECT_EQ(item(1)->files_total, 30);
  EXPECT_TRUE(same_trees(here("tree"), there("in/tree")));
  ASSERT_TRUE(exits(0, add({"get", "-r", client_.url("/in/tree"), "back"})));
  EXPECT_TRUE(exits(0, run()));
  EXPECT_EQ(item(2)->is_folder, true);
  EXPECT_TRUE(same_trees(here("tree"), here("back/tree")));
  ASSERT_TRUE(exits(0, add({"get", "-r", client_.url("/in/tree/0/0"), "one"})));
  EXPECT_TRUE(exits(0, run()));
  EXPECT_EQ(item(3)->is_folder, false);
  EXPECT_TRUE(same_content(here("tree/0/0"), here("one/0")));
}

TEST_F(FerryQueue, AKilledRunnersFolderGoesOnWithTheFilesThatAreLeft) {
  write_tree(here("tree"), 40);
  for (const bool is_up : {true, false}) {
    SCOPED_TRACE(is_up);
    const client::QueueId id = is_up ? 1 : 2;
    ASSERT_TRUE(exits(0, is_up ? add({"put", "-r", "tree", client_.url("/in/")})
                               : add({"get", "-r", client_.url("/in/tree"), "back"})));
    {
      const auto runner = start({"--limit=200K", "--parallel=2"});
      ASSERT_TRUE(wait_until([&] { return marks(id) >= 10; }));
      runner->send_signal(SIGKILL);
      ASSERT_EQ(runner->wait(5s), 128 + SIGKILL);
    }
    const client::FileMarks copied = client::Queue::open(folder().string()).value()->marks(id);
    ASSERT_LT(copied.size(), 40U) << "it was done already";
    const std::size_t before = server_.log("transfer.log").size();
    EXPECT_TRUE(exits(0, run()));
    EXPECT_EQ(state(id), "done");
    EXPECT_EQ(item(id)->files_done, 40);
    const std::string since = server_.log("transfer.log").substr(before);
    for (const auto& [name, mark] : copied)
      EXPECT_EQ(since.find("/" + name + " "), std::string::npos) << name << " is copied twice";
    EXPECT_GE(transfers_in(since), 38 - static_cast<int>(copied.size())) << "two were in flight";
    EXPECT_TRUE(same_trees(here("tree"), is_up ? there("in/tree") : here("back/tree")));
  }
}

TEST_F(FerryQueue, AFileOfAFolderThatFailsIsTriedAloneAgain) {
  write_tree(here("tree"), 5);
  server_.put_file("akira", "in", std::nullopt);
  server_.put_file("akira", "in/tree", std::nullopt);
  server_.put_file("akira", "in/tree/0", std::nullopt);
  server_.put_file("akira", "in/tree/0/3", std::nullopt);  // a folder stands where a file is to go
  ASSERT_TRUE(exits(0, add({"put", "-r", "tree", client_.url("/in/")})));
  EXPECT_TRUE(exits(10, run()));
  EXPECT_EQ(states(), "1 failed ");
  EXPECT_EQ(item(1)->files_done, 4);
  EXPECT_NE(item(1)->error->text.find("1 failed, the first: "), std::string::npos) << item(1)->error->text;
  fs::remove(there("in/tree/0/3"));
  const std::size_t before = server_.log("transfer.log").size();
  ASSERT_TRUE(exits(0, queue({"retry", "1"})));
  EXPECT_TRUE(exits(0, run()));
  const std::string since = server_.log("transfer.log").substr(before);
  EXPECT_EQ(transfers_in(since), 1) << since;
  EXPECT_TRUE(same_trees(here("tree"), there("in/tree")));
}

TEST_F(FerryQueue, AFullAccountStopsTheWholeFolder) {
  server_.add_account("mika", {.quota = 50'000});
  const FerryClient mika({"127.0.0.1", server_.port(), "mika", kPassword}, {});
  write_tree(here("tree"), 40);
  ASSERT_TRUE(exits(0, add({"put", "-r", "tree", mika.url("/")})));
  const RunResult done = run({"--parallel=1"});
  EXPECT_EQ(states(), "1 failed ");
  EXPECT_EQ(item(1)->error->reply_code, 552) << done.err;
  EXPECT_LT(std::ranges::count(done.err, '\n'), 40) << "the rest was not tried one by one";
}

TEST_F(FerryQueue, ACancelledFolderLeavesNoPieces) {
  write_tree(here("tree"), 2);
  write_noise(here("tree/0/big"), 4'000'000, 1);
  ASSERT_TRUE(exits(0, add({"put", "-r", "tree", client_.url("/in/")})));
  const auto runner = start({"--limit=2M"});
  ASSERT_TRUE(wait_until([&] { return server_.disk_usage("akira").bytes > 1'000'000; }));
  ASSERT_TRUE(exits(0, queue({"cancel", "1"})));
  EXPECT_EQ(runner->wait(10s), 0);
  EXPECT_EQ(states(), "1 cancelled ");
  EXPECT_LT(server_.disk_usage("akira").bytes, 100'000) << runner->err() << "whole files stay, pieces do not";
}

TEST_F(FerryQueue, DamageIsToldAndTheRestRuns) {
  write_file(here("a"), "x");
  ASSERT_TRUE(exits(0, add({"put", "a", client_.url("/1")})));
  ASSERT_TRUE(exits(0, add({"put", "a", client_.url("/2")})));
  const std::string journal = read_file(folder() / "journal");
  const auto second = journal.find('\n') + 1;
  write_file(folder() / "journal", journal.substr(0, second) + "X" + journal.substr(second + 1));
  const RunResult done = run();
  EXPECT_TRUE(exits(0, done));
  EXPECT_NE(done.err.find("journal:2: it is no JSON"), std::string::npos) << done.err;
  EXPECT_EQ(states(), "2 done ");
  EXPECT_TRUE(fs::exists(folder() / "damaged"));
}

}  // namespace
}  // namespace ferry::test
