// Folders for tests: below $TMPDIR if that is set, else in `tmp` of the build folder the test program lies
// in, so that a test run writes nothing elsewhere. Paths may be too long for a unix socket's 108 bytes; who
// needs one there uses a relative path.
#pragma once

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

namespace ferry::test {

// The folder named `build` above the running program; the program's own folder if there is none.
inline std::filesystem::path build_dir() {
  const auto own_folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  for (auto folder = own_folder; folder.has_relative_path(); folder = folder.parent_path()) {
    if (folder.filename() == "build") return folder;
  }
  return own_folder;
}

// A fresh folder, mode 0755, removed with everything in it (folders without permissions included) at the end.
class TempDir {
 public:
  TempDir() {
    const char* wish = ::getenv("TMPDIR");
    const auto parent =
        wish != nullptr && *wish != '\0' ? std::filesystem::absolute(wish) : build_dir() / "tmp";
    std::filesystem::create_directories(parent);
    std::string name = (parent / "ferry-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), name);
    path_ = name;
    namespace fs = std::filesystem;
    fs::permissions(path_, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec |
                               fs::perms::others_read | fs::perms::others_exec);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code failure;
    std::filesystem::remove_all(path_, failure);
    if (!failure) return;
    open_up();
    std::filesystem::remove_all(path_, failure);
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  // Gives the owner all rights on every folder inside, parents first.
  void open_up() const {
    namespace fs = std::filesystem;
    std::error_code ignored;
    fs::permissions(path_, fs::perms::owner_all, fs::perm_options::add, ignored);
    for (fs::recursive_directory_iterator at(path_, ignored), end; !ignored && at != end;
         at.increment(ignored)) {
      if (at->symlink_status(ignored).type() != fs::file_type::directory) continue;
      fs::permissions(at->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
    }
  }

  std::filesystem::path path_;
};

}  // namespace ferry::test
