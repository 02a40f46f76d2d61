// The fields of --json's lines about transfers, as docs/json.md has them. Pure.
#pragma once

#include <vector>

#include "client/line/json_lines.h"
#include "client/line/progress.h"

namespace ferry::client {

JsonObject start_fields(const FileRow& file);
JsonObject progress_fields(const TotalRow& total, const std::vector<FileRow>& files);
JsonObject done_fields(ItemId item, const FileReport& report);
// Where a digest of the other side came from: "announced", "asked", "read_back"; never renamed.
std::string_view source_name(DigestSource source);
// item, direction and name: what `skip`, `retry` and `error` say of their file.
JsonObject file_fields(const FileRow& file);

}  // namespace ferry::client
