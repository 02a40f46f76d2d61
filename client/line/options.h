// What the command line of ferry asked for, as a plain struct that sub-commands and shell share. Filled by
// client/cli/parse.cc.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "client/engine/attributes.h"
#include "client/engine/conflict.h"
#include "client/engine/rate.h"
#include "client/engine/resume.h"
#include "client/engine/site.h"
#include "client/engine/verify.h"
#include "client/line/secret_source.h"
#include "client/line/sync_options.h"
#include "client/queue/move.h"

namespace ferry::client {

struct Options {
  std::vector<std::string> operands;

  std::string host, user;  // -s, -u
  std::uint16_t port = 0;  // -P; 0: the URL's or the default
  std::optional<ftp::Security> security;
  bool active = false;
  std::string ca_file, pin;  // pin as parse_fingerprint gives it
  std::string charset;       // of the server's names
  std::string password_file;
  int password_fd = -1;
  SecretSource passphrase, new_passphrase;  // of the saved passwords
  bool save_password = false, forget_password = false;
  std::chrono::milliseconds timeout{30'000};
  bool quiet = false;
  bool no_input = false;
  bool accept_new = false;                         // certificates of servers that are not known yet
  bool json = false;                               // --json: NDJSON on stdout
  int verbosity = 0;                               // how often -v
  std::optional<std::chrono::milliseconds> stats;  // --stats
  std::string receipt;                             // --receipt
  std::optional<DigestKind> algo;                  // --algo
  std::string log_file;                            // --log

  bool all_items = false;     // --all, of the queue
  std::optional<Move> place;  // --to, in the queue
  int priority = 0;
  std::optional<Resume> resume_wish;  // what --resume said, if it did

  bool ascii_only = false;  // the full screen
  bool recursive = false, parents = false;
  Resume resume = Resume::never;
  std::string output;              // -o
  std::string folder;              // of a saved site
  std::vector<std::string> unset;  // keys of a saved site
  VerifyWish verify;
  Preserve preserve;
  IfExists if_exists = IfExists::overwrite;
  bool follow_links = false, nfc = false, checks_fit = true;
  Bytes min_free = 0;

  bool details = false, all_names = false, only_total = false;  // ls -l, -R (recursive), -a; du
  bool write = false;                                           // doctor
  std::string sort;                                             // of ls; "": by name
  std::string stdin_name;                                       // the name that `put -` gives
  SyncWish sync;
  int parallel = 4, retries = 5;
  Rates limit;
  std::string new_password_file;  // of passwd
  int new_password_fd = -1;
  std::vector<std::string> shell_lines;  // shell -c
  std::string script;                    // shell -f
  bool fail_fast = false;
};

}  // namespace ferry::client
