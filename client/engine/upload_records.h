// Which uploads this user has begun and not finished, so that a resumed one never builds a file out of two:
// what a server holds says nothing about which local file it came from.
//
// The file ($XDG_STATE_HOME/ferry/uploads, else ~/.local/state/ferry/uploads, mode 0600) has one line per
// upload, newest last; blanks, controls and % in names are %XX:
//   host:port user remote-path device inode size modified-in-nanoseconds
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/bytes.h"
#include "shared/base/result.h"

namespace ferry::client {

// Where to: what identifies a record.
struct UploadTarget {
  std::string server;  // Site::key()
  std::string user;
  std::string remote;  // absolute
  bool operator==(const UploadTarget&) const = default;
};

// Which local file, in which state.
struct LocalIdentity {
  std::uint64_t device = 0, inode = 0;
  Bytes size = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const LocalIdentity&) const = default;
};
LocalIdentity identity_of(const struct stat& info);

struct UploadRecord {
  UploadTarget target;
  LocalIdentity file;
};

std::string format_records(const std::vector<UploadRecord>& records);
std::vector<UploadRecord> parse_records(std::string_view text);  // lines that are no record are left out

class UploadRecords {
 public:
  explicit UploadRecords(std::string path) : path_(std::move(path)) {}
  static std::string default_path();

  // False also when nothing can be read: then there is no proof.
  bool holds(const UploadTarget& target, const LocalIdentity& file) const;
  // Whatever file it was of.
  bool has_begun(const UploadTarget& target) const;
  // Replaces what is known of the target. Keeps the newest 1,000.
  Status begin(const UploadTarget& target, const LocalIdentity& file);
  Status finish(const UploadTarget& target);

 private:
  std::string path_;
};

}  // namespace ferry::client
