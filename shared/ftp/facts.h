// MLST/MLSD entries (RFC 3659 §7): facts and a name. Pure text.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/bytes.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace ferry::ftp {

enum class EntryType { file, directory, current_directory, parent_directory, other };

// One name in a listing, whoever made it: our server, or a parser of somebody else's.
struct Entry {
  EntryType type = EntryType::file;
  std::string name;  // raw bytes; MLSD: one component, MLST: as the server wrote it
  std::optional<Bytes> size;
  std::optional<WallTime> modified;
  std::optional<std::string> perm;    // RFC 3659 §7.5.5 letters; "": nothing may be done with it
  std::string unique;                 // §7.5.2, "" unknown
  std::optional<unsigned> unix_mode;  // permission bits, 0..07777
  std::optional<unsigned> uid, gid;
  bool is_link = false;
  // `modified` lies in [modified, modified + this). LIST tells minutes or days, and in the server's own time
  // zone.
  std::chrono::seconds modified_precision{1};

  bool is_directory() const {
    return type == EntryType::directory || type == EntryType::current_directory ||
           type == EntryType::parent_directory;
  }
};

// Which facts a session asked for (OPTS MLST, RFC 3659 §7.9). Bit set in the order of kFactNames.
enum Fact : unsigned {
  kFactType = 1,
  kFactSize = 2,
  kFactModify = 4,
  kFactPerm = 8,
  kFactUnique = 16,
  kFactUnixMode = 32,
  kFactUnixUid = 64,
  kFactUnixGid = 128,
};
using FactSet = unsigned;
inline constexpr FactSet kDefaultFacts =
    kFactType | kFactSize | kFactModify | kFactPerm | kFactUnique | kFactUnixMode;

std::string format_entry(const Entry& entry, FactSet facts);   // "type=file;size=5; name", no CRLF
Result<Entry> parse_entry(std::string_view line);              // Errc::bad_syntax; unknown facts are skipped
std::string feature_line(FactSet selected);                    // "MLST type*;size*;…;UNIX.gid;"
FactSet parse_fact_selection(std::string_view opts_argument);  // "type;size;" -> the known ones
std::string format_fact_selection(FactSet facts);              // "type;size;"

}  // namespace ferry::ftp
