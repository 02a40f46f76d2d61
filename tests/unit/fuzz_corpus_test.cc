// The fuzz targets (tests/fuzz) over their corpora, whole, cut short and with one byte changed: what `make
// fuzz` once met stays met. A target that objects ends the process.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "tests/support/bytes.h"

#define FERRY_FUZZ_TARGETS(with)                                                            \
  with(address_fuzz) with(arguments_fuzz) with(command_line_fuzz) with(fact_selection_fuzz) \
      with(line_reader_fuzz) with(listing_fuzz) with(name_fuzz) with(proxy_header_fuzz)     \
          with(queue_journal_fuzz) with(reply_fuzz) with(resume_fuzz) with(sites_fuzz) with(user_files_fuzz)

#define FERRY_DECLARE(name) extern "C" int name(const std::uint8_t* data, std::size_t size);
FERRY_FUZZ_TARGETS(FERRY_DECLARE)

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using Target = int (*)(const std::uint8_t*, std::size_t);

#define FERRY_ROW(name) {#name, name},
const std::map<std::string, Target> kTargets = {FERRY_FUZZ_TARGETS(FERRY_ROW)};

void run(Target target, const std::string& bytes) {
  EXPECT_EQ(target(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), 0);
}

TEST(FuzzCorpus, EveryTargetTakesItAndWhatIsNearIt) {
  std::set<std::string> seen;
  for (const auto& folder : fs::directory_iterator("tests/fuzz/corpus")) {
    const std::string name = folder.path().filename();
    ASSERT_TRUE(kTargets.contains(name)) << name;
    for (const auto& file : fs::directory_iterator(folder)) {
      SCOPED_TRACE(file.path().string());
      const std::string bytes = read_bytes(file.path());
      const std::size_t most = std::min<std::size_t>(bytes.size(), 300);
      run(kTargets.at(name), bytes);
      for (std::size_t i = 0; i < most; ++i) {
        run(kTargets.at(name), bytes.substr(0, i));
        for (const char other : {'\0', '\n', ' ', '\xff', '9'}) {
          std::string changed = bytes;
          changed[i] = other;
          run(kTargets.at(name), changed);
        }
      }
      seen.insert(name);
    }
  }
  EXPECT_EQ(seen.size(), kTargets.size());
  for (const auto& source : fs::directory_iterator("tests/fuzz")) {
    const bool is_target = source.path().extension() == ".cc";
    EXPECT_TRUE(!is_target || kTargets.contains(source.path().stem())) << source.path();
  }
}

}  // namespace
}  // namespace ferry::test
