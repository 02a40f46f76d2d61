// The doctor's look at data connections, and at what it may write.
#include <unistd.h>

#include <algorithm>
#include <array>

#include "client/engine/data.h"
#include "client/engine/doctor.h"
#include "client/engine/reply_error.h"
#include "client/engine/wait.h"
#include "shared/ftp/host_port.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

using Verdict = Finding::Verdict;

constexpr const char* kPassiveRemedy =
    "the operator must let the passive ports through every firewall in front of the server (ferryd: "
    "passive_ports); "
    "--active may do meanwhile";
// Listings and clocks are in whole seconds, and the line takes its time.
constexpr std::int64_t kClockSlack = 3;

std::string in_words(std::int64_t seconds) {
  return std::to_string(seconds < 0 ? -seconds : seconds) + " s " + (seconds < 0 ? "behind" : "ahead");
}

}  // namespace

// Asks for a port and dials it, as a transfer would, without one.
void Doctor::look_at_passive(std::string_view verb) {
  const auto reply = connection_->command(verb);
  if (!reply) return problem("passive", reply.error(), kPassiveRemedy);
  const bool is_extended = verb == "EPSV";
  const std::string name(verb);
  if (!reply->is_completion()) {
    const std::string refusal =
        name + " is refused (" + std::to_string(reply->code) + " " + reply->lines.front() + ")";
    const char* other = is_extended ? "; PASV is used instead" : "; EPSV is used";
    return say(Verdict::note, "passive", refusal + other);
  }
  const auto told = is_extended ? ftp::parse_epsv_reply(reply->text()) : ftp::parse_pasv_reply(reply->text());
  if (!told)
    return problem("passive", {Errc::refused, name + ": " + told.error().context}, "the server is broken");
  const auto socket = dial(connection_->peer().ip(), told->port, Deadline::after(site_.timeout), &cancel_);
  if (!socket) {
    return problem("passive",
                   {socket.error().kind, name + ": port " + std::to_string(told->port) +
                                             " cannot be connected to (" + socket.error().context + ")"},
                   kPassiveRemedy);
  }
  if (is_extended || told->host == connection_->peer().ip())
    return say(Verdict::ok, "passive", name + ": port " + std::to_string(told->port) + " takes connections");
  say(Verdict::note, "passive",
      name + " tells the address " + told->host + ", but the server is " + connection_->peer().ip() +
          "; ferry does not mind, other clients fail: the "
          "operator should set it (ferryd: passive_address)");
}

bool Doctor::move_a_listing(Connection& connection, std::string_view topic) {
  std::size_t bytes = 0;
  bool is_resumed = false, is_ended = true;
  const auto read_all = [&](net::Stream& data) -> Status {
    is_resumed = data.is_tls() && data.tls()->resumed();
    std::array<char, 65536> buffer;
    while (true) {
      auto got = read_some(data, buffer, Deadline::after(site_.timeout), &cancel_);
      const bool is_bare_end = !got && data.is_tls() && data.tls()->saw_bare_end();
      if (is_bare_end) is_ended = false;
      if (is_bare_end || (got && *got == 0)) return {};
      if (!got) return tl::unexpected(got.error());
      bytes += *got;
    }
  };
  const bool has_mlsd = connection.features().has("MLST");
  const auto reply =
      run_data_command(connection, {has_mlsd ? "MLSD" : "LIST", has_mlsd ? folder_ : "", 0, false}, read_all);
  if (!reply) {
    problem(topic, reply.error(),
            reply.error().reply_code == 522 || reply.error().reply_code == 425
                ? "the server says why in its log"
                : kPassiveRemedy);
    return false;
  }
  say(Verdict::ok, topic, "a listing of " + std::to_string(bytes) + " bytes came over a data connection");
  if (!connection.is_encrypted()) return true;
  say(is_resumed ? Verdict::ok : Verdict::note, "resumption",
      is_resumed ? "data connections resume the TLS session, which proves that they are ours"
                 : "data connections do not resume the TLS session: anybody who is quicker could take them; "
                   "the operator "
                   "should turn it on (ferryd: data_resumption)");
  say(is_ended ? Verdict::ok : Verdict::note, "close",
      is_ended ? "the server ends TLS data in order (close_notify)"
               : "the server ends data without close_notify: a file that is cut off looks like a whole one, "
                 "only its "
                 "size tells");
  return true;
}

void Doctor::try_active(const Login& login) {
  class Nobody : public TrustAsker {
    TrustAnswer unknown_certificate(const Site&, const Certificate&) override { return TrustAnswer::no; }
  } nobody;
  Site site = site_;
  site.active = true;
  auto connection = Connection::open(site, store_, nobody, cancel_);
  auto done = connection ? login(**connection) : Status(tl::unexpected(connection.error()));
  if (!done) return problem("active", done.error(), "a second session is needed for it");
  move_a_listing(**connection, "active");
  (*connection)->quit();
}

bool Doctor::upload(const std::string& file) {
  const auto move = [&](net::Stream& data) {
    return write_all(data, "ferry doctor\n", site_.timeout, &cancel_);
  };
  const auto reply = run_data_command(*connection_, {"STOR", file, 0, true}, move);
  if (reply) say(Verdict::ok, "write", "a file can be written to " + folder_);
  if (!reply)
    problem("write", reply.error(), "name a folder in which this user may write, or leave --write out");
  return reply.has_value();
}

void Doctor::try_writing() {
  const std::string file =
      ftp::join_path(folder_, "ferry-doctor-" + std::to_string(::getpid()) + "-" +
                                  std::to_string(wall_now().time_since_epoch().count()) + ".tmp");
  const bool is_there = upload(file);
  if (is_there && !is_over()) compare_clocks(file);
  // Also after Ctrl-C and after an upload that failed half-way.
  const auto removed = connection_->command("DELE", file);
  if (is_there && (!removed || !removed->is_completion()))
    problem("write", removed ? reply_error("DELE", file, *removed) : removed.error(),
            "it was left on the server: remove it");
}

void Doctor::compare_clocks(const std::string& file) {
  const auto reply = connection_->command("MDTM", file);
  const auto told = reply && reply->code == 213 ? parse_ftp_time(reply->lines.front())
                                                : Result<WallTime>(fail(Errc::unsupported, ""));
  if (!told) return say(Verdict::skipped, "clock", "the server does not tell when a file was written (MDTM)");
  const auto ahead = std::chrono::duration_cast<std::chrono::seconds>(*told - wall_now()).count();
  if (std::abs(ahead) <= kClockSlack)
    return say(Verdict::ok, "clock", "the server's clock is that of this machine");
  say(Verdict::note, "clock",
      "the server's clock is " + in_words(ahead) +
          " of this machine's; sync by time needs both right (NTP), and times in UTC from MDTM");
}

}  // namespace ferry::client
