// The counters while everything that changes files goes on: what an upload, a removal or a rename does to
// disk and store happens here a step at a time, between the steps of the check and between any two files of
// its walk.
#include <fcntl.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "admin/check.h"
#include "tests/support/temp_dir.h"

namespace ferry::admin {
namespace {

namespace fs = std::filesystem;

constexpr store::OwnerId kWorker = 77;
constexpr unsigned kFolders = 5;  // names; three of them are there

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().context);
  return std::move(*result);
}
void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().context);
}

class CheckUsage : public testing::Test {
 protected:
  CheckUsage() {
    fs::create_directories(home_ / ".ferry");
    for (const char* folder : {"d0", "d1", "d2"}) fs::create_directory(home_ / folder);
  }

  store::Account make_account() {
    store::NewAccount account;
    account.name = "mika";
    account.home = home_.string();
    return must(store_->create_account(account));
  }
  fs::path at(const std::string& path) const { return home_ / path.substr(1); }
  std::optional<Bytes> size_of(const std::string& path) const {
    if (!fs::is_regular_file(at(path))) return std::nullopt;
    return static_cast<Bytes>(fs::file_size(at(path)));
  }
  static std::uint64_t inode_of(const fs::path& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
  }
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }
  std::string any_path() { return fmt::format("/d{}/f{}", pick(kFolders), pick(6)); }

  // One step of something that is under way, or a first step of something new.
  void go_on() {
    if (under_way_.empty() || (under_way_.size() < 4 && pick(2) == 0)) return begin_something();
    const std::size_t which = pick(static_cast<unsigned>(under_way_.size()));
    auto& steps = under_way_[which];
    const auto step = std::move(steps.front());
    steps.erase(steps.begin());
    if (steps.empty()) under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(which));
    step();
  }
  void end_all() {
    while (!under_way_.empty()) {
      auto steps = std::move(under_way_.back());
      under_way_.pop_back();
      for (const auto& step : steps) step();
    }
  }

  void begin_something() {
    const unsigned what = pick(10);
    if (what < 5) return begin_upload();
    if (what < 7) return begin_removal();
    if (what < 9) return begin_rename();
    if (renames_folders_) begin_folder_rename();
  }
  void begin_upload() {
    const std::string path = any_path(), token = fmt::format("token-{}", ++tokens_);
    const auto size = static_cast<Bytes>(pick(3) * 1000 + pick(10));
    std::ofstream(home_ / ".ferry" / token) << std::string(static_cast<std::size_t>(size), 'x');
    const fs::path partial = home_ / ".ferry" / token;
    const auto row = store_->begin_upload(
        {account_.id, path, token, inode_of(partial), size_of(path), std::nullopt, kWorker, size});
    if (!row || !fs::exists(at(path).parent_path())) {
      if (row) must(store_->drop_upload(row->id));
      fs::remove(partial);
      return;
    }
    if (pick(5) == 0) {
      under_way_.push_back({[=, this] { park(*row, partial, size); }});
      return;
    }
    under_way_.push_back({[=, this] { fs::rename(partial, at(path)); },
                          [=, this] {
                            must(store_->commit_upload(row->id, {size, {}}, false));
                          }});
  }
  // Later it is claimed and dropped, so that its path is free again.
  void park(const store::Partial& row, const fs::path& partial, Bytes size) {
    must(store_->park_upload(row.id, size, "", false, [&](Bytes kept) -> Status {
      if (kept == 0) fs::remove(partial);
      return {};
    }));
    if (size == 0) return;
    under_way_.push_back({[=, this] {
      // As ferryd's expiry claims it: without the credit of the file that is there.
      const auto rows = must(store_->partials_of(account_.id));  // a rename may have moved it along
      const auto now = std::ranges::find(rows, row.id, &store::Partial::id);
      if (now == rows.end()) return;
      const auto claimed = store_->claim_partial(
          account_.id, now->path, now->replaces ? std::optional<Bytes>(0) : std::nullopt, kWorker);
      if (!claimed) return;
      under_way_.push_back({[=, this] {
        fs::remove(partial);
        must(store_->drop_upload(claimed->id));
      }});
    }});
  }
  void begin_removal() {
    const std::string path = any_path();
    const auto size = size_of(path);
    if (!size) return;
    const auto intent = store_->begin_removal(account_.id, path, inode_of(at(path)), size, kWorker);
    if (!intent) return;
    if (pick(4) == 0) {
      under_way_.push_back({[=, this] { must(store_->finish_intent(*intent, false)); }});
      return;
    }
    under_way_.push_back(
        {[=, this] { fs::remove(at(path)); }, [=, this] { must(store_->finish_intent(*intent, true)); }});
  }
  void begin_rename() {
    const std::string from = any_path(), to = any_path();
    const auto size = size_of(from);
    if (!size || from == to || !fs::exists(at(to).parent_path())) return;
    const auto intent =
        store_->begin_rename(account_.id, from, to, inode_of(at(from)), size_of(to), kWorker, size);
    if (!intent) return;
    under_way_.push_back({[=, this] { fs::rename(at(from), at(to)); },
                          [=, this] { must(store_->finish_intent(*intent, true)); }});
  }
  void begin_folder_rename() {
    const std::string from = fmt::format("/d{}", pick(kFolders)), to = fmt::format("/d{}", pick(kFolders));
    if (!fs::exists(at(from)) || fs::exists(at(to))) return;
    const auto intent =
        store_->begin_rename(account_.id, from, to, inode_of(at(from)), std::nullopt, kWorker);
    if (!intent) return;
    under_way_.push_back({[=, this] { fs::rename(at(from), at(to)); },
                          [=, this] { must(store_->finish_intent(*intent, true)); }});
  }

  // What check_usage finds; `busy` times steps happen between its own.
  std::vector<Finding> check(unsigned busy, bool fixes) {
    auto files = must(HomeFiles::open(home_.string()));
    std::vector<Finding> findings;
    unsigned left = busy, quiet = pick(2) * pick(15);  // so that now and then all of it comes late
    const CheckedAccount checked{*store_,
                                 account_,
                                 files,
                                 fixes,
                                 [] { return std::set<store::OwnerId>{kWorker}; },
                                 [&](const Finding& finding) { findings.push_back(finding); },
                                 [&] {
                                   if (quiet > 0) {
                                     --quiet;
                                     return;
                                   }
                                   for (unsigned i = pick(4); i > 0 && left > 0; --i, --left) go_on();
                                   if (left == 0) end_all();  // nothing stays under way for ever
                                 }};
    const Status done = check_usage(checked);
    EXPECT_TRUE(done) << done.error().context;
    return findings;
  }
  void expect_none(const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) ADD_FAILURE() << finding.sentence;
  }
  void run_rounds(int rounds, unsigned busy) {
    for (int round = 0; round < rounds && !HasFailure(); ++round) {
      SCOPED_TRACE(round);
      const bool has_drift = round % 3 == 2;
      if (has_drift) {
        std::ofstream(home_ / fmt::format("by-hand-{}", round % 50))
            << std::string(static_cast<std::size_t>(round), 'x');
        const auto findings = check(busy, true);
        ASSERT_EQ(findings.size(), 1U);
        EXPECT_TRUE(findings[0].is_fixed);
      } else {
        expect_none(check(busy, round % 3 == 1));
      }
      if (round % 5 == 0) {
        end_all();
        expect_none(check(0, false));
      }
    }
  }

  test::TempDir dir_;
  const fs::path home_ = dir_.path() / "home";
  std::unique_ptr<store::Store> store_ = must(store::Store::open((dir_.path() / "ferry.db").string()));
  const store::Account account_ = make_account();
  std::mt19937 random_{20'26};
  std::vector<std::vector<std::function<void()>>> under_way_;
  int tokens_ = 0;
  bool renames_folders_ = false;
};

TEST_F(CheckUsage, IsExactWhateverHappensMeanwhile) {
  run_rounds(120, 1000);
}

TEST_F(CheckUsage, IsExactWhenFoldersAreRenamedMeanwhile) {
  renames_folders_ = true;
  // At most so many steps that a walk without a rename comes in the end.
  run_rounds(250, 12);
}

TEST_F(CheckUsage, GivesUpWhereFoldersAreRenamedAllTheTime) {
  auto files = must(HomeFiles::open(home_.string()));
  std::ofstream(home_ / "d0/file") << "x";
  bool there = true;
  const CheckedAccount checked{*store_,
                               account_,
                               files,
                               true,
                               [] { return LivingOwners(); },
                               [](const Finding& finding) { ADD_FAILURE() << finding.sentence; },
                               [&] {
                                 const std::string from = there ? "/d0" : "/e", to = there ? "/e" : "/d0";
                                 const auto intent =
                                     must(store_->begin_rename(account_.id, from, to, 1, {}, kWorker));
                                 fs::rename(at(from), at(to));
                                 must(store_->finish_intent(intent, true));
                                 there = !there;
                               }};
  const Status done = check_usage(checked);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().context.find("try again"), std::string::npos);
}

TEST_F(CheckUsage, WaitsForNoOtherCheck) {
  must(store_->begin_audit(account_.id, wall_now()));
  auto files = must(HomeFiles::open(home_.string()));
  const Status done =
      check_usage({*store_, account_, files, true, [] { return LivingOwners(); }, [](Finding) {}});
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().context.find("another ftpadm"), std::string::npos);
}

}  // namespace
}  // namespace ferry::admin
