// What every sub-command works on: ferryd's options and its store. When ftpadm is started as root, the store
// and the homes are touched as the user ferryd runs as: files get the right owner, and nothing that a client
// or a worker left there is ever followed as root.
#pragma once

#include <memory>

#include "admin/commands.h"
#include "admin/outcome.h"
#include "shared/base/result.h"
#include "shared/base/unique_fd.h"
#include "shared/config/options.h"
#include "shared/config/run_as.h"
#include "shared/store/store.h"

namespace ferry::admin {

class Context {
 public:
  // Reads the options, makes ferryd's folders if they are missing and opens the store.
  static OrRefusal<std::unique_ptr<Context>> open(const Arguments& arguments);
  // For the command that replaces a store that may be damaged: with_store must not be called.
  static OrRefusal<std::unique_ptr<Context>> open_without_store(const Arguments& arguments);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Options& options() const { return options_; }
  const RunAs& user() const { return user_; }
  // Runs `work(Store&)` as the user ferryd runs as. Effective ids are changed, not a process forked: ftpadm
  // is one thread, and root's rights are needed again for a home in a folder that only root may write.
  template <typename Work>
  auto with_store(Work&& work) {
    const ActAs acting(user_);
    return work(*store_);
  }
  // Held while it lives: no other ftpadm adds or removes an account, makes a home or deletes one. Blocks, and
  // says so, while another has it. The file is the store's name with ".admin.lock".
  Result<UniqueFd> lock_accounts();
  OrRefusal<store::Account> find_account(const std::string& name);  // ExitCode::no_such_account

 private:
  Context(Options options, RunAs user) : options_(std::move(options)), user_(std::move(user)) {}

  Options options_;
  RunAs user_;
  std::unique_ptr<store::Store> store_;
};

}  // namespace ferry::admin
