// --receipt FILE: what has been copied, a JSON object per line, so that it can be checked later without the
// other side: `ferry verify --receipt FILE`. Lines are only ever added; docs/json.md describes their fields.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/engine/job.h"
#include "shared/base/clock.h"
#include "shared/base/unique_fd.h"

namespace ferry::client {

struct ReceiptEntry {
  std::string name;           // as the user knew it
  std::string local, remote;  // path here, absolute; address there
  Bytes size = 0;
  std::string sha256;
};

// One line without its end. Pure but for the time in it.
std::string receipt_line(const FileReport& report);
// Errc::corrupt.
Result<ReceiptEntry> parse_receipt_line(std::string_view line);

// All lines of a receipt; of several about the same two places the last. Errc::corrupt names the line;
// nothing of a receipt that is damaged is believed.
Result<std::vector<ReceiptEntry>> read_receipt(const std::string& path);

// A receipt that is being written. A file is in it once its line is; the lines are on the disk after
// finish(), and every second until then.
class Receipt {
 public:
  // Makes the file, or goes on with it: the piece of a line that a crash has left at its end is taken off.
  // Errc::corrupt: it is something else; Errc::busy: another ferry is writing it.
  static Result<Receipt> open(const std::string& path);

  // After the first error nothing more is written.
  void add(const FileReport& report);
  // The first error, if there was one.
  Status finish();

 private:
  Receipt(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  void sync();

  UniqueFd fd_;
  std::string path_;
  SteadyTime synced_at_{};
  Status outcome_;
};

}  // namespace ferry::client
