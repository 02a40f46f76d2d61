// The folders the options name: made where they are missing, checked where they are there. Used by ferryd's
// master and by ftpadm before they open the store.
#pragma once

#include "shared/config/options.h"

namespace ferry {

// The store's folder, home_root, log_dir and run_dir, made with their parents (0750), belonging to `user`. A
// folder that is there keeps its owner, except one of root's below the checkout's var/, which is given to
// `user`. Errc::permission when `user` cannot work in one of them: the sentence names the folder that is in
// the way and what to do.
Status make_folders(const Options& options, const OptionSource& source, const RunAs& user);

}  // namespace ferry
