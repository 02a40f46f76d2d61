// Whether all files of a command fit where they go, asked before the first byte. Blocks on network and disk.
#pragma once

#include <functional>
#include <string>

#include "client/engine/batch.h"
#include "client/engine/fit.h"

namespace ferry::client {

// Calls back with the target and the size, as far as known, of every file.
using OnPlanned = std::function<void(const std::string& target, std::optional<Bytes> size)>;
using ForEachPlanned = std::function<void(const OnPlanned&)>;

// Against the server's quota and room, below `folder`. What is replaced is looked for only if it matters.
// Errc::over_quota.
Status check_fit_there(CopyRun& run, const std::string& folder, const ForEachPlanned& files);

// Against the file system of `folder`, of which `keep_free` is to stay free. Errc::no_space.
Status check_fit_here(const std::string& folder, const ForEachPlanned& files, Bytes keep_free, int parallel);

}  // namespace ferry::client
