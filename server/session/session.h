// One client: everything the server knows about a control connection, grouped by concern. Between commands it
// lies still in the worker; while commands run, one thread owns it. What a session owns is here, nothing of
// it lives on a stack between commands, and an idle one is small.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/session/catalogue.h"
#include "server/session/home.h"
#include "server/session/services.h"
#include "shared/base/digest.h"
#include "shared/ftp/facts.h"
#include "shared/ftp/ranges.h"
#include "shared/ftp/reply.h"
#include "shared/net/address.h"
#include "shared/net/line_reader.h"
#include "shared/net/stream.h"
#include "shared/net/tls.h"

namespace ferry {

inline constexpr std::size_t kMaxCommandLine = 4096 + 512;    // the longest path and a verb
inline constexpr std::size_t kMaxQueuedCommands = 64 * 1024;  // bytes that may wait behind a transfer
inline constexpr int kMaxLoginFailures = 3;
// A peer that does not take one line within this is gone; one that is not logged in must take it at once.
inline constexpr std::chrono::seconds kReplyTimeout{10};
// A load balancer sends its header with the first packet.
inline constexpr std::chrono::seconds kArrivalTimeout{10};

// Lines that came during a transfer, in order and as they came: every one gets its reply, an over-long one
// too. An empty queue holds no memory.
class CommandQueue {
 public:
  using Line = net::LineReader::Line;

  ~CommandQueue() { clear(); }
  bool is_empty() const { return next_ == lines_.size(); }
  bool is_full() const { return bytes_ >= kMaxQueuedCommands; }
  void push(Line line);
  Line pop();  // the queue is not empty
  // Removes the lines whose text `is_wanted`; how many those were.
  std::size_t take_out(const std::function<bool(std::string)>& is_wanted);
  void clear();  // wipes: a password may be among them

 private:
  std::vector<Line> lines_;
  std::size_t next_ = 0, bytes_ = 0;
};

// What a connection through a load balancer must begin with, as far as it has come (PROXY protocol).
struct Arrival {
  std::string header;
};

// The control connection.
struct Control {
  explicit Control(net::Stream socket) : stream(std::move(socket)) {}

  net::Stream stream;
  net::LineReader reader{kMaxCommandLine};
  CommandQueue queue;
  std::optional<Arrival> arrival;  // set: nobody knows yet whose connection this is (arrival.h)
  bool handshaking = false;        // TLS handshake under way; no commands until it is done
  // TLS is being ended (CCC, REIN): ours has been said, or waits to be; no commands until the client's has
  // come.
  bool leaving_tls = false;
  std::chrono::steady_clock::time_point left_tls_by{};
  bool cleared = false;  // by CCC: TLS is over for this login, what it protected stays protected
  bool greeted = false;
  bool broken = false;     // the peer is gone, or does not take replies
  bool said_quit = false;  // QUIT waits in the queue
};

// Who is there.
struct Login {
  std::string user;                 // as given with USER
  bool wants_password = false;      // USER came, PASS must follow
  bool wants_new_password = false;  // SITE PASSWD came, PASS brings the new one
  std::string registers;            // SITE REGISTER came with this name, PASS brings the password
  bool as_guest = false;
  int failures = 0;
  std::optional<store::Account> account;  // set: logged in
  std::optional<Home> home;
  std::uint64_t epoch = 0;                                // Services::account_epoch the account was read at
  std::chrono::steady_clock::time_point since{};          // when logged in
  std::chrono::steady_clock::time_point asked_since{};    // when not: login_timeout counts from here
  std::optional<std::chrono::milliseconds> idle_timeout;  // SITE IDLE
  std::string previous;  // when and from where this account logged in before, for SITE INFO
};

// The partial a client was told of. A REST in it means it, as long as it is the same.
struct ToldBreakpoint {
  std::string token;
  Bytes received = 0;
};

// How the next transfer goes (RFC 959 §4.1.2 and later).
struct TransferSettings {
  bool ascii = true;                              // TYPE A is the default (RFC 959 §3.1.1)
  std::optional<Bytes> restart;                   // REST; excludes `range`
  std::optional<ftp::ByteRange> range;            // RANG
  std::optional<Bytes> announced;                 // ALLO
  std::optional<ToldBreakpoint> told_breakpoint;  // by the last SITE BREAKPOINT of one path
  ftp::FactSet facts = ftp::kDefaultFacts;        // OPTS MLST
  DigestKind hash = DigestKind::sha256;           // OPTS HASH

  // What is said for one transfer only: where it starts, and all of it.
  void forget_start() {
    restart.reset();
    range.reset();
  }
  void forget_position() {
    forget_start();
    announced.reset();
  }
};

// Where the next data connection comes from.
struct DataSettings {
  UniqueFd listener;  // PASV, EPSV
  std::chrono::steady_clock::time_point listens_until{};
  std::chrono::milliseconds listens_for{0};
  bool is_prolonged = false;
  std::optional<net::Address> target;  // PORT, EPRT
  bool epsv_all = false;               // EPSV ALL: nothing but EPSV from here (RFC 2428 §4)
  bool pbsz_given = false;
  bool is_private = false;    // PROT P
  bool resumed_once = false;  // this client can resume TLS sessions, so it must from now on
  std::chrono::steady_clock::time_point newest_ticket{};  // when the client was given its last one
  bool through_balancer = false;  // the last data connection came from the address all its clients share
};

// A session's id as it stands in every log line.
std::string session_name(std::uint64_t id);

struct Session {
  Session(Services& services_used, std::uint64_t session_id, int board_seat, net::Stream stream,
          net::Address peer_address, net::Address local_address);
  ~Session();  // logs the end, leaves the scoreboard
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Services& services;
  const std::uint64_t id;
  const std::string name;
  const int seat;
  // Who the client is and the address it connected to. Behind a load balancer both are what its header says,
  // and known from then on; `balancer` is who sent it, `local` our end of that connection.
  net::Address peer, reached;
  std::optional<net::Address> balancer;
  const net::Address local;
  bool implicit_tls = false;  // came by a port where TLS is there from the first byte
  const std::chrono::steady_clock::time_point started;
  net::SessionTag tls_tag;  // of the control connection's TLS; drawn anew when REIN has ended that

  Control control;
  std::optional<net::TlsChannel::ClientCertificate> certificate;  // the client's; outlives CCC
  Login login;
  std::string cwd = "/";    // canonical
  std::string rename_from;  // RNFR
  TransferSettings transfer;
  DataSettings data;
  Language language = Language::english;  // of the replies (LANG)
  int last_code = 0;                      // of the last reply
  bool ending = false;                    // the last reply said goodbye
  std::atomic<bool> interrupted{false};   // kicked, or cut at the end of a drain; set by other threads

  // Sends one reply; blocks at most kReplyTimeout. A peer that does not take it is marked broken; there is
  // nothing a caller could do. The first form takes a literal that stands in the catalogue:
  // reply(200, "{} bytes noted", n).
  template <typename... Args>
  void reply(int code, TextOf<std::type_identity_t<Args>...> said, const Args&... args) {
    reply(ftp::Reply{code, {text(said, args...)}});
  }
  void reply(const Error& error);  // the code by its kind
  void reply(int code, const Error& error);
  void reply(const ftp::Reply& reply);  // lines as they are, from text()

  // A text of the catalogue in this session's language.
  template <typename... Args>
  std::string text(TextOf<std::type_identity_t<Args>...> said, const Args&... args) const {
    return text_in(language, said, args...);
  }

  // A line in front of the last one of a reply of several lines: "213-text".
  void reply_line(int code, std::string_view text);

  // As reply, but for a peer whose time is up: what it does not take at once is lost.
  void last_words(int code, Text said);

  bool is_logged_in() const { return login.account.has_value(); }
  bool ended() const { return ending || control.broken; }
  // The path a client meant, absolute: cwd in front unless it is. Not resolved; Home does that.
  std::string absolute(std::string_view argument) const;
  // Home of a session that is logged in.
  Home& home() { return *login.home; }
  const store::Account& account() const { return *login.account; }

  // No address of its own: a balancer's health check, or a client it does not name.
  bool is_anonymous_peer() const { return balancer && balancer->same_ip(peer); }

  // The passive port has been open for long enough; somebody who has come to it already is given as long
  // again.
  void give_up_listening();

  // Drops what PASV, EPSV, PORT or EPRT prepared.
  void forget_data_settings();

  // From here no command runs until TLS has ended in order on the control connection; the socket stays. Call
  // after the reply, which is the last thing the client hears under TLS.
  void leave_tls();

 private:
  void send_reply(std::string_view wire);
};

// When a session that waits now must be ended.
Deadline waiting_deadline(const Session& session);
// When its passive port is given back: nobody has come, and others may need it. Infinite without one.
Deadline listening_deadline(const Session& session);

// Whether run_session's caller should park the session, and for what.
enum class Next {
  park_to_read,
  park_to_write,
  yield,  // it has more to do, but has had its turn: after the others that are ready
  close,
};

}  // namespace ferry
