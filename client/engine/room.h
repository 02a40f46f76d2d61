// How much room a server says it has for us: SITE QUOTA of ferryd, AVBL
// (draft-peterson-streamlined-ftp-command-extensions). Blocks on the network.
#pragma once

#include <string>

#include "client/engine/account.h"
#include "client/engine/connection.h"
#include "client/engine/fit.h"

namespace ferry::client {

Room room_of(const Quota& quota);  // what is not limited, or not told, is not known

// `folder` is where it goes; the nearest of its parents that is there is asked about. Nothing is known of
// servers that announce neither. An error only when the connection is lost.
Result<Room> room_on_server(Connection& connection, const std::string& folder);

// Of the file system that `path` is on, or will be: its nearest parent that is there.
Room room_here(const std::string& path);

}  // namespace ferry::client
