#include "admin/home_walk.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "shared/base/check.h"
#include "shared/store/account.h"

namespace ferry::admin {

namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

tl::unexpected<Error> scratch_failed() {
  return fail_errno(errno, "a temporary file");
}

}  // namespace

Result<Stream> open_scratch() {
  Stream file(std::tmpfile());
  if (!file) return scratch_failed();
  return file;
}

Status NameStack::push(std::string_view name) {
  top_ += '\0';
  top_ += name;
  return top_.size() > most_ ? spill() : Status();
}

Result<std::string> NameStack::pop() {
  if (top_.empty()) {
    if (const Status fetched = fetch(); !fetched) return tl::unexpected<Error>(fetched.error());
  }
  const std::size_t start = top_.rfind('\0');
  CHECK(start != std::string::npos);
  std::string name = top_.substr(start + 1);
  top_.resize(start);
  return name;
}

// The lower half, up to a name's end.
Status NameStack::spill() {
  const std::size_t size = top_.find('\0', top_.size() / 2);
  if (size == std::string::npos || size == 0) return {};  // a single long name
  if (!file_) {
    auto file = open_scratch();
    if (!file) return tl::unexpected<Error>(file.error());
    file_ = std::move(*file);
  }
  if (std::fseek(file_.get(), file_size_, SEEK_SET) != 0 ||
      std::fwrite(top_.data(), 1, size, file_.get()) != size || std::fflush(file_.get()) != 0) {
    return scratch_failed();
  }
  pieces_.push_back(size);
  file_size_ += static_cast<long>(size);
  top_.erase(0, size);
  return {};
}

Status NameStack::fetch() {
  CHECK(!pieces_.empty());
  const std::size_t size = pieces_.back();
  pieces_.pop_back();
  file_size_ -= static_cast<long>(size);
  top_.resize(size);
  if (std::fseek(file_.get(), file_size_, SEEK_SET) != 0 ||
      std::fread(top_.data(), 1, size, file_.get()) != size) {
    return scratch_failed();
  }
  return {};
}

Status HomeWalk::run(const std::string& folder, const Visit& visit) {
  return HomeWalk(folder, visit).walk();
}

tl::unexpected<Error> HomeWalk::broken() const {
  return fail_errno(errno, "cannot count what is in " + home_);
}

Status HomeWalk::walk() {
  at_.reset(::open(home_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!at_) return broken();
  if (const Status entered = enter(); !entered) return entered;
  while (!way_.empty()) {
    if (const Status done = way_.back().waiting == 0 ? leave() : descend(); !done) return done;
  }
  return {};
}

// at_ is a folder that was just opened: visits its files and notes its folders.
Status HomeWalk::enter() {
  struct stat itself {};
  if (::fstat(at_.get(), &itself) != 0) return broken();
  way_.push_back({itself.st_dev, itself.st_ino, 0, path_.size()});
  UniqueFd own(::openat(at_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own) return broken();
  const std::unique_ptr<DIR, CloseFolder> folder(::fdopendir(own.get()));
  if (!folder) return broken();
  static_cast<void>(own.release());  // the DIR has it
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    if (const Status looked = look_at(entry->d_name, entry->d_type); !looked) return looked;
  }
  return errno == 0 ? Status() : Status(broken());
}

Status HomeWalk::look_at(const char* name, unsigned char type) {
  const std::string_view text = name;
  if (text == "." || text == ".." || (way_.size() == 1 && text == store::kPartialsFolder)) return {};
  struct stat found {};
  if (type == DT_REG || type == DT_UNKNOWN) {
    if (::fstatat(at_.get(), name, &found, AT_SYMLINK_NOFOLLOW) != 0)
      return errno == ENOENT ? Status() : Status(broken());  // went away meanwhile
  }
  if (type == DT_DIR || S_ISDIR(found.st_mode)) {
    ++way_.back().waiting;
    return names_.push(text);
  }
  if (!S_ISREG(found.st_mode)) return {};
  path_ += text;
  const Status visited = visit_(path_, found);
  path_.resize(way_.back().path_size);
  return visited;
}

Status HomeWalk::descend() {
  const auto name = names_.pop();
  if (!name) return tl::unexpected<Error>(name.error());
  --way_.back().waiting;
  UniqueFd below(::openat(at_.get(), name->c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!below && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) return {};  // no folder any more
  if (!below) return broken();
  at_ = std::move(below);
  path_ += *name + '/';
  return enter();
}

Status HomeWalk::leave() {
  way_.pop_back();
  if (way_.empty()) return {};
  UniqueFd above(::openat(at_.get(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat found {};
  if (!above || ::fstat(above.get(), &found) != 0) return broken();
  if (found.st_dev != way_.back().device || found.st_ino != way_.back().inode)
    return fail(Errc::busy, "folders in " + home_ + " are being moved: try again");
  at_ = std::move(above);
  path_.resize(way_.back().path_size);
  return {};
}

}  // namespace ferry::admin
