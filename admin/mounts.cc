#include "admin/mounts.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

namespace ferry::admin {

namespace {

namespace fs = std::filesystem;

constexpr const char* kTable = "/proc/self/mountinfo";

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && std::all_of(&text[i + 1], &text[i + 1] + 3, is_octal)) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// Of paths as the kernel tells them; nothing is looked at, for a mount may hang.
bool lies_in(const fs::path& inner, const fs::path& outer) {
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

}  // namespace

std::string mount_point_in(std::string_view line) {
  constexpr int kFieldsBefore = 4;
  for (int i = 0; i < kFieldsBefore; ++i) {
    const auto space = line.find(' ');
    if (space == line.npos) return "";
    line.remove_prefix(space + 1);
  }
  return unescaped(line.substr(0, line.find(' ')));
}

Status check_nothing_mounted(const std::string& folder) {
  std::error_code failure;
  const fs::path real = fs::canonical(folder, failure);
  if (failure == std::errc::no_such_file_or_directory) return {};
  if (failure) return fail_errno(failure.value(), "home " + folder);
  std::ifstream table(kTable);
  if (!table) return fail_errno(errno, std::string("cannot read ") + kTable);
  for (std::string line; std::getline(table, line);) {
    const std::string point = mount_point_in(line);
    if (!point.empty() && lies_in(point, real)) return fail(Errc::busy, "something is mounted on " + point);
  }
  if (table.bad()) return fail(Errc::io, std::string("cannot read ") + kTable);
  return {};
}

}  // namespace ferry::admin
