#include "client/line/columns.h"

#include <gtest/gtest.h>

#include <clocale>

namespace ferry::client {
namespace {

TEST(Columns, AreAlignedForPeople) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  EXPECT_EQ(columns_for_people({"NAME", "HOST"}, {{"夏祭り", "a"}, {"b", ""}}),
            "NAME    HOST\n"
            "夏祭り  a\n"
            "b       -\n");
}

TEST(Columns, AreSafeForPeopleAndWholeForPrograms) {
  const std::vector<Row> rows{{"\x1b[2J", "x"}, {"", "y"}};
  EXPECT_EQ(columns_for_people({"A", "B"}, rows).find('\x1b'), std::string::npos);
  EXPECT_EQ(columns_for_programs(rows), "\x1b[2J\tx\n-\ty\n");
}

}  // namespace
}  // namespace ferry::client
