// ftpadm check: what is found, and what is said about it. The parts are in check_*.cc.
#include "admin/check.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "admin/context.h"
#include "admin/control_client.h"
#include "admin/running.h"
#include "shared/base/clock.h"
#include "shared/base/terminal_text.h"

namespace ferry::admin {

namespace {

using store::Account;
using store::Store;

void say(const std::string& line) {
  std::fprintf(stderr, "ftpadm: %s\n", terminal_safe(line).c_str());
}

std::string sentence_of(const Finding& finding) {
  std::string text = finding.account + ": ";
  if (!finding.path.empty()) text += finding.path + ": ";
  text += finding.sentence;
  if (finding.is_fixed) return text + "; fixed: " + finding.remedy;
  if (finding.remedy.empty()) return text + "; this needs the operator";
  return text + "; with --fix " + finding.remedy;
}

// One finding after the other, as they come: there may be very many.
class Printer {
 public:
  explicit Printer(bool as_json) : as_json_(as_json) {}

  void print(const Finding& finding) {
    ++found_;
    if (finding.is_fixed) ++fixed_;
    if (!as_json_) {
      std::printf("%s\n", terminal_safe(sentence_of(finding)).c_str());
      return;
    }
    using json = nlohmann::ordered_json;
    const json object = {{"account", finding.account},
                         {"kind", finding.kind},
                         {"path", finding.path.empty() ? json() : json(finding.path)},
                         {"sentence", finding.sentence},
                         {"remedy", finding.remedy.empty() ? json() : json(finding.remedy)},
                         {"fixed", finding.is_fixed}};
    // Bytes that are not UTF-8 (a path may have any) become U+FFFD: JSON has no other way.
    const std::string text = object.dump(-1, ' ', false, json::error_handler_t::replace);
    std::printf("%s%s", found_ == 1 ? "[\n  " : ",\n  ", text.c_str());
  }
  void end() {
    if (as_json_) std::fputs(found_ == 0 ? "[]\n" : "\n]\n", stdout);
  }
  std::size_t found() const { return found_; }
  std::size_t fixed() const { return fixed_; }

 private:
  bool as_json_;
  std::size_t found_ = 0, fixed_ = 0;
};

// While a settler runs, what a dead worker left is about to go.
constexpr std::chrono::seconds kSettlesWithin{5};
constexpr std::chrono::milliseconds kMoment{50};

LivingOwners living_owners(const Options& options) {
  const auto runs = does_ferryd_run(options.store);
  if (!runs) return std::nullopt;
  if (!*runs) return std::set<store::OwnerId>();
  const Deadline deadline = Deadline::after(kSettlesWithin);
  while (true) {
    const auto owners = ask_owners(options.run_dir);
    if (!owners) return std::nullopt;
    if (!owners->is_settling) return std::set<store::OwnerId>(owners->workers.begin(), owners->workers.end());
    if (deadline.passed()) return std::nullopt;
    std::this_thread::sleep_for(kMoment);
  }
}

// A disk that is not mounted looks like a home in which everything was deleted: nothing is taken for gone
// then.
Result<bool> looks_unmounted(Store& store, const Account& account, HomeFiles& home) {
  if (home.has_partials_folder()) return false;
  const auto rows = store.partials_of(account.id);
  if (!rows) return tl::unexpected<Error>(rows.error());
  const auto digests = store.digests_after(account.id, "", 1);
  if (!digests) return tl::unexpected<Error>(digests.error());
  return !rows->empty() || !digests->empty();
}

Status check_account(Store& store, const Account& account, const Options& options, bool fixes,
                     Printer& printer) {
  const auto tell_home = [&](const std::string& sentence) {
    printer.print({"home", account.name, "", sentence, "", false});
    return Status();
  };
  if (account.home.empty() || account.home.front() != '/')
    return tell_home("the account's home is no absolute path: " + account.home);
  auto home = HomeFiles::open(account.home);
  if (!home) return tell_home("the home cannot be used: " + home.error().context);
  const auto unmounted = looks_unmounted(store, account, *home);
  if (!unmounted) return tl::unexpected<Error>(unmounted.error());
  if (*unmounted) {
    return tell_home(
        fmt::format("home {} has lost ferryd's folder {}: is its disk mounted? Nothing was compared",
                    account.home, store::kPartialsFolder));
  }
  const CheckedAccount checked{store,
                               account,
                               *home,
                               fixes,
                               [&] { return living_owners(options); },
                               [&](const Finding& finding) { printer.print(finding); }};
  for (const auto part : {check_leftovers, check_partials, check_digests, check_usage}) {
    if (const Status done = part(checked); !done) return done;
  }
  return {};
}

OrRefusal<std::vector<Account>> accounts_to_check(Context& context, const std::string& name) {
  if (!name.empty()) {
    auto account = context.find_account(name);
    if (!account) return tl::unexpected<Refusal>(account.error());
    return std::vector<Account>{std::move(*account)};
  }
  auto accounts = context.with_store([](Store& store) { return store.list_accounts(); });
  if (!accounts) return refuse(accounts.error());
  return std::move(*accounts);
}

bool is_gone(Context& context, const Account& account) {
  const auto now = context.with_store([&](Store& store) { return store.find_account(account.id); });
  return !now && now.error().kind == Errc::not_found;
}

std::string count_of(std::size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

Outcome conclude(const Printer& printer, std::size_t accounts, std::size_t failures) {
  const std::string summary = fmt::format("{}: {}, {} fixed", count_of(accounts, "account", "accounts"),
                                          count_of(printer.found(), "finding", "findings"), printer.fixed());
  if (failures != 0)
    return refuse(ExitCode::failure, fmt::format("{}; {} could not be checked", summary,
                                                 count_of(failures, "account", "accounts")));
  if (printer.fixed() < printer.found()) return refuse(ExitCode::drift, summary);
  say(summary);
  return {};
}

}  // namespace

Outcome cmd_check(const Arguments& arguments) {
  auto context = Context::open(arguments);
  if (!context) return tl::unexpected<Refusal>(context.error());
  const auto accounts = accounts_to_check(**context, arguments.name);
  if (!accounts) return tl::unexpected<Refusal>(accounts.error());
  Printer printer(arguments.wants_json);
  std::size_t failures = 0;
  for (const Account& account : *accounts) {
    const Status done = (*context)->with_store([&](Store& store) {
      return check_account(store, account, (*context)->options(), arguments.fixes, printer);
    });
    if (done || is_gone(**context, account)) continue;
    say(account.name + ": " + done.error().context);
    ++failures;
  }
  printer.end();
  return conclude(printer, accounts->size(), failures);
}

}  // namespace ferry::admin
