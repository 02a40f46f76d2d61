#include "client/engine/listing.h"

#include <array>

#include "client/engine/data.h"
#include "client/engine/reply_error.h"
#include "client/engine/wait.h"
#include "shared/ftp/listing.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

constexpr std::size_t kMaxListingBytes =
    512u * 1024 * 1024;  // a server that never stops must not eat our memory

Result<std::string> fetch_text(Connection& connection, const std::string& verb, const std::string& argument) {
  std::string text;
  const auto read_all = [&](net::Stream& data) -> Status {
    std::array<char, 65536> buffer;
    while (true) {
      auto got = read_some(data, buffer, Deadline::after(connection.site().timeout), connection.cancel());
      if (!got) return tl::unexpected(got.error());
      if (*got == 0) return {};
      if (text.size() + *got > kMaxListingBytes)
        return fail(Errc::too_long, argument + ": the listing does not end");
      text.append(buffer.data(), *got);
    }
  };
  auto reply = run_data_command(connection, {verb, argument, 0, false}, read_all);
  if (!reply) return tl::unexpected(reply.error());
  return text;
}

template <typename ParseLine>
Listing parse_listing(std::string_view text, ParseLine parse_line) {
  Listing listing;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    Result<ftp::Entry> entry = parse_line(line);
    if (!entry) {
      if (entry.error().kind != Errc::not_found) ++listing.unreadable_lines;
      continue;
    }
    const bool is_dot = entry->type == ftp::EntryType::current_directory ||
                        entry->type == ftp::EntryType::parent_directory || entry->name == "." ||
                        entry->name == "..";
    if (!is_dot) listing.entries.push_back(std::move(*entry));
  }
  return listing;
}

Result<Listing> list_by_mlsd(Connection& connection, const std::string& path) {
  auto text = fetch_text(connection, "MLSD", path);
  if (!text) return tl::unexpected(text.error());
  return parse_listing(*text, [](std::string_view line) { return ftp::parse_entry(line); });
}

// LIST takes options and globs where a name should be, and answers an empty list for what is missing: so go
// there first.
Result<Listing> list_by_list(Connection& connection, const std::string& path) {
  if (auto there = connection.require("CWD", path); !there) return tl::unexpected(there.error());
  auto text = fetch_text(connection, "LIST", "-a");
  if (text || connection.usable()) {
    if (auto back = connection.require("CWD", connection.directory()); !back)
      return tl::unexpected(back.error());
  }
  if (!text) return tl::unexpected(text.error());
  const WallTime now = wall_now();
  return parse_listing(*text, [now](std::string_view line) { return ftp::parse_list_line(line, now); });
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
  return connection.features().has("MLST") ? list_by_mlsd(connection, path) : list_by_list(connection, path);
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
