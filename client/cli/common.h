// What the sub-commands have in common: operands become targets, errors become exit codes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/engine/cancel.h"
#include "client/engine/connection.h"
#include "client/engine/job.h"
#include "client/line/options.h"
#include "client/line/session.h"

namespace ferry::client {

int report(const Error& error);  // prints; the exit code
int usage_error(const std::string& text);
// An operand that leads nowhere is a wrong command line, whatever its kind.
int report_bad_operand(const Error& error);
// Errors on the way to a server. What cannot be read, and a password that nobody can be asked for, is the
// command line's fault.
int report_no_connection(const Error& error);

Result<Target> target_of(const Options& options, const std::string& operand);
// One password, or one certificate, is for one server: Errc::bad_syntax if they lead to several.
Result<std::vector<Target>> targets_of(const Options& options, const std::vector<std::string>& operands);

// Counts what came of one operand and prints its error. False: it was interrupted, nothing more is tried.
bool take_outcome(const Status& outcome, Tally& tally);

// Runs `act` for each operand's target; the codes of several are combined as a tally's.
using ActOnTarget = std::function<Status(Connection&, const std::string& path)>;
int for_each_target(const Options& options, Cancel& cancel, const std::vector<std::string>& operands,
                    const ActOnTarget& act);

}  // namespace ferry::client
