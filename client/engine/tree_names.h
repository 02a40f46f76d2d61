// What is wrong, or odd, about the names of a plan, found before anything is copied. Pure.
#pragma once

#include "client/engine/tree.h"

namespace ferry::client {

// Gives each item the composed form of its name over there (NFC). Of two that become one, the one that is
// composed here already, else the first, keeps it; the other, with what is in it, becomes a failure.
void compose_names(TreePlan& plan);

// Takes out what FTP cannot carry (line breaks) or no server would take (a path of more than 4,000 bytes), as
// failures.
void refuse_impossible_names(TreePlan& plan);

// Notes names of one folder that differ in case only: where no case is known the second would replace the
// first.
void note_case_pairs(TreePlan& plan);

}  // namespace ferry::client
