// The sub-commands get, put, ls, mkdir and rm: options in, work done, exit code out.
#pragma once

#include "client/engine/cancel.h"
#include "client/line/options.h"

namespace ferry::client {

// Blocks until done. Errors have been printed.
int run_command(const Options& options, Cancel& cancel);

}  // namespace ferry::client
