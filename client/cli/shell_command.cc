#include "client/cli/command.h"
#include "client/shell/shell.h"

namespace ferry::client {

int run_shell(const Options& options, Cancel& cancel) {
  return Shell(options, cancel).run();
}

}  // namespace ferry::client
