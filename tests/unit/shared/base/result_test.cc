#include "shared/base/result.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace ferry {
namespace {

TEST(ErrnoError, MapsToTheKindsCallersBranchOn) {
  const struct {
    int number;
    Errc kind;
  } rows[] = {{ENOENT, Errc::not_found},
              {EEXIST, Errc::exists},
              {ENOTEMPTY, Errc::not_empty},
              {EACCES, Errc::permission},
              {EPERM, Errc::permission},
              {EISDIR, Errc::is_directory},
              {EXDEV, Errc::outside},
              {ELOOP, Errc::outside},
              {ENOSPC, Errc::no_space},
              {EDQUOT, Errc::no_space},
              {ENAMETOOLONG, Errc::name_refused},
              {ETIMEDOUT, Errc::timeout},
              {ECONNRESET, Errc::reset},
              {ECONNREFUSED, Errc::refused},
              {EIO, Errc::io}};
  for (const auto& row : rows) EXPECT_EQ(errno_error(row.number, "x").kind, row.kind) << row.number;
}

TEST(ErrnoError, NamesWhatWasTriedAndWhatTheSystemSaid) {
  EXPECT_EQ(errno_error(ENOENT, "/a").context, "/a: No such file or directory");
  EXPECT_EQ(errno_error(ENOENT, "").context, "No such file or directory");
}

}  // namespace
}  // namespace ferry
