#include "shared/config/run_as.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "shared/base/check.h"

namespace ferry {

ActAs::ActAs(const RunAs& user) : is_active_(::geteuid() == 0 && user.uid != 0) {
  if (!is_active_) return;
  const int count = ::getgroups(0, nullptr);
  CHECK(count >= 0);
  groups_.resize(static_cast<std::size_t>(count));
  CHECK(::getgroups(count, groups_.data()) == count);
  const gid_t group = user.gid;
  CHECK(::setgroups(1, &group) == 0);
  CHECK(::setegid(user.gid) == 0);
  CHECK(::seteuid(user.uid) == 0);
}

ActAs::~ActAs() {
  if (!is_active_) return;
  CHECK(::seteuid(0) == 0);
  CHECK(::setegid(::getgid()) == 0);
  CHECK(::setgroups(groups_.size(), groups_.data()) == 0);
}

RunAs current_user() {
  const passwd* entry = ::getpwuid(::geteuid());
  return RunAs{entry == nullptr ? std::to_string(::geteuid()) : entry->pw_name, ::geteuid(), ::getegid()};
}

}  // namespace ferry
