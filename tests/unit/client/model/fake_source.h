// Files out of memory as a FileSource. "/silent" answers nothing until it is cancelled or let go; "/slow"
// gives one entry before it does the same.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "client/model/file_source.h"

namespace ferry::client {

class FakeSource : public FileSource {
 public:
  explicit FakeSource(std::string label) : label_(std::move(label)) {
    for (const char* folder : {"/", "/home", "/home/a", "/slow", "/silent", "/empty"}) nodes_[folder] = true;
    for (const char* file : {"/home/b.txt", "/home/c.txt", "/home/a/x", "/home/a/y"}) nodes_[file] = false;
  }

  bool is_remote() const override { return false; }
  std::string label() const override { return label_; }
  Result<std::string> start() override { return "/home"; }

  Status list(const std::string& folder, const OnEntries& found) override {
    std::unique_lock lock(mutex_);
    if (folder == "/slow" || folder == "/silent") {
      if (folder == "/slow") found(std::vector{entry("first", false)});
      changed_.wait(lock, [this] { return is_cancelled_ || is_let_go_; });
      if (is_cancelled_) return fail(Errc::cancelled, folder);
      return {};
    }
    const auto node = nodes_.find(folder);
    if (node == nodes_.end() || !node->second) return fail(Errc::not_found, folder + ": not found");
    const std::string base = folder == "/" ? "/" : folder + "/";
    for (const auto& [path, is_folder] : nodes_) {
      if (path.size() <= base.size() || !path.starts_with(base)) continue;
      const std::string name = path.substr(base.size());
      if (name.find('/') == name.npos) found(std::vector{entry(name, is_folder)});
    }
    return {};
  }

  Result<ftp::Entry> describe(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    const auto node = nodes_.find(path);
    if (node == nodes_.end()) return fail(Errc::not_found, path + ": not found");
    return entry(path.substr(path.rfind('/') + 1), node->second);
  }

  Status make_folder(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    if (!nodes_.emplace(path, true).second) return fail(Errc::exists, path + ": is there");
    return {};
  }

  Status remove_empty_folder(const std::string& path) override { return remove(path, false); }

  Status rename(const std::string& from, const std::string& to) override {
    const std::lock_guard lock(mutex_);
    if (nodes_.contains(to)) return fail(Errc::exists, to + ": is there");
    std::map<std::string, bool> moved;
    for (const auto& [path, is_folder] : nodes_) {
      const bool is_below = path == from || path.starts_with(from + "/");
      moved[is_below ? to + path.substr(from.size()) : path] = is_folder;
    }
    nodes_ = std::move(moved);
    return {};
  }

  Status remove(const std::string& path, bool) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(nodes_,
                  [&](const auto& node) { return node.first == path || node.first.starts_with(path + "/"); });
    return {};
  }

  Status change_mode(const std::string&, unsigned) override { return {}; }
  Result<std::string> read_front(const std::string& path, Bytes) override {
    return "content of " + path + "\n";
  }
  SpaceFacts space(const std::string&) override { return {Bytes{5}, {}, {}}; }
  Result<std::string> sha256(const std::string& path) override { return "digest of " + path; }
  Status fetch(const std::string&, const std::string&) override { return {}; }
  Status store(const std::string&, const std::string&) override { return {}; }

  void cancel() override {
    const std::lock_guard lock(mutex_);
    is_cancelled_ = true;
    changed_.notify_all();
  }
  void resume() override {
    const std::lock_guard lock(mutex_);
    is_cancelled_ = false;
  }

  void let_go() {
    const std::lock_guard lock(mutex_);
    is_let_go_ = true;
    changed_.notify_all();
  }
  bool has(const std::string& path) {
    const std::lock_guard lock(mutex_);
    return nodes_.contains(path);
  }

 private:
  static ftp::Entry entry(const std::string& name, bool is_folder) {
    ftp::Entry made;
    made.name = name;
    made.size = static_cast<Bytes>(name.size());
    if (is_folder) made.type = ftp::EntryType::directory;
    return made;
  }

  const std::string label_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, bool> nodes_;  // path and whether it is a folder
  bool is_cancelled_ = false, is_let_go_ = false;
};

}  // namespace ferry::client
