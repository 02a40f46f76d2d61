// Where OpenSSL's short-lived buffers live in ferryd. A handshake takes about 50 KiB of them beside the 14
// KiB that its session keeps; from one heap, a burst of handshakes leaves the heap full of holes that stay
// resident (measured: 44 KiB a session instead of 16).
#pragma once

namespace ferry::net {

// From here OpenSSL takes its input, output and handshake buffers from a pool of their own, whose idle pages
// go back to the system at once; all else stays with malloc. Whole process; call first in main(), before
// anything uses OpenSSL. Any thread may then use OpenSSL, and a fork is fine while one thread runs.
void keep_tls_buffers_apart();

}  // namespace ferry::net
