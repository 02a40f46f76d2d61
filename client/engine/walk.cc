#include "client/engine/walk.h"

#include <algorithm>
#include <vector>

#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

// A server can make up folders without end; nobody has trees like this.
constexpr std::size_t kMaxFolders = 4'000'000;
constexpr std::ptrdiff_t kMaxDepth = 500;

void push_folders(const Listing& listing, const std::string& folder, std::vector<std::string>& waiting) {
  for (auto entry = listing.entries.rbegin(); entry != listing.entries.rend(); ++entry) {
    if (!entry->is_directory() || entry->is_link || !ftp::is_safe_component(entry->name)) continue;
    waiting.push_back(folder.empty() ? entry->name : folder + "/" + entry->name);
  }
}

}  // namespace

Status walk_remote_tree(Connection& connection, const std::string& root, const TreeVisitor& visitor) {
  std::vector<std::string> waiting{""};
  std::size_t seen = 0;
  while (!waiting.empty()) {
    const std::string folder = std::move(waiting.back());
    waiting.pop_back();
    const std::string path = folder.empty() ? root : ftp::join_path(root, folder);
    const bool is_too_deep = std::count(folder.begin(), folder.end(), '/') > kMaxDepth;
    if (is_too_deep || ++seen + waiting.size() > kMaxFolders)
      return fail(Errc::too_long, path + ": the tree does not end");
    auto listing = list_directory(connection, path);
    if (!listing) {
      const bool is_over = folder.empty() || !connection.usable() || listing.error().kind == Errc::cancelled;
      if (is_over) return tl::unexpected(listing.error());
      visitor.unreadable(listing.error());
      continue;
    }
    if (!visitor.folder(folder, *listing)) return {};
    push_folders(*listing, folder, waiting);
  }
  return {};
}

}  // namespace ferry::client
