// What a server's refusal means: reply code, verb and text -> Error, here and nowhere else. Pure.
#pragma once

#include <string>
#include <string_view>

#include "shared/base/result.h"
#include "shared/ftp/reply.h"

namespace ferry::client {

// `verb` is the command that was refused; `subject` what it was about (a path, a host), "" for none. The
// context becomes "subject: not found (550 No such file)". Foreign text inside stays foreign.
Error reply_error(std::string_view verb, std::string_view subject, const ftp::Reply& reply);

// The kind in words for people: "not found".
std::string_view kind_words(Errc kind);

}  // namespace ferry::client
