#include "client/engine/placing.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "client/engine/breakpoint.h"
#include "client/engine/listing.h"
#include "client/engine/prefix_digest.h"
#include "client/engine/upload_records.h"
#include "shared/base/unique_fd.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

constexpr int kMostNumbers = 9999;

const std::string& target_of(const CopyItem& item) {
  return item.direction == Direction::up ? item.remote : item.local;
}

SideFacts local_facts(const std::string& path) {
  SideFacts facts;
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return facts;
  facts.kind = S_ISREG(info.st_mode)   ? FileKind::file
               : S_ISDIR(info.st_mode) ? FileKind::folder
                                       : FileKind::other;
  facts.size = info.st_size;
  facts.modified =
      WallTime(std::chrono::seconds(info.st_mtim.tv_sec) + std::chrono::nanoseconds(info.st_mtim.tv_nsec));
  return facts;
}

SideFacts remote_facts(const ftp::Entry& entry) {
  SideFacts facts;
  facts.kind = entry.is_directory()                                    ? FileKind::folder
               : entry.type == ftp::EntryType::other && !entry.is_link ? FileKind::other
                                                                       : FileKind::file;
  if (entry.is_link) return facts;  // its size and time would be the link's own
  facts.size = entry.size;
  facts.modified = entry.modified;
  facts.precision = entry.modified_precision;
  return facts;
}

// With servers other than ferryd an unfinished upload stands under the final name and looks like any file;
// but our records say that it is none.
bool is_recorded(const Connection& connection, const std::string& remote) {
  if (has_breakpoints(connection.features())) return false;
  return UploadRecords(UploadRecords::default_path())
      .has_begun({connection.site().key(), connection.user(), remote});
}

// ferryd lists one as what cannot be read.
bool is_unfinished_upload(const Connection& connection, const std::string& remote, const ftp::Entry& entry) {
  if (has_breakpoints(connection.features()))
    return !entry.is_directory() && entry.perm && entry.perm->find('r') == std::string::npos;
  return is_recorded(connection, remote);
}

// nullopt: nothing has this name.
Result<std::optional<ftp::Entry>> look_there(Connection& connection, const std::string& remote) {
  auto entry = describe(connection, remote);
  if (entry) return std::optional(std::move(*entry));
  if (entry.error().kind == Errc::not_found) return std::optional<ftp::Entry>();
  return tl::unexpected(std::move(entry.error()));
}

}  // namespace

void Placing::reserve(const std::string& target) {
  if (policy_ == IfExists::rename) (void)claim(target);
}

bool Placing::claim(const std::string& target) {
  const std::lock_guard lock(mutex_);
  return taken_.insert(target).second;
}

Result<ConflictFacts> Placing::facts_of_upload(Connection& connection, const CopyItem& item) const {
  ConflictFacts facts;
  facts.source = local_facts(item.local);
  auto there = look_there(connection, item.remote);
  if (!there) return tl::unexpected(std::move(there.error()));
  if (*there && !is_unfinished_upload(connection, item.remote, **there)) facts.target = remote_facts(**there);
  return facts;
}

Result<ConflictFacts> Placing::facts_of_download(Connection& connection, CopyItem& item) const {
  ConflictFacts facts;
  facts.target = local_facts(item.local);
  if (facts.target.kind == FileKind::none) return facts;  // nothing else is asked then
  const bool needs_exact_time =
      policy_ == IfExists::newer && item.known && item.known->modified_precision.count() > 1;
  if (!item.known || needs_exact_time) {
    auto entry = describe(connection, item.remote);
    if (!entry) return tl::unexpected(std::move(entry.error()));
    facts.source = remote_facts(*entry);
    if (!entry->is_directory()) item.known = std::move(*entry);  // else the transfer says what is wrong
    return facts;
  }
  facts.source = remote_facts(*item.known);
  return facts;
}

Result<Sameness> Placing::compare_digests(Connection& connection, const CopyItem& item) const {
  const auto kind = offered_digest(connection.features());
  const UniqueFd file(::open(item.local.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!kind || !file || ::fstat(file.get(), &info) != 0) return Sameness::unknown;
  auto theirs = remote_prefix_digest(connection, item.remote, *kind, info.st_size, true);
  if (!theirs) return tl::unexpected(std::move(theirs.error()));
  if (!*theirs) return Sameness::unknown;
  const OnProgress nobody;
  auto ours = PrefixDigest(connection, file.get(), info.st_size, nobody).hex(*kind, info.st_size);
  if (!ours) return tl::unexpected(std::move(ours.error()));
  return *ours == **theirs ? Sameness::equal : Sameness::different;
}

Status Placing::rename(Connection& connection, CopyItem& item) {
  const bool is_up = item.direction == Direction::up;
  const std::string target = target_of(item);
  const std::string leaf(ftp::leaf_name(target));
  const std::string front = target.substr(0, target.size() - leaf.size());
  for (int number = 2; number <= kMostNumbers; ++number) {
    const std::string name = front + numbered_name(leaf, number);
    bool is_free = local_facts(name).kind == FileKind::none;
    if (is_up) {
      auto there = look_there(connection, name);
      if (!there) return tl::unexpected(std::move(there.error()));
      is_free = !*there;
    }
    if (!is_free || !claim(name)) continue;
    (is_up ? item.remote : item.local) = name;
    item.name = item.name.substr(0, item.name.size() - ftp::leaf_name(item.name).size()) +
                numbered_name(leaf, number);
    return {};
  }
  return fail(Errc::exists, target + ": is there already, and so are its next names");
}

Result<std::optional<std::string>> Placing::decide(Connection& connection, CopyItem& item, JobOptions& job) {
  const std::optional<std::string> copied;
  if (policy_ == IfExists::overwrite) return copied;
  const bool is_up = item.direction == Direction::up;
  if (policy_ == IfExists::resume) {  // the transfer itself proves
    job.keep_existing = !is_up || !is_recorded(connection, item.remote);
    if (job.resume == Resume::never) job.resume = Resume::automatic;
    return copied;
  }
  // STOR cannot be told to leave what comes there meanwhile; a name here is taken only while it is free.
  job.keep_existing =
      !is_up && (policy_ == IfExists::skip || policy_ == IfExists::rename || policy_ == IfExists::fail);
  auto facts = is_up ? facts_of_upload(connection, item) : facts_of_download(connection, item);
  if (!facts) return tl::unexpected(std::move(facts.error()));
  if (needs_digests(policy_, *facts)) {
    auto content = compare_digests(connection, item);
    if (!content) return tl::unexpected(std::move(content.error()));
    facts->content = *content;
  }
  const Verdict verdict = decide_conflict(policy_, *facts);
  switch (verdict.action) {
    case Verdict::Action::skip:
      return std::optional(verdict.why);
    case Verdict::Action::fail:
      return fail(verdict.kind, target_of(item) + ": " + verdict.why);
    case Verdict::Action::rename:
      if (auto renamed = rename(connection, item); !renamed)
        return tl::unexpected(std::move(renamed.error()));
      return copied;
    case Verdict::Action::copy:
    case Verdict::Action::resume:
      break;
  }
  return copied;
}

}  // namespace ferry::client
