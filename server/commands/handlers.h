// All handlers, by the file they live in. Argument checked for presence by the gate; each sends exactly one
// final reply.
#pragma once

#include <string_view>

#include "server/session/session.h"

namespace ferry {

// access.cc - RFC 959 §4.1.1, RFC 4217, RFC 2389
void cmd_user(Session& session, std::string_view argument);
void cmd_pass(Session& session, std::string_view argument);
void cmd_acct(Session& session, std::string_view argument);
void cmd_rein(Session& session, std::string_view argument);
void cmd_quit(Session& session, std::string_view argument);
void cmd_host(Session& session, std::string_view argument);
void cmd_auth(Session& session, std::string_view argument);
void cmd_pbsz(Session& session, std::string_view argument);
void cmd_prot(Session& session, std::string_view argument);
void cmd_ccc(Session& session, std::string_view argument);

// params.cc - RFC 959 §4.1.2, RFC 2428, draft-bryan-ftp-range
void cmd_type(Session& session, std::string_view argument);
void cmd_mode(Session& session, std::string_view argument);
void cmd_stru(Session& session, std::string_view argument);
void cmd_pasv(Session& session, std::string_view argument);
void cmd_epsv(Session& session, std::string_view argument);
void cmd_port(Session& session, std::string_view argument);
void cmd_eprt(Session& session, std::string_view argument);
void cmd_rang(Session& session, std::string_view argument);
void cmd_rest(Session& session, std::string_view argument);
void cmd_allo(Session& session, std::string_view argument);

// transfer.cc - RFC 959 §4.1.3, RFC 3659 §5
void cmd_retr(Session& session, std::string_view argument);
void cmd_stor(Session& session, std::string_view argument);
void cmd_appe(Session& session, std::string_view argument);
void cmd_stou(Session& session, std::string_view argument);
void cmd_abor(Session& session, std::string_view argument);

// files.cc - RFC 959 §4.1.3, RFC 3659 §3, draft-somers-ftp-mfxx
void cmd_pwd(Session& session, std::string_view argument);
void cmd_cwd(Session& session, std::string_view argument);
void cmd_cdup(Session& session, std::string_view argument);
void cmd_mkd(Session& session, std::string_view argument);
void cmd_rmd(Session& session, std::string_view argument);
void cmd_dele(Session& session, std::string_view argument);
void cmd_rnfr(Session& session, std::string_view argument);
void cmd_rnto(Session& session, std::string_view argument);
void cmd_size(Session& session, std::string_view argument);
void cmd_mdtm(Session& session, std::string_view argument);
void cmd_mfmt(Session& session, std::string_view argument);
void cmd_mff(Session& session, std::string_view argument);
void cmd_avbl(Session& session, std::string_view argument);

// digests.cc - draft-bryan-ftpext-hash, draft-twine-ftpmd5
void cmd_hash(Session& session, std::string_view argument);
void cmd_md5(Session& session, std::string_view argument);
void cmd_xcrc(Session& session, std::string_view argument);
void cmd_xmd5(Session& session, std::string_view argument);
void cmd_xsha1(Session& session, std::string_view argument);
void cmd_xsha256(Session& session, std::string_view argument);
void cmd_xsha512(Session& session, std::string_view argument);

// listing.cc - RFC 959 §4.1.3, RFC 3659 §7
void cmd_list(Session& session, std::string_view argument);
void cmd_nlst(Session& session, std::string_view argument);
void cmd_mlsd(Session& session, std::string_view argument);
void cmd_mlst(Session& session, std::string_view argument);
void cmd_stat(Session& session, std::string_view argument);

// info.cc - RFC 959 §4.1.3, RFC 2389
void cmd_feat(Session& session, std::string_view argument);
void cmd_opts(Session& session, std::string_view argument);
void cmd_help(Session& session, std::string_view argument);
void cmd_noop(Session& session, std::string_view argument);
void cmd_syst(Session& session, std::string_view argument);
void cmd_clnt(Session& session, std::string_view argument);
void cmd_csid(Session& session, std::string_view argument);
void cmd_lang(Session& session, std::string_view argument);

// site.cc
void cmd_site(Session& session, std::string_view argument);
void site_help(Session& session, std::string_view argument);
void site_quota(Session& session, std::string_view argument);
void site_info(Session& session, std::string_view argument);
void site_passwd(Session& session, std::string_view argument);
void site_register(Session& session, std::string_view argument);
void site_chmod(Session& session, std::string_view argument);
void site_utime(Session& session, std::string_view argument);
void site_mkdir(Session& session, std::string_view argument);
void site_rmdir(Session& session, std::string_view argument);
void site_who(Session& session, std::string_view argument);
void site_idle(Session& session, std::string_view argument);

// breakpoint.cc
void site_breakpoint(Session& session, std::string_view argument);
void site_breakpoint_drop(Session& session, std::string_view argument);

}  // namespace ferry
