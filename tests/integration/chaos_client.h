// One client of the chaos test: it uploads, overwrites, appends, renames, deletes, makes and removes folders,
// cuts its own transfers and resumes them, at random, and knows all the while what the server has promised.
// What is its own (a folder per client) is modelled exactly: an operation whose reply was lost with the
// server may have happened or not, and nothing else. What it shares with others is judged by SharedFiles.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "tests/integration/chaos_shared.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {

// What all clients of a run have in common.
struct ChaosWorld {
  explicit ChaosWorld(FerrydServer& running) : server(running) {}

  FerrydServer& server;
  std::shared_mutex address;  // the server's ports change while it is held alone
  std::atomic<bool> is_over{false};
  Findings findings;
  std::mutex tally_mutex;
  std::map<std::string, int> tally;  // "STOR 226" and how often
  std::atomic<int> answered{0};      // all of them

  void count(const std::string& what);
};

class ChaosClient {
 public:
  ChaosClient(ChaosWorld& world, SharedFiles& shared, std::string account, int number, bool tls,
              std::uint32_t seed);

  void run();                 // until the world is over
  void expect_as_promised();  // when all is quiet

 private:
  // What is in the client's own folder. `waiting`: what an upload that broke off was to become, where no
  // complete file has the name; a part of it may be there to be resumed.
  struct State {
    std::map<std::string, Content> files;
    std::set<std::string> folders;
    std::map<std::string, Content> waiting;
  };

  void connect();
  void step();
  void store_own();
  void cut_own();
  void append_own();
  void resume_own();
  void rename_own();
  void publish_own();
  void remove_own();
  void fetch_own();
  void change_folder();
  void store_shared();
  void remove_shared();
  void fetch_shared();

  ftp::Reply store(const std::string& path, const Content& content);
  ftp::Reply exchange(const std::string& line);
  // Runs an operation on what is ours: `after` holds if its reply is a success, the state now if it is
  // refused.
  template <typename Operation>
  int promise(State after, const Operation& operation);
  template <typename Operation>
  void change_shared(const std::string& name, std::size_t change, const Operation& operation);
  void check_refusal(const ftp::Reply& reply, const std::string& path);
  void lost();  // the connection is gone, perhaps in the middle of an operation
  bool is_left_alone() const;
  std::optional<std::string> difference(const State& state) const;

  std::uint32_t random(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }
  Content new_content();
  std::string some_path();
  std::optional<std::string> present_path();
  std::string base() const { return "/client" + std::to_string(number_); }
  std::string shared_name();

  ChaosWorld& world_;
  SharedFiles& shared_;
  const std::string account_;
  const int number_;
  const bool tls_;
  std::mt19937 random_;
  std::uint32_t contents_ = 0;
  std::optional<FtpTalker> talker_;
  State now_;
  std::optional<State> maybe_;                                     // an operation runs that leads there
  std::optional<std::pair<std::string, std::size_t>> publishing_;  // the same change, as SharedFiles knows it
};

}  // namespace ferry::test
