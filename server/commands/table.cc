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
    {"ADAT", nullptr, any, A::optional, X::none, T::none, "", "RFC 2228 3", "data"},
    {"ALLO", cmd_allo, ready, A::required, X::write, T::none, "", "RFC 959 4.1.3", "bytes"},
    {"APPE", cmd_appe, ready, A::required, X::write, T::data, "", "RFC 959 4.1.3", "path"},
    {"AUTH", cmd_auth, any, A::required, X::none, T::offered, "AUTH TLS", "RFC 4217 4", "TLS"},
    {"AVBL", cmd_avbl, ready, A::optional, X::read, T::none, "AVBL", "draft-peterson-streamlined-ftp-command-extensions", "[folder]"},
    {"CCC", cmd_ccc, any, A::none, X::none, T::offered, "CCC", "RFC 4217 5", ""},
    {"CDUP", cmd_cdup, ready, A::none, X::read, T::none, "", "RFC 959 4.1.1", ""},
    {"CLNT", cmd_clnt, any, A::required, X::none, T::none, "CLNT", "common practice", "name"},
    {"CONF", nullptr, any, A::optional, X::none, T::replaced, "", "RFC 2228 3", "data"},
    {"CSID", cmd_csid, any, A::required, X::none, T::none, "CSID", "draft-peterson-streamlined-ftp-command-extensions", "Name=name; Version=version;"},
    {"CWD", cmd_cwd, ready, A::optional, X::read, T::none, "", "RFC 959 4.1.1", "[path]"},
    {"DELE", cmd_dele, ready, A::required, X::write, T::none, "", "RFC 959 4.1.3", "path"},
    {"ENC", nullptr, any, A::optional, X::none, T::replaced, "", "RFC 2228 3", "data"},
    {"EPRT", cmd_eprt, ready, A::required, X::none, T::none, "EPRT", "RFC 2428 2", "|proto|address|port|"},
    {"EPSV", cmd_epsv, ready, A::optional, X::none, T::none, "EPSV", "RFC 2428 3", "[proto|ALL]"},
    {"FEAT", cmd_feat, any, A::none, X::none, T::none, "", "RFC 2389 3", ""},
    {"HASH", cmd_hash, ready, A::required, X::read, T::none, "*", "draft-bryan-ftpext-hash 3", "path"},
    {"HELP", cmd_help, any, A::optional, X::none, T::none, "", "RFC 959 4.1.3", "[command]"},
    {"HOST", cmd_host, any, A::required, X::none, T::none, "HOST", "RFC 7151", "name"},
    {"LANG", cmd_lang, any, A::optional, X::none, T::none, "*", "RFC 2640 4", "[language]"},
    {"LIST", cmd_list, ready, A::optional, X::read, T::data, "", "RFC 959 4.1.3", "[path]"},
    {"LPRT", nullptr, any, A::optional, X::none, T::none, "", "RFC 1639", "address"},
    {"LPSV", nullptr, any, A::optional, X::none, T::none, "", "RFC 1639", ""},
    {"MD5", cmd_md5, ready, A::required, X::read, T::none, "MD5", "draft-twine-ftpmd5", "path"},
    {"MDTM", cmd_mdtm, ready, A::required, X::read, T::none, "MDTM", "RFC 3659 3", "path"},
    {"MFF", cmd_mff, ready, A::required, X::write, T::none, "MFF modify;UNIX.mode;", "draft-somers-ftp-mfxx 5", "modify=YYYYMMDDHHMMSS;UNIX.mode=MODE; path"},
    {"MFMT", cmd_mfmt, ready, A::required, X::write, T::none, "MFMT", "draft-somers-ftp-mfxx 3.1", "YYYYMMDDHHMMSS path"},
    {"MIC", nullptr, any, A::optional, X::none, T::replaced, "", "RFC 2228 3", "data"},
    {"MKD", cmd_mkd, ready, A::required, X::write, T::none, "", "RFC 959 4.1.3", "path"},
    {"MLSD", cmd_mlsd, ready, A::optional, X::read, T::data, "MLSD", "RFC 3659 7", "[path]"},
    {"MLST", cmd_mlst, ready, A::optional, X::read, T::none, "*", "RFC 3659 7", "[path]"},
    {"MODE", cmd_mode, ready, A::required, X::none, T::none, "", "RFC 959 4.1.2", "S"},
    {"NLST", cmd_nlst, ready, A::optional, X::read, T::data, "", "RFC 959 4.1.3", "[path or pattern]"},
    {"NOOP", cmd_noop, any, A::optional, X::none, T::none, "", "RFC 959 4.1.3", ""},
    {"OPTS", cmd_opts, any, A::required, X::none, T::none, "UTF8", "RFC 2389 4", "UTF8 ON | MLST facts | HASH [algorithm]"},
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
    {"SITE", cmd_site, any, A::required, X::none, T::none, "", "RFC 959 4.1.3", "command, see SITE HELP"},
    {"SIZE", cmd_size, ready, A::required, X::read, T::none, "SIZE", "RFC 3659 4", "path"},
    {"SMNT", nullptr, any, A::optional, X::none, T::none, "", "RFC 959 4.1.1", "path"},
    {"STAT", cmd_stat, any, A::optional, X::none, T::none, "", "RFC 959 4.1.3", "[path]"},
    {"STOR", cmd_stor, ready, A::required, X::write, T::data, "", "RFC 959 4.1.3", "path"},
    {"STOU", cmd_stou, ready, A::optional, X::write, T::data, "", "RFC 959 4.1.3", ""},
    {"STRU", cmd_stru, ready, A::required, X::none, T::none, "", "RFC 959 4.1.2", "F"},
    {"SYST", cmd_syst, any, A::none, X::none, T::none, "", "RFC 959 4.1.3", ""},
    {"TYPE", cmd_type, ready, A::required, X::none, T::none, "", "RFC 959 4.1.2", "A | I | L 8"},
    {"USER", cmd_user, any, A::required, X::none, T::login, "", "RFC 959 4.1.1", "name"},
    {"XCRC", cmd_xcrc, ready, A::required, X::read, T::none, "XCRC", "common practice", "path [start [end]]"},
    {"XCUP", cmd_cdup, ready, A::none, X::read, T::none, "", "RFC 775", ""},
    {"XCWD", cmd_cwd, ready, A::optional, X::read, T::none, "", "RFC 775", "[path]"},
    {"XMD5", cmd_xmd5, ready, A::required, X::read, T::none, "XMD5", "common practice", "path [start [end]]"},
    {"XMKD", cmd_mkd, ready, A::required, X::write, T::none, "", "RFC 775", "path"},
    {"XPWD", cmd_pwd, ready, A::none, X::read, T::none, "", "RFC 775", ""},
    {"XRMD", cmd_rmd, ready, A::required, X::write, T::none, "", "RFC 775", "path"},
    {"XSHA", cmd_xsha1, ready, A::required, X::read, T::none, "XSHA", "common practice", "path [start [end]]"},
    {"XSHA1", cmd_xsha1, ready, A::required, X::read, T::none, "XSHA1", "common practice", "path [start [end]]"},
    {"XSHA256", cmd_xsha256, ready, A::required, X::read, T::none, "XSHA256", "common practice", "path [start [end]]"},
    {"XSHA512", cmd_xsha512, ready, A::required, X::read, T::none, "XSHA512", "common practice", "path [start [end]]"},
};
// clang-format on
static_assert(std::ranges::is_sorted(kCommands, {}, &Command::verb));

// clang-format off
constexpr Command kSiteCommands[] = {
    {"BREAKPOINT", site_breakpoint, ready, A::optional, X::none, T::none, "SITE BREAKPOINT", "Ferry", "[path]"},
    {"BREAKPOINT DROP", site_breakpoint_drop, ready, A::required, X::write, T::none, "", "Ferry", "path"},
    {"CHMOD", site_chmod, ready, A::required, X::write, T::none, "SITE CHMOD", "common practice", "mode path"},
    {"COPY", nullptr, ready, A::optional, X::none, T::none, "", "common practice", "path path"},
    {"HELP", site_help, any, A::optional, X::none, T::none, "", "common practice", ""},
    {"IDLE", site_idle, ready, A::optional, X::none, T::none, "SITE IDLE", "common practice", "[seconds]"},
    {"INFO", site_info, ready, A::none, X::none, T::none, "SITE INFO", "Ferry", ""},
    {"MKDIR", site_mkdir, ready, A::required, X::write, T::none, "SITE MKDIR", "common practice", "path"},
    {"PASSWD", site_passwd, ready, A::optional, X::none, T::login, "SITE PASSWD", "Ferry", "[old new]"},
    {"QUOTA", site_quota, ready, A::none, X::none, T::none, "SITE QUOTA", "common practice", ""},
    {"REGISTER", site_register, any, A::required, X::none, T::always, "SITE REGISTER", "Ferry", "name"},
    {"RMDIR", site_rmdir, ready, A::required, X::write, T::none, "SITE RMDIR", "common practice", "path"},
    {"SYMLINK", nullptr, ready, A::optional, X::none, T::none, "", "common practice", "path path"},
    {"UTIME", site_utime, ready, A::required, X::write, T::none, "SITE UTIME", "common practice", "YYYYMMDDhhmm[ss] path | path atime mtime ctime UTC"},
    {"WHO", site_who, ready, A::none, X::none, T::none, "SITE WHO", "common practice", ""},
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
