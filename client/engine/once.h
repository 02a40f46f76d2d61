// Texts of which each is to be said once, however many files and threads come upon it.
#pragma once

#include <mutex>
#include <set>
#include <string>

namespace ferry::client {

class Once {
 public:
  bool is_first(const std::string& text) {
    const std::lock_guard lock(mutex_);
    return said_.insert(text).second;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> said_;
};

}  // namespace ferry::client
