// What is in a remote folder, and what one remote name is. MLSD/MLST where the server has them (RFC 3659 §7),
// else LIST, SIZE, MDTM. Paths are absolute, as Connection::absolute() makes them. Blocks on the network.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "client/engine/connection.h"
#include "shared/ftp/facts.h"

namespace ferry::client {

struct Listing {
  std::vector<ftp::Entry> entries;   // without "." and ".."; in the server's order
  std::size_t unreadable_lines = 0;  // in no form we know
  // As they came: not written in Site::charset, so that they can be neither shown nor asked for.
  std::vector<std::string> foreign_names = {};
};

// Errc::not_found for a folder that is not there, whatever the server makes of it; Errc::not_directory for a
// file where that is known.
Result<Listing> list_directory(Connection& connection, const std::string& path);

// The same for who shows what is there while more comes: entries are given away piece by piece, and the
// Listing has none.
using OnEntries = std::function<void(std::span<const ftp::Entry>)>;
Result<Listing> list_directory(Connection& connection, const std::string& path, const OnEntries& found);

// Type, size and time of one name, as far as the server tells. Errc::not_found.
Result<ftp::Entry> describe(Connection& connection, const std::string& path);

// CWD there and back. Errors other than a refusal (connection lost, stopped) are errors.
Result<bool> is_directory(Connection& connection, const std::string& path);

}  // namespace ferry::client
