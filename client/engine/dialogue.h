// What is said on a control connection, for people who look for a fault. Secrets are left out here, before
// anybody hears them. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/ftp/reply.h"

namespace ferry::client {

// Hears each command and each line of a reply, without its line end. Foreign bytes. Called by whichever
// thread talks.
enum class Speaker { client, server };
using HearDialogue = std::function<void(Speaker speaker, const std::string& line)>;

// "RETR /a.txt"; "PASS ****". Of SITE only what is known to carry no secret shows its arguments.
std::string shown_command(std::string_view verb, std::string_view argument);

// "230-Hello", "230 ok": the lines as they came.
std::vector<std::string> shown_reply(const ftp::Reply& reply);

}  // namespace ferry::client
