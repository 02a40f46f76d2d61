// A sync's plan as text: for people, for programs, and as fields of --json. Pure.
#pragma once

#include <string>

#include "client/engine/sync_plan.h"
#include "client/line/json_lines.h"

namespace ferry::client {

// "copy    newer          1.2 MiB  写真集.zip"; names made safe. One line, no newline.
std::string step_for_people(const SyncStep& step);
// "copy<TAB>newer<TAB>1234<TAB>2026-11-18T13:05:31Z<TAB>写真集.zip": what is done (mkdir, copy, remove,
// rmdir, keep), why, size, time; "-" for what is not known; the name is last and as it is.
std::string step_for_programs(const SyncStep& step);
JsonObject step_fields(const SyncStep& step);

// "1 folder to make, 12 files to copy (1.21 MiB), 3 to remove (5 B), 2 differences left, 5,000 the same".
std::string plan_for_people(const SyncPlan& plan);
JsonObject plan_fields(const SyncPlan& plan);

// Why nothing is removed; "" when nothing stands against it.
std::string refusal_for_people(RemovalRefusal refusal);

}  // namespace ferry::client
