// ferryd's listening sockets, in the master. One SO_REUSEPORT socket per worker and address, so that the
// kernel spreads sessions and a dead worker's queue waits for its successor; or sockets from systemd, which
// all workers share. Accepts nothing itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/worker/seat.h"
#include "shared/base/result.h"
#include "shared/base/unique_fd.h"
#include "shared/config/options.h"

namespace ferry {

// A kind as ferryd.addresses and systemd's FileDescriptorName= say it: "implicit", "proxy", "proxy-implicit";
// "" for plain FTP, whatever else its socket is called.
std::string_view word_of(ListenerKind kind);

class Listeners {
 public:
  // Sockets passed by systemd (sd_listen_fds(3)) if there are any, with their kind by their name (word_of).
  // Else binds the options' addresses. The error names the address and what to do.
  static Result<Listeners> open(const Options& options, int workers);

  // What worker `index` accepts on. The descriptors stay ours.
  std::vector<WorkerListener> of_worker(int index) const;

  struct Place {
    std::string address;  // with the port the system chose
    ListenerKind kind;
  };
  const std::vector<Place>& places() const { return places_; }

 private:
  struct Socket {
    UniqueFd fd;
    ListenerKind kind;
    int worker = kShared;
  };
  static constexpr int kShared = -1;

  static Result<Listeners> take_from_systemd(int count, char** names);
  Status bind(const std::string& address, ListenerKind kind, int workers);

  std::vector<Socket> sockets_;
  std::vector<Place> places_;
};

}  // namespace ferry
