// The command line of ferry, read into a plain struct.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "client/engine/resume.h"
#include "client/engine/site.h"
#include "client/engine/verify.h"

namespace ferry::client {

enum class Verb { get, put, ls, mkdir, rm, shell };

struct Options {
  Verb verb = Verb::shell;
  std::vector<std::string> operands;

  std::string host, user;  // -s, -u
  std::uint16_t port = 0;  // -P; 0: the URL's or the default
  std::optional<ftp::Security> security;
  bool active = false;
  std::string ca_file, pin;  // pin as parse_fingerprint gives it
  std::string password_file;
  int password_fd = -1;
  std::chrono::milliseconds timeout{30'000};
  bool quiet = false;
  bool no_input = false;

  bool recursive = false, parents = false;
  Resume resume = Resume::never;
  std::string output;  // -o
  VerifyWish verify;
};

// Parses; prints help, version or what is wrong itself. nullopt: nothing is left to do, `exit_code` is set.
std::optional<Options> parse_command_line(int argc, char** argv, int& exit_code);

}  // namespace ferry::client
