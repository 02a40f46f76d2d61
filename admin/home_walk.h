// Goes through a home, for whoever counts what is in it. One folder is open at a time: down by a name, up by
// "..", which must lead to where the walk came from. No link is followed, nothing recurses (a client decides
// how deep its folders go), and memory grows neither with the number of files nor with that of folders: names
// that wait beyond a megabyte wait in a temporary file.
#pragma once

#include <sys/stat.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"
#include "shared/base/unique_fd.h"

namespace ferry::admin {

struct CloseStream {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using Stream = std::unique_ptr<std::FILE, CloseStream>;
// A file without a name, for what need not stay in memory.
Result<Stream> open_scratch();

// Last in, first out.
class NameStack {
 public:
  explicit NameStack(std::size_t most_in_memory = std::size_t{1} << 20) : most_(most_in_memory) {}
  Status push(std::string_view name);  // without NUL
  Result<std::string> pop();           // what was pushed and not popped yet; there must be something

 private:
  Status spill();
  Status fetch();

  std::size_t most_;
  std::string top_;                  // each name behind a NUL
  std::vector<std::size_t> pieces_;  // what lies in file_, in order
  Stream file_;
  long file_size_ = 0;
};

class HomeWalk {
 public:
  // `path` is the FTP path of a regular file that is there, valid during the call.
  using Visit = std::function<Status(std::string_view path, const struct stat& found)>;

  // Visits every name of every regular file but those in the folder of the partials: a file with two names
  // counts twice, as it does for ferryd, which gives its bytes back with each name that is removed. `folder`
  // is a path of the machine. Errc::busy when folders are moved under the walk.
  static Status run(const std::string& folder, const Visit& visit);

 private:
  struct Level {
    dev_t device = 0;
    ino_t inode = 0;
    std::size_t waiting = 0;  // sub-folders in names_
    std::size_t path_size = 0;
  };

  HomeWalk(std::string home, const Visit& visit) : home_(std::move(home)), visit_(visit) {}
  Status walk();
  Status enter();
  Status look_at(const char* name, unsigned char type);
  Status descend();
  Status leave();
  tl::unexpected<Error> broken() const;

  std::string home_;
  const Visit& visit_;
  UniqueFd at_;
  std::string path_ = "/";  // of at_, with a slash at its end
  std::vector<Level> way_;  // from the home down to at_
  NameStack names_;
};

}  // namespace ferry::admin
