// ls, mkdir and rm.
#include "client/cli/command.h"
#include "client/cli/common.h"
#include "client/engine/tree.h"
#include "client/line/operations.h"

namespace ferry::client {

int run_ls(const Options& options, Cancel& cancel) {
  std::vector<std::string> operands = options.operands;
  if (operands.empty() && options.host.empty()) return usage_error("ls: a URL or -s HOST is needed");
  if (operands.empty()) operands.push_back("");
  return for_each_target(options, cancel, operands, print_remote);
}

int run_mkdir(const Options& options, Cancel& cancel) {
  return for_each_target(options, cancel, options.operands,
                         [&](Connection& connection, const std::string& path) -> Status {
                           if (options.parents) return make_remote_folders(connection, path);
                           auto made = connection.require("MKD", path);
                           return made ? Status() : tl::unexpected(made.error());
                         });
}

int run_rm(const Options& options, Cancel& cancel) {
  return for_each_target(options, cancel, options.operands,
                         [&](Connection& connection, const std::string& path) -> Status {
                           if (options.recursive) return remove_tree(connection, path);
                           auto removed = connection.require("DELE", path);
                           return removed ? Status() : tl::unexpected(removed.error());
                         });
}

}  // namespace ferry::client
