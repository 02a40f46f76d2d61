// Whatever two trees look like: a plan that is carried out makes the target what the source is, as far as was
// asked for, and takes nothing away that may not go.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "client/engine/sync_plan.h"

namespace ferry::client {
namespace {

struct Node {
  SyncType type = SyncType::file;
  Bytes size = 0;
  int time = 0;
  bool operator==(const Node&) const = default;
};
// How rapidcheck shows what made a property fail.
void showValue(const Node& node, std::ostream& out) {
  out << "type " << static_cast<int>(node.type) << " size " << node.size << " time " << node.time;
}
using Tree = std::map<std::string, Node>;

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

// Names that sort around '/', among them what is never removed.
rc::Gen<std::string> any_name() {
  return rc::gen::element<std::string>("a", "b", "a-b", "a.b", "A", "x.o", "x.ferry-part", "\xff");
}

rc::Gen<Tree> any_tree() {
  const auto seeds = rc::gen::container<std::vector<std::tuple<int, std::string, int, int, int>>>(
      rc::gen::tuple(rc::gen::inRange(0, 1000), any_name(), rc::gen::inRange(0, 10), rc::gen::inRange(0, 3),
                     rc::gen::inRange(0, 3)));
  return rc::gen::map(seeds, [](const auto& rows) {
    Tree tree;
    std::vector<std::string> folders{""};
    for (const auto& [where, name, kind, size, time] : rows) {
      const std::string& folder = folders[static_cast<std::size_t>(where) % folders.size()];
      const std::string path = folder.empty() ? name : folder + "/" + name;
      const SyncType type = kind < 4   ? SyncType::folder
                            : kind < 9 ? SyncType::file
                            : size > 0 ? SyncType::link
                                       : SyncType::other;
      const bool is_file = type == SyncType::file;
      if (!tree.emplace(path, Node{type, is_file ? size : 0, is_file ? time : 0}).second) continue;
      if (type == SyncType::folder) folders.push_back(path);
    }
    return tree;
  });
}

SyncSide side_of(const Tree& tree) {
  SyncSide side;
  for (const auto& [path, node] : tree) {
    SyncEntry entry{path, node.type};
    if (node.type == SyncType::file) {
      entry.size = node.size;
      entry.modified = SyncTime{WallTime(std::chrono::seconds(node.time)), {}};
    }
    side.entries.push_back(std::move(entry));
  }
  return side;
}

// As a file system would: each step must be possible when its turn comes.
void carry_out(const SyncPlan& plan, const Tree& source, Tree& target) {
  for (const auto& step : plan.steps) {
    const auto at = target.find(step.path);
    const std::string parent = parent_of(step.path);
    const bool has_parent =
        parent.empty() || (target.contains(parent) && target[parent].type == SyncType::folder);
    switch (step.act) {
      case SyncAct::make_folder:
        RC_ASSERT((at == target.end() && has_parent));
        target[step.path] = Node{SyncType::folder};
        break;
      case SyncAct::copy:
        RC_ASSERT((source.at(step.path).type == SyncType::file && has_parent));
        RC_ASSERT(step.replaces == (at != target.end()));
        RC_ASSERT((!step.replaces || at->second.type == SyncType::file));
        target[step.path] = source.at(step.path);
        break;
      case SyncAct::remove_file:
        RC_ASSERT((at != target.end() && at->second.type == SyncType::file));
        target.erase(at);
        break;
      case SyncAct::remove_folder: {
        RC_ASSERT((at != target.end() && at->second.type == SyncType::folder));
        const auto inside = target.lower_bound(step.path + "/");
        RC_ASSERT((inside == target.end() || !inside->first.starts_with(step.path + "/")));
        target.erase(at);
        break;
      }
      case SyncAct::keep:
        break;
    }
  }
}

SyncOptions any_options() {
  SyncOptions options;
  options.compare = *rc::gen::element(SyncCompare::time_size, SyncCompare::size);
  options.remove_extra = *rc::gen::arbitrary<bool>();
  options.replace_newer = *rc::gen::arbitrary<bool>();
  options.source_may_be_empty = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>())
    RC_ASSERT(options.filter.exclude(*rc::gen::element<std::string>("*.o", "/a", "b/")));
  return options;
}

bool is_excluded(const SyncFilter& filter, const Tree& source, const Tree& target, const std::string& path) {
  for (auto end = path.find('/');; end = path.find('/', end + 1)) {
    const std::string upper = path.substr(0, end);
    const auto is_folder = [&](const Tree& tree) {
      const auto found = tree.find(upper);
      return found != tree.end() && found->second.type == SyncType::folder;
    };
    if (filter.excludes(upper, is_folder(source) || is_folder(target))) return true;
    if (end == path.npos) return false;
  }
}

RC_GTEST_PROP(SyncPlanProperty, PlanMakesTheTargetWhatTheSourceIs, ()) {
  const Tree source = *any_tree(), before = *any_tree();
  const SyncOptions options = any_options();
  const SyncPlan plan = make_sync_plan(side_of(source), side_of(before), options);
  Tree target = before;
  carry_out(plan, source, target);

  // A second plan has no work, and leaves what the first has left.
  const SyncPlan again = make_sync_plan(side_of(source), side_of(target), options);
  RC_ASSERT(!again.has_work());
  RC_ASSERT(again.left == plan.left);

  if (plan.left > 0) return;
  for (const auto& [path, node] : source) {
    const bool is_copied = node.type == SyncType::file || node.type == SyncType::folder;
    if (!is_copied || is_excluded(options.filter, source, target, path) ||
        path.find(".ferry-part") != path.npos)
      continue;
    RC_ASSERT(target.contains(path));
    RC_ASSERT(target[path].type == node.type);
    RC_ASSERT(target[path].size == node.size);
    if (options.compare == SyncCompare::time_size) RC_ASSERT(target[path].time == node.time);
  }
}

RC_GTEST_PROP(SyncPlanProperty, NothingGoesThatMayNotGo, ()) {
  const Tree source = *any_tree(), before = *any_tree();
  const SyncOptions options = any_options();
  SyncSide from = side_of(source);
  const bool has_gap = *rc::gen::arbitrary<bool>();
  if (has_gap) from.gaps.emplace_back("b");
  const SyncPlan plan = make_sync_plan(from, side_of(before), options);
  for (const auto& step : plan.steps) {
    if (step.act == SyncAct::copy && step.replaces && !options.replace_newer)
      RC_ASSERT(before.at(step.path).time <= source.at(step.path).time);
    if (step.act != SyncAct::remove_file && step.act != SyncAct::remove_folder) continue;
    RC_ASSERT((options.remove_extra && !has_gap));
    RC_ASSERT(!source.contains(step.path));
    RC_ASSERT((!source.empty() || options.source_may_be_empty));
    RC_ASSERT(step.path.find(".ferry-part") == step.path.npos);
    RC_ASSERT(!is_excluded(options.filter, source, before, step.path));
  }
}

}  // namespace
}  // namespace ferry::client
