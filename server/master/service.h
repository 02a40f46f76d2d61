// What ferryd is made of before its first fork. Made by prepare_service in the master; workers inherit it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/master/bind.h"
#include "server/master/known_names.h"
#include "server/session/login_cache.h"
#include "server/session/scoreboard.h"
#include "shared/base/log.h"
#include "shared/base/unique_fd.h"
#include "shared/config/options.h"
#include "shared/net/tls.h"

namespace ferry {

// What ferryd was started with; a reload reads it again.
struct StartArguments {
  OptionSource source;
  std::vector<std::string> sets;
};

struct Service {
  StartArguments arguments;
  Options options;
  RunAs run_as;     // the user of workers and files
  int workers = 0;  // resolved, 1..256
  UniqueFd run_lock, store_lock;
  std::unique_ptr<Logs> logs;
  Listeners listeners;
  std::shared_ptr<net::TlsServer> tls;  // null when tls = "off"
  std::string tls_files;                // which files it was read from (stamp_of_tls)
  std::unique_ptr<Scoreboard> scoreboard;
  std::unique_ptr<LoginCache> login_cache;
  KnownNames names;
};

}  // namespace ferry
