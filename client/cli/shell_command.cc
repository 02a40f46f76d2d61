#include "client/cli/command.h"
#include "client/cli/common.h"
#include "client/shell/shell.h"

namespace ferry::client {

int run_shell(const Options& options, Cancel& cancel) {
  const bool is_nowhere = options.operands.empty() && options.host.empty();
  if (!options.shell_lines.empty() && is_nowhere)
    return usage_error("shell: -c needs to know where: a URL or -s HOST");
  return Shell(options, cancel).run();
}

}  // namespace ferry::client
