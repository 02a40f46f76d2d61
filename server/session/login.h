// Who may come in: USER and PASS against the store, the guest, the change of one's own password, and the
// account of a session that is already in.
#pragma once

#include <string>
#include <string_view>

#include "server/session/session.h"
#include "shared/base/secret.h"

namespace ferry {

// Checks the password of session.login.user and logs in, or refuses with the same answer, after the same
// time, whether the user exists or not. Replies. Blocks for an Argon2id check, unless this login has been
// verified since the server started.
void log_in(Session& session, const Secret& password);
// For USER: logs in and replies (232) if the client's certificate is this account's. False: nothing has been
// said, and what follows must not tell whether there is such an account.
bool log_in_by_certificate(Session& session, std::string_view user);
// As REIN: back to before USER; TLS stays. The caller replies.
void log_out(Session& session);

// Looks the account up again if it may have changed. False: it is gone or locked, and the session has been
// told and ends; or the store cannot be read, and the command that needs the account (`is_needed`) has had
// its reply.
bool refresh_account(Session& session, bool is_needed);

// Changes the password of the session's own account; `old` is checked unless it is null (SITE PASSWD in two
// steps). Replies.
void change_password(Session& session, const Secret* old, const Secret& fresh);

// Argon2id at the configured cost, no more at once than the server does. Blocks.
Result<std::string> hash_new_password(Services& services, const Secret& password);

// Foreign text as one field of a log line: in quotes when it holds a blank or a quote, so that nobody can
// write fields of his own.
std::string log_field(std::string_view text);

// Whether SITE's argument may hold a password: PASSWD with one, or REGISTER with one where none belongs.
bool holds_site_secret(std::string_view site_argument);

}  // namespace ferry
