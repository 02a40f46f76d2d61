#include "admin/input.h"

#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "shared/base/password.h"
#include "shared/store/account.h"

namespace ferry::admin {

namespace {

constexpr const char* kNone = "none";

OrRefusal<Secret> ask_twice() {
  auto first = ask_secret("New password: ");
  if (!first) return refuse(first.error());
  if (const Status good = check_new_password(*first); !good)
    return refuse(good.error());  // before it is typed again
  auto second = ask_secret("Once more: ");
  if (!second) return refuse(second.error());
  if (first->view() != second->view()) return refuse(ExitCode::failure, "the two passwords differ");
  return std::move(*first);
}

OrRefusal<Secret> from_stdin() {
  auto line = read_secret_line(STDIN_FILENO);
  if (!line) return refuse(ExitCode::failure, "no password on standard input: " + line.error().context);
  return std::move(*line);
}

}  // namespace

OrRefusal<std::optional<Bytes>> parse_quota(const std::string& text) {
  if (text == kNone) return std::nullopt;
  const auto bytes = parse_bytes(text);
  if (bytes) return *bytes;
  return refuse(ExitCode::usage, "--quota '" + text + "': not a size as 500M or 2G, nor none");
}

OrRefusal<std::optional<std::int64_t>> parse_file_limit(const std::string& text) {
  if (text == kNone) return std::nullopt;
  const auto number = parse_number(text);
  if (number) return *number;
  return refuse(ExitCode::usage, "--files '" + text + "': not a number, nor none");
}

OrRefusal<std::string> parse_certificate(const std::string& text) {
  if (text == kNone) return std::string();
  auto fingerprint = store::parse_fingerprint(text);
  if (fingerprint) return std::move(*fingerprint);
  return refuse(ExitCode::usage,
                "--certificate '" + text + "': " + fingerprint.error().context + ", nor none");
}

bool is_on_terminal() {
  return ::isatty(STDIN_FILENO) == 1;
}

OrRefusal<Secret> read_new_password(const Arguments& arguments) {
  if (arguments.generates_password) return generate_password();
  if (is_on_terminal()) return ask_twice();
  if (!arguments.has_password_on_stdin) {
    return refuse(ExitCode::usage,
                  "no terminal to ask for the password on: use --password-stdin or --generate");
  }
  auto password = from_stdin();
  if (!password) return password;
  if (const Status good = check_new_password(*password); !good) return refuse(good.error());
  return password;
}

bool confirms_by_name(const std::string& name) {
  std::fputs("Type the account's name to go on: ", stderr);
  std::string typed;
  return std::getline(std::cin, typed) && typed == name;
}

}  // namespace ferry::admin
