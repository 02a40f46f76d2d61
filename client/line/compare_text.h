// Tells what `ferry verify` finds: differences on stdout, what cannot be read on stderr.
#pragma once

#include <string>

#include "client/engine/compare.h"

namespace ferry::client {

// One line each, with its end. For programs "WORD<TAB>A<TAB>B<TAB>NAME": A and B are sizes or digests, "-"
// where it is about neither; the name is last and as it is, "." for the two places themselves. Pure.
std::string difference_for_programs(const Difference& difference);
std::string difference_for_people(const Difference& difference);

class CompareDisplay : public CompareObserver {
 public:
  explicit CompareDisplay(bool is_quiet);
  ~CompareDisplay() override;

  void file(const std::string& name, std::int64_t number, std::int64_t files) override;
  void difference(const Difference& difference) override;
  void failed(const Error& error) override;
  void note(const std::string& text) override;

  // Says how it ended; the exit code.
  int conclude(const Comparison& comparison);

 private:
  const bool is_quiet_;
  bool has_rows_ = false;
  SteadyTime drawn_at_{};
};

}  // namespace ferry::client
