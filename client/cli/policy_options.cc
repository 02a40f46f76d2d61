#include "client/cli/policy_options.h"

#include <CLI/CLI.hpp>

namespace ferry::client {

void add_policy_options(CLI::App& app, Options& options, PolicyTexts& texts, std::string_view command) {
  app.add_option("--preserve", texts.preserve, "what files keep: time (the default), mode, both, or none")
      ->type_name("time,mode");
  if (command != "get" && command != "put") return;
  app.add_option(
         "--if-exists", texts.if_exists,
         "what becomes of a file that is there: overwrite (the default), resume, newer, size, hash, skip, "
         "rename, fail")
      ->type_name("POLICY");
  app.add_flag("--no-fit-check", texts.no_fit_check, "copy although not all of it fits");
  if (command == "put") {
    app.add_option("--links", texts.links,
                   "symbolic links in folders: skip (the default), or follow inside them")
        ->type_name("skip|follow");
    app.add_flag("--nfc", options.nfc, "write names in composed form (NFC), as others than macOS do");
  } else {
    app.add_option("--min-free", texts.min_free, "leave so much free on the local disk")->type_name("SIZE");
  }
}

std::string convert_policies(const PolicyTexts& texts, Options& options) {
  if (!texts.preserve.empty()) {
    const auto preserve = parse_preserve(texts.preserve);
    if (!preserve) return "--preserve: time, mode, time,mode or none, not " + texts.preserve;
    options.preserve = *preserve;
  }
  if (!texts.if_exists.empty()) {
    const auto policy = parse_if_exists(texts.if_exists);
    if (!policy)
      return "--if-exists: overwrite, resume, newer, size, hash, skip, rename or fail, not " +
             texts.if_exists;
    options.if_exists = *policy;
  }
  if (!texts.links.empty() && texts.links != "skip" && texts.links != "follow")
    return "--links: skip or follow, not " + texts.links;
  options.follow_links = texts.links == "follow";
  if (!texts.min_free.empty()) {
    const auto size = parse_bytes(texts.min_free);
    if (!size) return "--min-free: a size such as 500M or 1G, not " + texts.min_free;
    options.min_free = *size;
  }
  options.checks_fit = !texts.no_fit_check;
  return "";
}

}  // namespace ferry::client
