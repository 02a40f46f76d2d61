// What works between here and a server, step by step, as one sentence per finding, with what to set where
// something is wrong. Blocks on the network; every step ends within the site's time-out. No terminal. Nothing
// is left on the server, and nothing is written there unless that is asked for.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "client/engine/connection.h"

namespace ferry::client {

struct Finding {
  enum class Verdict {
    ok,
    note,     // works, but not as it could
    problem,  // `error` says of which kind
    skipped,
  } verdict = Verdict::ok;
  std::string_view topic;  // one word, never renamed: "certificate"
  std::string sentence;    // holds foreign text
  Error error = {};        // of a problem
};

std::string_view verdict_word(Finding::Verdict verdict);

struct Examination {
  bool active = false;  // active mode as well
  bool write = false;   // a small file is written, looked at and removed
  // The folder that is listed and written to, absolute, once somebody is logged in.
  std::function<std::string(const Connection&)> folder;
};

class Doctor {
 public:
  using Tell = std::function<void(const Finding&)>;
  // Logs a connection in; asks for the password at the first time.
  using Login = std::function<Status(Connection&)>;

  // All of them must outlive the doctor. `site` is examined as it says, but for `active`.
  Doctor(Site site, TrustStore& store, Cancel& cancel, Tell tell);

  // Every finding has been told when it returns. Errc::cancelled; a problem is no error.
  Status examine(const Examination& wish, const Login& login);

 private:
  bool look_at_addresses();
  bool reach();
  void look_at_encryption();
  void look_at_certificate();
  bool log_in(const Login& login);
  void look_at_features();
  void look_at_names();
  void look_at_digests();
  // doctor_data.cc
  void look_at_passive(std::string_view verb);
  bool move_a_listing(Connection& connection, std::string_view topic);
  void try_active(const Login& login);
  void try_writing();
  void compare_clocks(const std::string& file);
  bool upload(const std::string& file);

  void say(Finding::Verdict verdict, std::string_view topic, std::string sentence);
  void problem(std::string_view topic, const Error& error, const std::string& remedy);
  bool is_over() const { return cancel_.requested() || !connection_ || !connection_->usable(); }

  Site site_;
  TrustStore& store_;
  Cancel& cancel_;
  Tell tell_;
  std::unique_ptr<Connection> connection_;
  std::string folder_;  // absolute
};

}  // namespace ferry::client
