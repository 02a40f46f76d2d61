// Arguments of OPTS MLST as a stranger sends them: what is selected is what is told to be, and nothing else.
#include <cstdint>
#include <string_view>

#include "shared/base/check.h"
#include "shared/ftp/facts.h"

using namespace ferry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ftp::FactSet facts = ftp::parse_fact_selection(text);
  CHECK(facts < 2U * ftp::kFactUnixGid);
  CHECK(ftp::parse_fact_selection(ftp::format_fact_selection(facts)) == facts);
  CHECK(ftp::feature_line(facts).find('\n') == std::string::npos);
  return 0;
}
