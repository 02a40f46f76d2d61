// Errors as FTP replies: the one place that picks the code (RFC 959 §4.2, research of what clients make of
// each).
#pragma once

#include "shared/base/result.h"
#include "shared/ftp/reply.h"

namespace ferry {

// For an error that ended a command. The text is the error's own context.
ftp::Reply reply_for(const Error& error);

}  // namespace ferry
