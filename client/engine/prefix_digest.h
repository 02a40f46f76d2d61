// Digests of a local file's beginning while the user watches and may stop it: asked for at growing lengths
// the file is read once. Blocks on the disk. Internal to client/engine.
#pragma once

#include <optional>
#include <string>

#include "client/engine/transfer.h"

namespace ferry::client {

class PrefixDigest {
 public:
  // `total` is for `progress` (Phase::comparing). All must outlive it; the server of `connection` is kept
  // from taking us for idle.
  PrefixDigest(Connection& connection, int file, std::optional<Bytes> total, const OnProgress& progress)
      : connection_(connection), file_(file), total_(total), progress_(progress) {}

  // Of the first `length` bytes. Errc::cancelled, io, out_of_range (the file is shorter).
  Result<std::string> hex(DigestKind kind, Bytes length);
  // The same as a state that goes on behind them.
  Result<Digest> take(DigestKind kind, Bytes length);

 private:
  Status reach(DigestKind kind, Bytes length);

  Connection& connection_;
  const int file_;
  const std::optional<Bytes> total_;
  const OnProgress& progress_;
  std::optional<Digest> digest_;
  Bytes position_ = 0;
};

}  // namespace ferry::client
