#include "client/cli/sync_options.h"

#include <CLI/CLI.hpp>

namespace ferry::client {

void add_sync_options(CLI::App& app, SyncWish& wish, SyncTexts& texts) {
  app.add_flag("--up", wish.up, "upload: A is here, B on the server (which of them is remote says it, too)");
  app.add_flag("--down", wish.down, "download: A is on the server, B here");
  app.add_option(
         "--compare", texts.compare,
         "what makes two files the same: time,size (the default), size, or hash (the server's digests)")
      ->type_name("HOW");
  app.add_flag("--delete", wish.remove_extra,
               "remove from B what A does not have, once all copies are there");
  app.add_flag("--allow-empty", wish.allow_empty, "with --delete: A may be empty, and B is emptied then");
  app.add_flag("--overwrite-newer", wish.replace_newer, "replace what is newer in B, too");
  app.add_option("--exclude", wish.excludes, "leave these names alone on both sides, as rsync means it")
      ->type_name("GLOB")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--include", wish.includes, "but not these")
      ->type_name("GLOB")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_flag("-n,--dry-run", wish.dry_run, "only say what would be done");
  app.add_flag("--exit-code", wish.exit_code, "with --dry-run: exit with 12 when there are differences");
  app.add_flag("-y,--yes", wish.yes, "remove without asking");
}

std::string convert_sync(const SyncTexts& texts, SyncWish& wish) {
  if (wish.up && wish.down) return "--up and --down exclude each other";
  if (wish.exit_code && !wish.dry_run) return "--exit-code is for --dry-run";
  if (wish.allow_empty && !wish.remove_extra) return "--allow-empty is for --delete";
  if (texts.compare.empty() || texts.compare == "time,size" || texts.compare == "size,time") return "";
  if (texts.compare == "size") {
    wish.compare = SyncCompare::size;
  } else if (texts.compare == "hash") {
    wish.compare = SyncCompare::hash;
  } else {
    return "--compare: time,size, size or hash, not " + texts.compare;
  }
  return "";
}

}  // namespace ferry::client
