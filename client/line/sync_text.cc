#include "client/line/sync_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "shared/base/clock.h"
#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

std::string_view act_word(SyncAct act) {
  switch (act) {
    case SyncAct::make_folder:
      return "mkdir";
    case SyncAct::copy:
      return "copy";
    case SyncAct::remove_file:
      return "remove";
    case SyncAct::remove_folder:
      return "rmdir";
    case SyncAct::keep:
      return "keep";
  }
  return "";
}

// One word for programs: "target_newer".
std::string why_word(SyncWhy why) {
  std::string word(why_words(why));
  std::ranges::replace(word, ' ', '_');
  return word;
}

std::string shown_path(const SyncStep& step) {
  return step.path.empty() ? "." : step.path;
}

std::string_view refusal_word(RemovalRefusal refusal) {
  switch (refusal) {
    case RemovalRefusal::none:
      return "";
    case RemovalRefusal::source_missing:
      return "source_missing";
    case RemovalRefusal::source_unknown:
      return "source_unknown";
    case RemovalRefusal::source_empty:
      return "source_empty";
  }
  return "";
}

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  return count_for_people(count) + " " + std::string(count == 1 ? one : many);
}

}  // namespace

std::string step_for_people(const SyncStep& step) {
  return fmt::format("{:<6}  {:<16}  {:>8}  {}", act_word(step.act), why_words(step.why),
                     step.size ? bytes_for_people(*step.size) : "", terminal_safe(shown_path(step)));
}

std::string step_for_programs(const SyncStep& step) {
  return fmt::format("{}\t{}\t{}\t{}\t{}", act_word(step.act), why_word(step.why),
                     step.size ? std::to_string(*step.size) : "-",
                     step.modified ? iso_time(step.modified->at) : "-", shown_path(step));
}

JsonObject step_fields(const SyncStep& step) {
  JsonObject fields;
  fields.text("act", act_word(step.act)).text("why", why_word(step.why)).text("path", shown_path(step));
  fields.number("size", step.size);
  if (step.modified) fields.text("modified", iso_time(step.modified->at));
  if (step.act == SyncAct::copy) fields.truth("replaces", step.replaces);
  return fields;
}

std::string plan_for_people(const SyncPlan& plan) {
  std::vector<std::string> parts;
  if (plan.folders > 0) parts.push_back(counted(plan.folders, "folder to make", "folders to make"));
  if (plan.copies > 0)
    parts.push_back(fmt::format("{} ({})", counted(plan.copies, "file to copy", "files to copy"),
                                bytes_for_people(plan.copy_bytes)));
  if (plan.removals > 0)
    parts.push_back(fmt::format("{} to remove ({})", count_for_people(plan.removals),
                                bytes_for_people(plan.removal_bytes)));
  if (plan.left > 0) parts.push_back(counted(plan.left, "difference left", "differences left"));
  if (!plan.has_work()) parts.insert(parts.begin(), "nothing to do");
  if (plan.same > 0) parts.push_back(count_for_people(plan.same) + " the same");
  if (plan.excluded > 0) parts.push_back(count_for_people(plan.excluded) + " excluded");
  if (plan.extra > 0) parts.push_back(count_for_people(plan.extra) + " only in the target");
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

JsonObject plan_fields(const SyncPlan& plan) {
  JsonObject fields;
  fields.number("folders", plan.folders)
      .number("copies", plan.copies)
      .number("copy_bytes", plan.copy_bytes)
      .number("removals", plan.removals)
      .number("removal_bytes", plan.removal_bytes)
      .number("left", plan.left)
      .number("same", plan.same)
      .number("same_by_size", plan.same_by_size)
      .number("excluded", plan.excluded)
      .number("extra", plan.extra);
  if (plan.refusal != RemovalRefusal::none) fields.text("removal_refused", refusal_word(plan.refusal));
  return fields;
}

std::string refusal_for_people(RemovalRefusal refusal) {
  switch (refusal) {
    case RemovalRefusal::none:
      return "";
    case RemovalRefusal::source_missing:
      return "nothing is removed: the source is not there";
    case RemovalRefusal::source_unknown:
      return "nothing is removed: not all of the source could be read";
    case RemovalRefusal::source_empty:
      return "the source is empty, and --delete would empty the target; --allow-empty says that this is "
             "meant";
  }
  return "";
}

}  // namespace ferry::client
