// The names in remote folders for Tab, without freezing it: a listing goes on in the background when the
// server is slow, and what it told is there for the next Tab. The shell's thread only.
#pragma once

#include <chrono>
#include <future>
#include <map>
#include <string>
#include <vector>

#include "client/engine/listing.h"

namespace ferry::client {

class RemoteNames {
 public:
  static constexpr std::chrono::milliseconds kPatience{300};

  RemoteNames() = default;
  RemoteNames(const RemoteNames&) = delete;
  RemoteNames& operator=(const RemoteNames&) = delete;
  ~RemoteNames() { settle(); }

  // What is in the folder as far as it can be told within kPatience; empty when it cannot. The connection may
  // be in use until settle().
  std::vector<ftp::Entry> of(Connection& connection, const std::string& folder);
  // Waits until no listing is under way: before the connection is used, given up, or destroyed. As long as
  // the server takes; the connection's Cancel ends it.
  void settle();
  void forget();  // names have changed; what is under way tells old ones

 private:
  bool is_idle_within(std::chrono::milliseconds span);

  std::map<std::string, std::vector<ftp::Entry>> known_;
  std::future<Result<Listing>> under_way_;
  std::string folder_;  // that is listed
  bool is_stale_ = false;
};

}  // namespace ferry::client
