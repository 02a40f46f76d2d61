#include "client/queue/live.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "client/engine/state_file.h"
#include "client/engine/transfer_io.h"
#include "client/queue/item_json_internal.h"

namespace ferry::client {
namespace {

struct PhaseWord {
  Phase phase;
  std::string_view text;
};
constexpr std::array<PhaseWord, 4> kPhases{{
    {Phase::comparing, "comparing"},
    {Phase::moving, "moving"},
    {Phase::confirming, "confirming"},
    {Phase::verifying, "verifying"},
}};

std::int64_t number_in(const Json& json, const char* key) {
  if (!json.contains(key) || !json[key].is_number_integer()) return 0;
  return std::clamp<std::int64_t>(json[key].get<std::int64_t>(), 0, std::int64_t{1} << 60);
}

std::optional<Bytes> bytes_in(const Json& json, const char* key) {
  return json.contains(key) ? std::optional<Bytes>(number_in(json, key)) : std::nullopt;
}

std::string live_path(const std::string& folder) {
  return folder + "/live";
}

}  // namespace

std::string_view phase_word(Phase phase) {
  const auto word = std::ranges::find(kPhases, phase, &PhaseWord::phase);
  return word == kPhases.end() ? "" : word->text;
}

std::string format_live(const LiveMap& live) {
  std::string text;
  for (const auto& [id, progress] : live) {
    Json json;
    json["id"] = id;
    json["phase"] = phase_word(progress.phase);
    json["done"] = progress.done;
    json["resumed"] = progress.resumed;
    if (progress.total) json["total"] = *progress.total;
    json["files_done"] = progress.files_done;
    json["files_total"] = progress.files_total;
    text += line_of(json) + "\n";
  }
  return text;
}

LiveMap parse_live(std::string_view text) {
  LiveMap live;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const Json json = Json::parse(text.substr(0, end), nullptr, false);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!json.is_object() || number_in(json, "id") == 0) continue;
    LiveProgress progress;
    const std::string phase =
        json.contains("phase") && json["phase"].is_string() ? json["phase"].get<std::string>() : "";
    const auto word = std::ranges::find(kPhases, phase, &PhaseWord::text);
    if (word != kPhases.end()) progress.phase = word->phase;
    progress.done = number_in(json, "done");
    progress.resumed = number_in(json, "resumed");
    progress.total = bytes_in(json, "total");
    progress.files_done = number_in(json, "files_done");
    progress.files_total = number_in(json, "files_total");
    live[static_cast<QueueId>(number_in(json, "id"))] = progress;
  }
  return live;
}

Status write_live(const std::string& folder, const LiveMap& live) {
  const std::string fresh = live_path(folder) + ".new";
  {
    const UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return fail_errno(errno, fresh);
    if (auto written = write_fully(fd.get(), format_live(live)); !written) return written;
  }
  if (::rename(fresh.c_str(), live_path(folder).c_str()) != 0) return fail_errno(errno, fresh);
  return {};
}

LiveMap read_live(const std::string& folder) {
  auto text = read_state_file(live_path(folder));
  return text ? parse_live(*text) : LiveMap();
}

}  // namespace ferry::client
