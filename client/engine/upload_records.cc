#include "client/engine/upload_records.h"

#include <algorithm>
#include <sstream>

#include "client/engine/record_words.h"
#include "client/engine/state_file.h"

namespace ferry::client {
namespace {

constexpr std::string_view kHeading =
    "# Uploads ferry has not finished: host:port user remote-path device inode size modified\n";
constexpr std::size_t kMaxRecords = 1000;

std::vector<UploadRecord> without(std::vector<UploadRecord> records, const UploadTarget& target) {
  std::erase_if(records, [&](const UploadRecord& record) { return record.target == target; });
  return records;
}

}  // namespace

LocalIdentity identity_of(const struct stat& info) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino), info.st_size,
          info.st_mtim.tv_sec * kNanoseconds + info.st_mtim.tv_nsec};
}

std::string format_records(const std::vector<UploadRecord>& records) {
  std::string text(kHeading);
  for (const auto& [target, file] : records) {
    text += escaped_word(target.server) + " " + escaped_word(target.user) + " " +
            escaped_word(target.remote) + " " + std::to_string(file.device) + " " +
            std::to_string(file.inode) + " " + std::to_string(file.size) + " " +
            std::to_string(file.modified_ns) + "\n";
  }
  return text;
}

std::vector<UploadRecord> parse_records(std::string_view text) {
  std::vector<UploadRecord> records;
  std::istringstream lines{std::string(text)};
  std::string line;
  while (std::getline(lines, line)) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    std::string server, user, remote, surplus;
    LocalIdentity file;
    if (!(words >> server >> user >> remote >> file.device >> file.inode >> file.size >> file.modified_ns) ||
        words >> surplus)
      continue;
    records.push_back({{unescaped_word(server), unescaped_word(user), unescaped_word(remote)}, file});
  }
  return records;
}

std::string UploadRecords::default_path() {
  return state_file_path("XDG_STATE_HOME", ".local/state", "uploads");
}

bool UploadRecords::holds(const UploadTarget& target, const LocalIdentity& file) const {
  auto text = read_state_file(path_);
  if (!text) return false;
  const auto records = parse_records(*text);
  return std::any_of(records.begin(), records.end(), [&](const UploadRecord& record) {
    return record.target == target && record.file == file;
  });
}

bool UploadRecords::has_begun(const UploadTarget& target) const {
  auto text = read_state_file(path_);
  if (!text) return false;
  const auto records = parse_records(*text);
  return std::any_of(records.begin(), records.end(),
                     [&](const UploadRecord& record) { return record.target == target; });
}

Status UploadRecords::begin(const UploadTarget& target, const LocalIdentity& file) {
  // Lost in a power failure it costs a new start, no more: not worth a sync per file.
  return update_state_file(path_, Durability::may_be_lost, [&](const std::string& text) {
    auto records = without(parse_records(text), target);
    records.push_back({target, file});
    if (records.size() > kMaxRecords) records.erase(records.begin());
    return format_records(records);
  });
}

Status UploadRecords::finish(const UploadTarget& target) {
  return update_state_file(path_, Durability::may_be_lost, [&](const std::string& text) {
    return format_records(without(parse_records(text), target));
  });
}

}  // namespace ferry::client
