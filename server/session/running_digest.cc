#include "server/session/running_digest.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace ferry {

namespace {

constexpr Bytes kInlineUpTo = 4 * 1024 * 1024;  // below, a thread costs more than it saves
constexpr Bytes kFarthestBehind = 64 * 1024 * 1024;
constexpr Bytes kPiece = 256 * 1024;  // one look at the writer per piece

}  // namespace

RunningDigest::~RunningDigest() {
  stop();
}

void RunningDigest::start_behind(Digest prefix, Bytes length) {
  digest_ = std::move(prefix);
  written_ = hashed_ = length;
}

void RunningDigest::add(int file, std::string_view bytes) {
  // Without a thread everything written is hashed; one that cannot be had is asked for again with the next
  // piece.
  if (!thread_.joinable() && (hashed_ < kInlineUpTo || !start_thread(file))) {
    digest_.update(bytes);
    written_ = hashed_ += static_cast<Bytes>(bytes.size());
    return;
  }
  std::unique_lock lock(mutex_);
  written_ += static_cast<Bytes>(bytes.size());
  changed_.notify_all();
  changed_.wait(lock, [this] { return error_ || written_ - hashed_ <= kFarthestBehind; });
}

Result<std::string> RunningDigest::finish() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      is_finishing_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  if (error_) return tl::unexpected(*error_);
  return digest_.hex();
}

bool RunningDigest::start_thread(int file) {
  try {
    thread_ = std::thread([this, file] { hash_behind(file); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void RunningDigest::hash_behind(int file) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kPiece);
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_stopping_ || is_finishing_ || hashed_ < written_; });
    if (is_stopping_ || hashed_ == written_) return;
    const Bytes at = hashed_;
    const auto want = static_cast<std::size_t>(std::min(kPiece, written_ - at));
    lock.unlock();
    const ssize_t got = pread(file, buffer.get(), want, at);
    const int error_number = errno;
    if (got > 0) digest_.update({buffer.get(), static_cast<std::size_t>(got)});
    lock.lock();
    if (got > 0) {
      hashed_ += got;
    } else if (got == 0 || error_number != EINTR) {
      error_ = errno_error(got == 0 ? EIO : error_number, "reading an upload back");
      changed_.notify_all();
      return;
    }
    changed_.notify_all();
  }
}

void RunningDigest::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

}  // namespace ferry
