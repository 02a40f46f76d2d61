// An FTP server that answers as a test says, in clear, on loopback: for what no real server does on demand.
// One session at a time, on a thread of its own; ends with its object. Knows one file, in memory.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "shared/base/unique_fd.h"

namespace ferry::test {

class ScriptedServer {
 public:
  // Lines for a command, "502 no" or several; each is sent as it is, with CRLF behind it.
  using Answer = std::function<std::vector<std::string>(const std::string& argument)>;

  explicit ScriptedServer(std::string file = {});
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer();

  // Before the client comes. Instead of what it would answer.
  void on(const std::string& verb, Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_[verb] = std::move(answer);
  }
  // What goes over the data connection for a listing command, as it is.
  using Listing = std::function<std::string(const std::string& argument)>;
  void lists(const std::string& verb, Listing listing) {
    const std::lock_guard lock(mutex_);
    listings_[verb] = std::move(listing);
  }
  void feature(const std::string& line) {
    const std::lock_guard lock(mutex_);
    features_.push_back(line);
  }
  // Between the lines of one answer.
  void pause_between_lines(std::chrono::milliseconds pause) {
    const std::lock_guard lock(mutex_);
    pause_ = pause;
  }

  // The next so many uploads arrive whole, and the client is never told.
  void keep_back_verdicts(int count) { kept_back_ = count; }

  std::uint16_t port() const { return port_; }
  std::string file() const;                   // as it is now
  std::vector<std::string> commands() const;  // that came, "VERB argument"

 private:
  void serve();
  void run_session(int control);
  void run_command(int control, const std::string& line);
  void say(int control, const std::vector<std::string>& lines);
  void transfer(int control, bool is_upload);
  void list(int control, const std::string& text);

  UniqueFd listener_, passive_;
  std::uint16_t port_ = 0;
  std::map<std::string, Answer> answers_;
  std::map<std::string, Listing> listings_;
  std::vector<std::string> features_;
  std::chrono::milliseconds pause_{0};
  std::size_t offset_ = 0;
  mutable std::mutex mutex_;  // of what follows
  std::string file_;
  std::vector<std::string> commands_;
  std::atomic<bool> ends_{false};
  std::atomic<int> kept_back_{0};
  std::atomic<int> session_{-1};
  std::thread thread_;
};

}  // namespace ferry::test
