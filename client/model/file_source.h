// What a pane shows comes from here: this machine's files, or a server's. One interface, so that a pane, and
// every action in it, is the same for both. Blocking code for one thread; cancel() is for the others.
//
// Paths are absolute, in raw bytes as the side spells them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "shared/base/bytes.h"
#include "shared/ftp/facts.h"

namespace ferry::client {

struct SpaceFacts {
  std::optional<Bytes> free;         // for this user, here
  std::optional<Bytes> used, quota;  // of an account
};

class FileSource {
 public:
  virtual ~FileSource() = default;

  virtual bool is_remote() const = 0;
  virtual std::string label() const = 0;  // in front of the path: "files.example.org:", "" for here
  // The folder to begin in. Connects, where that is needed; Errc::login_refused, untrusted, …
  virtual Result<std::string> start() = 0;

  using OnEntries = std::function<void(std::span<const ftp::Entry>)>;
  // Gives entries as they come, without "." and "..". Errc::not_found, not_directory, permission.
  virtual Status list(const std::string& folder, const OnEntries& found) = 0;
  virtual Result<ftp::Entry> describe(const std::string& path) = 0;
  virtual Status make_folder(const std::string& path) = 0;
  virtual Status remove_empty_folder(const std::string& path) = 0;
  // Errc::exists when something is there already: nothing is ever replaced by a rename.
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  // A folder with all that is in it; links are removed, not followed.
  virtual Status remove(const std::string& path, bool is_folder) = 0;
  virtual Status change_mode(const std::string& path, unsigned mode) = 0;
  // The first bytes of a file, `most` of them at most.
  virtual Result<std::string> read_front(const std::string& path, Bytes most) = 0;
  virtual SpaceFacts space(const std::string& folder) = 0;          // as far as known; never an error
  virtual Result<std::string> sha256(const std::string& path) = 0;  // lower-case hex
  // To and from a file of this machine, whole and verified as transfer.h says; replaces what is there.
  virtual Status fetch(const std::string& path, const std::string& local) = 0;
  virtual Status store(const std::string& local, const std::string& path) = 0;

  // Any thread: what blocks ends soon with Errc::cancelled. Until resume(), so does all that begins.
  virtual void cancel() = 0;
  virtual void resume() = 0;
};

std::unique_ptr<FileSource> make_local_source();

}  // namespace ferry::client
