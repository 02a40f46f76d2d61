// What the tests of crashes and failing disks have in common: operations that change one folder, a server
// whose calls on files can be made to fail, and what the folder holds before and after.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/fault_points.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {

using Files = std::map<std::string, std::string>;  // names in one folder, and what is in them

inline constexpr char kAnyName[] = "*";  // the server chooses it

// One operation in one folder, which has become the client's current one.
struct Operation {
  std::string name;
  Files before, after;
  std::function<ftp::Reply(FtpTalker&)> run;
};

std::vector<Operation> all_operations();  // STOR, STOR over a file, APPE, STOU, RNTO over a file, DELE
void PrintTo(const Operation& operation, std::ostream* out);
std::string name_of_operation(const testing::TestParamInfo<Operation>& info);
bool is_success(const ftp::Reply& reply);

class FaultyServer : public testing::TestWithParam<Operation> {
 protected:
  void SetUp() override;

  pid_t worker();
  // A client in a new folder with the operation's files.
  FtpTalker ready(const std::string& folder);
  Files files_in(const std::string& folder) const;
  static bool is_as(const Files& found, const Files& wanted);
  // What changes homes and store; logs are written by the way, at their own time.
  std::string changes() const;
  // What one run of the operation does, without a fault.
  std::vector<FaultPoints::Call> steps();
  static bool is_page(const FaultPoints::Call& call);  // written to the store
  // A page of the store between others of the same transaction: all of them are as good as none, so short
  // forms look at the first and the last.
  static bool is_inside_transaction(const std::vector<FaultPoints::Call>& calls, std::size_t step);
  // What waits in the folder is a beginning of what was sent, and the upload goes on behind it; where nothing
  // waits the operation starts anew. True: it went on.
  bool complete(const std::string& folder);

  FaultPoints faults_;
  std::optional<FerrydServer> server_;
};

}  // namespace ferry::test
