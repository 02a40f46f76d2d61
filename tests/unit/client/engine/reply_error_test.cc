#include "client/engine/reply_error.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

struct Case {
  const char* verb;
  int code;
  const char* text;
  Errc kind;
};

// Texts as vsftpd, ProFTPD, Pure-FTPd and pyftpdlib send them.
const Case kCases[] = {
    {"RETR", 550, "Failed to open file.", Errc::not_found},
    {"RETR", 550, "/x: No such file or directory", Errc::not_found},
    {"RETR", 550, "Can't open x: No such file or directory", Errc::not_found},
    {"RETR", 550, "x: Permission denied", Errc::permission},
    {"RETR", 550, "I can only retrieve regular files: not a regular file", Errc::is_directory},
    {"MKD", 550, "x: File exists", Errc::exists},
    {"MKD", 550, "Create directory operation failed.", Errc::permission},
    {"MKD", 521, "Directory already exists", Errc::exists},
    {"RMD", 550, "x: Directory not empty", Errc::not_empty},
    {"CWD", 550, "Failed to change directory.", Errc::not_found},
    {"STOR", 550, "x: Is a directory", Errc::is_directory},
    {"STOR", 552, "Quota exceeded", Errc::over_quota},
    {"STOR", 452, "No space left", Errc::no_space},
    {"STOR", 553, "Could not create file.", Errc::name_refused},
    {"STOR", 450, "busy", Errc::busy},
    {"RETR", 554, "Beyond the end", Errc::out_of_range},
    {"PASS", 530, "Login incorrect.", Errc::login_refused},
    {"NOOP", 421, "Timeout.", Errc::closed},
    {"RETR", 425, "Failed to establish connection.", Errc::refused},
    {"RETR", 426, "Failure writing network stream.", Errc::reset},
    {"STOR", 451, "Transfer aborted 0.000 seconds (measured here)", Errc::reset},
    {"RETR", 451, "Local error", Errc::io},
    {"RETR", 522, "SSL connection failed: session reuse required", Errc::tls},
    {"MLSD", 500, "Unknown command.", Errc::unsupported},
    {"MLSD", 501, "No such directory.", Errc::not_found},
    {"MLSD", 501, "Invalid argument.", Errc::unsupported},
};

TEST(ReplyError, TellsWhatARefusalMeans) {
  for (const Case& one : kCases) {
    const Error error = reply_error(one.verb, "name", {one.code, {one.text}});
    EXPECT_EQ(error.kind, one.kind) << one.verb << " " << one.code << " " << one.text;
    EXPECT_EQ(error.reply_code, one.code);
  }
}

TEST(ReplyError, QuotesTheServerOnOneLine) {
  const Error error = reply_error("RETR", "/nosuch", {550, {"No such", "file"}});
  EXPECT_EQ(error.context, "/nosuch: not found (550 No such file)");
}

}  // namespace
}  // namespace ferry::client
