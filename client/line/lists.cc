#include "client/line/lists.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <vector>

#include "client/engine/walk.h"
#include "client/line/display.h"
#include "client/line/json_lines.h"
#include "shared/base/terminal_text.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

bool is_for_people() {
  return ::isatty(STDOUT_FILENO) == 1;
}

// False when nobody takes it any more.
bool print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return std::ferror(stdout) == 0;
}

std::string line_of(const ftp::Entry& entry, bool details) {
  if (!is_for_people()) return line_for_programs(entry) + "\n";
  return (details ? detailed_line_for_people(entry) : line_for_people(entry)) + "\n";
}

// Tells what a listing had beside its entries. Errc::name_refused when names are missing among them.
Status note_what_is_missing(const Connection& connection, const std::string& path, const Listing& listing) {
  if (listing.unreadable_lines > 0) {
    print_error(path + ": " + std::to_string(listing.unreadable_lines) +
                " lines of the listing were not understood");
  }
  if (listing.foreign_names.empty()) return {};
  for (const auto& name : listing.foreign_names) print_error(ftp::join_path(path, name) + ": not listed");
  return fail(Errc::name_refused, path + ": some names are not written in " + connection.site().charset);
}

std::string below(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

// Prints what is in the folder `path`; as text the names get `prefix` in front. False when nobody takes it
// any more.
bool print_folder(const std::string& path, const std::string& prefix, Listing& listing,
                  const ListWish& wish) {
  sort_entries(listing.entries, wish.sort);
  for (ftp::Entry entry : listing.entries) {
    if (json_wanted()) {
      emit_json("entry", entry_fields(entry).text("folder", path));
      continue;
    }
    const bool is_hidden = entry.name.front() == '.' && !wish.all && is_for_people();
    if (is_hidden) continue;
    entry.name = below(prefix, entry.name);
    if (!print(line_of(entry, wish.details))) return false;
  }
  std::fflush(stdout);
  return std::ferror(stdout) == 0;
}

struct Walked {
  Status whole;  // false: the walk could not begin, or not go on
  Status parts;  // the first of the folders below that could not be shown as they are; the others are told
};

// Walks and tells what is wrong with single folders.
Walked walk_and_tell(Connection& connection, const std::string& path,
                     const std::function<bool(const std::string& folder, Listing& listing)>& each) {
  Walked walked;
  const auto note = [&](const Error& error) {
    if (walked.parts) {
      walked.parts = tl::unexpected(error);
    } else {
      print_error(error.context);
    }
  };
  const auto take = [&](const std::string& folder, Listing& listing) {
    const auto missing = note_what_is_missing(connection, ftp::join_path(path, folder), listing);
    if (!missing) note(missing.error());
    return each(folder, listing);
  };
  walked.whole = walk_remote_tree(connection, path, {take, note});
  return walked;
}

Status list_folder(Connection& connection, const std::string& path, const ListWish& wish) {
  auto listing = list_directory(connection, path);
  if (!listing) return tl::unexpected(listing.error());
  const auto missing = note_what_is_missing(connection, path, *listing);
  print_folder(path, "", *listing, wish);
  return missing;
}

Status list_tree(Connection& connection, const std::string& path, const ListWish& wish) {
  const Walked walked = walk_and_tell(connection, path, [&](const std::string& folder, Listing& listing) {
    return print_folder(ftp::join_path(path, folder), folder, listing, wish);
  });
  return walked.whole ? walked.parts : walked.whole;
}

// The one file that is called `path`, or why it could not be listed.
Result<ftp::Entry> file_instead(Connection& connection, const std::string& path, const Error& error) {
  if (!connection.usable() || error.kind == Errc::cancelled) return tl::unexpected(error);
  auto entry = describe(connection, path);
  if (!entry || entry->is_directory()) return tl::unexpected(error);
  return entry;
}

bool print_usage(Bytes bytes, const std::string& path) {
  if (json_wanted()) {
    emit_json("usage", JsonObject().text("path", path).number("bytes", bytes));
    return true;
  }
  if (!is_for_people()) return print(std::to_string(bytes) + "\t" + path + "\n");
  return print(fmt::format("{:>10}  {}\n", bytes_for_people(bytes), terminal_safe(path)));
}

// Sums of the folders of a tree, in the order of the walk: a folder before what is in it.
class FolderSums {
 public:
  explicit FolderSums(std::string root) : root_(std::move(root)) {}

  void add(const std::string& folder, const Listing& listing) {
    places_[folder] = sums_.size();
    sums_.push_back({folder, 0});
    for (const auto& entry : listing.entries) {
      if (entry.is_directory()) continue;
      if (!entry.size) ++unknown_;
      sums_.back().bytes = plausible_sum(sums_.back().bytes, entry.size);
    }
  }

  // Adds what is deeper to what it is in.
  void conclude() {
    for (std::size_t i = sums_.size(); i-- > 1;) {
      const auto slash = sums_[i].folder.rfind('/');
      const std::string parent = slash == std::string::npos ? "" : sums_[i].folder.substr(0, slash);
      Bytes& sum = sums_[places_.at(parent)].bytes;
      sum = plausible_sum(sum, sums_[i].bytes);
    }
  }

  void print_all(bool only_total) const {
    for (std::size_t i = only_total ? 1 : sums_.size(); i-- > 0;) {
      const std::string& folder = sums_[i].folder;
      if (!print_usage(sums_[i].bytes, ftp::join_path(root_, folder))) return;
    }
  }
  std::size_t unknown() const { return unknown_; }

 private:
  struct Sum {
    std::string folder;
    Bytes bytes = 0;
  };
  std::string root_;
  std::vector<Sum> sums_;
  std::map<std::string, std::size_t> places_;
  std::size_t unknown_ = 0;
};

std::string amount(const std::optional<std::int64_t>& value) {
  return value ? std::to_string(*value) : "-";
}

std::string allowance_for_programs(std::string_view what, const Allowance& allowance) {
  return fmt::format("{}\t{}\t{}\t{}\n", what, amount(allowance.used), amount(allowance.quota),
                     amount(allowance.left));
}

std::string allowance_for_people(std::string_view what, const Allowance& allowance,
                                 std::string (*text)(std::int64_t)) {
  std::string line = fmt::format("{}  ", what);
  if (allowance.used) {
    line += fmt::format("{} of {}", text(*allowance.used),
                        allowance.quota ? text(*allowance.quota) : "unlimited");
  }
  if (allowance.left) line += fmt::format("{}{} left", allowance.used ? ", " : "", text(*allowance.left));
  return line + "\n";
}

JsonObject allowance_fields(const Allowance& allowance) {
  return JsonObject()
      .number("used", allowance.used)
      .number("quota", allowance.quota)
      .number("left", allowance.left);
}

// As an `entry` line, with what a listing leaves out.
JsonObject facts_fields(const ftp::Entry& entry) {
  JsonObject fields = entry_fields(entry);
  if (entry.uid) fields.number("uid", std::int64_t{*entry.uid});
  if (entry.gid) fields.number("gid", std::int64_t{*entry.gid});
  if (entry.perm) fields.text("rights", *entry.perm);
  if (!entry.unique.empty()) fields.text("unique", entry.unique);
  return fields;
}

}  // namespace

Status print_remote(Connection& connection, const std::string& path, const ListWish& wish) {
  const auto done = wish.recursive ? list_tree(connection, path, wish) : list_folder(connection, path, wish);
  if (done) return done;
  auto entry = file_instead(connection, path, done.error());
  if (!entry) return tl::unexpected(entry.error());
  if (json_wanted()) {
    emit_json("entry", entry_fields(*entry).text("folder", ftp::parent_path(path)));
  } else {
    print(line_of(*entry, wish.details));
  }
  return {};
}

Status print_disk_usage(Connection& connection, const std::string& path, bool only_total) {
  FolderSums sums(path);
  const Walked walked = walk_and_tell(connection, path, [&](const std::string& folder, Listing& listing) {
    // Backwards: folders are printed behind what is in them.
    sort_by_name(listing.entries);
    std::reverse(listing.entries.begin(), listing.entries.end());
    sums.add(folder, listing);
    return true;
  });
  if (!walked.whole) {
    auto entry = file_instead(connection, path, walked.whole.error());
    if (!entry) return tl::unexpected(entry.error());
    if (!entry->size) return fail(Errc::unsupported, path + ": the server does not tell its size");
    print_usage(*entry->size, path);
    return {};
  }
  sums.conclude();
  sums.print_all(only_total);
  if (sums.unknown() > 0) {
    print_error(path + ": the server does not tell the size of " + std::to_string(sums.unknown()) +
                " files, which count as empty");
  }
  return walked.parts;
}

Status print_facts(Connection& connection, const std::string& path) {
  auto entry = describe(connection, path);
  if (!entry) return tl::unexpected(entry.error());
  entry->name = path;
  if (json_wanted()) {
    emit_json("facts", facts_fields(*entry));
    return {};
  }
  print(is_for_people() ? facts_for_people(*entry) : facts_for_programs(*entry) + "\n");
  return {};
}

std::string quota_for_programs(const Quota& quota) {
  std::string text = allowance_for_programs("bytes", quota.bytes);
  if (quota.files) text += allowance_for_programs("files", *quota.files);
  return text;
}

std::string quota_for_people(const Quota& quota) {
  std::string text = allowance_for_people("bytes", quota.bytes, bytes_for_people);
  if (quota.files) text += allowance_for_people("files", *quota.files, count_for_people);
  return text;
}

Status print_quota(Connection& connection, const std::string& folder) {
  auto quota = ask_quota(connection, folder);
  if (!quota) return tl::unexpected(quota.error());
  if (json_wanted()) {
    JsonObject fields = JsonObject().object("bytes", allowance_fields(quota->bytes));
    if (quota->files) fields.object("files", allowance_fields(*quota->files));
    emit_json("quota", fields);
    return {};
  }
  print(is_for_people() ? quota_for_people(*quota) : quota_for_programs(*quota));
  return {};
}

}  // namespace ferry::client
