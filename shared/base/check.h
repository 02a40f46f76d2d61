// CHECK(cond): we are wrong, not the world. Prints file:line to stderr and aborts this process; a worker that
// dies so is logged and replaced by the master. Never for anything a peer, a file or a user can cause.
#pragma once

namespace ferry {
[[noreturn]] void check_failed(const char* file, int line, const char* condition);
}

#define CHECK(condition)                                                     \
  do {                                                                       \
    if (!(condition)) ::ferry::check_failed(__FILE__, __LINE__, #condition); \
  } while (false)
