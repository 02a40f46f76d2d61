// Which names a sync leaves out of account, on both sides: globs as rsync(1) means them. Pure.
//   *.o        without '/': a name, at any depth
//   /build     with '/' in front: seen from the root
//   a/b        with '/' inside: a/b, at any depth
//   tmp/       with '/' behind: folders only
//   *, ?, [a-z] stay within a name; ** as a whole component is any number of folders, behind the last '/'
//   all that is inside
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

namespace ferry::client {

class SyncFilter {
 public:
  Status exclude(std::string_view glob);  // Errc::bad_syntax: a glob that matches nothing
  Status include(std::string_view glob);  // what is not excluded although a glob of exclude() says so

  // Of `path` (relative, no '/' at either end) itself. What is in an excluded folder is excluded with it,
  // which is the caller's to see: nothing in there is looked at.
  bool excludes(std::string_view path, bool is_folder) const;

 private:
  struct Rule {
    std::vector<std::string> components;  // "**": any number of them
    bool folders_only = false;
  };
  static Result<Rule> parse(std::string_view glob);
  static bool matches(const Rule& rule, const std::vector<std::string_view>& path, bool is_folder);

  std::vector<Rule> excludes_, includes_;
};

}  // namespace ferry::client
