// Digests of complete files. A hint that its user checks (size, mtime, inode); never the truth about a file.
#include "shared/store/store_internal.h"

namespace ferry::store {

bool is_sha256(std::string_view text) {
  constexpr std::size_t kDigits = 64;
  return text.size() == kDigits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

void Store::Impl::replace_digest(AccountId account, std::string_view path, const FileDigest& digest) {
  if (digest.sha256.empty()) {
    exec("DELETE FROM digest WHERE account = ?1 AND path = ?2", account, path);
    return;
  }
  exec(
      "INSERT OR REPLACE INTO digest (account, path, size, mtime_ns, inode, sha256)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      account, path, digest.size, digest.mtime_ns, static_cast<std::int64_t>(digest.inode), digest.sha256);
}

std::optional<FileDigest> Store::Impl::known_digest(AccountId account, std::string_view path) {
  const Stmt row = prepared(
      "SELECT size, mtime_ns, inode, sha256 FROM digest WHERE account = ?1 AND path = ?2", account, path);
  if (!row->executeStep()) return std::nullopt;
  return FileDigest{number_at(*row, 0), number_at(*row, 1), static_cast<std::uint64_t>(number_at(*row, 2)),
                    bytes_at(*row, 3)};
}

Result<std::optional<FileDigest>> Store::digest_at(AccountId account, std::string_view path) {
  return impl_->read("finding a digest", [&]() -> Result<std::optional<FileDigest>> {
    return impl_->known_digest(account, path);
  });
}

Result<std::vector<KnownDigest>> Store::digests_after(AccountId account, std::string_view path, int most) {
  return impl_->read("listing digests", [&]() -> Result<std::vector<KnownDigest>> {
    std::vector<KnownDigest> digests;
    const Stmt row = impl_->prepared(
        "SELECT path, size, mtime_ns, inode, sha256 FROM digest WHERE account = ?1 AND path > ?2 ORDER BY "
        "path"
        " LIMIT ?3",
        account, path, std::int64_t{most});
    while (row->executeStep()) {
      digests.push_back({bytes_at(*row, 0),
                         {number_at(*row, 1), number_at(*row, 2),
                          static_cast<std::uint64_t>(number_at(*row, 3)), bytes_at(*row, 4)}});
    }
    return digests;
  });
}

Status Store::keep_digest(AccountId account, std::string_view path, const FileDigest& digest) {
  return impl_->write("keeping a digest", [&]() -> Status {
    impl_->replace_digest(account, path, digest);
    return {};
  });
}

}  // namespace ferry::store
