// A client that says exactly what a test wants said, on shared/net and shared/ftp: raw lines, raw replies,
// and data connections of every kind. It decides nothing by itself; what must not happen throws
// std::runtime_error, which fails the test. Every wait has a deadline.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/ftp/reply.h"
#include "shared/net/stream.h"
#include "shared/net/tls.h"
#include "tests/support/ferryd_server.h"

namespace ferry::test {

enum class TlsVersion { tls12, tls13 };
enum class DataMode { epsv, pasv, eprt, port };

struct TalkerOptions {
  bool ipv6 = false;
  bool implicit_tls = false;
  TlsVersion version = TlsVersion::tls13;
  std::string certificate = {}, key = {};  // PEM files to show to the server, "": none
  std::string host = {};                   // "": loopback
  std::string source = {};                 // of control and passive data connections; "": the system's choice
  std::string proxy_header = {};           // sent first of all, to the listeners that want one
};

class FtpTalker {
 public:
  using Options = TalkerOptions;

  // Connects; does not read the greeting.
  explicit FtpTalker(const FerrydServer& server, const Options& options = {});
  // Connects, reads the greeting, with `tls` protects both connections, and logs in.
  static FtpTalker logged_in(const FerrydServer& server, const std::string& user, bool tls = false,
                             const Options& options = {});

  // --- control connection ---
  void send_raw(std::string_view bytes);
  void send(std::string_view line) { send_raw(std::string(line) + "\r\n"); }
  ftp::Reply reply(std::chrono::milliseconds limit = std::chrono::seconds(30));
  // One line as it comes, of a reply that need not be whole yet. Between whole replies only.
  std::string next_line(std::chrono::milliseconds limit = std::chrono::seconds(30));
  ftp::Reply ask(std::string_view line);  // send and reply
  int code(std::string_view line) { return ask(line).code; }
  void expect(std::string_view line, int code);                                // ask; throws on another code
  bool is_closed(std::chrono::milliseconds limit = std::chrono::seconds(10));  // the server ended it
  void auth_tls();
  void start_tls(std::unique_ptr<net::TlsChannel> channel);  // the handshake alone
  std::unique_ptr<net::TlsChannel> new_channel() const;      // for the control connection
  void leave_tls();  // after CCC or REIN: both close_notify, then in clear
  void protect();    // PBSZ 0, PROT P
  void log_in(const std::string& user, const std::string& password = kPassword);
  void disconnect();  // without QUIT
  bool is_tls() const { return control_.is_tls(); }
  const net::Stream& control() const { return control_; }
  net::Stream& control() { return control_; }
  net::TlsSession tls_session() const {  // nothing once the control connection is in clear
    return control_.is_tls() ? net::TlsClient::session_of(*control_.tls()) : net::TlsSession();
  }

  // --- data connections ---
  void use(DataMode mode) { mode_ = mode; }
  void data_from(const std::string& ip) { options_.source = ip; }  // passive ones
  void offer_session(std::optional<net::TlsSession> session) { offered_ = std::move(session); }
  void resume(bool wanted) { resumes_ = wanted; }  // of the control connection's session; the default is true
  void data_protected(bool is_private) { private_ = is_private; }  // what PROT said; protect() sets it

  struct Started {
    ftp::Reply reply;  // 1xx, or the refusal
    std::optional<net::Stream> data;
  };
  void prepare_data();  // EPSV, PASV, EPRT or PORT
  // The data connection in clear and without a handshake, after a command whose first reply was 1xx.
  net::Stream take_data();
  std::unique_ptr<net::TlsChannel> new_data_channel() const;  // offers what begin() would offer
  // prepare_data() unless that has been done, the command, its first reply, then the data connection whole
  // (TLS handshake included). Throws if the handshake fails.
  Started begin(std::string_view command);
  ftp::Reply store(const std::string& path, std::string_view bytes, const std::string& verb = "STOR");
  // Sends `bytes` and breaks the data connection off; returns the final reply.
  ftp::Reply break_off(const std::string& path, std::string_view bytes, const std::string& verb = "STOR");
  struct Fetched {
    ftp::Reply reply;  // the final one
    std::string bytes;
  };
  Fetched fetch(const std::string& path, const std::string& verb = "RETR");
  std::vector<std::string> list(const std::string& command);  // lines; throws unless it ends with 226

 private:
  std::uint16_t port_of(const FerrydServer& server) const;

  Options options_;
  std::string host_;
  std::shared_ptr<net::TlsClient> tls_;
  net::Stream control_;
  ftp::ReplyParser replies_;
  DataMode mode_ = DataMode::epsv;
  bool private_ = false, resumes_ = true;
  std::optional<net::TlsSession> offered_;
  std::string server_fingerprint_;        // of the control connection's certificate
  std::optional<net::Stream> connected_;  // passive: made by prepare_data
  UniqueFd listener_;                     // active
};

std::string read_to_end(net::Stream& data);  // throws when it is broken off
void break_connection(net::Stream data);     // RST, no close_notify

// EXPECT_TRUE(answers(talker.ask("NOOP"), 200))
testing::AssertionResult answers(const ftp::Reply& reply, int code);

}  // namespace ferry::test
