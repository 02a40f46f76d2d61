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

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t border = std::min(text.find('\0'), text.size());
  const std::string_view first = text.substr(0, border);
  static_cast<void>(ftp::glob_match(first, text.substr(std::min(border + 1, text.size()))));

  const std::string path = ftp::join_path("/", first);
  CHECK(path.starts_with('/') && ftp::join_path("/", path) == path);
  CHECK(path.find("/../") == std::string::npos && !path.ends_with("/.."));
  if (ftp::check_path_bytes(path)) CHECK(ftp::unquote_path(ftp::quote_path(path)) == path);

  const std::string safe = terminal_safe(text);
  CHECK(std::ranges::none_of(safe, [](unsigned char c) { return c < 0x20 || c == 0x7F; }));
  CHECK(terminal_safe(safe) == safe);

  std::string wire, file;
  ftp::ToWire().convert(text, wire);
  ftp::FromWire from_wire;
  from_wire.convert(wire, file);
  from_wire.finish(file);
  CHECK(file.size() <= text.size());
  return 0;
}
