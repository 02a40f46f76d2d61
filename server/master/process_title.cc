#include "server/master/process_title.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace ferry {

namespace {

// The one piece of memory the kernel shows as the command line; belongs to the process, so it is a global.
char* title_start = nullptr;
std::size_t title_room = 0;

// Kept for the process's life, because environ points into them.
std::vector<std::string>& saved_environment() {
  static std::vector<std::string> texts;
  return texts;
}
std::vector<char*>& saved_pointers() {
  static std::vector<char*> pointers;
  return pointers;
}

void move_environment() {
  for (char** entry = environ; *entry != nullptr; ++entry) saved_environment().emplace_back(*entry);
  for (std::string& text : saved_environment()) saved_pointers().push_back(text.data());
  saved_pointers().push_back(nullptr);
  environ = saved_pointers().data();
}

}  // namespace

void init_process_title(int argc, char** argv) {
  if (argc < 1) return;
  char* end = argv[0];
  const auto extend = [&end](char* text) {
    if (text == end) end += std::strlen(text) + 1;
  };
  for (int i = 0; i < argc; ++i) extend(argv[i]);
  for (char** entry = environ; *entry != nullptr; ++entry) extend(*entry);
  move_environment();
  title_start = argv[0];
  title_room = static_cast<std::size_t>(end - argv[0]);
}

void set_process_title(std::string_view title) {
  if (title_room == 0) return;
  const std::size_t size = std::min(title.size(), title_room - 1);
  std::memset(title_start, 0, title_room);
  std::memcpy(title_start, title.data(), size);
}

}  // namespace ferry
