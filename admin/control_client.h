// ftpadm's half of ferryd's control socket (run_dir/ferryd.sock): one request per connection, a line of JSON
// each way. Every call blocks for at most two seconds. Errc::not_found: ferryd does not run. The strings in
// an answer are foreign text.
#pragma once

#include <string>
#include <vector>

#include "shared/base/bytes.h"
#include "shared/base/result.h"

namespace ferry::admin {

struct RunningSession {
  std::string id, user, address, state, path, since;  // user: "" before the login; since: ISO time
  std::int64_t pid = 0;                               // of its worker
  bool is_tls = false;
  Bytes bytes = 0;  // of the running transfer
};

Result<std::vector<RunningSession>> ask_sessions(const std::string& run_dir);
// Who may have uploads and changes of files under way in the store.
struct Owners {
  std::vector<std::int64_t> workers;  // as they call themselves in the store
  bool is_settling = false;           // what dead ones left is being settled now
};
Result<Owners> ask_owners(const std::string& run_dir);
// New workers, which know of every home there is now.
Status ask_reload(const std::string& run_dir);
// The session's worker is told to end it; it has not ended yet.
Status ask_kick(const std::string& run_dir, const std::string& session);

}  // namespace ferry::admin
