#include "shared/net/tls_memory.h"

#include <openssl/crypto.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <vector>

#include "shared/base/check.h"

namespace ferry::net {
namespace {

// Fits every record buffer (16.3 KiB) and the handshake message buffer (21.3 KiB).
constexpr std::size_t kSlotBytes = 24 * 1024;
// Addresses only; memory comes when a slot is used. Beyond that many buffers at a time malloc takes over.
constexpr std::size_t kSlots = 4096;
// So many free slots keep their pages, so that a transfer does not ask the system for memory at every record.
constexpr std::size_t kWarmSlots = 16;

class BufferPool {
 public:
  BufferPool() {
    void* area = ::mmap(nullptr, kSlotBytes * kSlots, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED) return;  // malloc does it all
    // One slot in use must not cost a huge page.
    (void)::madvise(area, kSlotBytes * kSlots, MADV_NOHUGEPAGE);
    begin_ = static_cast<char*>(area);
    unused_ = kSlots;
    warm_.reserve(kWarmSlots);
    cold_.reserve(kSlots);
  }

  bool owns(const void* block) const {
    // As numbers: the block may be of another object, where pointers do not compare.
    const auto offset = reinterpret_cast<std::uintptr_t>(block) - reinterpret_cast<std::uintptr_t>(begin_);
    return begin_ && offset < kSlotBytes * kSlots;
  }

  // Null when all are taken.
  void* take() {
    const std::lock_guard lock(mutex_);
    if (!warm_.empty()) return pop(warm_);
    if (!cold_.empty()) return pop(cold_);
    if (unused_ == 0) return nullptr;
    return begin_ + kSlotBytes * (kSlots - unused_--);
  }

  void give_back(void* block) {
    const std::lock_guard lock(mutex_);
    if (warm_.size() < kWarmSlots) {
      warm_.push_back(static_cast<char*>(block));
      return;
    }
    (void)::madvise(block, kSlotBytes, MADV_DONTNEED);
    cold_.push_back(static_cast<char*>(block));
  }

 private:
  static void* pop(std::vector<char*>& slots) {
    char* slot = slots.back();
    slots.pop_back();
    return slot;
  }

  char* begin_ = nullptr;
  std::mutex mutex_;
  std::size_t unused_ = 0;
  std::vector<char*> warm_;
  std::vector<char*> cold_;
};

// Made once and never destroyed: OpenSSL frees memory until the very end of the process.
BufferPool& pool() {
  static BufferPool* const one = new BufferPool;
  return *one;
}

// The sizes of what a connection holds only for a moment: record and handshake buffers, and the two 4 KiB
// halves of the buffer that gathers a handshake flight.
bool is_passing_buffer(std::size_t size) {
  return size == 4096 || (size >= 16 * 1024 && size <= kSlotBytes);
}

void* take_block(std::size_t size, const char*, int) {
  if (is_passing_buffer(size)) {
    if (void* slot = pool().take()) return slot;
  }
  return std::malloc(size);
}

void give_back_block(void* block, const char*, int) {
  if (pool().owns(block)) {
    pool().give_back(block);
  } else {
    std::free(block);
  }
}

void* resize_block(void* block, std::size_t size, const char* file, int line) {
  if (!block) return take_block(size, file, line);
  if (!pool().owns(block)) return std::realloc(block, size);
  if (size <= kSlotBytes) return block;
  void* bigger = std::malloc(size);
  if (!bigger) return nullptr;
  std::memcpy(bigger, block, kSlotBytes);
  pool().give_back(block);
  return bigger;
}

}  // namespace

void keep_tls_buffers_apart() {
  // Refused once OpenSSL has allocated anything: then main() calls us too late.
  CHECK(CRYPTO_set_mem_functions(take_block, resize_block, give_back_block) == 1);
}

}  // namespace ferry::net
