// Shared memory, mapped by the master before it forks: one slot per session of any worker. Sessions publish
// who they are and what they do; the master reads it for `ftpadm view`; session limits are counted here,
// exactly, under one process-shared robust lock that is taken when a session starts, logs in or ends, never
// per command. Progress of a transfer is published without a lock.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/bytes.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace ferry {

// What a reader gets of one session.
struct SessionView {
  std::uint64_t session = 0;
  pid_t pid = 0;
  std::string user;     // "" before login
  std::string address;  // numeric
  bool tls = false;
  // "arriving" (who is it?), "login", "idle", "upload", "download", "list", "digest", or the verb that runs
  std::string state;
  std::string path;
  Bytes bytes = 0;  // of the running transfer
  WallTime since{};
};

class Scoreboard {
 public:
  // Maps room for `slots` sessions. Errc::io.
  static Result<std::unique_ptr<Scoreboard>> create(int slots);
  ~Scoreboard();

  struct Limits {
    int per_address = 0;  // 0: none
    int per_user = 0;
  };
  // A seat on the board. `origin` is what is counted together (net::Address::origin); "": the address.
  // Errc::busy "too many sessions" or "… from your address".
  Result<int> enter(std::uint64_t session, std::string_view address, const Limits& limits, bool tls,
                    std::string_view origin = "");
  // The same in two steps, for a connection whose client is known later only: a seat, which counts for the
  // server and for no address, and shows `via` until then; then the client's address. Errc::busy as enter().
  Result<int> enter_unknown(std::uint64_t session, std::string_view via, bool tls);
  Status admit(int seat, std::string_view address, const Limits& limits, std::string_view origin = "");
  // At login. Errc::busy when the user has all the sessions he may have. Logging in as another moves the
  // count.
  Status log_in(int seat, std::string_view user, const Limits& limits);
  void log_out(int seat);  // REIN
  void leave(int seat);

  void set_tls(int seat, bool tls);
  void set_state(int seat, std::string_view state, std::string_view path = {});  // resets bytes
  void set_bytes(int seat, Bytes bytes);

  // --- master ---
  // None of these takes the lock or trusts what a worker may have written: a text may be wrong, nothing else.
  void clear_process(pid_t pid);  // seats of a worker that died and was reaped
  std::vector<SessionView> list() const;
  int count() const;

  struct Board;
  struct Key;
  struct Slot;
  Scoreboard(Board* board, Key* keys, Slot* seats, int slots, std::size_t size);  // create() makes it

 private:
  struct Census {
    int free_seat = -1;
    int from_origin = 0;
  };
  int end() const;  // of the seats that were ever taken
  Census take_census(std::uint64_t origin_hash) const;
  void take_seat(int seat, std::uint64_t session, std::string_view address, std::string_view state, bool tls,
                 std::uint64_t origin_hash);
  int sessions_of_user(std::string_view user) const;

  Board* board_;
  // Into the mapping, which the forked workers have at the same place.
  Key* keys_;
  Slot* seats_;
  int slots_;
  std::size_t size_;
};

}  // namespace ferry
