// The options of the sub-commands, in groups that a row of the table names. How to add one: a bit, its line
// in add_options(), its check in convert(), its line in man/ferry.1. CLI11's only user beside parse.cc,
// policy_options.cc and sync_options.cc.
#pragma once

#include <cstdint>
#include <string>

#include "client/cli/command.h"
#include "client/cli/policy_options.h"
#include "client/cli/sync_options.h"
#include "client/line/options.h"

namespace CLI {
class App;
}

namespace ferry::client {

enum Takes : std::uint64_t {
  kConnection = 1,  // where to, who, encryption, time-outs
  kRecursive = 2,
  kResume = 4,
  kOutput = 8,
  kVerify = 16,
  kParents = 32,
  kJson = 64,
  kPolicy = 128,         // what becomes of files that are there, of their times and modes
  kParallel = 256,       // many files: sessions at once, tries, rates
  kSync = 512,           // what sync is to do (sync_options.h)
  kProgress = 1 << 16,   // --stats
  kReceipt = 1 << 17,
  kAlgo = 1 << 18,
  kAscii = 1 << 19,        // of the full screen
  kListing = 1 << 20,    // how a listing looks
  kTotal = 1 << 21,      // sums
  kStdinName = 1 << 22,  // of what comes from stdin
  kNewPassword = 1 << 23,
  kDoctor = 1 << 25,    // what may be tried on the server
  kScript = 1 << 24,    // where the shell's lines come from
  kSite = 1ULL << 40,   // what a saved site can say as well: port, user, encryption, certificate
  kQuiet = 1ULL << 41,  // -q, --no-input
  kFolder = 1ULL << 42,
  kUnset = 1ULL << 43,
  kPassword = 1ULL << 44,    // --password-file and its like
  kPassphrase = 1ULL << 45,  // of the saved passwords
  kNewPassphrase = 1ULL << 46,
  kSavePassword = 1ULL << 47,
  kForgetPassword = 1ULL << 48,
  kTrust = 1ULL << 49,     // what it takes to see a certificate
  kServer = 1ULL << 50,    // of kConnection: where to
  kAllItems = 1ULL << 52,  // of the queue
  kPlace = 1ULL << 53,     // in the queue
  kPriority = 1ULL << 54,
};

// What CLI11 fills before it is checked.
struct RawOptions {
  Options options;
  std::string tls, pin, timeout, verify, resume, limit, stats, algo, priority, place;
  PolicyTexts policy;
  SyncTexts sync;
};

// `raw` must outlive the parsing.
void add_options(CLI::App& app, const Command& command, RawOptions& raw);

// Checks what CLI11 could not and completes raw.options. What is wrong, "" when nothing is.
std::string convert(RawOptions& raw);

}  // namespace ferry::client
