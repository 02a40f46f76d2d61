#include "client/shell/completion.h"

#include <algorithm>
#include <filesystem>

#include "client/shell/commands.h"
#include "shared/ftp/path.h"

namespace ferry::client {

std::vector<Candidate> command_candidates() {
  std::vector<Candidate> found;
  for (auto& name : shell_command_names()) found.push_back({std::move(name), false});
  return found;
}

std::vector<Candidate> local_candidates(const std::string& part) {
  namespace fs = std::filesystem;
  const auto slash = part.rfind('/');
  const std::string typed = slash == std::string::npos ? "" : part.substr(0, slash + 1);
  std::vector<Candidate> found;
  std::error_code failure;
  fs::directory_iterator at(typed.empty() ? fs::path(".") : fs::path(typed), failure);
  for (const fs::directory_iterator end; !failure && at != end; at.increment(failure)) {
    std::error_code unknown;
    if (!ftp::is_safe_component(at->path().filename().native())) continue;
    const bool is_folder = at->is_directory(unknown);
    found.push_back({typed + at->path().filename().native() + (is_folder ? "/" : ""), is_folder});
  }
  std::sort(found.begin(), found.end(),
            [](const Candidate& a, const Candidate& b) { return a.text < b.text; });
  return found;
}

}  // namespace ferry::client
