#include "client/cli/common.h"

#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/line/json_lines.h"
#include "client/line/saved_sites.h"
#include "client/line/signals.h"

namespace ferry::client {
namespace {

// One password, or one certificate, belongs to one server.
Status check_one_server(const Options& options, const std::vector<Target>& targets) {
  const bool has_password = !options.password_file.empty() || options.password_fd >= 0;
  if (!has_password && options.pin.empty()) return {};
  for (const auto& target : targets) {
    if (target.site.key() == targets.front().site.key()) continue;
    return fail(Errc::bad_syntax, std::string(has_password ? "one password" : "--pin") +
                                      " cannot be for several servers: " + targets.front().site.key() +
                                      " and " + target.site.key());
  }
  return {};
}

}  // namespace

int report(const Error& error) {
  emit_json("error", error_fields(error));
  if (error.kind == Errc::cancelled) {
    print_error("interrupted");
    return interrupted_exit_code();
  }
  print_error(error.context);
  return exit_code(error);
}

int usage_error(const std::string& text) {
  emit_json("error", error_fields(Error{Errc::bad_syntax, text}));
  print_error(text);
  return kExitUsage;
}

int report_bad_operand(const Error& error) {
  return usage_error(error.context);
}

int report_no_connection(const Error& error) {
  if (error.kind != Errc::bad_syntax) return report(error);
  return usage_error(error.context);
}

Result<Target> target_of(const Options& options, const std::string& operand) {
  if (!options.host.empty()) return target_of_path(options, operand);
  return target_of_address(options, operand);
}

Result<std::vector<Target>> targets_of(const Options& options, const std::vector<std::string>& operands) {
  std::vector<Target> targets;
  for (const auto& operand : operands) {
    auto target = target_of(options, operand);
    if (!target) return tl::unexpected(target.error());
    targets.push_back(std::move(*target));
  }
  if (auto fine = check_one_server(options, targets); !fine) return tl::unexpected(fine.error());
  return targets;
}

bool take_outcome(const Status& outcome, Tally& tally) {
  if (outcome) {
    ++tally.done;
    return true;
  }
  report(outcome.error());
  ++tally.failed;
  if (!tally.first_error) tally.first_error = outcome.error();
  return outcome.error().kind != Errc::cancelled;
}

int for_each_target(const Options& options, Cancel& cancel, const std::vector<std::string>& operands,
                    const ActOnTarget& act) {
  auto targets = targets_of(options, operands);
  if (!targets) return report_bad_operand(targets.error());
  Sessions sessions(options, cancel);
  Tally tally;
  for (const auto& target : *targets) {
    auto connection = sessions.to(target);
    if (!connection) return report_no_connection(connection.error());
    const auto done = act(**connection, target.resolve(**connection));
    if (!take_outcome(done, tally)) return interrupted_exit_code();
  }
  sessions.quit();
  return exit_code(tally);
}

}  // namespace ferry::client
