#include "client/engine/part_start.h"

#include <algorithm>

#include "client/engine/prefix_digest.h"

namespace ferry::client {
namespace {

struct Finding {
  Proof proof = Proof::none;
  std::string why;   // when it is not `same`
  Bytes offset = 0;  // what can be kept if it goes on
  Bytes overlap = 0;
};

Finding different(std::string why) {
  return {Proof::different, std::move(why), 0, 0};
}

class PartExamination {
 public:
  PartExamination(Connection& connection, const std::string& remote, const ftp::Entry& entry,
                  const PartFile& part, const PartJournal& now, PrefixDigest& here)
      : connection_(connection),
        remote_(remote),
        entry_(entry),
        part_(part),
        now_(now),
        here_(here),
        there_(part.size()) {}

  Result<Finding> run();

 private:
  bool is_ours() const { return part_.journal() && part_.journal()->from == now_.from; }
  std::optional<Finding> by_facts() const;
  Result<std::optional<Finding>> by_own_digest(Bytes trusted);
  Result<std::optional<Finding>> by_servers_digest(Bytes trusted);
  Result<std::optional<Proof>> compare(DigestKind kind, Bytes length);

  Connection& connection_;
  const std::string& remote_;
  const ftp::Entry& entry_;
  const PartFile& part_;
  const PartJournal& now_;
  PrefixDigest& here_;
  const Bytes there_;
};

// What needs no reading.
std::optional<Finding> PartExamination::by_facts() const {
  if (entry_.size && there_ > *entry_.size) return different("is longer than the file on the server");
  if (!is_ours()) return std::nullopt;
  const PartJournal& then = *part_.journal();
  const bool has_changed = (then.size && now_.size && then.size != now_.size) ||
                           (then.modified_ns && now_.modified_ns && then.modified_ns != now_.modified_ns);
  if (has_changed) return different("is of a file that has changed on the server");
  return std::nullopt;
}

// The synced bytes are what they were when they were written down, or somebody wrote to the partial.
Result<std::optional<Finding>> PartExamination::by_own_digest(Bytes trusted) {
  if (trusted == 0 || !part_.journal()->digest_kind || part_.journal()->synced == 0)
    return std::optional<Finding>();
  const PartJournal& then = *part_.journal();
  if (there_ < then.synced) return different("is shorter than it was");
  auto hex = here_.hex(*then.digest_kind, then.synced);
  if (!hex) return tl::unexpected(hex.error());
  if (*hex != then.digest) return different("is not what was received");
  return std::optional<Finding>();
}

Result<std::optional<Proof>> PartExamination::compare(DigestKind kind, Bytes length) {
  auto theirs = remote_prefix_digest(connection_, remote_, kind, length, entry_.size == length);
  if (!theirs) return tl::unexpected(theirs.error());
  if (!*theirs) return std::optional<Proof>();
  auto ours = here_.hex(kind, length);
  if (!ours) return tl::unexpected(ours.error());
  return *ours == **theirs ? Proof::same : Proof::different;
}

// All that is there; if that differs, what survived a power cut for sure.
Result<std::optional<Finding>> PartExamination::by_servers_digest(Bytes trusted) {
  const auto kind = offered_digest(connection_.features());
  if (!kind) return std::optional<Finding>();
  for (const Bytes length : {there_, trusted}) {
    if (length == 0) break;
    auto proof = compare(*kind, length);
    if (!proof) return tl::unexpected(proof.error());
    if (!*proof) return std::optional<Finding>();
    if (**proof == Proof::same) return Finding{Proof::same, "", length, 0};
    if (trusted >= there_) break;
  }
  return different("differs from the server's");
}

Result<Finding> PartExamination::run() {
  if (auto told = by_facts()) return *told;
  // Without size and time nothing shows that the file on the server is still the same.
  const bool is_known =
      is_ours() && now_.size && now_.modified_ns && part_.journal()->size && part_.journal()->modified_ns;
  const Bytes trusted = is_known ? trusted_bytes(*part_.journal(), there_, boot_id()) : 0;
  auto told = by_own_digest(trusted);
  if (told && !*told) told = by_servers_digest(trusted);
  if (!told) return tl::unexpected(told.error());
  if (*told) return **told;
  const Bytes kept = trusted > 0 ? trusted : there_;
  Finding finding{trusted > 0 ? Proof::same : Proof::none, "cannot be shown to be of this file", kept,
                  std::min(kept, kOverlap)};
  if (is_ours() && is_known) finding.why = "may not have reached the disk";
  return finding;
}

std::string good_news(const std::string& remote, const Finding& finding) {
  const std::string size = bytes_for_people(finding.offset);
  if (finding.overlap == 0) return remote + ": goes on at " + size + ", the same on both sides so far";
  return remote + ": goes on at " + size + ", once the end of that is the same as on the server";
}

}  // namespace

PartStart fresh_part_start(Connection& connection, const std::string& remote, const ftp::Entry& entry,
                           std::optional<DigestKind> kind) {
  PartStart start;
  if (kind) start.digest.emplace(*kind);
  start.journal.from = {connection.site().key(), connection.user(), remote};
  start.journal.size = entry.size;
  if (entry.modified) start.journal.modified_ns = entry.modified->time_since_epoch().count();
  return start;
}

Result<bool> settle(const Connection& connection, const TransferOptions& options,
                    const ResumeQuestion& question, std::string_view done) {
  const Decision decision = decide(options.resume, question.proof);
  if (decision == Decision::ask && options.ask) {
    const ResumeAnswer answer = options.ask(question);
    if (connection.cancel()->requested()) return fail(Errc::cancelled, "interrupted");
    if (answer == ResumeAnswer::leave) {
      return fail(Errc::exists, question.name + ": left as it is; what is there (" +
                                    bytes_for_people(question.there) + ") " + question.why);
    }
    return answer == ResumeAnswer::go_on && question.proof != Proof::different;
  }
  if (decision == Decision::go_on) return true;
  if (options.note) {
    options.note(question.name + ": what is there (" + bytes_for_people(question.there) + ") " +
                 question.why + ", so it is " + std::string(done) + " from the start");
  }
  return false;
}

Result<PartStart> find_part_start(Connection& connection, const std::string& remote, const ftp::Entry& entry,
                                  const PartFile& part, std::optional<DigestKind> kind,
                                  const TransferOptions& options, const OnProgress& progress) {
  PartStart start = fresh_part_start(connection, remote, entry, kind);
  const Bytes there = part.size();
  if (options.resume == Resume::never || there == 0) return start;
  PrefixDigest here(connection, part.fd(), entry.size, progress);
  auto finding = PartExamination(connection, remote, entry, part, start.journal, here).run();
  if (!finding) return tl::unexpected(finding.error());
  if (finding->proof != Proof::same) {
    auto goes_on = settle(connection, options, {remote, there, finding->proof, finding->why}, "fetched");
    if (!goes_on) return tl::unexpected(goes_on.error());
    if (!*goes_on) return start;
  }
  start.offset = finding->offset;
  start.overlap = finding->overlap;
  if (options.note) options.note(good_news(remote, *finding));
  if (const auto& then = part.journal();
      then && then->from == start.journal.from && then->synced <= start.offset) {
    start.journal.synced = then->synced;
    start.journal.digest_kind = then->digest_kind;
    start.journal.digest = then->digest;
  }
  if (!kind) return start;
  auto digest = here.take(*kind, start.offset);
  if (!digest) return tl::unexpected(digest.error());
  start.digest = std::move(*digest);
  return start;
}

}  // namespace ferry::client
