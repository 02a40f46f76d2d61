#include "client/line/exit_code.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

TEST(ExitCode, TellsKindsOfFailureApart) {
  const std::pair<Errc, int> cases[] = {
      {Errc::io, 1},           {Errc::not_found, 3},       {Errc::login_refused, 4}, {Errc::permission, 5},
      {Errc::name_refused, 5}, {Errc::timeout, 6},         {Errc::closed, 6},        {Errc::reset, 6},
      {Errc::refused, 6},      {Errc::untrusted, 7},       {Errc::tls, 7},           {Errc::no_space, 8},
      {Errc::over_quota, 8},   {Errc::digest_mismatch, 9}, {Errc::cancelled, 130},   {Errc::exists, 11},
  };
  for (const auto& [kind, code] : cases)
    EXPECT_EQ(exit_code(Error{kind, ""}), code) << static_cast<int>(kind);
}

TEST(ExitCode, OfSeveralItemsIsTenWhenSomeWereDone) {
  Tally tally;
  EXPECT_EQ(exit_code(tally), 0);
  tally.failed = 1;
  tally.first_error = Error{Errc::over_quota, ""};
  EXPECT_EQ(exit_code(tally), 8);
  tally.done = 3;
  EXPECT_EQ(exit_code(tally), 10);
  tally.stopped_by = Error{Errc::timeout, ""};
  EXPECT_EQ(exit_code(tally), 6);
}

}  // namespace
}  // namespace ferry::client
