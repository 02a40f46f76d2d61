// doctor: what works between here and a server.
#include <fmt/core.h>
#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/common.h"
#include "client/engine/doctor.h"
#include "client/line/exit_code.h"
#include "client/line/json_lines.h"
#include "client/line/signals.h"
#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

// On a terminal in columns, elsewhere tab-separated: verdict, topic, sentence. Foreign text is made safe in
// both, so that a finding is one line whatever a server says.
void print_finding(const Finding& finding, bool for_people) {
  const std::string_view verdict = verdict_word(finding.verdict);
  if (json_wanted()) {
    JsonObject fields;
    fields.text("verdict", verdict).text("topic", finding.topic).text("sentence", finding.sentence);
    if (finding.verdict == Finding::Verdict::problem) fields.object("error", error_fields(finding.error));
    emit_json("finding", fields);
    return;
  }
  const std::string sentence = terminal_safe(finding.sentence);
  if (for_people)
    fmt::print("{:<8} {:<12} {}\n", verdict, finding.topic, sentence);
  else
    fmt::print("{}\t{}\t{}\n", verdict, finding.topic, sentence);
  std::fflush(stdout);  // the next step may take its time
}

}  // namespace

int run_doctor(const Options& options, Cancel& cancel) {
  if (options.operands.empty() && options.host.empty())
    return usage_error("doctor: a site, a URL or -s HOST is needed");
  const auto target = target_of(options, options.operands.empty() ? "" : options.operands.front());
  if (!target) return report_bad_operand(target.error());
  Sessions sessions(options, cancel);
  TrustStore trust(TrustStore::default_path());
  std::optional<Credentials> credentials;
  const auto login = [&](Connection& connection) -> Status {
    if (!credentials) {
      auto known = sessions.credentials_for(target->site, target->user);
      if (!known) return tl::unexpected(known.error());
      credentials = std::move(*known);
    }
    return connection.login(credentials->user, credentials->password);
  };
  int code = kExitDone;
  const bool for_people = ::isatty(STDOUT_FILENO) == 1;
  const auto tell = [&](const Finding& finding) {
    print_finding(finding, for_people);
    if (finding.verdict == Finding::Verdict::problem && code == kExitDone)
      code = finding.error.kind == Errc::bad_syntax ? static_cast<int>(kExitUsage) : exit_code(finding.error);
  };
  Examination wish;
  wish.active = options.active;
  wish.write = options.write;
  wish.folder = [&](const Connection& connection) { return target->resolve(connection); };
  Doctor doctor(target->site, trust, cancel, tell);
  if (auto done = doctor.examine(wish, login); !done) return report(done.error());
  return code;
}

}  // namespace ferry::client
