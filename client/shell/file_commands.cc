// get, put, cat, md5, sha256.
#include <unistd.h>

#include <cstdio>

#include "client/engine/streams.h"
#include "client/engine/verify.h"
#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/line/operations.h"
#include "client/line/signals.h"
#include "client/shell/commands.h"
#include "client/shell/shell.h"

namespace ferry::client {
namespace {

struct TransferWish {
  std::string from, to;  // `to` may be ""
  bool recursive = false;
  JobOptions job;
};

// A last word md5 or sha256 behind another one asks for verification; a file of that name is "./md5".
TransferWish wish_of(const ShellArguments& arguments) {
  TransferWish wish;
  std::vector<std::string> operands = arguments.operands;
  if (operands.size() > 1 && (operands.back() == "md5" || operands.back() == "sha256")) {
    wish.job.verify = parse_verify_wish(operands.back()).value();
    operands.pop_back();
  }
  wish.from = operands.front();
  if (operands.size() > 1) wish.to = operands[1];
  wish.recursive = arguments.has('r');
  if (arguments.has('c')) wish.job.resume = Resume::automatic;
  return wish;
}

// The session's own connection does its part; others come beside it for as long as this takes.
void copy_with(Shell& shell, Connection& connection, const JobOptions& job, JobObserver& observer,
               Tally& tally, const std::function<void(CopyRun&)>& copy) {
  SessionPool pool(shell.sessions().opener(connection, shell.credentials()),
                   {.most = shell.options().parallel});
  pool.include(connection);
  Reports reports(observer, tally);
  BatchOptions options;
  options.job = job;
  options.parallel = shell.options().parallel;
  options.retry.retries = shell.options().retries;
  CopyRun run{pool, std::move(options), reports, shell.sessions().cancel()};
  copy(run);
}

int too_many(std::string_view usage) {
  print_error("too many words (quote names with spaces); usage: " + std::string(usage));
  return kExitUsage;
}

bool has_too_many(const ShellArguments& arguments) {
  const auto& last = arguments.operands.back();
  return arguments.operands.size() == 3 && last != "md5" && last != "sha256";
}

int conclude(Shell& shell, const Tally& tally, Display& display) {
  display.summarize(tally);
  if (may_be_continued(tally) && !shell.options().quiet)
    print_error("what has arrived is kept; the same command with -c goes on from there");
  const bool is_interrupted = tally.stopped_by && tally.stopped_by->kind == Errc::cancelled;
  return is_interrupted ? interrupted_exit_code() : exit_code(tally);
}

int print_digests(Shell& shell, const std::vector<std::string>& names, DigestKind kind) {
  int code = kExitDone;
  for (const auto& name : names) {
    auto connection = shell.connection();
    if (!connection) return shell.report(connection.error());
    auto digest = remote_digest(**connection, (*connection)->absolute(name), kind, std::nullopt, {});
    if (!digest) {
      const int failed = shell.report(digest.error());
      if (code == kExitDone) code = failed;
      if (digest.error().kind == Errc::cancelled) break;
      continue;
    }
    print_digest(digest->hex, name);
    if (digest->source == DigestSource::read_back && !shell.options().quiet) {
      print_error(name + ": " + std::string(source_words(digest->source)));
    }
  }
  return code;
}

}  // namespace

int shell_get(Shell& shell, const ShellArguments& arguments) {
  if (has_too_many(arguments)) return too_many(find_shell_command("get")->usage);
  auto connection = shell.connection();
  if (!connection) return shell.report(connection.error());
  const TransferWish wish = wish_of(arguments);
  const std::string remote = (*connection)->absolute(wish.from);
  Display display(Display::style_for(STDERR_FILENO, shell.options().quiet));
  Tally tally;
  copy_with(shell, **connection, wish.job, display, tally, [&](CopyRun& run) {
    get_sources(run, {remote}, {wish.to, wish.recursive});
  });
  return conclude(shell, tally, display);
}

int shell_put(Shell& shell, const ShellArguments& arguments) {
  if (has_too_many(arguments)) return too_many(find_shell_command("put")->usage);
  auto connection = shell.connection();
  if (!connection) return shell.report(connection.error());
  shell.names_changed();
  const TransferWish wish = wish_of(arguments);
  const std::string remote = (*connection)->absolute(wish.to);
  const bool into_folder = wish.to.empty() || wish.to.back() == '/';
  Display display(Display::style_for(STDERR_FILENO, shell.options().quiet));
  Tally tally;
  copy_with(shell, **connection, wish.job, display, tally, [&](CopyRun& run) {
    put_sources(run, {wish.from}, {remote, into_folder, wish.recursive});
  });
  return conclude(shell, tally, display);
}

int shell_cat(Shell& shell, const ShellArguments& arguments) {
  std::fflush(stdout);
  Display display(Display::Style::quiet);
  StreamOutput output{STDOUT_FILENO};
  Tally tally;
  for (const auto& name : arguments.operands) {
    auto connection = shell.connection();
    if (!connection) return shell.report(connection.error());
    const std::string remote = (*connection)->absolute(name);
    if (!get_one_to_stream(**connection, remote, remote, output, {}, display, tally)) break;
  }
  if (output.reader_has_left) return kExitFailure;
  if (tally.stopped_by && tally.stopped_by->kind == Errc::cancelled) return interrupted_exit_code();
  return exit_code(tally);
}

int shell_md5(Shell& shell, const ShellArguments& arguments) {
  return print_digests(shell, arguments.operands, DigestKind::md5);
}

int shell_sha256(Shell& shell, const ShellArguments& arguments) {
  return print_digests(shell, arguments.operands, DigestKind::sha256);
}

}  // namespace ferry::client
