// LIST lines: the one fixed form our server writes, and a parser for what other servers write. Pure text.
#pragma once

#include <string>
#include <string_view>

#include "shared/base/result.h"
#include "shared/ftp/facts.h"

namespace ferry::ftp {

// "-rw-r--r--   1 ferry    ferry        4096 Nov 21 04:30 name", no CRLF. Owner and group are the fixed word
// "ferry", because names with spaces break clients.
std::string format_list_line(const Entry& entry, unsigned link_count, WallTime now);

// A line of vsftpd, ProFTPD, Pure-FTPd, ours (ls -l form), or MS-DOS form (IIS). "total 12" and blank lines
// are Errc::not_found (skip them); anything else that does not parse is Errc::bad_syntax. A year that is not
// written is the latest one not after `now` + 1 day. For a link "name -> target" only the name is kept and
// is_link is set.
Result<Entry> parse_list_line(std::string_view line, WallTime now);

}  // namespace ferry::ftp
