// hash and verify.
#include <sys/stat.h>

#include <filesystem>

#include "client/cli/command.h"
#include "client/cli/common.h"
#include "client/engine/compare.h"
#include "client/engine/listing.h"
#include "client/line/compare_text.h"
#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/line/json_lines.h"
#include "client/line/log_text.h"
#include "client/line/operations.h"
#include "client/line/progress_json.h"
#include "client/line/receipt.h"
#include "client/line/saved_sites.h"
#include "client/line/signals.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

// --- hash ---

Status hash_file(const Options& options, Connection& connection, const std::string& path,
                 const std::string& name, std::optional<Bytes> size) {
  const DigestKind kind = options.algo.value_or(DigestKind::sha256);
  auto digest = remote_digest(connection, path, kind, size, {});
  if (!digest) return tl::unexpected(digest.error());
  const std::string how = name + ": " + std::string(source_words(digest->source));
  if (digest->source == DigestSource::read_back && !options.quiet) {
    print_error(how);
  } else {
    print_detail(how);
  }
  if (!json_wanted()) {
    print_digest(digest->hex, name);
    return {};
  }
  emit_json("hash", JsonObject()
                        .text("name", name)
                        .text("algo", digest_word(kind))
                        .text("digest", digest->hex)
                        .text("source", source_name(digest->source)));
  return {};
}

// False: nothing more is tried.
bool hash_tree(const Options& options, Connection& connection, const std::string& root,
               const std::string& name, Tally& tally) {
  auto plan = plan_remote_tree(connection, root);
  if (!plan) return take_outcome(tl::unexpected(plan.error()), tally);
  for (const auto& note : plan->notes) print_error(note);
  for (const auto& failure : plan->failures) take_outcome(tl::unexpected(failure), tally);
  for (const auto& item : plan->items) {
    if (item.is_folder()) continue;
    const std::string below = name.empty() || name.back() == '/' ? name : name + "/";
    const auto done = hash_file(options, connection, ftp::join_path(root, item.entry.name),
                                below + item.entry.name, item.entry.size);
    if (!take_outcome(done, tally)) return false;
  }
  return true;
}

// As the user wrote it, less what is the URL's: sha256sum -c finds it below the folder of the login.
std::string shown_path(const Target& target) {
  return target.is_url && target.path.starts_with('/') ? target.path.substr(1) : target.path;
}

bool hash_target(const Options& options, Connection& connection, const Target& target, Tally& tally) {
  const std::string path = target.resolve(connection);
  if (options.recursive) {
    auto folder = is_directory(connection, path);
    if (!folder) return take_outcome(tl::unexpected(folder.error()), tally);
    if (*folder) return hash_tree(options, connection, path, shown_path(target), tally);
  }
  return take_outcome(hash_file(options, connection, path, shown_path(target), std::nullopt), tally);
}

// --- verify ---

struct Place {
  std::string local;
  std::optional<Target> remote;
};

// With -s the last operand is a path on that server.
Result<Place> place_of(const Options& options, const std::string& operand, bool is_last) {
  Place place;
  const bool is_path_there = is_last && !options.host.empty();
  if (!is_path_there && !is_remote_operand(operand)) {
    place.local = operand;
    return place;
  }
  auto target = targets_of(options, {operand});
  if (!target) return tl::unexpected(target.error());
  place.remote = std::move(target->front());
  return place;
}

bool is_same_session(const Target& a, const Target& b) {
  return a.site.key() == b.site.key() && a.user == b.user;
}

int verify_two(const Options& options, Cancel& cancel) {
  std::vector<Place> places;
  std::vector<std::string> remote;
  for (std::size_t i = 0; i < 2; ++i) {
    auto place = place_of(options, options.operands[i], i == 1);
    if (!place) return report_bad_operand(place.error());
    if (place->remote) remote.push_back(options.operands[i]);
    places.push_back(std::move(*place));
  }
  if (options.host.empty()) {  // one password is for one server
    if (auto fine = targets_of(options, remote); !fine) return report_bad_operand(fine.error());
  }
  Sessions first(options, cancel), second(options, cancel);
  const bool share =
      places[0].remote && places[1].remote && is_same_session(*places[0].remote, *places[1].remote);
  std::vector<std::unique_ptr<Side>> sides;
  for (std::size_t i = 0; i < 2; ++i) {
    if (!places[i].remote) {
      sides.push_back(local_side(places[i].local, cancel));
      continue;
    }
    auto connection = (i == 1 && !share ? second : first).to(*places[i].remote);
    if (!connection) return report_no_connection(connection.error());
    sides.push_back(remote_side(**connection, places[i].remote->resolve(**connection)));
  }
  CompareDisplay display(options.quiet);
  auto comparison = compare_sides(*sides[0], *sides[1], options.algo, cancel, display);
  first.quit();
  second.quit();
  return comparison ? display.conclude(*comparison) : report(comparison.error());
}

// What a receipt says of one file, held against what is there.
class ReceiptCheck {
 public:
  ReceiptCheck(Cancel& cancel, CompareObserver& observer) : cancel_(cancel), observer_(observer) {}

  using SizeOf = std::function<Result<std::optional<Bytes>>()>;
  using DigestOf = std::function<Result<std::string>(std::optional<Bytes>)>;
  void look(const ReceiptEntry& entry, const SizeOf& size_of, const DigestOf& digest_of) {
    Difference difference;
    difference.name = entry.name;
    auto size = size_of();
    if (!size && size.error().kind == Errc::not_found) {
      difference.kind = DifferenceKind::missing;
      return tell(difference);
    }
    if (!size) return take(size.error());
    if (*size && **size != entry.size) {
      difference.kind = DifferenceKind::size;
      difference.size_a = entry.size;
      difference.size_b = **size;
      return tell(difference);
    }
    auto digest = digest_of(*size);
    if (!digest) return take(digest.error());
    if (*digest == entry.sha256) {
      ++comparison_.same;
      return;
    }
    difference.digest_a = entry.sha256;
    difference.digest_b = std::move(*digest);
    tell(difference);
  }

  void look_here(const ReceiptEntry& entry, const std::string& path) {
    const auto size_of = [&]() -> Result<std::optional<Bytes>> {
      struct stat info {};
      if (::stat(path.c_str(), &info) != 0) return fail_errno(errno, path);
      return std::optional<Bytes>(info.st_size);
    };
    look(entry, size_of, [&](auto) { return digest_of_local(path, DigestKind::sha256, cancel_); });
  }

  void look_there(const ReceiptEntry& entry, Connection& connection, const std::string& path) {
    const auto size_of = [&]() -> Result<std::optional<Bytes>> {
      auto there = describe(connection, path);
      if (!there) return tl::unexpected(there.error());
      if (there->is_directory()) return fail(Errc::is_directory, path + ": is a folder");
      return there->size;
    };
    look(entry, size_of, [&](std::optional<Bytes> size) -> Result<std::string> {
      auto digest = remote_digest(connection, path, DigestKind::sha256, size, {});
      return digest ? Result<std::string>(digest->hex) : tl::unexpected(digest.error());
    });
    if (!connection.usable()) comparison_.is_stopped = true;
  }

  const Comparison& comparison() const { return comparison_; }

 private:
  void tell(const Difference& difference) {
    ++comparison_.different;
    observer_.difference(difference);
  }
  void take(const Error& error) {
    ++comparison_.failed;
    observer_.failed(error);
    if (!comparison_.first_error) comparison_.first_error = error;
    if (error.kind == Errc::cancelled) comparison_.is_stopped = true;
  }

  Cancel& cancel_;
  CompareObserver& observer_;
  Comparison comparison_;
};

// Where the file of an entry is now: below `root`, or where it was.
std::string local_place(const std::string& root, const ReceiptEntry& entry, bool is_only) {
  if (root.empty()) return entry.local;
  if (is_only && !is_local_folder(root)) return root;
  return (std::filesystem::path(root) / entry.name).native();
}

int verify_receipt(const Options& options, Cancel& cancel) {
  if (options.operands.size() > 1) return usage_error("verify: --receipt takes one place to look at");
  Place place;
  if (!options.operands.empty()) {
    auto given = place_of(options, options.operands.front(), true);
    if (!given) return report_bad_operand(given.error());
    place = std::move(*given);
  }
  auto entries = read_receipt(options.receipt);
  if (!entries) return report(entries.error());
  Sessions sessions(options, cancel);
  Connection* connection = nullptr;
  if (place.remote) {
    auto opened = sessions.to(*place.remote);
    if (!opened) return report_no_connection(opened.error());
    connection = *opened;
  }
  CompareDisplay display(options.quiet);
  ReceiptCheck check(cancel, display);
  std::int64_t number = 0;
  for (const auto& entry : *entries) {
    display.file(entry.name, ++number, static_cast<std::int64_t>(entries->size()));
    if (connection != nullptr) {
      check.look_there(entry, *connection, ftp::join_path(place.remote->resolve(*connection), entry.name));
    } else {
      check.look_here(entry, local_place(place.local, entry, entries->size() == 1));
    }
    if (check.comparison().is_stopped) break;
  }
  sessions.quit();
  return display.conclude(check.comparison());
}

}  // namespace

int run_hash(const Options& options, Cancel& cancel) {
  auto targets = targets_of(options, options.operands);
  if (!targets) return report_bad_operand(targets.error());
  Sessions sessions(options, cancel);
  Tally tally;
  for (const auto& target : *targets) {
    auto connection = sessions.to(target);
    if (!connection) return report_no_connection(connection.error());
    if (!hash_target(options, **connection, target, tally)) return interrupted_exit_code();
  }
  sessions.quit();
  return exit_code(tally);
}

int run_verify(const Options& options, Cancel& cancel) {
  if (!options.receipt.empty()) return verify_receipt(options, cancel);
  if (options.operands.size() != 2)
    return usage_error("verify: two places to compare are needed, or --receipt FILE");
  return verify_two(options, cancel);
}

}  // namespace ferry::client
