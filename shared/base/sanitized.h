// Whether a sanitizer's run-time is compiled in (MODE=asan, MODE=tsan): it takes memory, time and system
// calls of its own. g++ and clang say so in different ways.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FERRY_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FERRY_SANITIZED 1
#endif
#endif
#ifndef FERRY_SANITIZED
#define FERRY_SANITIZED 0
#endif

namespace ferry {
inline constexpr bool kIsSanitized = FERRY_SANITIZED;
inline constexpr unsigned kSanitizerThreads = kIsSanitized ? 2 : 0;  // at most, of its own in every process
}
