// A remote tree, folder by folder, without keeping what was seen: for listings and sums. Blocks on the
// network. What is copied needs a plan instead (tree.h).
#pragma once

#include <functional>
#include <string>

#include "client/engine/listing.h"

namespace ferry::client {

struct TreeVisitor {
  // One folder: `path` is what is below the root, "" for the root itself. The folders that are left in
  // `listing` are visited next, in its order, each with all that is in it before the next one; the visitor
  // may sort them. False: stop.
  std::function<bool(const std::string& path, Listing& listing)> folder;
  // A folder below the root that cannot be read; the walk goes on.
  std::function<void(const Error& error)> unreadable;
};

// Never goes through a symbolic link or a name that is none. Errors are those of the root's listing, of a
// lost connection, and Errc::too_long when the tree does not end.
Status walk_remote_tree(Connection& connection, const std::string& root, const TreeVisitor& visitor);

}  // namespace ferry::client
