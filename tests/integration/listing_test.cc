// LIST, NLST, MLSD, MLST and STAT: forms, names of every kind, folders of every size.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "shared/base/clock.h"
#include "shared/ftp/facts.h"
#include "shared/ftp/listing.h"
#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using Names = std::vector<std::string>;

class Listings : public testing::TestWithParam<bool> {
 protected:
  Listings() {
    server_.add_account("mika");
    talker_.emplace(FtpTalker::logged_in(server_, "mika", GetParam()));
  }

  Names sorted(const std::string& command) {
    Names lines = talker_->list(command);
    std::ranges::sort(lines);
    return lines;
  }
  // The names that a listing with lines of `parse`'s form shows.
  Names names_of(const std::string& command) {
    Names names;
    for (const std::string& line : talker_->list(command)) {
      const auto entry =
          command.starts_with("MLSD") ? ftp::parse_entry(line) : ftp::parse_list_line(line, wall_now());
      if (!entry) {
        ADD_FAILURE() << line;
      } else if (entry->type != ftp::EntryType::current_directory) {
        names.push_back(entry->name);
      }
    }
    std::ranges::sort(names);
    return names;
  }
  void put(const std::string& path, const std::string& bytes = "x") { server_.put_file("mika", path, bytes); }
  void make_folder(const std::string& path) { server_.put_file("mika", path, std::nullopt); }

  FerrydServer server_;
  std::optional<FtpTalker> talker_;
};
INSTANTIATE_TEST_SUITE_P(Wire, Listings, testing::Bool(),
                         [](const auto& wire) { return wire.param ? "tls" : "clear"; });

TEST_P(Listings, EmptyFolderHasNoLines) {
  for (const char* command : {"LIST", "NLST", "LIST -la", "NLST *"}) {
    if (std::string(command) == "NLST *") make_folder("only-folders-match-nothing-else");
    EXPECT_EQ(talker_->list(command).size(), std::string(command) == "NLST *" ? 1U : 0U) << command;
  }
  EXPECT_TRUE(names_of("MLSD only-folders-match-nothing-else").empty());
}

TEST_P(Listings, NamesOfEveryKindComeBackAsTheyAre) {
  Names names = {"plain",       "with space", "two  spaces",      "-leading-dash", "--help",
                 "日本語.txt",  "Ünïcödé",    "inv\xfe\xc3(alid", "tab\there",     "quote\"d",
                 "#hash",       "a;b=c; d",   "percent%20%n",     "[brackets]",    "star*",
                 "question?",   "..dots",     ".hidden",          "trailing ",     " leading",
                 "back\\slash", "*",          "-> arrow",         "x -> y"};
  for (const std::string& name : names) ASSERT_TRUE(answers(talker_->store(name, name), 226)) << name;
  std::ranges::sort(names);
  EXPECT_EQ(sorted("NLST"), names);
  EXPECT_EQ(names_of("LIST"), names);
  EXPECT_EQ(names_of("MLSD"), names);
  for (const std::string& name : names) {
    EXPECT_EQ(talker_->fetch(name).bytes, name);
    EXPECT_TRUE(answers(talker_->ask("MLST " + name), 250)) << name;
    EXPECT_TRUE(answers(talker_->ask("SIZE " + name), 213)) << name;
  }
  for (const std::string& name : names) EXPECT_TRUE(answers(talker_->ask("DELE " + name), 250)) << name;
  EXPECT_TRUE(talker_->list("NLST").empty());
}

TEST_P(Listings, NameThatWouldBreakALineIsNotShown) {
  put("good");
  put("bad\r\nname");
  put("bad\nname");
  EXPECT_EQ(sorted("NLST"), Names{"good"});
  EXPECT_EQ(names_of("MLSD"), Names{"good"});
  EXPECT_EQ(names_of("LIST"), Names{"good"});
}

TEST_P(Listings, TenThousandEntries) {
  std::set<std::string> expected;
  make_folder("many");
  for (int i = 0; i < 10'000; ++i) {
    expected.insert(fmt::format("entry number {:05}", i));
    put("many/" + *expected.rbegin(), "");
  }
  for (const char* command : {"LIST many", "MLSD many"}) {
    const Names names = names_of(command);
    EXPECT_EQ(std::set(names.begin(), names.end()), expected) << command;
    EXPECT_EQ(names.size(), expected.size()) << command;
  }
  EXPECT_EQ(talker_->list("NLST many").size(), expected.size());
  EXPECT_EQ(talker_->list("NLST many/*number 0000?").size(), 10U);
}

TEST_P(Listings, StatTellsAListingOverTheControlConnection) {
  put("file", "12345");
  const auto reply = talker_->ask("STAT /");
  EXPECT_TRUE(answers(reply, 213));
  ASSERT_EQ(reply.lines.size(), 3U) << reply.text();
  const auto entry = ftp::parse_list_line(reply.lines[1], wall_now());
  ASSERT_TRUE(entry) << reply.lines[1];
  EXPECT_EQ(entry->name, "file");
  EXPECT_EQ(entry->size, 5);
}

TEST_P(Listings, PathsAndOptions) {
  make_folder("folder");
  put("folder/a.txt");
  put("folder/b.txt");
  put("folder/c.dat");
  put("top.txt");
  EXPECT_EQ(sorted("NLST folder"), (Names{"folder/a.txt", "folder/b.txt", "folder/c.dat"}));
  EXPECT_EQ(sorted("NLST folder/"), (Names{"folder/a.txt", "folder/b.txt", "folder/c.dat"}));
  EXPECT_EQ(sorted("NLST folder/*.txt"), (Names{"folder/a.txt", "folder/b.txt"}));
  EXPECT_EQ(sorted("NLST /folder/[ac].*"), (Names{"/folder/a.txt", "/folder/c.dat"}));
  EXPECT_EQ(sorted("NLST *.txt"), Names{"top.txt"});
  EXPECT_EQ(sorted("NLST top.txt"), Names{"top.txt"});
  EXPECT_EQ(names_of("LIST -la folder"), (Names{"a.txt", "b.txt", "c.dat"}));
  EXPECT_EQ(names_of("LIST -a"), (Names{"folder", "top.txt"}));
  EXPECT_EQ(names_of("LIST folder/a.txt"), Names{"folder/a.txt"});
  talker_->expect("CWD folder", 250);
  EXPECT_EQ(names_of("LIST"), (Names{"a.txt", "b.txt", "c.dat"}));
  EXPECT_EQ(sorted("NLST .."), (Names{"../folder", "../top.txt"}));
  for (const char* command : {"LIST missing", "NLST missing", "MLSD missing", "LIST missing/*"})
    EXPECT_TRUE(answers(talker_->fetch("", command).reply, 550)) << command;
  EXPECT_TRUE(answers(talker_->fetch("", "MLSD a.txt").reply, 501)) << "RFC 3659 §7.2";
}

// Options are ignored wherever clients put them; "--" or a path that does not begin with a dash ends them.
TEST_P(Listings, OptionsOfLsAreIgnored) {
  make_folder("two words");
  put("two words/inside");
  put("-x");
  put("top");
  const Names all = {"-x", "top", "two words"};
  for (const std::string& options :
       {std::string("-la"), std::string("-a -l"), std::string("-R"), std::string("--"), std::string("-x"),
        std::string("-"), "-" + std::string(4000, 'l'),
        std::string("-l --color=always -B -C9999999999999999999")}) {
    EXPECT_EQ(names_of("LIST " + options), all) << options;
    EXPECT_EQ(sorted("NLST " + options), all) << options;
  }
  EXPECT_EQ(names_of("LIST -la two words"), Names{"inside"});
  EXPECT_EQ(names_of("LIST -l -a two words"), Names{"inside"});
  EXPECT_EQ(sorted("NLST -1 two words"), Names{"two words/inside"});
  EXPECT_EQ(sorted("NLST ./-x"), Names{"./-x"});
  EXPECT_EQ(sorted("NLST -- -x"), Names{"-x"});
  EXPECT_EQ(sorted("NLST -a -- -*"), Names{"-x"});
  const auto status = talker_->ask("STAT -la two words");
  EXPECT_TRUE(answers(status, 213));
  EXPECT_EQ(status.lines.size(), 3U) << status.text();
  EXPECT_TRUE(answers(talker_->ask("MLST -x"), 250)) << "RFC 3659 knows no options";
}

TEST_P(Listings, StatOfAFileOfNothingAndOfAManyEntriesFolder) {
  put("file", "12345");
  make_folder("many");
  for (int i = 0; i < 2'000; ++i) put(fmt::format("many/entry number {:05}", i), "");
  const auto file = talker_->ask("STAT file");
  EXPECT_TRUE(answers(file, 213));
  ASSERT_EQ(file.lines.size(), 3U) << file.text();
  EXPECT_EQ(ftp::parse_list_line(file.lines[1], wall_now())->name, "file");
  EXPECT_TRUE(answers(talker_->ask("STAT missing"), 550));
  EXPECT_TRUE(answers(talker_->ask("STAT many/*7"), 213));
  const auto many = talker_->ask("STAT many");
  EXPECT_TRUE(answers(many, 213));
  EXPECT_EQ(many.lines.size(), 2'002U);
  EXPECT_TRUE(answers(talker_->ask("NOOP"), 200));
}

TEST_P(Listings, PatternsOfAnAttackerTakeNoTime) {
  put(std::string(200, 'a'));
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "a*";
  const Deadline limit = Deadline::after(std::chrono::seconds(5));
  EXPECT_TRUE(talker_->list("NLST " + pattern + "b").empty());
  EXPECT_FALSE(limit.passed());
}

TEST_P(Listings, MlstDescribesOneThing) {
  make_folder("folder");
  put("folder/file", "1234567");
  talker_->expect("MFMT 20210304050607 folder/file", 213);
  const auto reply = talker_->ask("MLST folder/file");
  ASSERT_TRUE(answers(reply, 250));
  ASSERT_EQ(reply.lines.size(), 3U);
  const auto file = ftp::parse_entry(reply.lines[1]);
  ASSERT_TRUE(file) << reply.lines[1];
  EXPECT_EQ(file->name, "/folder/file");
  EXPECT_EQ(file->type, ftp::EntryType::file);
  EXPECT_EQ(file->size, 7);
  EXPECT_EQ(ftp_time(*file->modified), "20210304050607");
  EXPECT_NE(file->perm.value_or("").find('r'), std::string::npos);
  const auto folder = ftp::parse_entry(talker_->ask("MLST folder").lines[1]);
  ASSERT_TRUE(folder);
  EXPECT_TRUE(folder->is_directory());
  EXPECT_TRUE(answers(talker_->ask("MLST"), 250));
  EXPECT_TRUE(answers(talker_->ask("MLST missing"), 550));
}

TEST_P(Listings, FactsAreThoseAskedFor) {
  put("file", "12345");
  const auto facts = talker_->ask("OPTS MLST size;type;nonsense;");
  EXPECT_TRUE(answers(facts, 200));
  EXPECT_EQ(facts.text(), "MLST OPTS type;size;");
  for (const std::string& line : talker_->list("MLSD"))
    EXPECT_TRUE(line == "type=file;size=5; file" || line == "type=cdir; .") << line;
  EXPECT_NE(talker_->ask("FEAT").text().find("MLST type*;size*;modify;perm;"), std::string::npos);
  EXPECT_TRUE(answers(talker_->ask("OPTS MLST"), 200));
  EXPECT_EQ(talker_->ask("MLST file").lines[1], " /file");
}

TEST_P(Listings, LinkShowsWhatItLeadsToInsideTheHome) {
  put("target", "12345");
  std::filesystem::create_symlink("target", server_.home("mika") / "link");
  std::filesystem::create_symlink("/nowhere", server_.home("mika") / "dangling");
  std::map<std::string, ftp::Entry> seen;
  for (const std::string& line : talker_->list("MLSD")) {
    const auto entry = ftp::parse_entry(line);
    ASSERT_TRUE(entry) << line;
    seen[entry->name] = *entry;
  }
  EXPECT_EQ(seen["link"].type, ftp::EntryType::file);
  EXPECT_EQ(seen["link"].size, 5);
  EXPECT_EQ(seen["dangling"].type, ftp::EntryType::other);
  EXPECT_EQ(talker_->fetch("link").bytes, "12345");
}

}  // namespace
}  // namespace ferry::test
