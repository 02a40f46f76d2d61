#include "client/line/secrets.h"

#include <fcntl.h>

#include <cerrno>

#include "shared/base/unique_fd.h"

namespace ferry::client {

Result<Secret> secret_of_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, path);
  return read_secret_line(fd.get());
}

Result<Secret> ask_new_password(const std::function<Result<Secret>(const std::string& prompt)>& ask) {
  auto first = ask("New password: ");
  if (!first) return first;
  auto second = ask("New password again: ");
  if (!second) return second;
  if (first->view() != second->view())
    return fail(Errc::bad_syntax, "the two are not the same; nothing was changed");
  return first;
}

}  // namespace ferry::client
