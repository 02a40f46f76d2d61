#include "server/commands/matrix.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "shared/config/options.h"
#include "tests/support/bytes.h"

namespace ferry {
namespace {

TEST(RfcMatrix, IsInTheDocuments) {
  const std::string checkout =
      find_checkout(std::filesystem::read_symlink("/proc/self/exe").parent_path().string());
  ASSERT_NE(checkout, "");
  EXPECT_EQ(test::read_bytes(checkout + "/docs/rfc-matrix.md"), rfc_matrix()) << "run tools/update_docs.sh";
}

TEST(RfcMatrix, NamesEveryCommandOnce) {
  const std::string page = rfc_matrix();
  for (const std::string_view verb : {"| RETR |", "| STOR |", "| SITE PASSWD |"}) {
    const std::size_t first = page.find(verb);
    EXPECT_NE(first, std::string::npos) << verb;
    EXPECT_EQ(page.find(verb, first + 1), std::string::npos) << verb;
  }
}

}  // namespace
}  // namespace ferry
