#include "client/engine/sync_memory.h"

#include <fcntl.h>

#include <filesystem>
#include <sstream>

#include "client/engine/record_words.h"
#include "client/engine/state_file.h"
#include "client/engine/transfer_io.h"
#include "shared/base/digest.h"

namespace ferry::client {
namespace {

constexpr std::string_view kBegun = "begun", kDone = "done", kStood = "stood";

std::string line_of(std::string_view verb, const std::string& path) {
  return std::string(verb) + " " + escaped_word(path) + "\n";
}

std::int64_t count(const SyncTime& time) {
  return time.at.time_since_epoch().count();
}

SyncTime time_of(std::int64_t at, std::int64_t precision) {
  return {WallTime(std::chrono::nanoseconds(at)), std::chrono::nanoseconds(precision)};
}

std::optional<SyncRecord> record_of(std::istream& words) {
  SyncRecord record;
  std::int64_t ours = 0, theirs = 0, precision = 0;
  if (!(words >> record.source_size >> ours >> record.target_size >> theirs >> precision))
    return std::nullopt;
  record.source_time = time_of(ours, 0);
  record.target_time = time_of(theirs, precision);
  return record;
}

std::string file_for(const SyncPlace& place) {
  Digest digest(DigestKind::sha256);
  for (const auto* word : {&place.server, &place.user, &place.remote, &place.local})
    digest.update(escaped_word(*word) + " ");
  return state_file_path("XDG_STATE_HOME", ".local/state", "sync/" + digest.hex().substr(0, 32));
}

}  // namespace

std::string format_sync_memory(const SyncMemoryText& memory) {
  std::string text;
  for (const auto& path : memory.begun) text += line_of(kBegun, path);
  for (const auto& [path, record] : memory.records) {
    text += std::string(kStood) + " " + escaped_word(path) + " " + std::to_string(record.source_size) + " " +
            std::to_string(count(record.source_time)) + " " + std::to_string(record.target_size) + " " +
            std::to_string(count(record.target_time)) + " " +
            std::to_string(record.target_time.precision.count()) + "\n";
  }
  return text;
}

SyncMemoryText parse_sync_memory(std::string_view text) {
  SyncMemoryText memory;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string verb, word;
    if (!(words >> verb >> word)) continue;
    const std::string path = unescaped_word(word);
    if (verb == kBegun) memory.begun.insert(path);
    if (verb == kDone) memory.begun.erase(path);
    if (verb != kStood) continue;
    if (const auto record = record_of(words)) memory.records.insert_or_assign(path, *record);
  }
  return memory;
}

SyncMemory::SyncMemory(const SyncPlace& place) : file_(file_for(place)) {}

SyncMemoryText SyncMemory::read() const {
  auto text = read_state_file(file_);
  return text ? parse_sync_memory(*text) : SyncMemoryText{};
}

// One write per line: a killed ferry leaves whole lines, a power cut may lose the last ones.
void SyncMemory::append(const std::string& line) {
  const std::lock_guard lock(mutex_);
  if (!log_) {
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(file_).parent_path(), ignored);
    log_.reset(::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  }
  if (log_) (void)write_fully(log_.get(), line);
}

void SyncMemory::begins(const std::string& path) {
  append(line_of(kBegun, path));
}

void SyncMemory::is_done(const std::string& path) {
  append(line_of(kDone, path));
}

Status SyncMemory::write(const SyncMemoryText& memory) {
  const std::lock_guard lock(mutex_);
  log_.reset();
  if (memory.begun.empty() && memory.records.empty()) {
    std::error_code failure;
    std::filesystem::remove(file_, failure);
    return failure ? fail_errno(failure.value(), file_) : Status();
  }
  return update_state_file(file_, Durability::may_be_lost, [&](const std::string&) -> Result<std::string> {
    return format_sync_memory(memory);
  });
}

}  // namespace ferry::client
