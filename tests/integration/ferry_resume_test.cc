// ferry's resume against ferryd, both ways, in clear and over TLS: what is the same goes on, what is not
// never becomes a mixture, whoever was killed in between.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "client/engine/part_journal.h"
#include "tests/support/bytes.h"
#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"
#include "tests/support/terminal.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t kBig = 120'000'000;

std::vector<std::string> security(const FerrydServer& server, bool tls) {
  if (!tls) return {"--tls=off"};
  const RunResult refused =
      FerryClient({"127.0.0.1", server.port(), "akira", kPassword}, {}).run("ls", {"/"});
  const auto at = refused.err.find("sha256:", refused.err.find("fingerprint"));
  EXPECT_NE(at, std::string::npos) << refused.err;
  return {"--pin", refused.err.substr(at, 7 + 64)};
}

void flip_byte(const fs::path& path, std::int64_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(at);
  const char byte = static_cast<char>(file.get() ^ 1);
  file.seekp(at);
  file.put(byte);
  ASSERT_TRUE(file.flush());
}

// Another content, the same size and time.
void change_unseen(const fs::path& path, std::int64_t at) {
  const auto time = fs::last_write_time(path);
  flip_byte(path, at);
  fs::last_write_time(path, time);
}

class FerryResume : public testing::TestWithParam<bool> {
 protected:
  FerryResume() {
    server_.add_account("akira");
    client_ = std::make_unique<FerryClient>(ClientServer{"127.0.0.1", server_.port(), "akira", kPassword},
                                            security(server_, GetParam()));
  }

  fs::path here(const std::string& name) const { return client_->here() / name; }
  fs::path there(const std::string& name) const { return server_.home("akira") / name; }
  RunResult ferry(const std::string& command, const std::vector<std::string>& operands) const {
    return client_->run(command, operands);
  }
  void write_local(std::size_t size, unsigned seed = 1) {
    write_noise(here("tape"), size, seed);
    fs::last_write_time(here("tape"), fs::file_time_type::clock::now() - 48h);
  }
  void write_remote(std::size_t size, unsigned seed = 1) {
    server_.put_file("akira", "tape", "");
    write_noise(there("tape"), size, seed);
    fs::last_write_time(there("tape"), fs::file_time_type::clock::now() - 48h);
  }
  // Uploads until a good part of it has arrived, then does `act`.
  template <typename Act>
  void interrupt_upload(Act act, Bytes bytes = 5'000'000) {
    const ChildProcess upload(client_->command_line("put", {"--retries", "0", "tape", "/"}), client_->child_options());
    ASSERT_TRUE(wait_until([&] { return server_.disk_usage("akira").bytes > bytes; }));
    act(upload);
  }
  template <typename Act>
  void interrupt_download(Act act) {
    const ChildProcess download(client_->command_line("get", {"--retries", "0", "/tape"}), client_->child_options());
    const fs::path part = here("tape.ferry-part");
    ASSERT_TRUE(wait_until([&] { return fs::exists(part) && fs::file_size(part) > 5'000'000; }));
    act(download);
  }
  static void kill_it(const ChildProcess& program) {
    program.send_signal(SIGKILL);
    ASSERT_EQ(program.wait(5s), 128 + SIGKILL) << "it was done already";
  }
  void restart_server() {
    server_.start();
    client_->moved_to(server_.port());
  }
  static testing::AssertionResult says(const RunResult& result, const std::string& text) {
    if (result.err.find(text) != std::string::npos) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "no \"" << text << "\" in: " << result.err;
  }
  static testing::AssertionResult goes_on(const RunResult& result) {
    if (result.exit_code != 0) return testing::AssertionFailure() << result.exit_code << ": " << result.err;
    if (auto said = says(result, " offset="); !said) return said;
    return says(result, " verified=server");
  }
  static testing::AssertionResult begins_anew(const RunResult& result, const std::string& why) {
    if (result.exit_code != 0) return testing::AssertionFailure() << result.exit_code << ": " << result.err;
    if (auto said = says(result, why); !said) return said;
    if (auto said = says(result, "from the start"); !said) return said;
    if (says(result, " offset=")) return testing::AssertionFailure() << "it went on: " << result.err;
    return says(result, " verified=server");
  }
  // The same on both sides, and nothing is left over here.
  testing::AssertionResult is_whole() const {
    if (!same_content(here("tape"), there("tape"))) return testing::AssertionFailure() << "they differ";
    for (const auto& entry : fs::directory_iterator(client_->here())) {
      if (entry.path().filename() != "tape") return testing::AssertionFailure() << entry.path() << " is left";
    }
    return testing::AssertionSuccess();
  }
  testing::AssertionResult is_whole_and_settled() {
    const auto whole = is_whole();
    return whole ? server_.is_settled("akira") : whole;
  }

  FerrydServer server_;
  std::unique_ptr<FerryClient> client_;
};
INSTANTIATE_TEST_SUITE_P(Security, FerryResume, testing::Bool(),
                         [](const auto& tls) { return tls.param ? "tls" : "clear"; });

TEST_P(FerryResume, AKilledUploadGoesOnByDigestAlone) {
  write_local(kBig);
  interrupt_upload(kill_it);
  ASSERT_TRUE(server_.is_settled("akira"));
  fs::remove(client_->upload_records());  // nothing here says that it was begun
  EXPECT_TRUE(goes_on(ferry("put", {"-c", "tape", "/"})));
  EXPECT_TRUE(is_whole_and_settled());
}

// SIZE and HASH tell of the complete file then; only SITE BREAKPOINT tells of the partial.
TEST_P(FerryResume, AnUploadOverACompleteFileGoesOnWithItsPartial) {
  write_file(here("tape"), std::string(6'000'000, 'o'));
  ASSERT_EQ(ferry("put", {"tape", "/"}).exit_code, 0);
  write_local(kBig);
  interrupt_upload(kill_it, 11'000'000);
  ASSERT_TRUE(server_.is_settled("akira"));
  fs::remove(client_->upload_records());
  EXPECT_TRUE(fs::file_size(there("tape")) == 6'000'000)
      << "the old file is there until the new one is whole";
  EXPECT_TRUE(goes_on(ferry("put", {"-c", "tape", "/"})));
  EXPECT_TRUE(is_whole_and_settled());
}

TEST_P(FerryResume, AnUploadThatLacksNothingButTheServersWordIsFinished) {
  write_local(3'000'000);
  FtpTalker talker = FtpTalker::logged_in(server_, "akira", GetParam());
  talker.expect("ALLO 3000001", 200);
  ASSERT_EQ(talker.break_off("/tape", read_file(here("tape"))).code, 426);
  EXPECT_FALSE(fs::exists(there("tape")));
  const RunResult finished = ferry("put", {"-c", "tape", "/"});
  EXPECT_TRUE(goes_on(finished));
  EXPECT_TRUE(says(finished, " bytes=0 "));
  EXPECT_TRUE(is_whole_and_settled());
}

TEST_P(FerryResume, AnUploadThatSomebodyElseSendsIsNotTouched) {
  write_local(3'000'000);
  FtpTalker talker = FtpTalker::logged_in(server_, "akira", GetParam());
  auto other = talker.begin("STOR /tape");
  ASSERT_TRUE(other.data->write_all(read_file(here("tape")).substr(0, 2'000'000), Deadline::after(10s)));
  ASSERT_TRUE(wait_until([&] { return server_.disk_usage("akira").bytes >= 1'000'000; }));
  const RunResult refused = ferry("put", {"-c", "tape", "/"});
  EXPECT_EQ(refused.exit_code, 1) << refused.err;
  EXPECT_TRUE(says(refused, "another session is sending it"));
  EXPECT_TRUE(other.data->write_all(read_file(here("tape")).substr(2'000'000), Deadline::after(10s)));
  ASSERT_TRUE(other.data->finish(Deadline::after(10s)));
  other.data.reset();
  EXPECT_TRUE(answers(talker.reply(), 226));
  EXPECT_TRUE(is_whole_and_settled());
}

// Size, time and inode of the local file are the same, its content is not.
TEST_P(FerryResume, AnUploadOfAFileThatChangedUnseenBeginsAnew) {
  write_local(kBig);
  interrupt_upload(kill_it);
  ASSERT_TRUE(server_.is_settled("akira"));
  change_unseen(here("tape"), 1000);
  EXPECT_TRUE(begins_anew(ferry("put", {"-c", "tape", "/"}), "differs from this file"));
  EXPECT_TRUE(is_whole_and_settled());
}

TEST_P(FerryResume, AnUploadGoesOnWhenOnlyWhatIsToComeHasChanged) {
  write_local(kBig);
  interrupt_upload(kill_it);
  ASSERT_TRUE(server_.is_settled("akira"));
  flip_byte(here("tape"), kBig - 1);
  EXPECT_TRUE(goes_on(ferry("put", {"-c", "tape", "/"})));
  EXPECT_TRUE(is_whole_and_settled());
}

TEST_P(FerryResume, AnUploadGoesOnAfterTheServerWasKilled) {
  write_local(kBig);
  interrupt_upload([&](const ChildProcess& upload) {
    server_.kill_master();
    EXPECT_EQ(upload.wait(20s), 6) << upload.err();
  });
  restart_server();
  ASSERT_TRUE(server_.is_settled("akira"));
  EXPECT_TRUE(goes_on(ferry("put", {"-c", "tape", "/"})));
  EXPECT_TRUE(is_whole_and_settled());
}

TEST_P(FerryResume, AnUploadThatIsThereWholeIsNotSentAgain) {
  write_local(3'000'000);
  ASSERT_EQ(ferry("put", {"tape", "/"}).exit_code, 0);
  const RunResult again = ferry("put", {"-c", "tape", "/"});
  EXPECT_TRUE(goes_on(again));
  EXPECT_TRUE(says(again, " bytes=0 "));
  change_unseen(here("tape"), 2'999'999);
  EXPECT_TRUE(begins_anew(ferry("put", {"-c", "tape", "/"}), "differs from this file"));
  EXPECT_TRUE(is_whole_and_settled());
}

TEST_P(FerryResume, AFileThatGrewIsSentFromWhereItWas) {
  write_local(2'000'000);
  ASSERT_EQ(ferry("put", {"tape", "/"}).exit_code, 0);
  { std::ofstream(here("tape"), std::ios::app | std::ios::binary) << std::string(500'000, 'n'); }
  const RunResult more = ferry("put", {"-c", "tape", "/"});
  EXPECT_TRUE(goes_on(more));
  EXPECT_TRUE(says(more, " bytes=500000 "));
  EXPECT_TRUE(is_whole_and_settled());
}

TEST_P(FerryResume, AFileThatChangesWhileItIsSentLeavesTheOldOneThere) {
  write_file(here("tape"), "what was there before");
  ASSERT_EQ(ferry("put", {"tape", "/"}).exit_code, 0);
  write_local(kBig);
  std::optional<int> code;
  std::string said;
  interrupt_upload([&](const ChildProcess& upload) {
    upload.send_signal(SIGSTOP);
    flip_byte(here("tape"), 1000);
    upload.send_signal(SIGCONT);
    code = upload.wait(20s);
    said = upload.err();
  });
  EXPECT_EQ(code, 1);
  EXPECT_NE(said.find("changed while it was sent"), std::string::npos) << said;
  EXPECT_TRUE(read_file(there("tape")) == "what was there before");  // no difference of 120 MB in words
  EXPECT_EQ(ferry("put", {"-c", "tape", "/"}).exit_code, 0);
  EXPECT_TRUE(is_whole_and_settled());
}

TEST_P(FerryResume, AFileThatIsReplacedWhileItIsSentIsNotTakenForTheNewOne) {
  write_local(kBig);
  std::optional<int> code;
  interrupt_upload([&](const ChildProcess& upload) {
    upload.send_signal(SIGSTOP);
    write_noise(here("new"), 1'000'000, 2);
    fs::rename(here("new"), here("tape"));
    upload.send_signal(SIGCONT);
    code = upload.wait(20s);
    EXPECT_NE(upload.err().find("replaced"), std::string::npos) << upload.err();
  });
  EXPECT_EQ(code, 1);
  EXPECT_TRUE(begins_anew(ferry("put", {"-c", "tape", "/"}), "is longer than this file"));
  EXPECT_TRUE(is_whole_and_settled());
}

TEST_P(FerryResume, AKilledDownloadGoesOn) {
  write_remote(kBig);
  interrupt_download(kill_it);
  EXPECT_FALSE(fs::exists(here("tape")));
  EXPECT_TRUE(goes_on(ferry("get", {"-c", "/tape"})));
  EXPECT_TRUE(is_whole());
}

TEST_P(FerryResume, ADownloadGoesOnAfterTheServerWasKilled) {
  write_remote(kBig);
  interrupt_download([&](const ChildProcess& download) {
    server_.kill_master();
    EXPECT_EQ(download.wait(20s), 6) << download.err();
  });
  restart_server();
  EXPECT_TRUE(goes_on(ferry("get", {"-c", "/tape"})));
  EXPECT_TRUE(is_whole());
}

TEST_P(FerryResume, ADownloadOfAFileThatChangedBeginsAnew) {
  write_remote(kBig);
  interrupt_download(kill_it);
  write_noise(there("tape"), kBig, 2);
  EXPECT_TRUE(begins_anew(ferry("get", {"-c", "/tape"}), "has changed on the server"));
  EXPECT_TRUE(is_whole());
}

TEST_P(FerryResume, ADownloadOfAFileThatChangedUnseenBeginsAnew) {
  write_remote(kBig);
  interrupt_download(kill_it);
  change_unseen(there("tape"), 1000);
  EXPECT_TRUE(begins_anew(ferry("get", {"-c", "/tape"}), "differs from the server's"));
  EXPECT_TRUE(is_whole());
}

TEST_P(FerryResume, ADownloadThatIsHereWholeIsNotFetchedAgain) {
  write_remote(2'000'000);
  ASSERT_EQ(ferry("get", {"/tape"}).exit_code, 0);
  write_file(here("tape.ferry-part"), "of an earlier run");
  const RunResult again = ferry("get", {"-c", "/tape"});
  EXPECT_TRUE(goes_on(again));
  EXPECT_TRUE(says(again, " bytes=0 "));
  EXPECT_TRUE(is_whole()) << "and no partial is left over";
  change_unseen(here("tape"), 1'999'999);
  const RunResult changed = ferry("get", {"-c", "/tape"});
  EXPECT_EQ(changed.exit_code, 0);
  EXPECT_TRUE(says(changed, " bytes=2000000 "));
  EXPECT_TRUE(is_whole());
}

// 82 Chinese characters are 246 bytes, and a partial's name must not be longer than 255.
TEST_P(FerryResume, ADownloadWithTheLongestNameArrives) {
  std::string name;
  for (int i = 0; i < 84; ++i) name += "写";
  name += "abc";
  ASSERT_EQ(name.size(), 255u);
  server_.put_file("akira", name, std::string(1'500'000, 'x'));
  EXPECT_EQ(ferry("get", {"/" + name}).exit_code, 0);
  EXPECT_TRUE(same_content(here(name), there(name)));
}

// What a power cut leaves: the length that was written, and zeros where the data did not get to the disk.
TEST_P(FerryResume, AHoleBehindTheSyncedBytesIsFetchedAgain) {
  write_remote(3'000'000);
  fs::copy(there("tape"), here("tape.ferry-part"));
  fs::resize_file(here("tape.ferry-part"), 1'500'000);
  fs::resize_file(here("tape.ferry-part"), 2'000'000);
  ASSERT_EQ(ferry("get", {"-o", "as-told", "/tape"}).exit_code, 0);
  struct stat info {};
  ASSERT_EQ(::stat(here("as-told").c_str(), &info), 0);
  fs::remove(here("as-told"));
  client::PartJournal journal;
  journal.from = {"127.0.0.1:" + std::to_string(server_.port()), "akira", "/tape"};
  journal.size = 3'000'000;
  journal.modified_ns = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
  journal.synced = 1'200'000;
  journal.boot = "before the power cut";
  ASSERT_TRUE(client::write_journal(here("tape.ferry-part"), journal, client::Durability::may_be_lost));
  const RunResult resumed = ferry("get", {"-c", "/tape"});
  EXPECT_TRUE(goes_on(resumed));
  EXPECT_TRUE(says(resumed, " offset=1200000"));
  EXPECT_TRUE(is_whole());
}

TEST_P(FerryResume, AWrongDownloadNeverTakesTheName) {
  write_remote(2'000'000);
  struct stat info {};
  ASSERT_EQ(::stat(there("tape").c_str(), &info), 0);
  // The server knows another digest of this very file.
  const store::FileDigest wrong{info.st_size, info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec,
                                info.st_ino, sha256_of("another file")};
  ASSERT_TRUE(server_.store().keep_digest(server_.store().find_account("akira")->id, "/tape", wrong));
  write_file(here("tape"), "what was here before");
  const RunResult refused = ferry("get", {"/tape"});
  EXPECT_EQ(refused.exit_code, 9) << refused.err;
  EXPECT_TRUE(says(refused, "digests differ"));
  EXPECT_TRUE(read_file(here("tape")) == "what was here before");
  EXPECT_FALSE(fs::exists(here("tape.ferry-part")));
  EXPECT_EQ(ferry("get", {"--verify=none", "/tape"}).exit_code, 0);
  EXPECT_TRUE(is_whole());
}

TEST_P(FerryResume, ResumeNeverBeginsAnewAndAWrongWordIsRefused) {
  write_local(2'000'000);
  ASSERT_EQ(ferry("put", {"tape", "/"}).exit_code, 0);
  const RunResult again = ferry("put", {"--resume=never", "tape", "/"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_TRUE(says(again, " bytes=2000000 "));
  EXPECT_EQ(ferry("put", {"--resume=perhaps", "tape", "/"}).exit_code, 2);
  EXPECT_EQ(ferry("put", {"--verify=crc32", "tape", "/"}).exit_code, 2);
}

TEST_P(FerryResume, APersonReadsThatBothSidesWereCompared) {
  write_local(2'000'000);
  std::vector<std::string> line = client_->command_line("put", {"--retries", "0", "tape", "/"});
  line.insert(line.begin(),
              {"/usr/bin/env", "-C", client_->here().string(),
               "HOME=" + client_->here().parent_path().string(), "TERM=xterm", "LC_ALL=C.UTF-8"});
  Terminal terminal(line);
  EXPECT_EQ(terminal.exit_code(), 0) << terminal.screen();
  EXPECT_NE(terminal.screen().find("verified by SHA-256"), std::string::npos) << terminal.screen();
}

}  // namespace
}  // namespace ferry::test
