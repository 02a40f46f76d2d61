// Whether an interrupted transfer goes on: what is known of the piece that is there, what the user wants, and
// the table of what follows. Pure; who finds out and who asks is elsewhere (upload_start.h, part_start.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/bytes.h"

namespace ferry::client {

enum class Resume {
  never,      // from the beginning, always
  automatic,  // only what is proven the same goes on
  ask,        // as automatic, but the user says what happens to the rest
  always,     // also what nothing can be shown of; never what is known to differ
};
// "auto", "always", "never", "ask".
std::optional<Resume> parse_resume(std::string_view text);

// What is known of the piece against the file it would become.
enum class Proof { same, different, none };

enum class Decision { go_on, start_over, ask };
Decision decide(Resume wish, Proof proof);

struct ResumeQuestion {
  std::string name;           // of the remote file
  Bytes there = 0;            // how much there is
  Proof proof = Proof::none;  // never `same`
  std::string why;            // what is known or missing: "differs from this file"
};
enum class ResumeAnswer {
  go_on,  // not for what is known to differ
  start_over,
  leave,  // neither; the piece stays as it is
};
using AskResume = std::function<ResumeAnswer(const ResumeQuestion&)>;

}  // namespace ferry::client
