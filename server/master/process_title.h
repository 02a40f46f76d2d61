// What ps shows. The text is written over the memory of argv and the environment, as there is no other way
// without privileges.
#pragma once

#include <string_view>

namespace ferry {

// Once, first thing in main: moves the environment out of the way. argv stays readable until the first
// set_process_title.
void init_process_title(int argc, char** argv);
// Does nothing before init_process_title. Cut to the room there is.
void set_process_title(std::string_view title);

}  // namespace ferry
