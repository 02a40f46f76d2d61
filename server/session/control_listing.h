// A reply of very many lines on the control connection, sent in pieces: STAT of a folder, SITE BREAKPOINT.
// Takes bounded memory whatever is listed. Blocks while the client takes it, but not for ever, since it holds
// a thread. ABOR ends it. The caller has a TransferPermit.
#pragma once

#include <string>
#include <string_view>

#include "server/session/session.h"
#include "server/session/watch.h"

namespace ferry {

class ControlListing {
 public:
  // "213-head"; `path` for the scoreboard.
  ControlListing(Session& session, int code, std::string_view head, std::string path);
  // False when the client is gone, takes no more or said ABOR: what is left need not be found out.
  bool add(std::string_view line);
  bool goes_on();                   // looks seldom, so it may be asked for every name
  void end(std::string_view text);  // "213 text", and the 226 of an ABOR

 private:
  static constexpr std::chrono::minutes kLongest{5};

  void send();

  Session& session_;
  const int code_;
  std::string piece_;
  Watch watch_;
  bool has_failed_ = false;
  const Deadline deadline_ = Deadline::after(kLongest);
};

}  // namespace ferry
