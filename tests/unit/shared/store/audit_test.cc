#include "shared/store/audit.h"

#include "tests/unit/shared/store/store_fixture.h"

namespace ferry::store {
namespace {

using namespace std::chrono_literals;

class Audit : public StoreFixture {
 protected:
  Standing standing() {
    Standing standing;
    must(store_->hold(account_.id, [&](Store::Held& held) -> Status {
      standing = must(held.standing());
      return {};
    }));
    return standing;
  }
  std::vector<Change> changes(std::int64_t after = 0) {
    std::vector<Change> changes;
    must(store_->hold(account_.id, [&](Store::Held& held) -> Status {
      changes = held.changes_after(after);
      return {};
    }));
    return changes;
  }
  void finish(Result<IntentId> intent, bool happened = true) {
    must(store_->finish_intent(must(std::move(intent)), happened));
  }

  const Account account_ = make_account(100'000);
};

void expect_change(const Change& change, const std::string& path, Bytes bytes, std::int64_t files) {
  EXPECT_EQ(change.path, path);
  EXPECT_EQ(change.bytes, bytes);
  EXPECT_EQ(change.files, files);
  EXPECT_FALSE(change.is_folder);
}

TEST_F(Audit, NotesNothingWhileNoneRuns) {
  add_file(account_.id, "/a", 10);
  EXPECT_TRUE(changes().empty());
  EXPECT_EQ(standing().last_change, 0);
  const AuditId id = must(store_->begin_audit(account_.id, wall_now()));
  add_file(account_.id, "/b", 10);
  must(store_->end_audit(account_.id, id));
  EXPECT_TRUE(changes().empty());
  add_file(account_.id, "/c", 10);
  EXPECT_TRUE(changes().empty());
}

TEST_F(Audit, NotesWhatHappensToCompleteFiles) {
  must(store_->begin_audit(account_.id, wall_now()));
  add_file(account_.id, "/a", 100);
  commit(begin(account_.id, "/a", 100).id, 30);
  add_partial(account_.id, "/waits", 50);
  finish(store_->begin_removal(account_.id, "/a", 1, 30, kOwner));
  finish(store_->begin_removal(account_.id, "/link", 1, std::nullopt, kOwner));
  add_file(account_.id, "/b", 7);
  finish(store_->begin_rename(account_.id, "/b", "/c", 1, 4, kOwner, 7), false);
  const auto noted = changes();
  ASSERT_EQ(noted.size(), 4U);
  expect_change(noted[0], "/a", 100, 1);
  expect_change(noted[1], "/a", -70, 0);
  expect_change(noted[2], "/a", -30, -1);
  expect_change(noted[3], "/b", 7, 1);
  EXPECT_LT(noted[0].number, noted[1].number);
  EXPECT_EQ(standing().last_change, noted[3].number);
  EXPECT_EQ(changes(noted[2].number).size(), 1U);
}

TEST_F(Audit, NotesBothNamesOfARenamedFile) {
  must(store_->begin_audit(account_.id, wall_now()));
  finish(store_->begin_rename(account_.id, "/from", "/to", 1, std::nullopt, kOwner, 7));
  finish(store_->begin_rename(account_.id, "/to", "/over", 1, 4, kOwner, 7));
  finish(store_->begin_rename(account_.id, "/folder", "/other", 1, std::nullopt, kOwner));
  const auto noted = changes();
  ASSERT_EQ(noted.size(), 5U);
  expect_change(noted[0], "/from", -7, -1);
  expect_change(noted[1], "/to", 7, 1);
  expect_change(noted[2], "/to", -7, -1);
  expect_change(noted[3], "/over", 3, 0);
  EXPECT_TRUE(noted[4].is_folder);
}

TEST_F(Audit, IsOfOneAccount) {
  const Account other = make_account(1000, std::nullopt, "other");
  must(store_->begin_audit(account_.id, wall_now()));
  add_file(other.id, "/a", 10);
  EXPECT_TRUE(changes().empty());
  EXPECT_EQ(error_of(store_->begin_audit(4711, wall_now())), Errc::not_found);
}

TEST_F(Audit, LapsesWhenNobodyKeepsIt) {
  const WallTime past = wall_now() - 2 * kAuditLasts;
  const AuditId dead = must(store_->begin_audit(account_.id, past));
  EXPECT_EQ(error_of(store_->begin_audit(account_.id, past + 1s)), Errc::busy);
  must(store_->keep_audit(account_.id, dead, past + 1s));
  add_file(account_.id, "/a", 10);
  EXPECT_TRUE(changes().empty()) << "noted for an audit that has lapsed";
  EXPECT_EQ(error_of(store_->keep_audit(account_.id, dead, wall_now())), Errc::not_found);
  const AuditId next = must(store_->begin_audit(account_.id, wall_now()));
  EXPECT_EQ(error_of(store_->keep_audit(account_.id, dead, wall_now())), Errc::not_found);
  must(store_->end_audit(account_.id, dead));
  must(store_->keep_audit(account_.id, next, wall_now()));
}

TEST_F(Audit, IsForgottenWithItsChanges) {
  const WallTime now = wall_now();
  must(store_->begin_audit(account_.id, now));
  add_file(account_.id, "/a", 10);
  must(store_->forget_lapsed_audits(now + kAuditLasts - 1s));
  EXPECT_EQ(changes().size(), 1U);
  must(store_->forget_lapsed_audits(now + kAuditLasts));
  EXPECT_TRUE(changes().empty());
}

TEST_F(Audit, StandingTellsWhatRunsAndWhatWaits) {
  add_file(account_.id, "/a", 100);
  add_partial(account_.id, "/waits", 50);
  add_partial(account_.id, "/a", 20, 100);
  const Partial running = begin(account_.id, "/runs");
  must(store_->grow(running.id, 500));
  must(store_->begin_removal(account_.id, "/gone", 1, 5, kOwner));
  const Standing now = standing();
  EXPECT_EQ(now.account.used_bytes, 170);
  EXPECT_EQ(now.waiting_bytes, 70);
  EXPECT_EQ(now.paths_without_file, 2);
  EXPECT_EQ(now.held, 500);
  ASSERT_EQ(now.running.size(), 1U);
  EXPECT_EQ(now.running[0].path, "/runs");
  ASSERT_EQ(now.intents.size(), 1U);
}

TEST_F(Audit, HoldUndoesWhatAFailureLeaves) {
  add_file(account_.id, "/a", 100);
  const Status failed = store_->hold(account_.id, [](Store::Held& held) -> Status {
    held.set_usage(1, 1);
    return fail(Errc::io, "no");
  });
  EXPECT_EQ(error_of(failed), Errc::io);
  expect_usage(account_.id, 100, 0, 1);
}

TEST_F(Audit, HoldCorrectsRowsThatWaitOnly) {
  add_partial(account_.id, "/waits", 50);
  const Partial running = begin(account_.id, "/runs");
  must(store_->hold(account_.id, [&](Store::Held& held) -> Status {
    EXPECT_TRUE(held.is_changing("/runs"));
    EXPECT_FALSE(held.is_changing("/waits"));
    EXPECT_TRUE(held.knows_token("twaits"));
    EXPECT_FALSE(held.knows_token("waits"));
    held.correct_partial(held.upload_at("/waits")->id, 99, true);
    held.correct_partial(running.id, 99, true);
    return {};
  }));
  const Partial waits = *must(store_->partial_at(account_.id, "/waits"));
  EXPECT_EQ(waits.inode, 99U);
  EXPECT_TRUE(waits.replaces);
  EXPECT_EQ(waits.sha256, "");
  EXPECT_EQ(must(store_->partial_at(account_.id, "/runs"))->inode, 12U);
}

TEST_F(Audit, DigestsComeInTheOrderOfTheirPaths) {
  for (const char* path : {"/b", "/a/c", "/a", "/\xFF"})
    must(store_->keep_digest(account_.id, path, {1, 2, 3, "aa"}));
  const auto first = must(store_->digests_after(account_.id, "", 3));
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[0].path, "/a");
  EXPECT_EQ(first[1].path, "/a/c");
  EXPECT_EQ(first[2].digest.sha256, "aa");
  const auto rest = must(store_->digests_after(account_.id, first.back().path, 3));
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].path, "/\xFF");
  must(store_->hold(account_.id, [&](Store::Held& held) -> Status {
    EXPECT_TRUE(held.digest_at("/b"));
    held.forget_digest("/b");
    EXPECT_FALSE(held.digest_at("/b"));
    return {};
  }));
}

}  // namespace
}  // namespace ferry::store
