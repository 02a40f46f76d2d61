#include "client/engine/prefix_digest.h"

namespace ferry::client {

Status PrefixDigest::reach(DigestKind kind, Bytes length) {
  constexpr std::chrono::seconds kSignOfLife{60};
  if (!digest_ || digest_->kind() != kind || position_ > length) {
    digest_.emplace(kind);
    position_ = 0;
  }
  TransferState state;
  state.phase = Phase::comparing;
  state.total = total_;
  auto spoken = std::chrono::steady_clock::now();
  const auto watch = [&](Bytes) -> Status {
    if (connection_.cancel()->requested()) return fail(Errc::cancelled, "interrupted");
    if (progress_) progress_(state);
    if (const auto now = std::chrono::steady_clock::now(); now - spoken >= kSignOfLife) {
      spoken = now;
      if (auto alive = connection_.command("NOOP"); !alive) return tl::unexpected(alive.error());
    }
    return {};
  };
  const Bytes from = position_;
  position_ = length;
  auto fed = digest_range(file_, from, length, *digest_, watch);
  if (!fed) digest_.reset();
  return fed;
}

Result<std::string> PrefixDigest::hex(DigestKind kind, Bytes length) {
  if (auto reached = reach(kind, length); !reached) return tl::unexpected(reached.error());
  return digest_->hex();
}

Result<Digest> PrefixDigest::take(DigestKind kind, Bytes length) {
  if (auto reached = reach(kind, length); !reached) return tl::unexpected(reached.error());
  Digest taken = std::move(*digest_);
  digest_.reset();
  return taken;
}

}  // namespace ferry::client
