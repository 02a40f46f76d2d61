// What a user means by "get this there" and "put that there": which target a name gives, folder or file.
// Shared by sub-commands and shell.
#pragma once

#include <string>
#include <vector>

#include "client/engine/batch.h"
#include "client/engine/connection.h"
#include "client/engine/placing.h"
#include "client/engine/tree.h"

namespace ferry::client {

// What holds for all files of a command.
struct CopyPolicy {
  Placing* placing = nullptr;  // its names are reserved; null: nobody looks what is there
  bool checks_fit = true;      // before the first byte
  Bytes keep_free = 0;         // here, of downloads
  LocalTreeOptions tree;       // of uploads; its nfc also of single files
};

struct GetWish {
  std::string into;  // local folder or file name, "" for the working folder
  bool recursive = false;
  CopyPolicy policy = {};
};
// Absolute paths of one server. All that belongs to them is found before the first byte moves.
void get_sources(CopyRun& run, const std::vector<std::string>& remotes, const GetWish& wish);

struct PutWish {
  std::string remote;        // absolute
  bool into_folder = false;  // `remote` is a folder, without asking the server
  bool recursive = false;
  CopyPolicy policy = {};
};
void put_sources(CopyRun& run, const std::vector<std::string>& locals, const PutWish& wish);

bool is_local_folder(const std::string& path);

// The name a local path gives to its copy: "a/b/" -> "b"; "" for "." and "..", whose content is meant.
std::string leaf_of_local(const std::string& path);

// Where a file called `leaf` goes when the user named `target`: into it if that is a folder or ends in '/',
// else it is the new name.
std::string local_target(const std::string& target, const std::string& leaf);
Result<std::string> remote_target(Connection& connection, const std::string& target, bool must_be_folder,
                                  const std::string& leaf);

// "hex  name", as sha256sum(1) prints it, which marks a name with a backslash or newline by a backslash in
// front. Pure.
std::string digest_line(const std::string& hex, const std::string& name);
// The name is safe on a terminal.
void print_digest(const std::string& hex, const std::string& name);

}  // namespace ferry::client
