// What becomes of a file whose target is there already: --if-exists. Facts of both sides come in, an action
// comes out; who finds out and who acts is elsewhere (placing.h). Pure.
//
// What cannot be told is never guessed: neither is a file replaced that may be the newer one, nor one left
// out in silence that may be the older.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/bytes.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace ferry::client {

enum class IfExists {
  resume,     // proven to be the file, or its beginning: go on; else as `fail`
  overwrite,  // replace it
  newer,      // replace it by a newer one
  size,       // replace it by one of another size
  hash,       // replace it by one of another digest
  skip,       // leave it
  rename,     // leave it, and copy under the next free name: "name (2).ext"
  fail,       // leave it: Errc::exists
};
// "resume", "overwrite", … as above.
std::optional<IfExists> parse_if_exists(std::string_view text);

enum class FileKind { none, file, folder, other };  // other: a pipe, a device, a link to nowhere

struct SideFacts {
  FileKind kind = FileKind::none;
  std::optional<Bytes> size;
  std::optional<WallTime> modified;
  // How exactly `modified` is known: a second, or the minute or day that LIST gives.
  std::chrono::seconds precision{1};
};

enum class Sameness { unknown, equal, different };

struct ConflictFacts {
  SideFacts source, target;
  Sameness content = Sameness::unknown;  // by digests
};

// Would decide_conflict() ask for `content`?
bool needs_digests(IfExists policy, const ConflictFacts& facts);

struct Verdict {
  enum class Action { copy, resume, skip, rename, fail };
  Action action = Action::copy;
  std::string why = {};      // of skip and fail, one clause: "is not newer"
  Errc kind = Errc::exists;  // of fail
};
Verdict decide_conflict(IfExists policy, const ConflictFacts& facts);

// Is `a` later than `b`, as far as the less exact of the two tells?
bool is_later(WallTime a, WallTime b, std::chrono::seconds precision);

// "a.txt", 2 -> "a (2).txt"; ".profile" -> ".profile (2)"; "a.tar.gz" -> "a (2).tar.gz". Never longer than
// 255 bytes: the front part is cut, between characters.
std::string numbered_name(std::string_view name, int number);

}  // namespace ferry::client
