// The control socket, in the master: run_dir/ferryd.sock, mode 0600, for root, the run-as user and the user
// who started ferryd (SO_PEERCRED). JSON lines: a request object in, an answer object out; see the table in
// control.cc. Never waits: buffers are bounded, and a client that is silent for two seconds is cut off.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "server/master/bind.h"
#include "server/session/scoreboard.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/base/unique_fd.h"
#include "shared/config/options.h"
#include "shared/store/store.h"

namespace ferry {

struct MasterStatus {
  std::vector<pid_t> worker_pids;
  std::vector<store::OwnerId> owners;  // of the same workers, in the store
  bool is_settling = false;            // a settler runs, or one is due
  int generation = 0;
  std::chrono::seconds uptime{0};
  std::vector<Listeners::Place> addresses;
};

// Who does what is asked: the master.
class ControlDesk {
 public:
  virtual ~ControlDesk() = default;
  virtual std::vector<SessionView> sessions() const = 0;
  virtual MasterStatus status() const = 0;
  virtual Status reload() = 0;
  virtual Status kick(std::uint64_t session) = 0;
};

// The answer line to one request line, without its line end. Bad input of any kind gets
// {"ok":false,"error":…}.
std::string answer_request(ControlDesk& desk, const std::string& line);

class ControlSocket {
 public:
  static Result<ControlSocket> open(const std::string& run_dir, const RunAs& run_as);
  ControlSocket(ControlSocket&&) = default;
  ControlSocket& operator=(ControlSocket&&) = default;
  void remove(const RunAs& run_as);  // from the folder, at the end

  void add_polls(std::vector<pollfd>& polls) const;
  // Takes new clients, reads, answers, writes, as far as that goes without waiting.
  void serve(ControlDesk& desk);
  Deadline next_deadline() const;

 private:
  struct Client {
    UniqueFd fd;
    std::string input, output;
    Deadline deadline;
    bool is_done = false;
  };
  ControlSocket(std::string path, uid_t run_as) : path_(std::move(path)), run_as_(run_as) {}

  void accept_clients();
  bool is_trusted(int client) const;
  void serve_client(Client& client, ControlDesk& desk);
  void read_input(Client& client);
  void write_output(Client& client);

  std::string path_;
  uid_t run_as_;
  UniqueFd listener_;
  std::list<Client> clients_;
};

}  // namespace ferry
