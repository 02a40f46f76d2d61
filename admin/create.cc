// ftpadm create
#include <fmt/core.h>

#include <cstdio>
#include <filesystem>

#include "admin/context.h"
#include "admin/control_client.h"
#include "admin/home_folder.h"
#include "admin/input.h"
#include "admin/view_facts.h"
#include "shared/base/password.h"
#include "shared/base/terminal_text.h"

namespace ferry::admin {

namespace {

using store::Account;
using store::NewAccount;
using store::Store;

// What can be said about the arguments before anything is opened.
OrRefusal<NewAccount> checked(const Arguments& arguments) {
  NewAccount account;
  account.name = arguments.name;
  account.home = arguments.home;
  account.is_read_only = arguments.is_read_only;
  if (const Status good = store::check_account_name(account.name); !good) {
    return refuse(ExitCode::usage, good.error().context);
  }
  if (store::is_guest_name(account.name)) {
    return refuse(
        ExitCode::usage,
        account.name +
            ": this name is the guest's, who logs in without a password when anonymous is on; take another");
  }
  if (!account.home.empty() && account.home.front() != '/') {
    return refuse(ExitCode::usage, "--home '" + account.home + "': not an absolute path");
  }
  if (arguments.quota) {
    const auto quota = parse_quota(*arguments.quota);
    if (!quota) return tl::unexpected<Refusal>(quota.error());
    account.quota_bytes = *quota;
  }
  if (arguments.files) {
    const auto files = parse_file_limit(*arguments.files);
    if (!files) return tl::unexpected<Refusal>(files.error());
    account.quota_files = *files;
  }
  return account;
}

// One spelling of a home, so that homes are compared and shown alike: no "." or "..", no slash at the end.
std::string normal_home(const std::filesystem::path& home) {
  const std::filesystem::path normal = home.lexically_normal();
  return (normal.has_filename() ? normal : normal.parent_path()).string();
}

Refusal exists_already(const std::string& name) {
  return Refusal{ExitCode::exists_already, "there is an account '" + name + "' already"};
}

// One home may hold no other: each account's bytes are counted once, and none reads another's.
Outcome check_home_is_free(const std::string& home, const std::string& home_root,
                           const std::vector<Account>& accounts) {
  if (is_within(home_root, home)) {
    return refuse(ExitCode::failure, "home " + home + " holds the homes of all accounts (home_root)");
  }
  for (const Account& other : accounts) {
    if (is_within(home, other.home)) {
      return refuse(ExitCode::failure, "home " + home + " lies in the home of account '" + other.name + "'");
    }
    if (is_within(other.home, home)) {
      return refuse(ExitCode::failure, "home " + home + " holds the home of account '" + other.name + "'");
    }
  }
  return {};
}

Outcome check_is_new(Context& context, const NewAccount& account) {
  const auto accounts = context.with_store([](Store& store) { return store.list_accounts(); });
  if (!accounts) return refuse(accounts.error());
  for (const Account& other : *accounts) {
    if (other.name == account.name) return tl::unexpected<Refusal>(exists_already(account.name));
  }
  return check_home_is_free(account.home, context.options().home_root, *accounts);
}

// Makes the home, or counts what is in it already.
Outcome take_home(Context& context, NewAccount& account) {
  const auto is_new = make_home(account.home, context.user());
  if (!is_new) return refuse(is_new.error());
  const auto content = context.with_store([&](Store&) { return count_home(account.home); });
  if (!content) return refuse(content.error());
  account.used_bytes = content->bytes;
  account.used_files = content->files;
  return {};
}

// From the check that name and home are free to the account there is, nobody else may take them.
OrRefusal<Account> add_account(Context& context, NewAccount& account) {
  const auto lock = context.lock_accounts();
  if (!lock) return refuse(lock.error());
  if (const auto is_new = check_is_new(context, account); !is_new)
    return tl::unexpected<Refusal>(is_new.error());
  if (const auto taken = take_home(context, account); !taken) return tl::unexpected<Refusal>(taken.error());
  auto created = context.with_store([&](Store& store) { return store.create_account(account); });
  if (created) return std::move(*created);
  if (created.error().kind == Errc::exists) return tl::unexpected<Refusal>(exists_already(account.name));
  return refuse(created.error());
}

void tell(const Account& account) {
  const std::string quota = account.quota_bytes ? bytes_for_people(*account.quota_bytes) : "none";
  std::string line = fmt::format("created {}, quota {}, home {}", account.name, quota, account.home);
  if (account.used_files != 0) {
    line += fmt::format(", which holds {} ({})", files_for_people(account.used_files),
                        bytes_for_people(account.used_bytes));
  }
  std::fprintf(stderr, "%s\n", terminal_safe(line).c_str());
  if (account.quota_bytes && account.used_bytes > *account.quota_bytes) {
    std::fputs("ftpadm: that is more than its quota: it can upload nothing before some is deleted\n", stderr);
  }
}

// The workers have locked themselves in with the homes there were; one outside home_root is new to them.
void tell_ferryd(Context& context, const std::string& home) {
  if (is_within(home, context.options().home_root)) return;
  const ActAs acting(context.user());
  const Status reloaded = ask_reload(context.options().run_dir);
  if (reloaded || reloaded.error().kind == Errc::not_found) return;
  std::fprintf(stderr, "ftpadm: %s; the account can log in after a restart of ferryd\n",
               terminal_safe(reloaded.error().context).c_str());
}

}  // namespace

Outcome cmd_create(const Arguments& arguments) {
  auto account = checked(arguments);
  if (!account) return tl::unexpected<Refusal>(account.error());
  auto context = Context::open(arguments);
  if (!context) return tl::unexpected<Refusal>(context.error());
  const Options& options = (*context)->options();
  if (!arguments.quota) account->quota_bytes = options.default_quota;
  if (account->home.empty())
    account->home = (std::filesystem::path(options.home_root) / account->name).string();
  account->home = normal_home(account->home);
  // Before a password is asked for; what counts is add_account's look.
  if (const auto is_new = check_is_new(**context, *account); !is_new) return is_new;

  const auto password = read_new_password(arguments);
  if (!password) return tl::unexpected<Refusal>(password.error());
  auto hash = hash_password(*password, options.password_cost());
  if (!hash) return refuse(hash.error());
  account->password_hash = std::move(*hash);

  const auto created = add_account(**context, *account);
  if (!created) return tl::unexpected<Refusal>(created.error());
  if (arguments.generates_password) {
    std::fwrite(password->view().data(), 1, password->view().size(), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
  }
  tell(*created);
  tell_ferryd(**context, created->home);
  return {};
}

}  // namespace ferry::admin
