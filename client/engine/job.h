// What a user asked for in one go: a file or many, with verification, reported as it happens. The front ends
// draw what JobObserver hears and turn the Tally into their exit code. No terminal here.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/engine/once.h"
#include "client/engine/transfer.h"
#include "client/engine/verify.h"

namespace ferry::client {

enum class Direction { up, down };

struct JobOptions {
  Resume resume = Resume::never;
  VerifyWish verify;
  Preserve preserve;
  bool keep_existing = false;  // as TransferOptions
  std::shared_ptr<Once> once =
      std::make_shared<Once>();  // what has been told, in all copies of these options
  bool wants_sha256 = false;  // as TransferOptions
};

struct FileReport {
  Direction direction = Direction::up;
  std::string name;  // as the user knows it: foreign bytes
  TransferResult result;
  std::string local = {}, remote = {};  // its path here; its address there, as url_of() has it
};

// Sizes come from servers, which may say anything: what is beyond 2^60 counts as unknown, and a sum stays
// there.
Bytes plausible_sum(Bytes sum, std::optional<Bytes> size);

// One file of a job, from 1 on, in the order in which they start. Several may be in flight.
using ItemId = std::uint64_t;

// Hears from one thread at a time, whichever moves the file. A file starts once and ends once: done, skipped
// or failed; between tries it is `retrying`.
class JobObserver {
 public:
  virtual ~JobObserver() = default;
  virtual void plan(std::int64_t files, Bytes bytes) = 0;  // before the first file; bytes as far as known
  virtual void file_starts(ItemId item, Direction direction, const std::string& name,
                           std::optional<Bytes> size) = 0;
  virtual void progress(ItemId item, const TransferState& state) = 0;
  virtual void file_done(ItemId item, const FileReport& report) = 0;
  virtual void skipped(ItemId item, const std::string& name, const std::string& why) = 0;
  virtual void failed(ItemId item, const Error& error) = 0;  // 0: a folder, or the job as a whole
  // Try number `attempt` (from 2 on) comes after `wait`.
  virtual void retrying(ItemId item, const Error& error, int attempt, std::chrono::milliseconds wait) = 0;
  virtual void note(const std::string& text) = 0;
  // Resume::ask. Blocks until there is an answer.
  virtual ResumeAnswer ask_resume(ItemId, const ResumeQuestion&) { return ResumeAnswer::start_over; }
};

// How it went so far. `stopped_by`: the rest was not tried (the connection is gone, the user said stop).
struct Tally {
  ItemId last_item = 0;
  std::int64_t done = 0, failed = 0;
  std::int64_t skipped = 0;   // by the conflict policy, or because nothing had to be done
  std::int64_t verified = 0;  // of those done: both sides' digests are the same
  std::optional<Error> first_error;
  std::optional<Error> stopped_by;
};

// Counts and reports; false when the connection cannot carry on. For what is not done by a Batch.
bool take_failure(Connection& connection, ItemId item, Error error, JobObserver& observer, Tally& tally);

}  // namespace ferry::client
