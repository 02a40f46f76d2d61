// The sub-commands of ferry: ONE table (table.cc) that running, help and completion read. How to add one: a
// row in table.cc, its function here and in a *_commands.cc, its section in man/ferry.1.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "client/engine/cancel.h"
#include "client/line/options.h"

namespace ferry::client {

struct Command {
  std::string_view name;  // "get"; "trust list" is the command `list` of the command `trust`
  const char* summary;
  const char* operands;  // shown in the usage line
  const char* operand_help;
  int min_operands, max_operands;  // -1: any number
  std::uint64_t takes;             // which options: Takes of option_groups.h
  // Blocks until done; the exit code. Errors have been printed.
  int (*run)(const Options& options, Cancel& cancel);
  const char* examples;  // whole lines, indented by two
};

std::span<const Command> commands();
const Command* find_command(std::string_view name);  // nullptr: there is none
// What the commands "GROUP …" are about.
std::string group_summary(std::string_view group);

// transfer_commands.cc
int run_get(const Options& options, Cancel& cancel);
int run_put(const Options& options, Cancel& cancel);
int run_cat(const Options& options, Cancel& cancel);
// sync_command.cc
int run_sync(const Options& options, Cancel& cancel);
// digest_commands.cc
int run_hash(const Options& options, Cancel& cancel);
int run_verify(const Options& options, Cancel& cancel);
// folder_commands.cc
int run_ls(const Options& options, Cancel& cancel);
int run_mkdir(const Options& options, Cancel& cancel);
int run_rmdir(const Options& options, Cancel& cancel);
int run_rm(const Options& options, Cancel& cancel);
int run_mv(const Options& options, Cancel& cancel);
int run_du(const Options& options, Cancel& cancel);
int run_stat(const Options& options, Cancel& cancel);
int run_quota(const Options& options, Cancel& cancel);
// doctor_command.cc
int run_doctor(const Options& options, Cancel& cancel);
// sites_commands.cc
int run_sites_list(const Options& options, Cancel& cancel);
int run_sites_show(const Options& options, Cancel& cancel);
int run_sites_add(const Options& options, Cancel& cancel);
int run_sites_edit(const Options& options, Cancel& cancel);
int run_sites_passphrase(const Options& options, Cancel& cancel);
int run_sites_rm(const Options& options, Cancel& cancel);
// account_commands.cc
int run_passwd(const Options& options, Cancel& cancel);
int run_register(const Options& options, Cancel& cancel);
// completion_scripts.cc
int run_completion(const Options& options, Cancel& cancel);
// trust_commands.cc
int run_trust_list(const Options& options, Cancel& cancel);
int run_trust_add(const Options& options, Cancel& cancel);
int run_trust_rm(const Options& options, Cancel& cancel);
// queue_add.cc
int run_queue_add(const Options& options, Cancel& cancel);
// queue_run.cc
int run_queue_run(const Options& options, Cancel& cancel);
// queue_commands.cc
int run_queue_list(const Options& options, Cancel& cancel);
int run_queue_pause(const Options& options, Cancel& cancel);
int run_queue_resume(const Options& options, Cancel& cancel);
int run_queue_cancel(const Options& options, Cancel& cancel);
int run_queue_retry(const Options& options, Cancel& cancel);
int run_queue_clear(const Options& options, Cancel& cancel);
int run_queue_move(const Options& options, Cancel& cancel);
int run_queue_priority(const Options& options, Cancel& cancel);
// open_command.cc
int run_open(const Options& options, Cancel& cancel);
// shell_command.cc
int run_shell(const Options& options, Cancel& cancel);

}  // namespace ferry::client
