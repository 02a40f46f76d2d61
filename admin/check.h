// The parts of ftpadm check. Each compares one kind of the store's rows with one home and tells what differs;
// with `fixes` it puts the store right (and removes partials nobody knows), never a complete file. ferryd may
// serve meanwhile: what looks wrong is looked at again while the store is held still, and what an upload,
// removal or rename has in hand is no finding. How the counters can be exact under uploads: check_usage.cc.
// The caller has become the user that owns store and homes. Inside admin only.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "admin/home_files.h"
#include "shared/base/result.h"
#include "shared/store/audit.h"

namespace ferry::admin {

struct Finding {
  const char* kind = "";  // a word for programs: see ftpadm(8)
  std::string account;
  std::string path;      // in the home; "" when it is about none
  std::string sentence;  // what is wrong, no full stop
  std::string remedy;    // what --fix does about it; "" when nothing
  bool is_fixed = false;
};

// What the workers of the running ferryd call themselves in the store; empty when none runs. nullopt: ferryd
// runs, but does not tell, so nobody is known to be dead.
using LivingOwners = std::optional<std::set<store::OwnerId>>;

struct CheckedAccount {
  store::Store& store;
  store::Account account;
  HomeFiles& home;
  bool fixes = false;
  std::function<LivingOwners()> living;
  std::function<void(Finding)> tell;
  std::function<void()> meanwhile = {};  // for tests: called between any two steps of check_usage
};

// Rows of a process that has ended: uploads, removals, renames.
Status check_leftovers(const CheckedAccount& checked);
// Uploads that wait, and the files of partials.
Status check_partials(const CheckedAccount& checked);
Status check_digests(const CheckedAccount& checked);
// used_bytes, used_files and pending_bytes. After the others, whose corrections it counts.
Status check_usage(const CheckedAccount& checked);

// As ferryd's settler does after a death: whatever the row's partial has become is what counts.
Status settle_upload(const CheckedAccount& checked, const store::Partial& row);

}  // namespace ferry::admin
