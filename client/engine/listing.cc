#include "client/engine/listing.h"

#include <array>
#include <functional>

#include "client/engine/data.h"
#include "client/engine/reply_error.h"
#include "client/engine/wait.h"
#include "shared/ftp/listing.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

// A server that never stops must not eat our memory.
constexpr std::int64_t kMaxListingBytes = 1024 * 1024 * 1024;
constexpr std::size_t kMaxEntries = 4'000'000;
constexpr std::size_t kMaxLine = 64 * 1024;

using ParseLine = std::function<Result<ftp::Entry>(std::string_view line)>;

// Takes a listing's bytes as they come and keeps its entries only.
class ListingReader {
 public:
  ListingReader(const Connection& connection, std::string path, ParseLine parse_line, const OnEntries& found)
      : connection_(connection), path_(std::move(path)), parse_line_(std::move(parse_line)), found_(found) {}

  Status feed(std::string_view bytes) {
    seen_ += static_cast<std::int64_t>(bytes.size());
    pending_.append(bytes);
    std::string_view rest = pending_;
    for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
      take_line(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
    pending_.erase(0, pending_.size() - rest.size());
    if (seen_ > kMaxListingBytes || given_ + listing_.entries.size() > kMaxEntries ||
        pending_.size() > kMaxLine)
      return fail(Errc::too_long, path_ + ": the listing does not end");
    give();
    return {};
  }

  Listing finish() {
    take_line(pending_);
    give();
    return std::move(listing_);
  }

 private:
  void take_line(std::string_view line) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) return;
    Result<ftp::Entry> entry = parse_line_(line);
    if (!entry) {
      if (entry.error().kind != Errc::not_found) ++listing_.unreadable_lines;
      return;
    }
    const bool is_dot = entry->type == ftp::EntryType::current_directory ||
                        entry->type == ftp::EntryType::parent_directory || entry->name == "." ||
                        entry->name == "..";
    if (is_dot) return;
    auto name = connection_.name_from_server(entry->name);
    if (!name) return listing_.foreign_names.push_back(std::move(entry->name));
    entry->name = std::move(*name);
    listing_.entries.push_back(std::move(*entry));
  }

  void give() {
    if (!found_ || listing_.entries.empty()) return;
    found_(listing_.entries);
    given_ += listing_.entries.size();
    listing_.entries.clear();
  }

  const Connection& connection_;
  std::string path_;
  ParseLine parse_line_;
  const OnEntries& found_;
  std::size_t given_ = 0;
  std::string pending_;  // the beginning of a line whose end is not here yet
  std::int64_t seen_ = 0;
  Listing listing_;
};

Result<Listing> fetch_listing(Connection& connection, const std::string& verb, const std::string& argument,
                              const std::string& path, const ParseLine& parse_line, const OnEntries& found) {
  ListingReader reader(connection, path, parse_line, found);
  const auto read_all = [&](net::Stream& data) -> Status {
    std::array<char, 65536> buffer;
    while (true) {
      auto got = read_some(data, buffer, Deadline::after(connection.site().timeout), connection.cancel());
      if (!got) return tl::unexpected(got.error());
      if (*got == 0) return {};
      if (auto fed = reader.feed(std::string_view(buffer.data(), *got)); !fed) return fed;
    }
  };
  auto reply = run_data_command(connection, {verb, argument, 0, false}, read_all);
  if (!reply) return tl::unexpected(reply.error());
  return reader.finish();
}

Result<Listing> list_by_mlsd(Connection& connection, const std::string& path, const OnEntries& found) {
  return fetch_listing(
      connection, "MLSD", path, path, [](std::string_view line) { return ftp::parse_entry(line); }, found);
}

// LIST takes options and globs where a name should be, and answers an empty list for what is missing: so go
// there first.
Result<Listing> list_by_list(Connection& connection, const std::string& path, const OnEntries& found) {
  if (auto there = connection.require("CWD", path); !there) return tl::unexpected(there.error());
  const WallTime now = wall_now();
  auto listing = fetch_listing(
      connection, "LIST", "-a", path,
      [now](std::string_view line) { return ftp::parse_list_line(line, now); }, found);
  if (listing || connection.usable()) {
    if (auto back = connection.require("CWD", connection.directory()); !back)
      return tl::unexpected(back.error());
  }
  return listing;
}

// "250-Listing", " type=file;size=5; /name", "250 End"
Result<ftp::Entry> parse_mlst(const std::string& path, const ftp::Reply& reply) {
  for (std::size_t i = 1; i + 1 < reply.lines.size(); ++i) {
    const std::string& line = reply.lines[i];
    auto entry = ftp::parse_entry(!line.empty() && line.front() == ' ' ? line.substr(1) : line);
    if (!entry) continue;
    entry->name = ftp::leaf_name(path);
    return entry;
  }
  return fail(Errc::bad_syntax, path + ": the server's MLST answer has no entry");
}

Result<ftp::Entry> describe_by_size(Connection& connection, const std::string& path) {
  ftp::Entry entry;
  entry.name = ftp::leaf_name(path);
  auto size = connection.command("SIZE", path);
  if (!size) return tl::unexpected(size.error());
  if (size->code == 213) {
    if (auto bytes = parse_number(size->lines.front())) entry.size = *bytes;
  } else {
    auto folder = is_directory(connection, path);
    if (!folder) return tl::unexpected(folder.error());
    if (*folder) entry.type = ftp::EntryType::directory;
    if (!*folder && size->code == 550) return tl::unexpected(reply_error("SIZE", path, *size));
    if (*folder) return entry;
  }
  auto time = connection.command("MDTM", path);
  if (!time) return tl::unexpected(time.error());
  if (time->code == 213) {
    if (auto modified = parse_ftp_time(time->lines.front())) entry.modified = *modified;
  }
  return entry;
}

}  // namespace

Result<Listing> list_directory(Connection& connection, const std::string& path) {
  return list_directory(connection, path, {});
}

Result<Listing> list_directory(Connection& connection, const std::string& path, const OnEntries& found) {
  return connection.features().has("MLST") ? list_by_mlsd(connection, path, found)
                                           : list_by_list(connection, path, found);
}

Result<ftp::Entry> describe(Connection& connection, const std::string& path) {
  if (connection.features().has("MLST")) {
    auto reply = connection.command("MLST", path);
    if (!reply) return tl::unexpected(reply.error());
    if (reply->code == 250) return parse_mlst(path, *reply);
    if (reply->code == 550) return tl::unexpected(reply_error("MLST", path, *reply));
  }
  return describe_by_size(connection, path);
}

Result<bool> is_directory(Connection& connection, const std::string& path) {
  auto there = connection.command("CWD", path);
  if (!there) return tl::unexpected(there.error());
  if (!there->is_completion()) return false;
  if (auto back = connection.require("CWD", connection.directory()); !back)
    return tl::unexpected(back.error());
  return true;
}

}  // namespace ferry::client
