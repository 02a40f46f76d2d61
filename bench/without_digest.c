/* Preloaded into a ferryd that shall not hash what it receives, to see what that costs (ferry-bench
   --digest-cost). What TLS hashes, its handshake's messages, is smaller than any piece of a large file. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

enum { kPiece = 16 * 1024 };

int EVP_DigestUpdate(void* context, const void* bytes, size_t count) {
  static int (*real)(void*, const void*, size_t);
  if (count >= kPiece) return 1;
  if (!real) *(void**)&real = dlsym(RTLD_NEXT, "EVP_DigestUpdate");
  return real(context, bytes, count);
}
