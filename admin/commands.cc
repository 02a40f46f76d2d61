#include "admin/commands.h"

#include <CLI/App.hpp>
#include <array>

namespace ferry::admin {

namespace {

constexpr const char* kQuotaMeaning = "bytes the account may use: 500M, 2G, … or none (no limit)";
constexpr const char* kFilesMeaning = "files the account may have, or none (no limit)";

void add_name(CLI::App& app, Arguments& arguments) {
  app.add_option("NAME", arguments.name, "the account")->required();
}

void add_limits(CLI::App& app, Arguments& arguments) {
  app.add_option("--quota", arguments.quota, kQuotaMeaning)->type_name("SIZE");
  app.add_option("--files", arguments.files, kFilesMeaning)->type_name("N");
}

void describe_create(CLI::App& app, Arguments& arguments) {
  add_name(app, arguments);
  add_limits(app, arguments);
  app.add_option("--home", arguments.home,
                 "the account's folder (default: NAME in home_root); its files are counted")
      ->type_name("DIR");
  app.add_flag("--read-only", arguments.is_read_only, "may download and list only");
  auto* given = app.add_flag("--password-stdin", arguments.has_password_on_stdin,
                             "the password is the first line of standard input");
  app.add_flag("--generate", arguments.generates_password, "makes a password and prints it, once")
      ->excludes(given);
  app.footer(
      "Without --password-stdin and --generate the password is asked for on the terminal.\n"
      "Example: ftpadm create mika --quota 2G --generate");
}

void describe_rm(CLI::App& app, Arguments& arguments) {
  add_name(app, arguments);
  auto* keep = app.add_flag("--keep-files", arguments.keeps_files,
                            "leaves the home and its files where they are (the default)");
  app.add_flag("--purge", arguments.purges, "deletes the home with everything in it")->excludes(keep);
  app.add_flag("--yes", arguments.is_sure, "does not ask");
  app.footer("Unfinished uploads are lost in either case.\nExample: ftpadm rm mika --purge");
}

void describe_setup(CLI::App& app, Arguments& arguments) {
  add_name(app, arguments);
  add_limits(app, arguments);
  app.add_flag("--password-stdin", arguments.has_password_on_stdin,
               "sets the password to the first line of standard input; on a terminal it is asked for");
  app.add_option("--certificate", arguments.certificate,
                 "SHA-256 fingerprint of the client certificate that logs in without a password, or none")
      ->type_name("FINGERPRINT");
  auto* lock = app.add_flag("--lock", arguments.is_locked, "lets the account log in no more");
  app.add_flag("--unlock", arguments.is_unlocked, "lets it log in again")->excludes(lock);
  auto* read_only = app.add_flag("--read-only", arguments.is_read_only, "may download and list only");
  app.add_flag("--read-write", arguments.is_read_write, "may upload and change as well")->excludes(read_only);
  app.footer(
      "What changes counts for running sessions from their next command.\n"
      "Example: ftpadm setup mika --quota 4G --unlock");
}

void describe_view(CLI::App& app, Arguments& arguments) {
  app.add_option("NAME", arguments.name, "one account, whole; without it all accounts as a table");
  app.add_flag("--json", arguments.wants_json, "as JSON, with exact numbers");
  app.footer("Example: ftpadm view mika");
}

void describe_check(CLI::App& app, Arguments& arguments) {
  app.add_option("NAME", arguments.name, "one account; without it all");
  app.add_flag("--fix", arguments.fixes, "puts the store right; deletes partials that no upload knows");
  app.add_flag("--json", arguments.wants_json, "an array of what was found, as JSON");
  app.footer("ferryd may serve meanwhile.\nExample: ftpadm check --fix");
}

void describe_backup(CLI::App& app, Arguments& arguments) {
  app.add_option("FILE", arguments.file, "where to: a file of mode 0600")->required();
  app.add_flag("--force", arguments.overwrites, "replaces a file that is there");
  app.footer(
      "ferryd may serve meanwhile. Homes are not copied.\nExample: ftpadm backup /var/backups/ferry.db");
}

void describe_restore(CLI::App& app, Arguments& arguments) {
  app.add_option("FILE", arguments.file, "what ftpadm backup wrote")->required();
  app.add_flag("--check", arguments.checks, "then does as ftpadm check --fix");
  app.footer(
      "ferryd must not run. The store that is there is kept beside the new one.\n"
      "Example: ftpadm restore /var/backups/ferry.db --check");
}

constexpr std::array kCommands = {
    Command{"backup", "copy the store to a file", describe_backup, cmd_backup},
    Command{"check", "compare the store with the disk, and repair it", describe_check, cmd_check},
    Command{"create", "make an account", describe_create, cmd_create},
    Command{"restore", "replace the store by a backup", describe_restore, cmd_restore},
    Command{"rm", "remove an account", describe_rm, cmd_rm},
    Command{"setup", "change an account", describe_setup, cmd_setup},
    Command{"view", "show all accounts, or one", describe_view, cmd_view},
};

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

}  // namespace ferry::admin
