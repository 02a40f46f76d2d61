// Both sides of a sync are read, and what listings do not tell is asked for.
#include <fcntl.h>

#include <cerrno>
#include <filesystem>
#include <thread>
#include <unordered_map>

#include "client/engine/attributes.h"
#include "client/engine/sync.h"
#include "client/engine/verify.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

using Index = std::unordered_map<std::string_view, SyncEntry*>;

Index index_of(SyncSide& side) {
  Index index;
  for (auto& entry : side.entries) index.emplace(entry.path, &entry);
  return index;
}

Result<std::optional<WallTime>> ask_time(Connection& connection, const std::string& remote) {
  auto reply = connection.command("MDTM", remote);
  if (!reply) return tl::unexpected(reply.error());
  if (reply->code != 213) return std::optional<WallTime>();
  auto time = parse_ftp_time(reply->lines.front());
  return time ? std::optional(*time) : std::nullopt;
}

// Zones are whole quarters of an hour apart, at most fourteen hours from UTC.
std::optional<seconds> zone_between(WallTime listed, WallTime exact) {
  const auto apart = std::chrono::floor<minutes>(listed) - std::chrono::floor<minutes>(exact);
  const auto zone = std::chrono::round<std::chrono::duration<int, std::ratio<900>>>(apart);
  if (zone != apart || std::chrono::abs(apart) > std::chrono::hours(14)) return std::nullopt;
  return std::chrono::duration_cast<seconds>(zone);
}

}  // namespace

Status in_parallel(int threads, std::size_t count, const std::function<Status(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  Status outcome;
  const auto run = [&] {
    for (std::size_t at = next++; at < count; at = next++) {
      auto done = work(at);
      if (done) continue;
      const std::lock_guard lock(mutex);
      if (outcome) outcome = std::move(done);
      next = count;
    }
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads && static_cast<std::size_t>(i) < count; ++i) others.emplace_back(run);
  run();
  for (auto& other : others) other.join();
  return outcome;
}

Sync::Sync(CopyRun& run, SyncPaths paths, SyncOptions options)
    : run_(run), paths_(std::move(paths)), options_(std::move(options)) {}

Result<std::unique_ptr<Sync>> Sync::prepare(CopyRun& run, const SyncPaths& paths,
                                            const SyncOptions& options) {
  std::unique_ptr<Sync> sync(new Sync(run, paths, options));
  if (auto looked = sync->look_at_server(); !looked) return tl::unexpected(looked.error());
  if (auto scanned = sync->scan(); !scanned) return tl::unexpected(scanned.error());
  if (auto found = sync->find_hidden(); !found) return tl::unexpected(found.error());
  sync->recall();
  if (!sync->server_.lists_exactly) {
    if (auto learnt = sync->learn_zone(); !learnt) return tl::unexpected(learnt.error());
    for (auto& entry : sync->remote().side.entries) sync->place_in_zone(entry);
    if (auto asked = sync->ask_for_times(); !asked) return tl::unexpected(asked.error());
  }
  if (auto asked = sync->ask_for_digests(); !asked) return tl::unexpected(asked.error());
  sync->plan_ =
      make_sync_plan(sync->source_.side, sync->target_.side, sync->options_, sync->remembered_.records);
  return sync;
}

std::string Sync::local_path(const std::string& path) const {
  return path.empty() ? paths_.local : (std::filesystem::path(paths_.local) / path).native();
}

std::string Sync::remote_path_of(const std::string& path) const {
  return path.empty() ? paths_.remote : ftp::join_path(paths_.remote, path);
}

Status Sync::look_at_server() {
  auto server = run_.ask([](Connection& connection) -> Result<SyncServer> {
    const Features& features = connection.features();
    SyncServer there;
    there.key = connection.site().key();
    there.user = connection.user();
    there.lists_exactly = features.has("MLST");
    there.has_mdtm = features.has("MDTM");
    const TimeCommand times = time_command(features, connection.manners());
    there.keeps_times = times == TimeCommand::mfmt || times == TimeCommand::utime;  // MDTM only tries
    there.digest = offered_digest(features);
    return there;
  });
  if (!server) return tl::unexpected(server.error());
  server_ = std::move(*server);
  options_.target_keeps_times = paths_.direction == Direction::down || server_.keeps_times;
  return {};
}

Status Sync::scan() {
  const bool is_up = paths_.direction == Direction::up;
  auto source = is_up ? scan_local(false) : scan_remote(false);
  if (!source) return tl::unexpected(source.error());
  source_ = std::move(*source);
  auto target = is_up ? scan_remote(true) : scan_local(true);
  if (!target) return tl::unexpected(target.error());
  target_ = std::move(*target);
  return {};
}

Result<SyncScan> Sync::scan_local(bool is_target) {
  auto scan = scan_local_tree(paths_.local, options_.filter);
  if (scan || !is_target || scan.error().kind != Errc::not_found) return scan;
  SyncScan nothing;
  nothing.side.exists = false;
  return nothing;
}

ListRemote Sync::lister() {
  return [this](const std::string& path) {
    return run_.ask([&](Connection& connection) { return list_directory(connection, path); });
  };
}

// What cannot be listed is not missing: servers say "550" to both, so it is tried to go there.
Result<SyncScan> Sync::scan_remote(bool is_target) {
  auto scan = scan_remote_tree(paths_.remote, options_.filter, run_.options.parallel, lister());
  if (scan || !is_target || scan.error().kind != Errc::not_found) return scan;
  auto is_there = run_.ask([&](Connection& connection) { return is_directory(connection, paths_.remote); });
  if (!is_there) return tl::unexpected(is_there.error());
  if (*is_there) return fail(Errc::permission, paths_.remote + ": this folder cannot be listed");
  auto is_file = run_.ask([&](Connection& connection) { return describe(connection, paths_.remote); });
  if (is_file) return fail(Errc::not_directory, paths_.remote + ": is no folder");
  if (is_file.error().kind != Errc::not_found) return tl::unexpected(is_file.error());
  SyncScan nothing;
  nothing.side.exists = false;
  return nothing;
}

// What an earlier run has begun there and not finished is the beginning of our copy, however new it looks.
void Sync::recall() {
  if (paths_.direction != Direction::up) return;
  std::error_code ignored;
  const auto absolute = std::filesystem::weakly_canonical(paths_.local, ignored);
  memory_ = std::make_unique<SyncMemory>(
      SyncPlace{server_.key, server_.user, paths_.remote, ignored ? paths_.local : absolute.native()});
  remembered_ = memory_->read();
  if (remembered_.begun.empty()) return;
  const Index ours = index_of(source_.side);
  for (auto& entry : target_.side.entries) {
    if (!remembered_.begun.contains(entry.path)) continue;
    const auto whole = ours.find(entry.path);
    const bool may_be_piece = whole != ours.end() && entry.type == SyncType::file && entry.size &&
                              whole->second->size && *entry.size < *whole->second->size;
    if (may_be_piece) entry.is_unfinished = true;
  }
}

// LIST speaks in the server's own zone, and does not say which: one file's MDTM tells.
Status Sync::learn_zone() {
  server_.knows_zone = false;
  if (!server_.has_mdtm) return {};
  constexpr int kTries = 5;
  int tries = 0;
  for (const auto& entry : remote().side.entries) {
    const bool is_to_the_minute =
        entry.type == SyncType::file && entry.modified && entry.modified->precision < minutes(1);
    if (!is_to_the_minute) continue;
    if (++tries > kTries) break;
    auto exact =
        run_.ask([&](Connection& connection) { return ask_time(connection, remote_path_of(entry.path)); });
    if (!exact) return tl::unexpected(exact.error());
    const auto zone = *exact ? zone_between(entry.modified->at, **exact) : std::nullopt;
    if (!zone) continue;
    server_.zone = *zone;
    server_.knows_zone = true;
    break;
  }
  return {};
}

void Sync::place_in_zone(SyncEntry& entry) const {
  if (!entry.modified) return;
  if (server_.knows_zone) {
    entry.modified->at -= server_.zone;
  } else {
    entry.modified.reset();
  }
}

Status Sync::ask_for_times() {
  if (!server_.has_mdtm) return {};
  const auto paths = paths_that_want_times(source_.side, target_.side, options_, remembered_.records);
  const Index theirs = index_of(remote().side);
  return in_parallel(run_.options.parallel, paths.size(), [&](std::size_t at) -> Status {
    auto time =
        run_.ask([&](Connection& connection) { return ask_time(connection, remote_path_of(paths[at])); });
    if (!time) return tl::unexpected(time.error());
    if (*time) theirs.at(paths[at])->modified = SyncTime{**time, seconds(1) - nanoseconds(1)};
    return {};
  });
}

Result<std::string> Sync::local_digest(const SyncEntry& entry) const {
  const std::string path = local_path(entry.path);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!file) return fail_errno(errno, path);
  Digest digest(*server_.digest);
  const auto may_go_on = [&](Bytes) -> Status {
    return run_.cancel.requested() ? fail(Errc::cancelled, "interrupted") : Status();
  };
  if (auto read = digest_range(file.get(), 0, entry.size.value_or(0), digest, may_go_on); !read)
    return tl::unexpected(read.error());
  return digest.hex();
}

// Where a digest cannot be had the file stays without one: the plan says so.
Status Sync::ask_for_digests() {
  const auto paths = paths_that_want_digests(source_.side, target_.side, options_);
  if (paths.empty() || !server_.digest) return {};
  run_.reports.note("comparing " + std::to_string(paths.size()) + " files by " +
                    std::string(digest_name(*server_.digest)));
  const Index here = index_of(local().side), there = index_of(remote().side);
  return in_parallel(run_.options.parallel, paths.size(), [&](std::size_t at) -> Status {
    SyncEntry& ours = *here.at(paths[at]);
    SyncEntry& theirs = *there.at(paths[at]);
    if (!ours.size || !theirs.size) return {};
    auto told = *theirs.size == 0 ? Result<std::optional<std::string>>(Digest(*server_.digest).hex())
                                  : run_.ask([&](Connection& connection) {
                                      return remote_prefix_digest(connection, remote_path_of(paths[at]),
                                                                  *server_.digest, *theirs.size, true);
                                    });
    if (!told) return tl::unexpected(told.error());
    if (!*told) return {};
    auto computed = local_digest(ours);
    if (!computed && computed.error().kind == Errc::cancelled) return tl::unexpected(computed.error());
    if (!computed) return {};
    ours.digest = std::move(*computed);
    theirs.digest = std::move(**told);
    return {};
  });
}

}  // namespace ferry::client
