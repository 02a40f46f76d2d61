// ftpadm's sub-commands: one table (commands.cc), one function each. A new one is a row there, a function in
// a file of its own, and its part of ftpadm(8).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "admin/outcome.h"

namespace CLI {
class App;
}

namespace ferry::admin {

// The command line as it was given; the commands check the values.
struct Arguments {
  std::string config_file;
  std::vector<std::string> sets;  // KEY=VALUE
  std::string name;               // "": none given
  std::optional<std::string> quota, files, certificate;
  std::string home;
  bool is_read_only = false, is_read_write = false;
  bool is_locked = false, is_unlocked = false;
  bool has_password_on_stdin = false, generates_password = false;
  bool keeps_files = false, purges = false, is_sure = false;
  bool wants_json = false;
  bool fixes = false;       // check
  std::string file;         // backup, restore
  bool overwrites = false;  // backup
  bool checks = false;      // restore
};

struct Command {
  const char* name;
  const char* meaning;
  void (*describe)(CLI::App& app, Arguments& arguments);
  Outcome (*run)(const Arguments& arguments);
};

std::span<const Command> commands();

Outcome cmd_backup(const Arguments& arguments);
Outcome cmd_check(const Arguments& arguments);
Outcome cmd_create(const Arguments& arguments);
Outcome cmd_restore(const Arguments& arguments);
Outcome cmd_rm(const Arguments& arguments);
Outcome cmd_setup(const Arguments& arguments);
Outcome cmd_view(const Arguments& arguments);

}  // namespace ferry::admin
