// `ferry [SITE|URL]`: the full screen. Puts together the terminal, the App and the queue's runner.
#pragma once

#include <optional>
#include <string>

#include "client/engine/cancel.h"
#include "client/model/app.h"

namespace ferry::client {

struct TuiWish {
  std::optional<Login> login;
  bool ascii_only = false;
  int parallel = 4;  // sessions per server for transfers
  std::function<std::vector<SiteChoice>()> sites;
  std::function<std::shared_ptr<const Secret>(const Site&, const std::string& user)> password_of;
};

// Blocks until it is left. Errors have been printed. The exit code.
int run_tui(TuiWish wish, Cancel& cancel);

}  // namespace ferry::client
