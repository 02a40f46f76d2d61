// Errors as FTP replies: the one place that picks the code (RFC 959 §4.2, research of what clients make of
// each).
#pragma once

#include "shared/base/result.h"

namespace ferry {

// Code for an error that ended a command; what is said with it comes from text_of() (catalogue.h).
int reply_code_for(const Error& error);

}  // namespace ferry
