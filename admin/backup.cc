// ftpadm backup. SQLite copies the store beside itself, as the user ferryd runs as; the copy goes to its
// place through descriptors, as whoever started ftpadm: root's backups lie where that user may not write, and
// root opens no path that the user could change.
#include <fcntl.h>
#include <fmt/core.h>
#include <sodium.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "admin/context.h"
#include "admin/file_copy.h"
#include "shared/base/terminal_text.h"
#include "shared/store/backup.h"

namespace ferry::admin {

namespace {

// Gone from the folder when this returns; whole behind its descriptor.
Result<UniqueFd> copy_of_store(const std::string& store) {
  const std::string name = fmt::format("{}.backup-{}", store, ::getpid());
  auto copy = make_private(name);
  if (!copy) return copy;
  const Status copied = store::copy_store(store, name);
  const int gone = ::unlink(name.c_str());
  if (!copied) return tl::unexpected<Error>(copied.error());
  if (gone != 0) return fail_errno(errno, "cannot remove " + name);
  return copy;
}

Error is_there(const std::string& file) {
  return Error{Errc::exists, file + " is there already: take another name, or --force"};
}

Status put_in_place(const std::string& fresh, const std::string& file, bool overwrites) {
  const unsigned flags = overwrites ? 0 : RENAME_NOREPLACE;
  if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, file.c_str(), flags) == 0) return sync_folder_of(file);
  // NFS and others know no such rename; a second name is made only where there is none.
  if (!overwrites && (errno == EINVAL || errno == ENOSYS) && ::link(fresh.c_str(), file.c_str()) == 0) {
    if (::unlink(fresh.c_str()) != 0) return fail_errno(errno, "cannot remove " + fresh);
    return sync_folder_of(file);
  }
  if (errno == EEXIST) return tl::unexpected<Error>(is_there(file));
  return fail_errno(errno, "cannot rename to " + file);
}

Status write_backup(int copy, const std::string& file, bool overwrites) {
  // Two backups at once, or a file that happens to be called like this, must not meet.
  const std::string fresh =
      fmt::format("{}.tmp-{:08x}{:08x}", file, randombytes_random(), randombytes_random());
  const auto target = make_private(fresh);
  if (!target) return tl::unexpected<Error>(target.error());
  Status done = copy_to_disk(copy, target->get(), fresh);
  if (done) done = put_in_place(fresh, file, overwrites);
  if (!done) ::unlink(fresh.c_str());
  return done;
}

}  // namespace

Outcome cmd_backup(const Arguments& arguments) {
  // Before anything is copied; what counts is put_in_place's look.
  if (!arguments.overwrites && ::access(arguments.file.c_str(), F_OK) == 0)
    return refuse(is_there(arguments.file));
  auto context = Context::open(arguments);
  if (!context) return tl::unexpected<Refusal>(context.error());
  const std::string& store = (*context)->options().store;
  const auto copy = (*context)->with_store([&](store::Store&) { return copy_of_store(store); });
  if (!copy) return refuse(copy.error());
  const Status written = write_backup(copy->get(), arguments.file, arguments.overwrites);
  if (!written) return refuse(written.error());
  std::fprintf(stderr, "wrote %s\n", terminal_safe(arguments.file).c_str());
  return {};
}

}  // namespace ferry::admin
