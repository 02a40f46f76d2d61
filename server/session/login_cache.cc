#include "server/session/login_cache.h"

#include <sodium.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <new>

namespace ferry {

namespace {

constexpr std::size_t kEntries = 4096;
constexpr std::size_t kWords = 4;  // 256 bits of an entry's hash
using Tag = std::array<std::uint64_t, kWords>;
using Entry = std::array<std::atomic<std::uint64_t>, kWords>;
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// Where a login belongs in the table, and what must stand there.
struct Fingerprint {
  std::uint64_t place = 0;
  Tag tag{};
};
static_assert(sizeof(Fingerprint) <= crypto_generichash_BYTES_MAX);

}  // namespace

// Entries are read and written without a lock. One that two processes write at once may become a mixture of
// two fingerprints, which matches nothing.
struct LoginCache::Table {
  std::array<unsigned char, crypto_generichash_KEYBYTES> key;
  std::array<Entry, kEntries> entries;
};

namespace {

void add_piece(crypto_generichash_state& state, std::string_view piece) {
  const std::uint64_t size = piece.size();  // before each piece, so that ("ab", "c") and ("a", "bc") differ
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(&size), sizeof size);
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(piece.data()), piece.size());
}

Fingerprint fingerprint(const LoginCache::Table& table, std::string_view name, const Secret& password,
                        std::string_view stored_hash) {
  crypto_generichash_state state;
  Fingerprint result;
  crypto_generichash_init(&state, table.key.data(), table.key.size(), sizeof result);
  add_piece(state, name);
  add_piece(state, password.view());
  add_piece(state, stored_hash);
  crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(&result), sizeof result);
  sodium_memzero(&state, sizeof state);
  return result;
}

}  // namespace

LoginCache::LoginCache(Table* table) : table_(table) {}

LoginCache::~LoginCache() {
  // Only this process's view goes; the key is wiped by the system with the last one.
  ::munmap(table_, sizeof(Table));
}

Result<std::unique_ptr<LoginCache>> LoginCache::create() {
  if (sodium_init() < 0) return fail(Errc::io, "libsodium does not start");
  void* memory = ::mmap(nullptr, sizeof(Table), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return fail_errno(errno, "memory for the login cache");
  ::madvise(memory, sizeof(Table), MADV_DONTDUMP);
  auto* table = new (memory) Table{};
  randombytes_buf(table->key.data(), table->key.size());
  return std::make_unique<LoginCache>(table);
}

bool LoginCache::knows(std::string_view name, const Secret& password, std::string_view stored_hash) const {
  const Fingerprint wanted = fingerprint(*table_, name, password, stored_hash);
  const Entry& entry = table_->entries[wanted.place % kEntries];
  Tag found{};
  for (std::size_t i = 0; i < kWords; ++i) found[i] = entry[i].load(std::memory_order_relaxed);
  return sodium_memcmp(found.data(), wanted.tag.data(), sizeof found) == 0;
}

void LoginCache::remember(std::string_view name, const Secret& password, std::string_view stored_hash) {
  const Fingerprint known = fingerprint(*table_, name, password, stored_hash);
  Entry& entry = table_->entries[known.place % kEntries];
  for (std::size_t i = 0; i < kWords; ++i) entry[i].store(known.tag[i], std::memory_order_relaxed);
}

}  // namespace ferry
