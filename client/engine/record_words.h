// Words in the text files that ferry keeps for itself: one line per record, words between blanks. Pure text.
#pragma once

#include <string>
#include <string_view>

namespace ferry::client {

// Blanks, controls and % become %XX, the empty text "%".
std::string escaped_word(std::string_view text);
// What escaped_word() made; anything else becomes some text that no record means.
std::string unescaped_word(std::string_view word);

}  // namespace ferry::client
