#include "client/line/no_core.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "shared/base/check.h"

namespace ferry::client {

void forbid_core_dumps() {
  const rlimit none{0, 0};
  CHECK(::setrlimit(RLIMIT_CORE, &none) == 0);
  CHECK(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
}

}  // namespace ferry::client
