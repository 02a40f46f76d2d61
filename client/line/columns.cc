#include "client/line/columns.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

constexpr int kGap = 2;

std::string cell(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string line_for_people(const Row& row, const std::vector<int>& widths) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string safe = terminal_safe(cell(row[i]));
    line += safe;
    if (i + 1 < row.size())
      line.append(static_cast<std::size_t>(std::max(widths[i] - display_width(safe), 0) + kGap), ' ');
  }
  return line + "\n";
}

}  // namespace

std::string columns_for_people(const Row& heading, const std::vector<Row>& rows) {
  std::vector<int> widths(heading.size());
  const auto measure = [&](const Row& row) {
    for (std::size_t i = 0; i < widths.size() && i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(terminal_safe(cell(row[i]))));
  };
  measure(heading);
  for (const Row& row : rows) measure(row);
  std::string text = line_for_people(heading, widths);
  for (const Row& row : rows) text += line_for_people(row, widths);
  return text;
}

std::string columns_for_programs(const std::vector<Row>& rows) {
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : "\t") + cell(row[i]);
    text += "\n";
  }
  return text;
}

void print_columns(const Row& heading, const std::vector<Row>& rows) {
  const bool for_people = ::isatty(STDOUT_FILENO) == 1;
  if (for_people && rows.empty()) return;
  fmt::print("{}", for_people ? columns_for_people(heading, rows) : columns_for_programs(rows));
}

}  // namespace ferry::client
