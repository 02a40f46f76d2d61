// Questions to the person at the terminal. They go through /dev/tty, so that stdin and stdout may be files.
#pragma once

#include <string>

#include "client/engine/trust.h"

namespace ferry::client {

// One line from the terminal, echoed. Blocks. Errc::unsupported without a terminal, Errc::closed at its
// end, Errc::cancelled when a signal came.
Result<std::string> ask_line(const std::string& prompt);

// Shows an unknown certificate and asks. Where nobody can be asked the answer is no.
class TerminalTrust : public TrustAsker {
 public:
  explicit TerminalTrust(bool may_ask) : may_ask_(may_ask) {}
  TrustAnswer unknown_certificate(const Site& site, const Certificate& certificate) override;

 private:
  bool may_ask_;
};

}  // namespace ferry::client
