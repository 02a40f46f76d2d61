#include "client/line/operations.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <variant>

#include "client/engine/fit_check.h"
#include "client/engine/listing.h"
#include "client/engine/names.h"
#include "client/engine/tree.h"
#include "shared/base/terminal_text.h"
#include "shared/ftp/path.h"

namespace ferry::client {

bool is_local_folder(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

namespace {

// Files and folders of one command, as one list.
class Sources {
 public:
  Sources(CopyRun& run, const CopyPolicy& policy) : run_(run), policy_(policy) {}

  void add(CopyItem file);
  void add(TreeCopy folder) { parts_.emplace_back(std::move(folder)); }
  void copy_all();

 private:
  std::optional<CopyItem> next();
  Status check_fit();
  void look_at_files();
  void for_each_planned(const OnPlanned& told) const;

  CopyRun& run_;
  const CopyPolicy& policy_;
  std::vector<std::variant<CopyItem, TreeCopy>> parts_;
  std::size_t at_ = 0;
  std::set<std::string> targets_;  // of the files
};

// With several in flight it would be chance which of the two the name gets.
void Sources::add(CopyItem file) {
  const std::string& target = file.direction == Direction::up ? file.remote : file.local;
  if (!targets_.insert(target).second)
    return run_.fail(Error{Errc::exists, target + ": two files were to get this name; the first one does"});
  run_.reports.plan(1, 0);
  parts_.emplace_back(std::move(file));
}

std::optional<CopyItem> Sources::next() {
  while (at_ < parts_.size()) {
    if (auto* file = std::get_if<CopyItem>(&parts_[at_])) {
      ++at_;
      return std::move(*file);
    }
    if (auto item = std::get<TreeCopy>(parts_[at_]).next()) return item;
    ++at_;
  }
  return std::nullopt;
}

void Sources::for_each_planned(const OnPlanned& told) const {
  for (const auto& part : parts_) {
    if (const auto* file = std::get_if<CopyItem>(&part)) {
      struct stat info {};
      const bool is_up = file->direction == Direction::up;
      if (is_up && ::stat(file->local.c_str(), &info) == 0) {
        told(file->remote, info.st_size);
      } else {
        told(is_up ? file->remote : file->local, file->known ? file->known->size : std::nullopt);
      }
      continue;
    }
    const auto& folder = std::get<TreeCopy>(part);
    for (const TreeItem& item : folder.plan().items) {
      if (!item.is_folder()) told(folder.target_of(item), item.entry.size);
    }
  }
}

// Sizes of single downloads are asked for only to be added up.
void Sources::look_at_files() {
  for (auto& part : parts_) {
    auto* file = std::get_if<CopyItem>(&part);
    if (file == nullptr || file->known || run_.reports.is_stopped()) continue;
    auto entry = run_.ask([&](Connection& connection) { return describe(connection, file->remote); });
    // A folder, or what is not there: the transfer says so.
    if (entry && !entry->is_directory()) file->known = std::move(*entry);
  }
}

Status Sources::check_fit() {
  const auto* first = parts_.empty() ? nullptr : std::get_if<CopyItem>(&parts_.front());
  const bool is_one_file = parts_.size() == 1 && first != nullptr;
  if (!policy_.checks_fit || parts_.empty()) return {};
  const Direction direction =
      first != nullptr ? first->direction : std::get<TreeCopy>(parts_.front()).direction();
  if (direction == Direction::up && is_one_file) return {};  // ALLO asks the same
  if (direction == Direction::down && is_one_file && policy_.keep_free == 0) return {};
  if (direction == Direction::down) look_at_files();
  std::string place;
  for_each_planned([&](const std::string& target, std::optional<Bytes>) {
    if (place.empty()) place = target;
  });
  if (place.empty()) return {};
  const auto files = [this](const OnPlanned& told) { for_each_planned(told); };
  if (direction == Direction::up) return check_fit_there(run_, std::string(ftp::parent_path(place)), files);
  return check_fit_here(place, files, policy_.keep_free, run_.options.parallel);
}

void Sources::copy_all() {
  if (auto fits = check_fit(); !fits) {
    fits.error().context += "; nothing was copied (--no-fit-check does it all the same)";
    return run_.fail(fits.error());
  }
  if (policy_.placing != nullptr) {
    for_each_planned(
        [this](const std::string& target, std::optional<Bytes>) { policy_.placing->reserve(target); });
  }
  Batch(run_.pool, run_.options, run_.reports).run([this] { return next(); }, run_.cancel);
  if (run_.cancel.requested()) return;
  for (auto& part : parts_) {
    auto* folder = std::get_if<TreeCopy>(&part);
    if (folder == nullptr) continue;
    if (auto finished = folder->finish(); !finished) run_.reports.failed(0, finished.error());
  }
}

// The folder or file `remote`, whose last name is `leaf`.
void add_remote(CopyRun& run, const std::string& remote, const std::string& leaf, const GetWish& wish,
                Sources& sources) {
  if (wish.recursive) {
    auto is_folder = run.ask([&](Connection& connection) { return is_directory(connection, remote); });
    if (!is_folder) return run.fail(is_folder.error());
    if (*is_folder) {
      const std::string base = wish.into.empty() ? "." : wish.into;
      std::error_code ignored;  // what cannot be made shows with the first folder
      std::filesystem::create_directories(base, ignored);
      auto folder = TreeCopy::down(run, remote, (std::filesystem::path(base) / leaf).native());
      return folder ? sources.add(std::move(*folder)) : run.fail(folder.error());
    }
  }
  CopyItem file;
  file.direction = Direction::down;
  file.remote = remote;
  file.local = local_target(wish.into, leaf);
  file.name = leaf;
  sources.add(std::move(file));
}

void add_local(CopyRun& run, const std::string& local, const PutWish& wish, Sources& sources) {
  const std::string own_leaf = leaf_of_local(local);
  const std::string leaf = wish.policy.tree.nfc ? to_nfc(own_leaf) : own_leaf;
  if (wish.recursive && is_local_folder(local)) {
    auto folder = TreeCopy::up(run, local, leaf.empty() ? wish.remote : ftp::join_path(wish.remote, leaf),
                               wish.policy.tree);
    return folder ? sources.add(std::move(*folder)) : run.fail(folder.error());
  }
  auto target = run.ask(
      [&](Connection& connection) { return remote_target(connection, wish.remote, wish.into_folder, leaf); });
  if (!target) return run.fail(target.error());
  CopyItem file;
  file.direction = Direction::up;
  file.local = local;
  file.remote = *target;
  file.name = leaf;
  sources.add(std::move(file));
}

}  // namespace

void get_sources(CopyRun& run, const std::vector<std::string>& remotes, const GetWish& wish) {
  Sources sources(run, wish.policy);
  for (const auto& remote : remotes) {
    const std::string leaf(ftp::leaf_name(remote));
    if (!leaf.empty() && !ftp::is_safe_component(leaf)) {
      run.fail(Error{Errc::name_refused, remote + ": is no name for a local file"});
    } else {
      add_remote(run, remote, leaf, wish, sources);
    }
    if (run.reports.is_stopped()) return;
  }
  sources.copy_all();
}

void put_sources(CopyRun& run, const std::vector<std::string>& locals, const PutWish& wish) {
  Sources sources(run, wish.policy);
  for (const auto& local : locals) {
    add_local(run, local, wish, sources);
    if (run.reports.is_stopped()) return;
  }
  sources.copy_all();
}

std::string leaf_of_local(const std::string& path) {
  std::string leaf = std::filesystem::path(path).filename().native();
  if (leaf.empty()) leaf = std::filesystem::path(path).parent_path().filename().native();
  return leaf == "." || leaf == ".." ? "" : leaf;
}

std::string local_target(const std::string& target, const std::string& leaf) {
  if (target.empty()) return leaf;
  if (target.back() == '/' || is_local_folder(target)) return (std::filesystem::path(target) / leaf).native();
  return target;
}

Result<std::string> remote_target(Connection& connection, const std::string& target, bool must_be_folder,
                                  const std::string& leaf) {
  if (must_be_folder) return ftp::join_path(target, leaf);
  auto folder = is_directory(connection, target);
  if (!folder) return tl::unexpected(folder.error());
  return *folder ? ftp::join_path(target, leaf) : target;
}

std::string digest_line(const std::string& hex, const std::string& name) {
  if (name.find_first_of("\\\n\r") == name.npos) return hex + "  " + name;
  std::string escaped;
  for (const char c : name) {
    const std::string_view text = c == '\\' ? "\\\\" : c == '\n' ? "\\n" : c == '\r' ? "\\r" : "";
    escaped += text.empty() ? std::string_view(&c, 1) : text;
  }
  return "\\" + hex + "  " + escaped;
}

void print_digest(const std::string& hex, const std::string& name) {
  fmt::print("{}\n",
             ::isatty(STDOUT_FILENO) == 1 ? hex + "  " + terminal_safe(name) : digest_line(hex, name));
}

}  // namespace ferry::client
