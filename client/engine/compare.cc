#include "client/engine/compare.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "client/engine/listing.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

constexpr DigestKind kPreferred[] = {DigestKind::sha256, DigestKind::sha512, DigestKind::sha1,
                                     DigestKind::md5};

TreePlan plan_of_file(std::optional<Bytes> size) {
  TreePlan plan;
  plan.items.emplace_back();
  plan.items.back().entry.type = ftp::EntryType::file;
  plan.items.back().entry.size = size;
  plan.files = 1;
  plan.bytes = plausible_sum(0, size);
  return plan;
}

class LocalSide : public Side {
 public:
  LocalSide(std::string path, const Cancel& cancel) : path_(std::move(path)), cancel_(cancel) {}

  Result<TreePlan> plan() override {
    struct stat info {};
    if (::stat(path_.c_str(), &info) != 0) return fail_errno(errno, path_);
    if (S_ISDIR(info.st_mode)) return plan_local_tree(path_);
    if (!S_ISREG(info.st_mode)) return fail(Errc::unsupported, path_ + ": is no regular file");
    return plan_of_file(info.st_size);
  }

  Result<std::string> digest(const std::string& name, DigestKind kind, std::optional<Bytes>) override {
    return digest_of_local(name.empty() ? path_ : (std::filesystem::path(path_) / name).native(), kind,
                           cancel_);
  }

  bool computes(DigestKind) const override { return true; }

 private:
  const std::string path_;
  const Cancel& cancel_;
};

class RemoteSide : public Side {
 public:
  RemoteSide(Connection& connection, std::string path) : connection_(connection), path_(std::move(path)) {}

  Result<TreePlan> plan() override {
    auto folder = is_directory(connection_, path_);
    if (!folder) return tl::unexpected(folder.error());
    if (*folder) return plan_remote_tree(connection_, path_);
    auto entry = describe(connection_, path_);
    if (!entry) return tl::unexpected(entry.error());
    return plan_of_file(entry->size);
  }

  Result<std::string> digest(const std::string& name, DigestKind kind, std::optional<Bytes> size) override {
    auto digest =
        remote_digest(connection_, name.empty() ? path_ : ftp::join_path(path_, name), kind, size, {});
    if (!digest) return tl::unexpected(digest.error());
    return std::move(digest->hex);
  }

  bool computes(DigestKind kind) const override { return computes_digest(connection_.features(), kind); }
  bool usable() override { return connection_.usable(); }

 private:
  Connection& connection_;
  const std::string path_;
};

DigestKind best_kind(const Side& a, const Side& b) {
  for (const DigestKind kind : kPreferred) {
    if (a.computes(kind) && b.computes(kind)) return kind;
  }
  return DigestKind::sha256;
}

using Names = std::map<std::string, const ftp::Entry*>;

Names names_of(const TreePlan& plan) {
  Names names;
  for (const auto& item : plan.items) names[item.entry.name] = &item.entry;
  return names;
}

class Comparer {
 public:
  Comparer(Side& a, Side& b, DigestKind kind, const Cancel& cancel, CompareObserver& observer)
      : a_(a), b_(b), kind_(kind), cancel_(cancel), observer_(observer) {}

  Comparison run(const TreePlan& plan_a, const TreePlan& plan_b) {
    for (const TreePlan* plan : {&plan_a, &plan_b}) {
      for (const auto& note : plan->notes) observer_.note(note);
      for (const auto& failure : plan->failures) take(failure);
    }
    files_ = std::max(plan_a.files, plan_b.files);
    const Names names_a = names_of(plan_a), names_b = names_of(plan_b);
    auto at_a = names_a.begin(), at_b = names_b.begin();
    while ((at_a != names_a.end() || at_b != names_b.end()) && !comparison_.is_stopped) {
      const bool has_a = at_a != names_a.end() && (at_b == names_b.end() || at_a->first <= at_b->first);
      const bool has_b = at_b != names_b.end() && (at_a == names_a.end() || at_b->first <= at_a->first);
      look(has_a ? at_a->second : nullptr, has_b ? at_b->second : nullptr);
      if (has_a) ++at_a;
      if (has_b) ++at_b;
    }
    return std::move(comparison_);
  }

 private:
  void look(const ftp::Entry* a, const ftp::Entry* b) {
    const ftp::Entry& any = a != nullptr ? *a : *b;
    if (is_told(any.name)) return;
    Difference difference;
    difference.name = any.name;
    difference.is_folder = any.is_directory();
    if (a == nullptr || b == nullptr) {
      difference.kind = a != nullptr ? DifferenceKind::only_in_a : DifferenceKind::only_in_b;
      return tell(difference);
    }
    if (a->is_directory() != b->is_directory()) {
      difference.kind = DifferenceKind::type;
      difference.is_folder = true;
      return tell(difference);
    }
    if (!a->is_directory()) compare_files(*a, *b, std::move(difference));
  }

  void compare_files(const ftp::Entry& a, const ftp::Entry& b, Difference difference) {
    observer_.file(a.name, ++looked_at_, files_);
    if (a.size && b.size && *a.size != *b.size) {
      difference.kind = DifferenceKind::size;
      difference.size_a = a.size;
      difference.size_b = b.size;
      return tell(difference);
    }
    for (auto [side, hex, size] :
         {std::tuple(&a_, &difference.digest_a, a.size), std::tuple(&b_, &difference.digest_b, b.size)}) {
      auto digest = side->digest(a.name, kind_, size);
      if (!digest) return take(digest.error());
      *hex = std::move(*digest);
    }
    if (difference.digest_a == difference.digest_b) {
      ++comparison_.same;
    } else {
      tell(difference);
    }
  }

  void tell(const Difference& difference) {
    ++comparison_.different;
    observer_.difference(difference);
    if (difference.is_folder) told_folders_.insert(difference.name);
  }

  // In a folder that has been told as a whole.
  bool is_told(const std::string& name) const {
    if (told_folders_.contains("") && !name.empty()) return true;
    for (auto slash = name.find('/'); slash != name.npos; slash = name.find('/', slash + 1)) {
      if (told_folders_.contains(name.substr(0, slash))) return true;
    }
    return false;
  }

  void take(const Error& error) {
    ++comparison_.failed;
    observer_.failed(error);
    if (!comparison_.first_error) comparison_.first_error = error;
    comparison_.is_stopped = comparison_.is_stopped || error.kind == Errc::cancelled || cancel_.requested() ||
                             !a_.usable() || !b_.usable();
  }

  Side& a_;
  Side& b_;
  const DigestKind kind_;
  const Cancel& cancel_;
  CompareObserver& observer_;
  Comparison comparison_;
  std::int64_t looked_at_ = 0, files_ = 0;
  std::set<std::string> told_folders_;
};

}  // namespace

std::unique_ptr<Side> local_side(std::string path, const Cancel& cancel) {
  return std::make_unique<LocalSide>(std::move(path), cancel);
}

std::unique_ptr<Side> remote_side(Connection& connection, std::string path) {
  return std::make_unique<RemoteSide>(connection, std::move(path));
}

std::string_view difference_word(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::missing:
      return "missing";
    case DifferenceKind::only_in_a:
      return "only-in-a";
    case DifferenceKind::only_in_b:
      return "only-in-b";
    case DifferenceKind::type:
      return "type";
    case DifferenceKind::size:
      return "size";
    case DifferenceKind::digest:
      return "digest";
  }
  return "";
}

Result<Comparison> compare_sides(Side& a, Side& b, std::optional<DigestKind> kind, const Cancel& cancel,
                                 CompareObserver& observer) {
  auto plan_a = a.plan();
  if (!plan_a) return tl::unexpected(plan_a.error());
  auto plan_b = b.plan();
  if (!plan_b) return tl::unexpected(plan_b.error());
  return Comparer(a, b, kind.value_or(best_kind(a, b)), cancel, observer).run(*plan_a, *plan_b);
}

Result<std::string> digest_of_local(const std::string& path, DigestKind kind, const Cancel& cancel) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) return fail_errno(errno, path);
  if (!S_ISREG(info.st_mode)) return fail(Errc::unsupported, path + ": is no regular file");
  Digest digest(kind);
  const auto watch = [&](Bytes) -> Status {
    return cancel.requested() ? Status(fail(Errc::cancelled, "interrupted")) : Status();
  };
  auto fed = digest_range(fd.get(), 0, info.st_size, digest, watch);
  if (!fed) return fail(fed.error().kind, path + ": " + fed.error().context);
  return digest.hex();
}

}  // namespace ferry::client
