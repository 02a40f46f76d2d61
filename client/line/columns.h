// Rows of words: aligned under a heading for people, tab-separated and uncut for programs.
#pragma once

#include <string>
#include <vector>

namespace ferry::client {

using Row = std::vector<std::string>;  // foreign bytes; "" becomes "-"

// Each line ends with a newline; the last column is not padded. Made safe for a terminal. Pure.
std::string columns_for_people(const Row& heading, const std::vector<Row>& rows);
// As the bytes are; whoever makes the rows keeps tabs and newlines out of them. Pure.
std::string columns_for_programs(const std::vector<Row>& rows);

// Writes to stdout in the form that suits it.
void print_columns(const Row& heading, const std::vector<Row>& rows);

}  // namespace ferry::client
