// How a sub-command of ftpadm ends. What it has to say goes to stderr in one place, main.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "shared/base/result.h"

namespace ferry::admin {

enum class ExitCode {
  done = 0,
  failure = 1,
  usage = 2,
  no_such_account = 3,
  exists_already = 4,
  drift = 5,  // store and disk differ, and that was not put right
  needs_yes = 9
};

struct Refusal {
  ExitCode code = ExitCode::failure;
  std::string sentence;  // for the operator, no full stop; may hold foreign bytes
};

template <typename T>
using OrRefusal = tl::expected<T, Refusal>;
using Outcome = OrRefusal<void>;

inline tl::unexpected<Refusal> refuse(ExitCode code, std::string sentence) {
  return tl::unexpected<Refusal>(Refusal{code, std::move(sentence)});
}
inline tl::unexpected<Refusal> refuse(const Error& error) {
  return refuse(ExitCode::failure, error.context);
}

}  // namespace ferry::admin
