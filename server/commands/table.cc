// How to add a command:
//   1. declare cmd_<verb> in handlers.h and write it in the file of its RFC chapter;
//   2. add its row below, in order, with its FEAT line if it has one;
//   3. write its test in tests/integration (the walk over the table covers the gate by itself);
//   4. note it in docs/protocol.md if it is ours.
// Nothing else: dispatch, the gate, FEAT and HELP follow from the row.
#include "server/commands/table.h"

#include <algorithm>

#include "server/commands/handlers.h"

namespace ferry {

namespace {

using enum Phase;
using A = Argument;
using X = Access;
using T = TlsNeed;

// clang-format off
constexpr Command kCommands[] = {
    // verb, handler, phase, argument, access, tls, feature, source, help
    {"ABOR", cmd_abor, ready, A::none, X::none, T::none, "", "RFC 959 4.1.3", ""},
    {"ACCT", cmd_acct, any, A::required, X::none, T::none, "", "RFC 959 4.1.1", "account"},
    {"ALLO", cmd_allo, ready, A::required, X::write, T::none, "", "RFC 959 4.1.3", "bytes"},
    {"APPE", cmd_appe, ready, A::required, X::write, T::data, "", "RFC 959 4.1.3", "path"},
    {"AUTH", cmd_auth, any, A::required, X::none, T::offered, "AUTH TLS", "RFC 4217 4", "TLS"},
    {"CCC", cmd_ccc, any, A::none, X::none, T::offered, "CCC", "RFC 4217 5", ""},
    {"CDUP", cmd_cdup, ready, A::none, X::read, T::none, "", "RFC 959 4.1.1", ""},
    {"CLNT", cmd_clnt, any, A::required, X::none, T::none, "CLNT", "common practice", "name"},
    {"CWD", cmd_cwd, ready, A::optional, X::read, T::none, "", "RFC 959 4.1.1", "[path]"},
    {"DELE", cmd_dele, ready, A::required, X::write, T::none, "", "RFC 959 4.1.3", "path"},
    {"EPRT", cmd_eprt, ready, A::required, X::none, T::none, "EPRT", "RFC 2428 2", "|proto|address|port|"},
    {"EPSV", cmd_epsv, ready, A::optional, X::none, T::none, "EPSV", "RFC 2428 3", "[proto|ALL]"},
    {"FEAT", cmd_feat, any, A::none, X::none, T::none, "", "RFC 2389 3", ""},
    {"HELP", cmd_help, any, A::optional, X::none, T::none, "", "RFC 959 4.1.3", "[command]"},
    {"HOST", cmd_host, any, A::required, X::none, T::none, "HOST", "RFC 7151", "name"},
    {"LANG", cmd_lang, any, A::optional, X::none, T::none, "*", "RFC 2640 4", "[language]"},
    {"LIST", cmd_list, ready, A::optional, X::read, T::data, "", "RFC 959 4.1.3", "[path]"},
    {"MDTM", cmd_mdtm, ready, A::required, X::read, T::none, "MDTM", "RFC 3659 3", "path"},
    {"MFMT", cmd_mfmt, ready, A::required, X::write, T::none, "MFMT", "draft-somers-ftp-mfxx 3.1", "YYYYMMDDHHMMSS path"},
    {"MKD", cmd_mkd, ready, A::required, X::write, T::none, "", "RFC 959 4.1.3", "path"},
    {"MLSD", cmd_mlsd, ready, A::optional, X::read, T::data, "MLSD", "RFC 3659 7", "[path]"},
    {"MLST", cmd_mlst, ready, A::optional, X::read, T::none, "*", "RFC 3659 7", "[path]"},
    {"MODE", cmd_mode, ready, A::required, X::none, T::none, "", "RFC 959 4.1.2", "S"},
    {"NLST", cmd_nlst, ready, A::optional, X::read, T::data, "", "RFC 959 4.1.3", "[path or pattern]"},
    {"NOOP", cmd_noop, any, A::optional, X::none, T::none, "", "RFC 959 4.1.3", ""},
    {"OPTS", cmd_opts, any, A::required, X::none, T::none, "UTF8", "RFC 2389 4", "UTF8 ON | MLST facts"},
    {"PASS", cmd_pass, any, A::optional, X::none, T::login, "", "RFC 959 4.1.1", "password"},
    {"PASV", cmd_pasv, ready, A::none, X::none, T::none, "", "RFC 959 4.1.2", ""},
    {"PBSZ", cmd_pbsz, any, A::required, X::none, T::offered, "PBSZ", "RFC 4217 8", "0"},
    {"PORT", cmd_port, ready, A::required, X::none, T::none, "", "RFC 959 4.1.2", "h1,h2,h3,h4,p1,p2"},
    {"PROT", cmd_prot, any, A::required, X::none, T::offered, "PROT", "RFC 4217 9", "C | P"},
    {"PWD", cmd_pwd, ready, A::none, X::read, T::none, "TVFS", "RFC 959 4.1.3", ""},
    {"QUIT", cmd_quit, any, A::none, X::none, T::none, "", "RFC 959 4.1.1", ""},
    {"RANG", cmd_rang, ready, A::required, X::none, T::none, "RANG STREAM", "draft-bryan-ftp-range 3", "first last"},
    {"REIN", cmd_rein, any, A::none, X::none, T::none, "", "RFC 959 4.1.1, RFC 4217 13", ""},
    {"REST", cmd_rest, ready, A::required, X::none, T::none, "REST STREAM", "RFC 3659 5", "offset"},
    {"RETR", cmd_retr, ready, A::required, X::read, T::data, "", "RFC 959 4.1.3", "path"},
    {"RMD", cmd_rmd, ready, A::required, X::write, T::none, "", "RFC 959 4.1.3", "path"},
    {"RNFR", cmd_rnfr, ready, A::required, X::write, T::none, "", "RFC 959 4.1.3", "path"},
    {"RNTO", cmd_rnto, ready, A::required, X::write, T::none, "", "RFC 959 4.1.3", "path"},
    {"SITE", cmd_site, any, A::required, X::none, T::none, "", "RFC 959 4.1.3", "HELP | QUOTA | INFO | PASSWD | CHMOD mode path"},
    {"SIZE", cmd_size, ready, A::required, X::read, T::none, "SIZE", "RFC 3659 4", "path"},
    {"STAT", cmd_stat, any, A::optional, X::none, T::none, "", "RFC 959 4.1.3", "[path]"},
    {"STOR", cmd_stor, ready, A::required, X::write, T::data, "", "RFC 959 4.1.3", "path"},
    {"STOU", cmd_stou, ready, A::optional, X::write, T::data, "", "RFC 959 4.1.3", ""},
    {"STRU", cmd_stru, ready, A::required, X::none, T::none, "", "RFC 959 4.1.2", "F"},
    {"SYST", cmd_syst, any, A::none, X::none, T::none, "", "RFC 959 4.1.3", ""},
    {"TYPE", cmd_type, ready, A::required, X::none, T::none, "", "RFC 959 4.1.2", "A | I | L 8"},
    {"USER", cmd_user, any, A::required, X::none, T::login, "", "RFC 959 4.1.1", "name"},
    {"XCUP", cmd_cdup, ready, A::none, X::read, T::none, "", "RFC 775", ""},
    {"XCWD", cmd_cwd, ready, A::optional, X::read, T::none, "", "RFC 775", "[path]"},
    {"XMKD", cmd_mkd, ready, A::required, X::write, T::none, "", "RFC 775", "path"},
    {"XPWD", cmd_pwd, ready, A::none, X::read, T::none, "", "RFC 775", ""},
    {"XRMD", cmd_rmd, ready, A::required, X::write, T::none, "", "RFC 775", "path"},
};
// clang-format on
static_assert(std::ranges::is_sorted(kCommands, {}, &Command::verb));

// clang-format off
constexpr Command kSiteCommands[] = {
    {"CHMOD", site_chmod, ready, A::required, X::write, T::none, "", "common practice", "mode path"},
    {"HELP", site_help, any, A::optional, X::none, T::none, "", "common practice", ""},
    {"INFO", site_info, ready, A::none, X::none, T::none, "", "Ferry", ""},
    {"PASSWD", site_passwd, ready, A::optional, X::none, T::login, "", "Ferry", "[old new]"},
    {"QUOTA", site_quota, ready, A::none, X::none, T::none, "", "common practice", ""},
    {"REGISTER", site_register, any, A::required, X::none, T::always, "SITE REGISTER", "Ferry", "name"},
};
// clang-format on
static_assert(std::ranges::is_sorted(kSiteCommands, {}, &Command::verb));

}  // namespace

std::span<const Command> command_table() {
  return kCommands;
}
std::span<const Command> site_table() {
  return kSiteCommands;
}

bool is_off(const Command& command, const Options& options) {
  if (command.handler == nullptr) return true;
  if (command.handler == site_register) return options.registration == Registration::closed;
  return command.tls == TlsNeed::offered && options.tls == TlsPolicy::off;
}

const Command* find_command(std::string_view verb) {
  const auto* row = std::ranges::lower_bound(kCommands, verb, {}, &Command::verb);
  return row != std::end(kCommands) && row->verb == verb ? row : nullptr;
}

}  // namespace ferry
