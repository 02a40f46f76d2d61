#include "client/line/signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "client/line/exit_code.h"

namespace ferry::client {
namespace {

constexpr int kSignalExitBase = 128;

std::atomic<Cancel*> the_cancel{nullptr};
std::atomic<int> last_signal{0};
static_assert(std::atomic<Cancel*>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void on_stop(int number) {
  if (last_signal.exchange(number) != 0) ::_exit(kSignalExitBase + number);
  if (Cancel* cancel = the_cancel.load()) cancel->request();
}

}  // namespace

void install_signals(Cancel& cancel) {
  the_cancel = &cancel;
  struct sigaction action {};
  action.sa_handler = on_stop;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &action, nullptr);
}

void forgive_signals(Cancel& cancel) {
  last_signal = 0;
  cancel.clear();
}

const Cancel* signalled_stop() {
  return the_cancel.load();
}

int interrupted_exit_code() {
  const int number = last_signal;
  return number == 0 ? static_cast<int>(kExitInterrupted) : kSignalExitBase + number;
}

}  // namespace ferry::client
