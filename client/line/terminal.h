// Questions to the person at the terminal. They go through /dev/tty, so that stdin and stdout may be files.
#pragma once

#include <string>

#include "client/engine/trust.h"

namespace ferry::client {

// One line from the terminal, echoed. Blocks. Errc::unsupported without a terminal, Errc::closed at its
// end, Errc::cancelled when a signal came.
Result<std::string> ask_line(const std::string& prompt);

// Several lines: whose certificate, why it is not trusted, what it says of itself. Safe for a terminal.
std::string certificate_text(const Site& site, const Certificate& certificate);

// Shows an unknown certificate and asks, or with `accept_new` tells that it will be remembered. Where nobody
// can be asked the answer is no.
class TerminalTrust : public TrustAsker {
 public:
  TerminalTrust(bool may_ask, bool accept_new) : may_ask_(may_ask), accept_new_(accept_new) {}
  TrustAnswer unknown_certificate(const Site& site, const Certificate& certificate) override;

 private:
  bool may_ask_, accept_new_;
};

}  // namespace ferry::client
