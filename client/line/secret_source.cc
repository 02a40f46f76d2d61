#include "client/line/secret_source.h"

#include <fcntl.h>

#include <cerrno>

#include "shared/base/unique_fd.h"

namespace ferry::client {

Result<Secret> SecretSource::read() const {
  if (fd >= 0) return read_secret_line(fd);
  const UniqueFd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened) return fail_errno(errno, file);
  auto secret = read_secret_line(opened.get());
  if (!secret) return fail(secret.error().kind, file + ": " + secret.error().context);
  return secret;
}

}  // namespace ferry::client
