#include "client/engine/conflict.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ferry::client {
namespace {

using Action = Verdict::Action;
using std::chrono::seconds;

constexpr std::array<std::pair<std::string_view, IfExists>, 8> kPolicies{{
    {"resume", IfExists::resume},
    {"overwrite", IfExists::overwrite},
    {"newer", IfExists::newer},
    {"size", IfExists::size},
    {"hash", IfExists::hash},
    {"skip", IfExists::skip},
    {"rename", IfExists::rename},
    {"fail", IfExists::fail},
}};

Verdict failing(std::string why, Errc kind = Errc::exists) {
  return {Action::fail, std::move(why), kind};
}

Verdict copy_unless(bool is_same, const char* why) {
  return is_same ? Verdict{Action::skip, why} : Verdict{Action::copy};
}

Verdict by_time(const ConflictFacts& facts) {
  if (!facts.source.modified || !facts.target.modified)
    return failing("is there, and the server does not tell which of the two is newer");
  const seconds precision = std::max(facts.source.precision, facts.target.precision);
  return copy_unless(!is_later(*facts.source.modified, *facts.target.modified, precision),
                     "what is there is as new");
}

Verdict by_size(const ConflictFacts& facts) {
  if (!facts.source.size || !facts.target.size)
    return failing("is there, and the server does not tell its size");
  return copy_unless(*facts.source.size == *facts.target.size, "what is there has the same size");
}

bool sizes_differ(const ConflictFacts& facts) {
  return facts.source.size && facts.target.size && *facts.source.size != *facts.target.size;
}

Verdict by_digest(const ConflictFacts& facts) {
  if (sizes_differ(facts) || facts.content == Sameness::different) return {Action::copy};
  if (facts.content == Sameness::unknown)
    return failing("is there, and the server has no digest of it to compare");
  return {Action::skip, "what is there has the same digest"};
}

// No policy puts a file in a folder's place. A pipe or a device has no place for a file either.
std::optional<Verdict> clash_of_kinds(const ConflictFacts& facts) {
  if (facts.target.kind == FileKind::folder) return failing("is a folder there", Errc::is_directory);
  if (facts.target.kind == FileKind::other) return failing("is no regular file there");
  return std::nullopt;
}

// Where in `name` its ending begins: "a.tar.gz" 1, "a.txt" 1, ".profile" and "a" none.
std::size_t ending_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == name.npos || dot == 0 || dot + 1 == name.size()) return name.size();
  constexpr std::string_view kTar = ".tar";
  if (dot > kTar.size() && name.substr(dot - kTar.size(), kTar.size()) == kTar) return dot - kTar.size();
  return dot;
}

}  // namespace

std::optional<IfExists> parse_if_exists(std::string_view text) {
  for (const auto& [name, policy] : kPolicies) {
    if (name == text) return policy;
  }
  return std::nullopt;
}

bool needs_digests(IfExists policy, const ConflictFacts& facts) {
  return policy == IfExists::hash && facts.target.kind == FileKind::file && !sizes_differ(facts);
}

Verdict decide_conflict(IfExists policy, const ConflictFacts& facts) {
  if (facts.target.kind == FileKind::none) return {Action::copy};
  if (auto clash = clash_of_kinds(facts)) return *clash;
  switch (policy) {
    case IfExists::resume:
      return {Action::resume};
    case IfExists::overwrite:
      return {Action::copy};
    case IfExists::newer:
      return by_time(facts);
    case IfExists::size:
      return by_size(facts);
    case IfExists::hash:
      return by_digest(facts);
    case IfExists::skip:
      return {Action::skip, "it is there already"};
    case IfExists::rename:
      return {Action::rename};
    case IfExists::fail:
      break;
  }
  return failing("is there already");
}

bool is_later(WallTime a, WallTime b, seconds precision) {
  const auto step = [&](WallTime when) {
    const auto whole = std::chrono::floor<seconds>(when).time_since_epoch();
    const auto beyond = whole % precision;
    return beyond < seconds(0) ? whole - beyond - precision : whole - beyond;
  };
  return step(a) > step(b);
}

std::string numbered_name(std::string_view name, int number) {
  constexpr std::size_t kLongest = 255;
  const std::string mark = " (" + std::to_string(number) + ")";
  std::size_t ending = ending_of(name);
  if (name.size() - ending + mark.size() >= kLongest) ending = name.size();  // no ending worth the name
  std::size_t kept = ending;
  const std::size_t most = kLongest - mark.size() - (name.size() - ending);
  if (kept > most) {
    kept = most;
    while (kept > 0 && (static_cast<unsigned char>(name[kept]) & 0xC0) == 0x80) --kept;
  }
  return std::string(name.substr(0, kept)) + mark + std::string(name.substr(ending));
}

}  // namespace ferry::client
