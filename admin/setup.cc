// ftpadm setup
#include <fmt/core.h>

#include <cstdio>

#include "admin/context.h"
#include "admin/input.h"
#include "shared/base/password.h"
#include "shared/base/terminal_text.h"

namespace ferry::admin {

namespace {

using store::Account;
using store::AccountChange;
using store::Store;

// Everything but the password, which is read when the account is known to exist.
OrRefusal<AccountChange> checked(const Arguments& arguments) {
  AccountChange change;
  if (arguments.quota) {
    const auto quota = parse_quota(*arguments.quota);
    if (!quota) return tl::unexpected<Refusal>(quota.error());
    change.quota_bytes = *quota;
  }
  if (arguments.files) {
    const auto files = parse_file_limit(*arguments.files);
    if (!files) return tl::unexpected<Refusal>(files.error());
    change.quota_files = *files;
  }
  if (arguments.certificate) {
    auto certificate = parse_certificate(*arguments.certificate);
    if (!certificate) return tl::unexpected<Refusal>(certificate.error());
    change.certificate = std::move(*certificate);
  }
  if (arguments.is_locked || arguments.is_unlocked) change.is_locked = arguments.is_locked;
  if (arguments.is_read_only || arguments.is_read_write) change.is_read_only = arguments.is_read_only;
  const bool is_empty = !change.quota_bytes && !change.quota_files && !change.certificate &&
                        !change.is_locked && !change.is_read_only && !arguments.has_password_on_stdin;
  if (is_empty) {
    return refuse(
        ExitCode::usage,
        "nothing to change: give --quota, --files, --password-stdin, --certificate, --lock, --unlock,"
        " --read-only or --read-write");
  }
  return change;
}

std::string quota_text(const Account& account) {
  return account.quota_bytes ? bytes_for_people(*account.quota_bytes) : "none";
}
std::string files_text(const Account& account) {
  return account.quota_files ? count_for_people(*account.quota_files) : "none";
}

std::string or_none(const std::string& text) {
  return text.empty() ? "none" : text;
}

void show_change(const char* what, const std::string& before, const std::string& after) {
  std::printf("%-9s %s -> %s\n", what, before.c_str(), after.c_str());
}

void show_changes(const AccountChange& change, const Account& before, const Account& after) {
  if (change.quota_bytes) show_change("quota", quota_text(before), quota_text(after));
  if (change.quota_files) show_change("files", files_text(before), files_text(after));
  if (change.password_hash) show_change("password", "old", "new");
  if (change.certificate) {
    show_change("certificate", or_none(before.certificate), or_none(after.certificate));
  }
  if (change.is_locked) {
    show_change("state", before.is_locked ? "locked" : "unlocked", after.is_locked ? "locked" : "unlocked");
  }
  if (change.is_read_only) {
    show_change("access", before.is_read_only ? "read-only" : "read-write",
                after.is_read_only ? "read-only" : "read-write");
  }
  if (after.quota_bytes && after.used_bytes > *after.quota_bytes) {
    std::fprintf(
        stderr,
        "ftpadm: %s uses %s, which is more than its quota: it can upload nothing before some is deleted\n",
        terminal_safe(after.name).c_str(), bytes_for_people(after.used_bytes).c_str());
  }
}

}  // namespace

Outcome cmd_setup(const Arguments& arguments) {
  auto change = checked(arguments);
  if (!change) return tl::unexpected<Refusal>(change.error());
  auto context = Context::open(arguments);
  if (!context) return tl::unexpected<Refusal>(context.error());
  const auto before = (*context)->find_account(arguments.name);
  if (!before) return tl::unexpected<Refusal>(before.error());
  if (change->certificate && before->is_guest)
    return refuse(ExitCode::failure, "the guest account has no certificate");
  if (arguments.has_password_on_stdin) {
    if (before->is_guest) return refuse(ExitCode::failure, "the guest account has no password");
    const auto password = read_new_password(arguments);
    if (!password) return tl::unexpected<Refusal>(password.error());
    auto hash = hash_password(*password, (*context)->options().password_cost());
    if (!hash) return refuse(hash.error());
    change->password_hash = std::move(*hash);
  }
  const auto after =
      (*context)->with_store([&](Store& store) { return store.change_account(arguments.name, *change); });
  if (!after) return refuse(after.error());
  show_changes(*change, *before, *after);
  return {};
}

}  // namespace ferry::admin
