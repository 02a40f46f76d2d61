// A secret that an option points at, never holds: the first line of a file or of an open descriptor.
#pragma once

#include <string>

#include "shared/base/secret.h"

namespace ferry::client {

struct SecretSource {
  std::string file;
  int fd = -1;

  bool is_set() const { return !file.empty() || fd >= 0; }
  // Blocks. A descriptor's lines are taken one after the other. What read_secret_line says, and errors of
  // opening the file.
  Result<Secret> read() const;
};

}  // namespace ferry::client
