// Accounts people make for themselves.
#include <gtest/gtest.h>

#include "tests/unit/shared/store/store_fixture.h"

namespace ferry::store {
namespace {

using namespace std::chrono_literals;

class Registrations : public StoreFixture {
 protected:
  static NewAccount named(const std::string& name) {
    NewAccount account;
    account.name = name;
    account.home = "/srv/ferry/" + name;
    account.quota_bytes = 500;
    return account;
  }
  Result<Account> register_at(const std::string& name, WallTime now,
                              const std::string& origin = "192.0.2.1") {
    return store_->register_account(named(name), {origin, 2, now}, [&]() -> Status {
      homes_.push_back(name);
      return {};
    });
  }
  std::vector<std::string> homes_;
  const WallTime start_ = wall_now();
};

TEST_F(Registrations, MakeOrdinaryAccounts) {
  const Account made = must(register_at("ann", start_));
  EXPECT_EQ(made.name, "ann");
  EXPECT_EQ(made.quota_bytes, 500);
  EXPECT_FALSE(made.is_read_only);
  EXPECT_EQ(must(store_->find_account("ann")).id, made.id);
  EXPECT_EQ(homes_, std::vector<std::string>{"ann"});
}

TEST_F(Registrations, AreLimitedPerOriginAndHour) {
  must(register_at("a", start_));
  must(register_at("b", start_ + 30min));
  EXPECT_EQ(must(store_->registrations_from("192.0.2.1", start_ + 30min)), 2);
  EXPECT_EQ(error_of(register_at("c", start_ + 59min)), Errc::busy);
  EXPECT_EQ(error_of(store_->find_account("c")), Errc::not_found);
  must(register_at("d", start_ + 59min, "192.0.2.2"));
  must(register_at("c", start_ + 61min));
  EXPECT_EQ(error_of(register_at("e", start_ + 89min)), Errc::busy);
  EXPECT_EQ(homes_, (std::vector<std::string>{"a", "b", "d", "c"}));
}

TEST_F(Registrations, TakenNameCountsNothing) {
  make_account();
  EXPECT_EQ(error_of(register_at("mika", start_)), Errc::exists);
  EXPECT_EQ(error_of(register_at("../mika", start_)), Errc::name_refused);
  EXPECT_EQ(must(store_->registrations_from("192.0.2.1", start_)), 0);
  EXPECT_TRUE(homes_.empty());
}

TEST_F(Registrations, HomeOfAnotherAccountIsTaken) {
  NewAccount other = named("bob");
  other.home = "/srv/ferry/ann";
  must(store_->create_account(other));
  EXPECT_EQ(error_of(register_at("ann", start_)), Errc::exists);
  EXPECT_TRUE(homes_.empty());
}

TEST_F(Registrations, HomeThatCannotBeMadeLeavesNothing) {
  const auto failed = store_->register_account(named("ann"), {"192.0.2.1", 1, start_},
                                               []() -> Status { return fail(Errc::no_space, "no room"); });
  EXPECT_EQ(error_of(failed), Errc::no_space);
  EXPECT_EQ(error_of(store_->find_account("ann")), Errc::not_found);
  must(register_at("ann", start_));
}

}  // namespace
}  // namespace ferry::store
