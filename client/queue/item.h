// One transfer that was asked for and may outlive the program: what it is and how far it has come. Plain
// data; no I/O. There is no room for a password in it, on purpose.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/engine/job.h"
#include "client/engine/site.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace ferry::client {

using QueueId = std::uint64_t;  // from 1 on, in the order of adding; never given twice in one queue

enum class ItemState {
  waiting,
  running,
  paused,    // by the user; what has arrived is kept
  asks,      // needs an answer before it can go on; the rest runs meanwhile
  retrying,  // has failed for a reason that passes; waits for its next try
  failed,    // for good; `retry` starts it again
  done,
  cancelled,  // by the user; what had arrived is forgotten
};
std::string_view state_word(ItemState state);  // "waiting"
std::optional<ItemState> parse_state(std::string_view word);
// Neither running nor ever taken up again by itself: done, failed, cancelled.
bool is_over(ItemState state);

// What an item that asks needs.
enum class Question { none, password, certificate, conflict };
std::string_view question_word(Question question);
std::optional<Question> parse_question(std::string_view word);

struct ItemError {
  Errc kind = Errc::io;
  std::string text;  // foreign bytes
  int reply_code = 0;
  bool operator==(const ItemError&) const = default;
};

inline constexpr int kLeastPriority = -1000, kMostPriority = 1000;

struct QueueItem {
  QueueId id = 0;
  Direction direction = Direction::down;
  Site site;
  std::string user;
  // Both ends are fixed when it is added. `local` is absolute; `remote` is too, unless `from_login`: then it
  // is seen from the folder the login begins in, which only the server knows.
  std::string local, remote;
  bool from_login = false;
  bool recursive = false;         // a folder, if it is one, with all that is in it
  std::optional<bool> is_folder;  // nullopt: nobody has looked yet
  int priority = 0;               // higher ones first
  Resume resume = Resume::automatic;
  VerifyWish verify;
  Preserve preserve;

  ItemState state = ItemState::waiting;
  Bytes bytes_done = 0;
  std::optional<Bytes> bytes_total;
  std::int64_t files_done = 0, files_total = 0;  // of a folder
  int attempts = 0;                              // that have failed since it was last told to start
  std::optional<ItemError> error;                // the last one, whatever the state is
  Question question = Question::none;
  bool has_begun = false;     // it has been running, so there may be a piece of it at its destination
  bool has_leftover = false;  // cancelled, and what had arrived on the server is still to be removed
  WallTime added{}, changed{};
  std::optional<WallTime> next_try;  // of `retrying`
};

// Items never change; a change makes another one.
using SharedItem = std::shared_ptr<const QueueItem>;
using ItemList = std::vector<SharedItem>;

// Where an item goes: what shares a server's sessions. "user@host:port".
std::string site_key(const QueueItem& item);

}  // namespace ferry::client
