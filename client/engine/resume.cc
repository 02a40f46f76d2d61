#include "client/engine/resume.h"

namespace ferry::client {

std::optional<Resume> parse_resume(std::string_view text) {
  if (text == "auto") return Resume::automatic;
  if (text == "always") return Resume::always;
  if (text == "never") return Resume::never;
  if (text == "ask") return Resume::ask;
  return std::nullopt;
}

Decision decide(Resume wish, Proof proof) {
  if (wish == Resume::never) return Decision::start_over;
  if (proof == Proof::same) return Decision::go_on;
  if (wish == Resume::ask) return Decision::ask;
  if (wish == Resume::always && proof == Proof::none) return Decision::go_on;
  return Decision::start_over;
}

}  // namespace ferry::client
