// Text that must not outlive its use: a password. Kept in memory that is locked (kept out of swap and core
// dumps where the system allows) and wiped when released. Not printable by accident: there is no operator<<.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace ferry {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text);  // copies; the caller wipes its own copy (wipe())
  // `size` bytes, more than none, that `fill` writes where they will stay.
  static Secret made(std::size_t size, const std::function<void(char*)>& fill);
  Secret(Secret&&) noexcept;
  Secret& operator=(Secret&&) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  std::string_view view() const { return {data_, size_}; }
  bool empty() const { return size_ == 0; }
  Secret copy() const { return Secret(view()); }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

// Overwrites the bytes and empties the text.
void wipe(std::string& text);

// First line of a descriptor (without its line end), at most 1,024 bytes. Blocks. Errc::too_long,
// Errc::bad_syntax when empty.
Result<Secret> read_secret_line(int fd);

// Asks on /dev/tty with echo off. Blocks. Errc::unsupported when there is no terminal, Errc::cancelled on
// Ctrl-C/Ctrl-D and when SIGINT, SIGTERM, SIGHUP or SIGQUIT comes, which takes its usual course once the
// echo is back. One thread at a time.
Result<Secret> ask_secret(std::string_view prompt);

// `length` letters and digits without the look-alikes 0 O 1 l I, from libsodium's random source.
Secret generate_password(std::size_t length = 20);

}  // namespace ferry
