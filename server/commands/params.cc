// Transfer parameters: RFC 959 §4.1.2, RFC 2428 (EPRT, EPSV), RFC 3659 §5 (REST),
// draft-bryan-ftp-range (RANG).
#include <string>

#include "server/commands/handlers.h"
#include "server/session/data.h"
#include "server/session/replies.h"
#include "shared/base/ascii.h"
#include "shared/ftp/host_port.h"

namespace ferry {

namespace {

constexpr std::uint16_t kFirstUserPort = 1024;

bool is_refused_by_epsv_all(Session& session) {
  if (session.data.epsv_all) session.reply(500, "Only EPSV after EPSV ALL");
  return session.data.epsv_all;
}

// Only towards the client itself, and to no port where services listen: otherwise anybody could have us
// connect anywhere (RFC 2577 §3).
void take_target(Session& session, const Result<ftp::HostPort>& parsed) {
  if (!session.services.options.active_mode)
    return session.reply(502, "Active mode is off here: use EPSV or PASV");
  if (!parsed) {
    if (parsed.error().kind == Errc::unsupported)
      return session.reply(522, "Network protocol not supported, use ({})", "1,2");
    return session.reply(501, parsed.error());
  }
  auto target = net::Address::parse(parsed->host, parsed->port);
  if (!target) return session.reply(501, target.error());
  // A client cannot know what we call the link it is on: the control connection says it. One that names a
  // zone must mean that one.
  target->set_scope(session.peer.scope());
  const bool is_in_zone = parsed->zone.empty() || session.peer.is_in_zone(parsed->zone);
  if (session.is_anonymous_peer() || !is_in_zone || !target->same_ip(session.peer))
    return session.reply(504, "Data connections go to your own address only");
  if (target->port() < kFirstUserPort)
    return session.reply(504, "Data connections go to ports from 1024 up only");
  session.forget_data_settings();
  session.data.target = *target;
  refresh_old_ticket(session, std::chrono::steady_clock::now());
  session.reply(200, "Address noted");
}

// Upper case, without the blanks some clients leave behind it.
std::string setting(std::string_view argument) {
  return ascii_upper(argument.substr(0, argument.find_last_not_of(' ') + 1));
}

// What AVBL and SITE QUOTA call left, and what a resume need not bring any more: its partial is counted
// already. A file that replaces another may be larger by what that gives back: STOR knows.
std::optional<Bytes> most_that_fits(Session& session) {
  store::Store& store = session.services.store;
  const auto account = store.find_account(session.account().id);
  const auto left = account ? account->bytes_left() : std::nullopt;
  if (!left) return std::nullopt;
  const auto waiting = store.largest_partial(session.account().id);
  return *left + (waiting ? *waiting : 0);
}

}  // namespace

void cmd_type(Session& session, std::string_view argument) {
  const std::string type = setting(argument);
  if (type == "A" || type == "A N") {
    session.transfer.ascii = true;
    return session.reply(200, "Type is text");
  }
  if (type == "I" || type == "L 8") {
    session.transfer.ascii = false;
    return session.reply(200, "Type is binary");
  }
  session.reply(504, "Types are A, I and L 8");
}

void cmd_mode(Session& session, std::string_view argument) {
  if (setting(argument) == "S") return session.reply(200, "Mode is stream");
  session.reply(504, "Only stream mode is offered");
}

void cmd_stru(Session& session, std::string_view argument) {
  if (setting(argument) == "F") return session.reply(200, "Structure is file");
  session.reply(504, "Only file structure is offered");
}

void cmd_pasv(Session& session, std::string_view) {
  if (is_refused_by_epsv_all(session)) return;
  if (session.reached.is_ipv6()) return session.reply(425, "PASV is for IPv4; use EPSV");
  const auto told = session.services.passive.address_for(session.peer, session.reached);
  if (!told)
    return session.reply(425,
                         "The address for PASV is not known now, its name cannot be looked up; use EPSV");
  auto bound = prepare_passive(session);
  if (!bound)
    return session.reply(425, "No port for a data connection: {}", text_of(bound.error(), session.language));
  refresh_old_ticket(session, std::chrono::steady_clock::now());
  session.reply(227, "Entering Passive Mode ({}).", ftp::format_port({*told, bound->port(), false, ""}));
}

void cmd_epsv(Session& session, std::string_view argument) {
  const std::string what = ascii_upper(argument);
  if (what == "ALL") {
    session.data.epsv_all = true;
    session.data.target.reset();
    return session.reply(200, "Only EPSV from here");
  }
  const std::string_view ours = session.reached.is_ipv6() ? "2" : "1";
  if (!what.empty() && what != ours) {
    if (what.find_first_not_of("0123456789") != std::string::npos)
      return session.reply(501, "EPSV takes a protocol number or ALL");
    return session.reply(522, "Network protocol not supported, use ({})", ours);
  }
  auto bound = prepare_passive(session);
  if (!bound)
    return session.reply(425, "No port for a data connection: {}", text_of(bound.error(), session.language));
  refresh_old_ticket(session, std::chrono::steady_clock::now());
  session.reply(229, "Entering Extended Passive Mode (|||{}|)", bound->port());
}

void cmd_port(Session& session, std::string_view argument) {
  if (!is_refused_by_epsv_all(session)) take_target(session, ftp::parse_port(argument));
}

void cmd_eprt(Session& session, std::string_view argument) {
  if (!is_refused_by_epsv_all(session)) take_target(session, ftp::parse_eprt(argument));
}

void cmd_rest(Session& session, std::string_view argument) {
  auto offset = parse_number(argument);
  if (!offset) return session.reply(501, "REST takes a number of bytes");
  if (session.transfer.ascii && *offset != 0) return session.reply(504, "REST needs TYPE I");
  session.transfer.restart = *offset;
  session.reply(350, "The next transfer starts at {}", *offset);
}

void cmd_rang(Session& session, std::string_view argument) {
  const auto range = ftp::parse_range(argument);
  if (!range) return session.reply(501, range.error());
  if (!*range) return session.reply(350, "The whole file is meant");
  if (session.transfer.ascii) return session.reply(551, "RANG needs TYPE I");
  session.transfer.range = **range;
  session.reply(350, "Bytes {} to {} are meant", (*range)->first, (*range)->end - 1);
}

void cmd_allo(Session& session, std::string_view argument) {
  session.transfer.announced.reset();
  // "ALLO bytes" or "ALLO bytes R record-size" (RFC 959 §4.1.3); records mean nothing here.
  const std::string_view bytes = argument.substr(0, argument.find(' '));
  auto announced = parse_number(bytes);
  if (!announced) return session.reply(501, "ALLO takes a number of bytes");
  if (const auto most = most_that_fits(session); most && *announced > *most)
    return session.reply(552, "Quota exceeded: {} bytes are wanted, {} are left", *announced, *most);
  if (*announced > 0) session.transfer.announced = *announced;  // 0 is what is said for "I do not know"
  session.reply(200, "{} bytes noted", *announced);
}

}  // namespace ferry
