// ferry sync against servers that answer as few servers do.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "shared/base/clock.h"
#include "tests/support/ferry_client.h"
#include "tests/support/scripted_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

const WallTime kThen = *parse_ftp_time("20260301120030");

class FerrySyncAndOddServers : public testing::Test {
 protected:
  FerrySyncAndOddServers() {
    server_.on("CWD", always("250 there"));
    server_.on("DELE", always("250 gone"));
    fs::create_directory(here());
  }

  static ScriptedServer::Answer always(const std::string& line) {
    return [line](const std::string&) { return std::vector<std::string>{line}; };
  }
  void lists_in_root(const std::string& verb, const std::string& lines) {
    server_.lists(verb, [lines](const std::string&) { return lines; });
  }
  fs::path here(const std::string& name = "") const { return client_.here() / "tree" / name; }
  void put(const std::string& name, const std::string& bytes, WallTime time = kThen) const {
    write_file(here(name), bytes);
    fs::last_write_time(here(name), fs::file_time_type::clock::from_sys(time));
  }
  // One session: this server has one at a time.
  RunResult sync(std::vector<std::string> options) const {
    std::vector<std::string> line = client_.command_line("sync", {"-j", "1", "--retries", "0"});
    line.insert(line.end(), options.begin(), options.end());
    return run(line, client_.child_options());
  }
  RunResult up(std::vector<std::string> options = {}) const {
    options.insert(options.end(), {"--up", "tree", "/"});
    return sync(options);
  }
  RunResult down(std::vector<std::string> options = {}) const {
    options.insert(options.end(), {"--down", "/", "tree"});
    return sync(options);
  }
  long count(const std::string& verb) const {
    const auto commands = server_.commands();
    return std::ranges::count_if(commands, [&](const std::string& line) { return line.starts_with(verb); });
  }
  static testing::AssertionResult says(const RunResult& result, int code, const std::string& text) {
    if (result.exit_code == code && result.err.find(text) != std::string::npos)
      return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << "exit " << result.exit_code << ", not " << code << " with \"" << text << "\":\n"
           << result.out << result.err;
  }

  ScriptedServer server_{"content"};
  FerryClient client_{{"127.0.0.1", server_.port(), "akira", "x"}, {"--tls=off"}};
};

TEST_F(FerrySyncAndOddServers, HostileNamesNeverLeaveTheTargetNorReachTheTerminal) {
  server_.feature("MLST type*;size*;modify*;");
  const std::string facts = "type=file;size=7;modify=20260301120030; ";
  lists_in_root("MLSD", facts + "fine\r\n" + facts + "../../up\r\n" + facts + "/etc/absolute\r\n" + facts +
                            "a/b\r\n" + facts + "..\r\n" + facts + "red\x1b[31m\r\n" +
                            "type=dir; ../over\r\n");
  put("extra", "ours");
  const RunResult result = down({"--delete", "--yes"});
  EXPECT_TRUE(says(result, 10, "nothing is removed: not all of the source could be read"));
  EXPECT_EQ((result.out + result.err).find('\x1b'), std::string::npos);
  EXPECT_EQ(read_file(here("fine")), "content");
  EXPECT_EQ(read_file(here("extra")), "ours");
  EXPECT_FALSE(fs::exists(client_.here() / "up") || fs::exists(client_.here().parent_path() / "up"));
  EXPECT_EQ(std::distance(fs::directory_iterator(here()), fs::directory_iterator()), 3) << "fine, extra, red";
}

TEST_F(FerrySyncAndOddServers, AListingThatIsNotUnderstoodRemovesNothing) {
  lists_in_root("LIST", "-rw-r--r-- 1 a b 7 Mar 01  2026 fine\r\nwhat may this be\r\n");
  put("fine", "content");
  put("extra", "ours");
  EXPECT_TRUE(says(down({"--delete", "--yes"}), 1, "1 line of the listing was not understood"));
  EXPECT_TRUE(fs::exists(here("extra")));
  // The other way round the name that is missing may be the one that was not understood.
  EXPECT_TRUE(says(up({"--delete", "--yes"}), 1, "target unknown"));
  EXPECT_EQ(count("STOR"), 0);
}

// LIST tells the server's own time, nine hours ahead, and MDTM the true one.
TEST_F(FerrySyncAndOddServers, ZoneOfAListingIsLearnt) {
  server_.feature("MDTM");
  server_.on("MDTM", always("213 20260301120030"));
  std::string lines;
  const std::string day = listing_time(kThen + std::chrono::hours(9), kThen + std::chrono::hours(24));
  for (int i = 0; i < 20; ++i) {
    const std::string name = "file" + std::to_string(i);
    put(name, "content");
    lines += "-rw-r--r-- 1 a b 7 " + day + " " + name + "\r\n";
  }
  lists_in_root("LIST", lines);
  EXPECT_TRUE(says(down(), 0, "nothing to do"));
  EXPECT_TRUE(says(up(), 0, "nothing to do"));
  EXPECT_LE(count("MDTM"), 2);
}

// Half of the files are from summer: what LIST seems to say is settled by asking.
TEST_F(FerrySyncAndOddServers, SummerTimeIsAskedFor) {
  server_.feature("MDTM");
  const WallTime summer = *parse_ftp_time("20260701120030");
  server_.on("MDTM", [](const std::string& name) {
    return std::vector<std::string>{name == "/summer" ? "213 20260701120030" : "213 20260301120030"};
  });
  put("winter", "content");
  put("summer", "content", summer);
  const WallTime now = summer + std::chrono::hours(24);
  lists_in_root("LIST", "-rw-r--r-- 1 a b 7 " + listing_time(kThen + std::chrono::hours(1), now) +
                            " winter\r\n-rw-r--r-- 1 a b 7 " +
                            listing_time(summer + std::chrono::hours(2), now) + " summer\r\n");
  EXPECT_TRUE(says(down(), 0, "nothing to do"));
  EXPECT_LE(count("MDTM"), 2);
}

// It has no order that sets a time, and its clock is a day ahead.
class FerrySyncWithoutTimes : public FerrySyncAndOddServers {
 protected:
  FerrySyncWithoutTimes() {
    server_.feature("MLST type*;size*;modify*;");
    server_.lists("MLSD", [this](const std::string&) {
      if (count("STOR") == 0) return std::string();
      const auto stored = kThen + std::chrono::days(1) + seconds(count("STOR"));
      return "type=file;size=" + std::to_string(server_.file().size()) + ";modify=" + ftp_time(stored) +
             "; f\r\n";
    });
  }
};

TEST_F(FerrySyncWithoutTimes, ARecordTellsWhatHasChanged) {
  put("f", "first");
  EXPECT_TRUE(says(up(), 0, "1 file to copy"));
  EXPECT_TRUE(says(up(), 0, "nothing to do, 1 the same"));
  put("f", "2econd"), put("f", "secnd", kThen + seconds(60));  // the same size; the server's time is later
  EXPECT_TRUE(says(up(), 0, "1 file to copy"));
  EXPECT_EQ(server_.file(), "secnd");
  EXPECT_TRUE(says(up(), 0, "nothing to do"));
  fs::remove_all(client_.upload_records().parent_path());
  EXPECT_TRUE(says(up(), 0, "the same by their size only"));
}

// It has another name for our file, so what is there looks like one too much.
TEST_F(FerrySyncAndOddServers, AServerThatFoldsCaseLosesNothing) {
  server_.feature("MLST type*;size*;modify*;");
  lists_in_root("MLSD", "type=file;size=7;modify=20260301120030; name.txt\r\n");
  put("NAME.txt", "content");
  EXPECT_TRUE(says(up({"--delete", "--yes"}), 10, "is not listed under this name although it was copied"));
  EXPECT_EQ(count("STOR"), 1);
  EXPECT_EQ(count("DELE"), 0);
}

TEST_F(FerrySyncAndOddServers, WhatHasChangedSinceThePlanStays) {
  server_.feature("MLST type*;size*;modify*;");
  server_.lists("MLSD", [this](const std::string&) {
    const std::string time = count("MLSD") < 2 ? "20260301120030" : "20260301120031";
    return "type=file;size=7;modify=20260301120030; f\r\ntype=file;size=7;modify=" + time + "; extra\r\n";
  });
  put("f", "content");
  EXPECT_TRUE(says(up({"--delete", "--yes"}), 11, "has changed since the plan was made"));
  EXPECT_EQ(count("DELE"), 0);
}

// A server that does not list what begins with a dot has it all the same.
TEST_F(FerrySyncAndOddServers, HiddenNamesAreNeitherRemovedNorOverwritten) {
  server_.feature("MLST type*;size*;modify*;");
  const std::string fine = "type=file;size=7;modify=20260301120030; fine\r\n";
  server_.lists("MLSD", [fine](const std::string& path) {
    return path == "/.folder" ? "type=file;size=7;modify=20260301120030; inside\r\n" : fine;
  });
  server_.on("MLST", [](const std::string& path) {
    if (path == "/.gone") return std::vector<std::string>{"550 No such file"};
    const std::string facts =
        path == "/.folder" ? " type=dir; " + path : " type=file;size=7;modify=20260401000000; " + path;
    return std::vector<std::string>{"250-Facts", facts, "250 End"};
  });
  fs::create_directory(here(".folder"));
  put("fine", "content");
  put(".hidden", "nothing");
  put(".folder/inside", "content");
  put(".gone", "gone");
  EXPECT_TRUE(says(down({"--delete", "--yes"}), 0, "removed 1"));
  EXPECT_EQ(read_file(here(".hidden")), "content") << "it is newer there";
  EXPECT_TRUE(fs::exists(here(".folder/inside")));
  EXPECT_FALSE(fs::exists(here(".gone")));

  put(".hidden", "another size");
  put(".gone", "gone");
  EXPECT_TRUE(says(up(), 11, "target newer"));
  EXPECT_EQ(count("STOR /.gone"), 1);
  EXPECT_EQ(count("STOR"), 1);
}

TEST_F(FerrySyncAndOddServers, WhatCannotBeListedIsNotMissing) {
  server_.feature("MLST type*;size*;modify*;");
  server_.on("MLSD", always("550 Failed."));
  put("f", "content");
  EXPECT_TRUE(says(up(), 5, "this folder cannot be listed"));
  EXPECT_EQ(count("STOR"), 0);
}

}  // namespace
}  // namespace ferry::test
