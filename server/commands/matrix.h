// docs/rfc-matrix.md out of the command table, so that the document cannot say what the server does not do.
#pragma once

#include <string>

namespace ferry {

std::string rfc_matrix();  // Markdown

}  // namespace ferry
