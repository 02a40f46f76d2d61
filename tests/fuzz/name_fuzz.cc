// Names and paths, pattern and name separated by the first NUL, and what a terminal gets to see of them.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "shared/base/check.h"
#include "shared/base/terminal_text.h"
#include "shared/ftp/path.h"
#include "shared/ftp/text_mode.h"

using namespace ferry;

namespace {

template <typename Converter>
std::string convert(std::string_view text, std::size_t cut) {
  Converter converter;
  std::string out;
  converter.convert(text.substr(0, cut), out);
  converter.convert(text.substr(cut), out);
  if constexpr (requires { converter.finish(out); }) converter.finish(out);
  return out;
}

// The same wherever a buffer ends; what was on the wire is what a reader of it keeps.
void check_text_mode(std::string_view text) {
  const std::size_t cut = text.empty() ? 0 : static_cast<unsigned char>(text.front()) % text.size();
  const std::string wire = convert<ftp::ToWire>(text, 0), file = convert<ftp::FromWire>(text, 0);
  CHECK(convert<ftp::ToWire>(text, cut) == wire && convert<ftp::FromWire>(text, cut) == file);
  CHECK(wire.size() >= text.size() && file.size() <= text.size());
  CHECK(convert<ftp::FromWire>(wire, wire.size() / 2) == file);
  for (std::size_t i = 0; i < wire.size(); ++i) CHECK(wire[i] != '\n' || (i > 0 && wire[i - 1] == '\r'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t border = std::min(text.find('\0'), text.size());
  const std::string_view first = text.substr(0, border);
  const std::string_view second = text.substr(std::min(border + 1, text.size()));
  const bool matches = ftp::glob_match(first, second);
  if (first.find_first_of("*?[") == first.npos) CHECK(matches == (first == second));
  if (matches) CHECK(ftp::glob_match("*" + std::string(first), second));
  CHECK(ftp::glob_match("*", text));

  const std::string path = ftp::join_path("/", first);
  CHECK(path.starts_with('/') && ftp::join_path("/", path) == path);
  CHECK(path.find("/../") == std::string::npos && !path.ends_with("/.."));
  if (ftp::check_path_bytes(path)) CHECK(ftp::unquote_path(ftp::quote_path(path)) == path);

  const std::string safe = terminal_safe(text);
  CHECK(std::ranges::none_of(safe, [](unsigned char c) { return c < 0x20 || c == 0x7F; }));
  CHECK(terminal_safe(safe) == safe);

  check_text_mode(text);
  return 0;
}
