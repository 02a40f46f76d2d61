// What signals do to ferry: SIGINT and SIGTERM ask the engine to stop, a second one ends the program at once;
// SIGPIPE is ignored. Set up once by main; the handlers touch one Cancel for the life of the process.
#pragma once

#include "client/engine/cancel.h"

namespace ferry::client {

void install_signals(Cancel& cancel);

// The user has been told about the first signal and goes on (the shell's next prompt): the next one is a
// first one again.
void forgive_signals(Cancel& cancel);

// What the first signal requests; nullptr before install_signals().
const Cancel* signalled_stop();

// 130, or 143 when it was SIGTERM that stopped us.
int interrupted_exit_code();

}  // namespace ferry::client
