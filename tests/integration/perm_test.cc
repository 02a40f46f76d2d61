// RFC 3659 §7.5.5: every letter of `perm` is compared with what really happens when its command is sent, over
// files, folders, links and FIFOs of many modes, in folders of many modes, for every kind of account.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "shared/ftp/facts.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

enum class Kind { file, empty_file, folder, fifo, link_to_file, link_to_folder, dangling_link };

struct Object {
  Kind kind;
  mode_t mode;
};

// `all`: with modes, too, that differ in nothing the server's user has.
std::vector<Object> objects_of_every_kind(bool all) {
  std::vector<Object> objects;
  for (const mode_t mode : {0000U, 0400U, 0644U}) objects.push_back({Kind::file, mode});
  for (const mode_t mode : {0000U, 0300U, 0500U, 0700U}) objects.push_back({Kind::folder, mode});
  if (all) {
    for (const mode_t mode : {0200U, 0444U, 0555U, 0700U}) objects.push_back({Kind::file, mode});
    for (const mode_t mode : {0100U, 0200U, 0400U, 0444U, 0555U, 0644U, 0711U})
      objects.push_back({Kind::folder, mode});
  }
  for (const mode_t mode : {0000U, 0600U}) objects.push_back({Kind::empty_file, mode});
  for (const mode_t mode : {0000U, 0644U}) objects.push_back({Kind::link_to_file, mode});
  for (const mode_t mode : {0500U, 0700U}) objects.push_back({Kind::link_to_folder, mode});
  objects.push_back({Kind::fifo, 0666});
  objects.push_back({Kind::dangling_link, 0});
  return objects;
}

class PermTest : public testing::TestWithParam<const char*> {
 protected:
  PermTest() : server_({"anonymous=true"}) {
    server_.add_account("writer");
    server_.add_account("reader", {.read_only = true});
    const std::string who = GetParam();
    if (who == "guest") {
      talker_.emplace(server_);
      talker_->reply();
      talker_->log_in("anonymous");
      talker_->expect("TYPE I", 200);
    } else {
      talker_.emplace(FtpTalker::logged_in(server_, who));
    }
    home_ = server_.home(who);
  }

  void give(const fs::path& path) const {
    struct stat home {};
    ASSERT_EQ(::stat(home_.c_str(), &home), 0);
    ASSERT_EQ(::lchown(path.c_str(), home.st_uid, home.st_gid), 0);
  }
  void make_file(const fs::path& path, mode_t mode, const std::string& bytes = "content") {
    server_.put_file(GetParam(), path.lexically_relative(home_), bytes);
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }
  void make_folder(const fs::path& path) {
    server_.put_file(GetParam(), path.lexically_relative(home_), std::nullopt);
  }

  // "/pN/it" as described, in a fresh folder /pN of mode `around`. With `filled` a folder holds a file.
  std::string build(const Object& object, mode_t around, bool filled) {
    const std::string folder = fmt::format("p{}", ++folders_);
    const fs::path place = home_ / folder, it = place / "it";
    make_folder(place);
    const auto make_one_folder = [&](const fs::path& path) {
      make_folder(path);
      if (filled) make_file(path / "inside", 0644);
      ::chmod(path.c_str(), object.mode);
    };
    switch (object.kind) {
      case Kind::file:
        make_file(it, object.mode);
        break;
      case Kind::empty_file:
        make_file(it, object.mode, "");
        break;
      case Kind::folder:
        make_one_folder(it);
        break;
      case Kind::fifo:
        EXPECT_EQ(::mkfifo(it.c_str(), object.mode), 0);
        give(it);
        break;
      // What a link leads to lies in a folder of its own, which alone decides about replacing it.
      case Kind::link_to_file:
        make_folder(home_ / (folder + "target"));
        make_file(home_ / (folder + "target") / "file", object.mode);
        fs::create_symlink("../" + folder + "target/file", it);
        give(it);
        break;
      case Kind::link_to_folder:
        make_one_folder(home_ / (folder + "target"));
        fs::create_symlink("../" + folder + "target", it);
        give(it);
        break;
      case Kind::dangling_link:
        fs::create_symlink("nowhere", it);
        give(it);
        break;
    }
    EXPECT_EQ(::chmod(place.c_str(), around), 0);
    return "/" + folder + "/it";
  }

  bool does(const std::string& line, int code) { return talker_->ask(line).code == code; }
  // Whether what the letter promises comes true. An upload is refused before its first byte, or succeeds.
  bool works(char letter, const std::string& path) {
    const auto upload = [&](const std::string& to, const char* verb) {
      auto started = talker_->begin(std::string(verb) + " " + to);
      if (!started.data) return false;
      EXPECT_TRUE(started.data->write_all("x", Deadline::after(std::chrono::seconds(10))));
      static_cast<void>(started.data->finish(Deadline::after(std::chrono::seconds(10))));
      started.data.reset();
      const int code = talker_->reply().code;
      EXPECT_EQ(code, 226) << verb << " " << to << " was let begin";
      return code == 226;
    };
    const bool is_folder = is_folder_;
    switch (letter) {
      case 'a':
        return upload(path, "APPE");
      case 'c':
        return upload(path + "/new", "STOR");
      case 'd':
        return does((is_folder ? "RMD " : "DELE ") + path, 250);
      case 'e': {
        const bool entered = does("CWD " + path, 250);
        talker_->expect("CWD /", 250);
        return entered;
      }
      case 'f':
        return does("RNFR " + path, 350) && does("RNTO " + path + ".renamed", 250);
      case 'l':
        return talker_->fetch("", "LIST " + path).reply.code == 226;
      case 'm':
        return does("MKD " + path + "/new", 257);
      case 'p':
        return does("DELE " + path + "/inside", 250);
      case 'r':
        return talker_->fetch(path).reply.code == 226;
      case 'w':
        return upload(path, "STOR");
      default:
        return false;
    }
  }

  std::optional<ftp::Entry> described(const std::string& path, bool by_folder) {
    const std::string folder = path.substr(0, path.rfind('/')), leaf = path.substr(path.rfind('/') + 1);
    if (!by_folder) {
      const auto reply = talker_->ask("MLST " + path);
      if (reply.code != 250) return std::nullopt;
      return *ftp::parse_entry(reply.lines.at(1));
    }
    const auto listing = talker_->fetch("", "MLSD " + folder);
    if (listing.reply.code != 226) return std::nullopt;
    for (std::size_t at = 0; at < listing.bytes.size();) {
      const auto end = listing.bytes.find("\r\n", at);
      const auto entry = ftp::parse_entry(listing.bytes.substr(at, end - at));
      if (entry && entry->name == leaf) return *entry;
      at = end + 2;
    }
    return std::nullopt;
  }

  void compare(const Object& object, mode_t around, bool by_folder) {
    const auto entry = described(build(object, around, false), by_folder);
    if (!entry) return;  // the folder may not be looked into
    ++compared_;
    is_folder_ = entry->is_directory();
    ASSERT_TRUE(entry->perm) << "no perm at all";
    for (const char letter : std::string(is_folder_ ? "acdeflmprw" : "adfrw")) {
      if (is_folder_ && (letter == 'a' || letter == 'r' || letter == 'w')) {
        EXPECT_EQ(entry->perm->find(letter), std::string::npos) << "a folder has no " << letter;
        continue;
      }
      const std::string path = build(object, around, letter == 'p');
      EXPECT_EQ(entry->perm->find(letter) != std::string::npos, works(letter, path))
          << letter << " in perm=" << *entry->perm << " of kind " << static_cast<int>(object.kind)
          << fmt::format(" mode {:04o} in a folder of mode {:04o}, by {}", object.mode, around,
                         by_folder ? "MLSD" : "MLST");
    }
  }

  FerrydServer server_;
  std::optional<FtpTalker> talker_;
  fs::path home_;
  int folders_ = 0, compared_ = 0;
  bool is_folder_ = false;
};
INSTANTIATE_TEST_SUITE_P(Account, PermTest, testing::Values("writer", "reader", "guest"),
                         [](const auto& account) { return std::string(account.param); });

TEST_P(PermTest, EveryLetterIsTrue) {
  const bool writes = std::string(GetParam()) == "writer";
  for (const Object& object : objects_of_every_kind(writes)) compare(object, 0700, true);
  EXPECT_EQ(compared_, static_cast<int>(objects_of_every_kind(writes).size()));
  if (!writes) return;
  for (const mode_t around : {0500U, 0300U, 0000U}) {
    for (const Object& object : objects_of_every_kind(false)) {
      // MLST follows a link and tells the path of what it leads to.
      const bool is_link = object.kind == Kind::link_to_file || object.kind == Kind::link_to_folder;
      const bool by_folder = is_link || object.kind == Kind::dangling_link || around == 0500;
      compare(object, around, by_folder);
    }
  }
}

TEST_P(PermTest, HomeItselfIsNeitherRemovedNorRenamed) {
  const bool writes = std::string(GetParam()) == "writer";
  const auto own_perm = [&] {
    const auto lines = talker_->list("MLSD /");
    const auto self = ftp::parse_entry(lines.at(0));
    EXPECT_EQ(self->type, ftp::EntryType::current_directory);
    EXPECT_EQ(self->perm, ftp::parse_entry(talker_->ask("MLST /").lines.at(1))->perm);
    return self->perm;
  };
  EXPECT_EQ(own_perm(), writes ? "celmp" : "el");
  EXPECT_TRUE(answers(talker_->ask("RMD /"), 550));
  ASSERT_EQ(::chmod(home_.c_str(), 0500), 0);
  EXPECT_EQ(own_perm(), "el");
  EXPECT_FALSE(works('c', ""));
}

TEST_P(PermTest, OnlyOnesOwnMayBeTakenFromAStickyFolder) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to make files of others";
  for (const bool own : {false, true}) {
    for (const char letter : {'a', 'd', 'f', 'r', 'w'}) {
      const std::string path = build({Kind::file, 0644}, 0700, false);
      const fs::path file = home_ / path.substr(1);
      ASSERT_EQ(::lchown(file.parent_path().c_str(), 0, 0), 0);
      ASSERT_EQ(::chmod(file.parent_path().c_str(), 01777), 0);
      if (!own) {
        ASSERT_EQ(::lchown(file.c_str(), 0, 0), 0);
      }
      const auto entry = described(path, true);
      ASSERT_TRUE(entry && entry->perm);
      EXPECT_EQ(entry->perm->find(letter) != std::string::npos, works(letter, path))
          << letter << " in " << *entry->perm << (own ? ", ours" : ", of root");
    }
  }
}

// Only who may write has partials, and renames.
class PermOfWriter : public PermTest {};
INSTANTIATE_TEST_SUITE_P(Account, PermOfWriter, testing::Values("writer"),
                         [](const auto& account) { return std::string(account.param); });

TEST_P(PermOfWriter, PartialCanBeContinuedAndDropped) {
  is_folder_ = false;
  for (const mode_t around : {0700U, 0500U}) {
    for (const char letter : {'a', 'd', 'f', 'r', 'w'}) {
      const std::string folder = fmt::format("/q{}", ++folders_);
      talker_->expect("MKD " + folder, 257);
      talker_->expect("ALLO 100", 200);
      EXPECT_TRUE(answers(talker_->store(folder + "/partial", "some"), 426));
      ASSERT_EQ(::chmod((home_ / folder.substr(1)).c_str(), around), 0);
      for (const bool by_folder : {true, false}) {
        const auto entry = described(folder + "/partial", by_folder);
        ASSERT_TRUE(entry && entry->perm);
        EXPECT_EQ(*entry->perm, around == 0700 ? "adw" : "d");
      }
      EXPECT_EQ(std::string(around == 0700 ? "adw" : "d").find(letter) != std::string::npos,
                works(letter, folder + "/partial"))
          << letter;
    }
  }
}

// RFC 3659 §7.5.2: the same for the same file, however it is called; another for another.
TEST_P(PermOfWriter, UniqueFollowsTheFile) {
  const auto unique = [&](const std::string& path) { return described(path, false)->unique; };
  talker_->expect("MKD /folder", 257);
  talker_->expect("MKD /other", 257);
  talker_->expect("ALLO 100", 200);
  EXPECT_TRUE(answers(talker_->store("/folder/a", "some"), 426));
  const std::string of_partial = unique("/folder/a");
  EXPECT_TRUE(answers(talker_->store("/folder/a", " more", "APPE"), 226));
  EXPECT_EQ(unique("/folder/a"), of_partial) << "the partial has become the file";
  EXPECT_TRUE(answers(talker_->store("/folder/b", "some"), 226));
  EXPECT_NE(unique("/folder/b"), of_partial);
  EXPECT_NE(unique("/folder"), unique("/other"));
  talker_->expect("RNFR /folder/a", 350);
  talker_->expect("RNTO /other/c", 250);
  EXPECT_EQ(unique("/other/c"), of_partial);
  EXPECT_EQ(described("/other/c", true)->unique, of_partial) << "MLSD and MLST agree";
  fs::create_symlink("other/c", home_ / "link");
  EXPECT_EQ(described("/link", true)->unique, of_partial) << "the same file by another way";
  EXPECT_TRUE(answers(talker_->store("/other/c", "new"), 226));
  EXPECT_NE(unique("/other/c"), of_partial) << "an upload makes another file of it";
}

}  // namespace
}  // namespace ferry::test
