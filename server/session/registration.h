// Accounts that people make for themselves (SITE REGISTER), where the operator lets them. In a worker.
#pragma once

#include "server/session/session.h"
#include "shared/base/secret.h"

namespace ferry {

// Notes the name if it could be registered now from where this session comes, and asks for the password; what
// counts is what register_account finds. Replies.
void begin_registration(Session& session, std::string_view name);

// Makes the account session.login.registers with the default quota and an empty home below home_root.
// Replies. Blocks for an Argon2id hash.
void register_account(Session& session, const Secret& password);

}  // namespace ferry
