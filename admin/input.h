// What ftpadm reads: values on the command line, passwords, and the answer to "are you sure".
#pragma once

#include <optional>
#include <string>

#include "admin/commands.h"
#include "admin/outcome.h"
#include "shared/base/bytes.h"
#include "shared/base/secret.h"

namespace ferry::admin {

// "500M" or "none" (nullopt within). ExitCode::usage.
OrRefusal<std::optional<Bytes>> parse_quota(const std::string& text);
OrRefusal<std::optional<std::int64_t>> parse_file_limit(const std::string& text);

// A fingerprint or "none" (empty within). ExitCode::usage.
OrRefusal<std::string> parse_certificate(const std::string& text);

// Whether somebody sits at standard input, who can be asked.
bool is_on_terminal();

// From standard input, generated, or asked for twice without echo; checked. Without a terminal and without an
// option that says where it comes from: ExitCode::usage. Blocks.
OrRefusal<Secret> read_new_password(const Arguments& arguments);

// Asks on stderr for the account's name and reads standard input; true if that is what was typed. Blocks.
bool confirms_by_name(const std::string& name);

}  // namespace ferry::admin
