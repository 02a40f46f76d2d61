// What Tab offers without asking a server: commands and local names.
#pragma once

#include <string>
#include <vector>

#include "client/shell/words.h"

namespace ferry::client {

std::vector<Candidate> command_candidates();
std::vector<Candidate> local_candidates(
    const std::string& part);  // of the folder that `part` names; folders end in '/'

}  // namespace ferry::client
