#include "server/session/scoreboard.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <new>
#include <thread>

#include "shared/base/check.h"

namespace ferry {

namespace {

// Text in shared memory that one process writes while another reads: atomic words, so that a torn read is a
// wrong text and never undefined; the slot's sequence number tells the reader that it was torn. Release
// stores and acquire loads keep the words between the two numbers.
template <std::size_t Capacity>
class SharedText {
 public:
  void set(std::string_view text) {
    const std::size_t size = std::min(text.size(), Capacity);
    std::array<std::uint64_t, kWords> raw{};
    std::memcpy(raw.data(), text.data(), size);
    for (std::size_t i = 0; i < (size + 7) / 8; ++i) words_[i].store(raw[i], std::memory_order_release);
    size_.store(static_cast<std::uint32_t>(size), std::memory_order_release);
  }
  std::string get() const {
    const std::size_t size = std::min<std::size_t>(size_.load(std::memory_order_acquire), Capacity);
    std::array<std::uint64_t, kWords> raw{};
    for (std::size_t i = 0; i < (size + 7) / 8; ++i) raw[i] = words_[i].load(std::memory_order_acquire);
    return std::string(reinterpret_cast<const char*>(raw.data()), size);
  }

 private:
  static constexpr std::size_t kWords = (Capacity + 7) / 8;
  std::atomic<std::uint32_t> size_{0};
  std::array<std::atomic<std::uint64_t>, kWords> words_{};
};

constexpr std::size_t kPathBytes = 200;

// The end of a long path says more than its start.
std::string shortened(std::string_view path) {
  if (path.size() <= kPathBytes) return std::string(path);
  constexpr std::string_view kDots = "...";
  std::size_t cut = path.size() - (kPathBytes - kDots.size());
  while (cut < path.size() && (static_cast<unsigned char>(path[cut]) & 0xc0) == 0x80) ++cut;
  return std::string(kDots) + std::string(path.substr(cut));
}

// Never 0, which stands for nobody.
std::uint64_t hash_of(std::string_view text) {
  return std::max<std::uint64_t>(std::hash<std::string_view>{}(text), 1);
}

// Of a seat whose client is not known yet: counted for no address.
constexpr std::uint64_t kNoAddress = 0;

}  // namespace

// What counting looks at, apart from the slots and small, because every start of a session walks over it.
// Changed under the board's lock only, but for the `pid` of a dead worker, which the master clears; `pid` is
// stored last when a seat is taken and first when it is left, so that a death in between leaves a seat free,
// not half taken.
struct Scoreboard::Key {
  std::atomic<pid_t> pid{0};  // 0: free
  std::atomic<std::uint64_t> origin_hash{0};
  std::atomic<std::uint64_t> user_hash{0};  // 0: not logged in
};

// What a session publishes. Written by the thread that runs the session.
struct Scoreboard::Slot {
  std::atomic<std::uint64_t> sequence{0};  // odd: being written
  std::atomic<std::uint64_t> session{0};
  std::atomic<std::int64_t> since_ns{0};
  std::atomic<Bytes> bytes{0};
  std::atomic<bool> tls{false};
  SharedText<64> address;  // INET6_ADDRSTRLEN, '%' and IF_NAMESIZE
  SharedText<64> user;     // the longest account name
  SharedText<16> state;
  SharedText<kPathBytes> path;
};

namespace {

using Key = Scoreboard::Key;
using Slot = Scoreboard::Slot;

class SlotWriter {
 public:
  explicit SlotWriter(Slot& slot)
      : slot_(slot), sequence_(slot.sequence.load(std::memory_order_relaxed) | 1) {
    slot_.sequence.store(sequence_, std::memory_order_relaxed);
  }
  SlotWriter(const SlotWriter&) = delete;
  SlotWriter& operator=(const SlotWriter&) = delete;
  ~SlotWriter() { slot_.sequence.store(sequence_ + 1, std::memory_order_release); }

 private:
  Slot& slot_;
  std::uint64_t sequence_;
};

}  // namespace

// The head of the mapping; keys and slots follow it. Pages of seats never taken are never touched. A worker
// that an attacker has taken over may write anything here: where keys and slots lie and how many there are is
// each process's own memory (Scoreboard), and the master never takes the lock, whose list links and state it
// would have to trust.
struct Scoreboard::Board {
  pthread_mutex_t mutex;
  std::atomic<int> used_below{0};  // seats from here on have never been taken; looked at through end()
};

namespace {

class BoardLock {
 public:
  explicit BoardLock(Scoreboard::Board& board) : board_(board) {
    const int answer = ::pthread_mutex_lock(&board_.mutex);
    // The owner died holding the lock. Each change of a seat is complete or invisible (see Key), so nothing
    // needs repair.
    if (answer == EOWNERDEAD) {
      CHECK(::pthread_mutex_consistent(&board_.mutex) == 0);
    } else {
      CHECK(answer == 0);
    }
  }
  BoardLock(const BoardLock&) = delete;
  BoardLock& operator=(const BoardLock&) = delete;
  ~BoardLock() { ::pthread_mutex_unlock(&board_.mutex); }

 private:
  Scoreboard::Board& board_;
};

void init_mutex(pthread_mutex_t& mutex) {
  pthread_mutexattr_t attributes;
  CHECK(::pthread_mutexattr_init(&attributes) == 0);
  CHECK(::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0);
  CHECK(::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0);
  CHECK(::pthread_mutex_init(&mutex, &attributes) == 0);
  ::pthread_mutexattr_destroy(&attributes);
}

std::size_t rounded_up(std::size_t size) {
  return (size + 63) & ~std::size_t{63};
}

bool is_taken(const Key& key) {
  return key.pid.load(std::memory_order_acquire) != 0;
}

void set_free(Key& key) {
  key.pid.store(0, std::memory_order_release);
  key.origin_hash.store(0, std::memory_order_relaxed);
  key.user_hash.store(0, std::memory_order_relaxed);
}

SessionView read_once(const Key& key, const Slot& slot) {
  SessionView view;
  view.session = slot.session.load(std::memory_order_acquire);
  view.pid = key.pid.load(std::memory_order_acquire);
  view.user = slot.user.get();
  view.address = slot.address.get();
  view.tls = slot.tls.load(std::memory_order_acquire);
  view.state = slot.state.get();
  view.path = slot.path.get();
  view.bytes = slot.bytes.load(std::memory_order_acquire);
  view.since = WallTime(std::chrono::nanoseconds(slot.since_ns.load(std::memory_order_acquire)));
  return view;
}

// A writer that lost its core in the middle gets a moment to go on; one that was stopped or killed there must
// not hold the master up: after some tries a torn view has to do, and sooner when others have had their
// moments
// (`patience`, counted in them) already.
SessionView read_seat(const Key& key, const Slot& slot, int& patience) {
  constexpr int kTries = 100, kTriesAtOnce = 10;
  constexpr std::chrono::microseconds kMoment{100};
  SessionView view;
  for (int i = 0; i < kTries; ++i) {
    if (i >= kTriesAtOnce) {
      if (patience-- <= 0) break;
      std::this_thread::sleep_for(kMoment);
    }
    const std::uint64_t before = slot.sequence.load(std::memory_order_acquire);
    view = read_once(key, slot);
    if (before % 2 == 0 && slot.sequence.load(std::memory_order_relaxed) == before) break;
  }
  return view;
}

}  // namespace

Scoreboard::Scoreboard(Board* board, Key* keys, Slot* seats, int slots, std::size_t size)
    : board_(board), keys_(keys), seats_(seats), slots_(slots), size_(size) {}
Scoreboard::~Scoreboard() {
  ::munmap(board_, size_);
}

Result<std::unique_ptr<Scoreboard>> Scoreboard::create(int slots) {
  CHECK(slots > 0);
  const auto count = static_cast<std::size_t>(slots);
  const std::size_t keys_at = rounded_up(sizeof(Board));
  const std::size_t seats_at = keys_at + rounded_up(count * sizeof(Key));
  const std::size_t size = seats_at + count * sizeof(Slot);
  void* memory =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return fail_errno(errno, "memory for the scoreboard");
  auto* bytes = static_cast<unsigned char*>(memory);
  auto* board = new (memory) Board{};
  init_mutex(board->mutex);
  // The kernel's zeroed pages are the initial state of keys and slots; constructing them would touch them
  // all.
  return std::make_unique<Scoreboard>(board, reinterpret_cast<Key*>(bytes + keys_at),
                                      reinterpret_cast<Slot*>(bytes + seats_at), slots, size);
}

int Scoreboard::end() const {
  return std::min(board_->used_below.load(std::memory_order_acquire), slots_);
}

int Scoreboard::sessions_of_user(std::string_view user) const {
  const std::uint64_t hash = hash_of(user);
  int count = 0;
  for (int i = 0; i < end(); ++i) {
    if (is_taken(keys_[i]) && keys_[i].user_hash.load(std::memory_order_relaxed) == hash &&
        seats_[i].user.get() == user)
      ++count;
  }
  return count;
}

Scoreboard::Census Scoreboard::take_census(std::uint64_t origin_hash) const {
  const int end = this->end();
  Census census;
  for (int i = 0; i < end; ++i) {
    if (!is_taken(keys_[i])) {
      if (census.free_seat < 0) census.free_seat = i;
    } else if (keys_[i].origin_hash.load(std::memory_order_relaxed) == origin_hash) {
      ++census.from_origin;
    }
  }
  if (census.free_seat < 0 && end < slots_) census.free_seat = end;
  return census;
}

Result<int> Scoreboard::enter(std::uint64_t session, std::string_view address, const Limits& limits, bool tls,
                              std::string_view origin) {
  const std::uint64_t origin_hash = hash_of(origin.empty() ? address : origin);
  const BoardLock lock(*board_);
  const Census census = take_census(origin_hash);
  if (census.free_seat < 0) return fail(Errc::busy, "too many sessions");
  if (limits.per_address > 0 && census.from_origin >= limits.per_address)
    return fail(Errc::busy, "too many sessions from your address");
  take_seat(census.free_seat, session, address, "login", tls, origin_hash);
  return census.free_seat;
}

Result<int> Scoreboard::enter_unknown(std::uint64_t session, std::string_view via, bool tls) {
  const BoardLock lock(*board_);
  const Census census = take_census(kNoAddress);
  if (census.free_seat < 0) return fail(Errc::busy, "too many sessions");
  take_seat(census.free_seat, session, via, "arriving", tls, kNoAddress);
  return census.free_seat;
}

Status Scoreboard::admit(int seat, std::string_view address, const Limits& limits, std::string_view origin) {
  const std::uint64_t origin_hash = hash_of(origin.empty() ? address : origin);
  const BoardLock lock(*board_);
  if (limits.per_address > 0 && take_census(origin_hash).from_origin >= limits.per_address)
    return fail(Errc::busy, "too many sessions from your address");
  Slot& slot = seats_[seat];
  {
    const SlotWriter writing(slot);
    slot.address.set(address);
    slot.state.set("login");
  }
  keys_[seat].origin_hash.store(origin_hash, std::memory_order_relaxed);
  return {};
}

void Scoreboard::take_seat(int seat, std::uint64_t session, std::string_view address, std::string_view state,
                           bool tls, std::uint64_t origin_hash) {
  if (seat >= end()) board_->used_below.store(seat + 1, std::memory_order_release);
  Slot& slot = seats_[seat];
  {
    const SlotWriter writing(slot);
    slot.session.store(session, std::memory_order_release);
    slot.since_ns.store(wall_now().time_since_epoch().count(), std::memory_order_release);
    slot.bytes.store(0, std::memory_order_release);
    slot.tls.store(tls, std::memory_order_release);
    slot.address.set(address);
    slot.user.set("");
    slot.state.set(state);
    slot.path.set("");
  }
  Key& key = keys_[seat];
  key.user_hash.store(0, std::memory_order_relaxed);
  key.origin_hash.store(origin_hash, std::memory_order_relaxed);
  key.pid.store(::getpid(), std::memory_order_release);
}

Status Scoreboard::log_in(int seat, std::string_view user, const Limits& limits) {
  const BoardLock lock(*board_);
  Key& key = keys_[seat];
  Slot& slot = seats_[seat];
  const bool is_same = key.user_hash.load(std::memory_order_relaxed) != 0 && slot.user.get() == user;
  if (!is_same && limits.per_user > 0 && sessions_of_user(user) >= limits.per_user) {
    return fail(Errc::busy, "too many sessions of this account");
  }
  key.user_hash.store(0, std::memory_order_relaxed);  // not counted while name and hash differ
  {
    const SlotWriter writing(slot);
    slot.user.set(user);
  }
  key.user_hash.store(hash_of(user), std::memory_order_relaxed);
  return {};
}

void Scoreboard::log_out(int seat) {
  const BoardLock lock(*board_);
  keys_[seat].user_hash.store(0, std::memory_order_relaxed);
  Slot& slot = seats_[seat];
  const SlotWriter writing(slot);
  slot.user.set("");
  slot.state.set("login");
  slot.path.set("");
}

void Scoreboard::leave(int seat) {
  const BoardLock lock(*board_);
  set_free(keys_[seat]);
}

void Scoreboard::set_tls(int seat, bool tls) {
  seats_[seat].tls.store(tls, std::memory_order_release);
}

void Scoreboard::set_state(int seat, std::string_view state, std::string_view path) {
  Slot& slot = seats_[seat];
  const SlotWriter writing(slot);
  slot.bytes.store(0, std::memory_order_release);
  slot.state.set(state);
  slot.path.set(shortened(path));
}

void Scoreboard::set_bytes(int seat, Bytes bytes) {
  seats_[seat].bytes.store(bytes, std::memory_order_relaxed);
}

// Without the lock: only `pid` changes, from a value nobody else looks for to the free seat's, which whoever
// holds the lock may see at any moment. The rest of the key counts for nothing then, and is written anew
// before the seat is taken again.
void Scoreboard::clear_process(pid_t pid) {
  for (int i = 0; i < end(); ++i) {
    pid_t of_the_dead = pid;
    keys_[i].pid.compare_exchange_strong(of_the_dead, 0, std::memory_order_acq_rel);
  }
}

std::vector<SessionView> Scoreboard::list() const {
  std::vector<SessionView> views;
  int patience = 2000;
  const int end = this->end();
  for (int i = 0; i < end; ++i) {
    if (!is_taken(keys_[i])) continue;
    SessionView view = read_seat(keys_[i], seats_[i], patience);
    if (view.pid != 0) views.push_back(std::move(view));
  }
  return views;
}

int Scoreboard::count() const {
  int count = 0;
  const int end = this->end();
  for (int i = 0; i < end; ++i) count += is_taken(keys_[i]) ? 1 : 0;
  return count;
}

}  // namespace ferry
