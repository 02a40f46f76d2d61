// What the threads of the chaos test share: what they found wrong, and the history of the files that several
// of them write at once. All of it thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ferry::test {

using Content = std::shared_ptr<const std::string>;

// What went wrong, from all threads.
class Findings {
 public:
  void add(const std::string& finding);
  std::vector<std::string> all() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> found_;
};

// Names that several clients of one account write and remove at once. Which content may be there in the end
// follows from when each change began and when its outcome was known.
class SharedFiles {
 public:
  enum class Outcome { open, done, refused, unknown };
  // `content` nothing: a removal.
  std::size_t begin(const std::string& name, const Content& content);
  void end(const std::string& name, std::size_t change, Outcome outcome);
  // What came of a change of unknown outcome.
  void learn(const std::string& name, std::size_t change, bool happened);
  bool was_ever(const std::string& name, const std::string& bytes) const;
  // Nothing if what lies there now can be the last of all changes, else why not.
  std::optional<std::string> judge(const std::string& name, const std::optional<std::string>& bytes) const;
  std::vector<std::string> names() const;

 private:
  struct Change {
    std::string digest;  // "": removed
    std::chrono::steady_clock::time_point begun, ended{};
    Outcome outcome = Outcome::open;
  };
  bool is_outdated(const std::vector<Change>& changes, const Change& change) const;

  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Change>> changes_;
};

}  // namespace ferry::test
