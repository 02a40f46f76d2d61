// Digests against the files they are of.
#include <fmt/core.h>

#include <algorithm>
#include <span>
#include <thread>
#include <vector>

#include "admin/check.h"
#include "shared/base/clock.h"

namespace ferry::admin {

namespace {

using store::KnownDigest;
using store::Store;

constexpr int kAtOnce = 1000;
constexpr std::size_t kHeldAtOnce = 100;  // while the store is held: a millisecond or so
// MFMT sets a file's time and a moment later its digest's, without a row in between: what is still wrong then
// is wrong.
constexpr std::chrono::milliseconds kMoment{250};

struct Wrong {
  const char* kind;
  std::string sentence;
};

std::optional<Wrong> whats_wrong(const KnownDigest& known, const std::optional<struct stat>& found) {
  const store::FileDigest& digest = known.digest;
  if (!is_canonical(known.path) || digest.size < 0 || !store::is_sha256(digest.sha256)) {
    return Wrong{"damaged-digest", "the row of a digest is damaged"};
  }
  if (!found || !S_ISREG(found->st_mode))
    return Wrong{"digest-stale", "the file whose digest is kept is gone"};
  if (found->st_size == digest.size && mtime_ns(*found) == digest.mtime_ns && found->st_ino == digest.inode)
    return std::nullopt;
  return Wrong{"digest-stale", "the file is another than the one whose digest is kept"};
}

class DigestCheck {
 public:
  explicit DigestCheck(const CheckedAccount& checked) : checked_(checked) {}

  Status run() {
    std::string last;
    while (true) {
      const auto digests = checked_.store.digests_after(checked_.account.id, last, kAtOnce);
      if (!digests) return tl::unexpected<Error>(digests.error());
      if (digests->empty()) return {};
      if (const Status done = check(*digests); !done) return done;
      last = digests->back().path;
    }
  }

 private:
  Status check(const std::vector<KnownDigest>& digests) {
    std::vector<std::string> suspects;
    for (const KnownDigest& known : digests) {
      const auto found = look(known.path, false);
      if (!found) return tl::unexpected<Error>(found.error());
      if (whats_wrong(known, *found)) suspects.push_back(known.path);
    }
    if (!suspects.empty()) std::this_thread::sleep_for(kMoment);
    for (std::size_t at = 0; at < suspects.size(); at += kHeldAtOnce) {
      const auto piece = std::span(suspects).subspan(at, std::min(kHeldAtOnce, suspects.size() - at));
      if (const Status done = check_for_sure(piece); !done) return done;
    }
    return {};
  }

  HomeFiles::Found look(const std::string& path, bool again) const {
    if (!is_canonical(path)) return std::nullopt;
    return again ? checked_.home.look_again(path) : checked_.home.look(path);
  }

  Status check_for_sure(std::span<const std::string> paths) {
    std::vector<Finding> findings;
    const Status looked = checked_.store.hold(checked_.account.id, [&](Store::Held& held) -> Status {
      for (const std::string& path : paths) {
        const auto digest = held.digest_at(path);
        if (!digest || held.is_changing(path)) continue;
        const auto found = look(path, true);
        if (!found) return tl::unexpected<Error>(found.error());
        const auto wrong = whats_wrong({path, *digest}, *found);
        if (!wrong) continue;
        if (checked_.fixes) held.forget_digest(path);
        findings.push_back({wrong->kind, checked_.account.name, path, wrong->sentence,
                            "the digest is forgotten", checked_.fixes});
      }
      return {};
    });
    if (!looked) return looked;
    for (Finding& finding : findings) checked_.tell(std::move(finding));
    return {};
  }

  const CheckedAccount& checked_;
};

}  // namespace

Status check_digests(const CheckedAccount& checked) {
  return DigestCheck(checked).run();
}

}  // namespace ferry::admin
