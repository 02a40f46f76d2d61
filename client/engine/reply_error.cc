#include "client/engine/reply_error.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace ferry::client {
namespace {

struct Hint {
  std::string_view words;
  Errc kind;
};

// 550 says everything from "not there" to "not yours"; servers differ in the text only (vsftpd, ProFTPD,
// Pure-FTPd, IIS, pyftpdlib, ferryd). First match wins.
constexpr std::array<Hint, 17> k550Hints{{
    {"not empty", Errc::not_empty},
    {"is a directory", Errc::is_directory},
    {"is a folder", Errc::is_directory},
    {"not a regular file", Errc::is_directory},
    {"not a plain file", Errc::is_directory},
    {"not a directory", Errc::not_directory},
    {"not a folder", Errc::not_directory},
    {"no such", Errc::not_found},
    {"not found", Errc::not_found},
    {"can't find", Errc::not_found},
    {"does not exist", Errc::not_found},
    {"exists", Errc::exists},
    {"denied", Errc::permission},
    {"not permitted", Errc::permission},
    {"not allowed", Errc::permission},
    {"read-only", Errc::permission},
    {"quota", Errc::over_quota},
}};

std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Without a hint: what is asked for is missing; what is made is refused.
bool makes_something(std::string_view verb) {
  static constexpr std::array<std::string_view, 6> kMakers{"STOR", "APPE", "STOU", "MKD", "RNTO", "MFMT"};
  return std::find(kMakers.begin(), kMakers.end(), verb) != kMakers.end();
}

Errc kind_of_550(std::string_view verb, std::string_view text) {
  const std::string words = lower(text);
  for (const Hint& hint : k550Hints) {
    if (words.find(hint.words) != std::string::npos) return hint.kind;
  }
  return makes_something(verb) ? Errc::permission : Errc::not_found;
}

Errc kind_of(std::string_view verb, const ftp::Reply& reply) {
  switch (reply.code) {
    case 421:
      return Errc::closed;
    case 425:
      return Errc::refused;
    case 426:
      return Errc::reset;
    case 450:
      return lower(reply.text()).find("no such") != std::string::npos ? Errc::not_found : Errc::busy;
    case 451:  // of the server's own trouble; but Pure-FTPd says so of a data connection that broke
      return lower(reply.text()).find("transfer aborted") != std::string::npos ? Errc::reset : Errc::io;
    case 452:
      return Errc::no_space;
    case 430:
    case 530:
    case 532:
      return Errc::login_refused;
    case 521:
      return verb == "MKD" ? Errc::exists : Errc::tls;
    case 522:
    case 533:
    case 534:
    case 536:
      return Errc::tls;
    case 550:
      return kind_of_550(verb, reply.text());
    case 552:
      return Errc::over_quota;
    case 553:
      return Errc::name_refused;
    case 554:
      return Errc::out_of_range;
    case 501:  // pyftpdlib's MLSD: "501 No such directory."
      return lower(reply.text()).find("no such") != std::string::npos ? Errc::not_found : Errc::unsupported;
    case 500:
    case 502:
    case 503:
    case 504:
      return Errc::unsupported;
    default:
      return Errc::io;
  }
}

}  // namespace

std::string_view kind_words(Errc kind) {
  switch (kind) {
    case Errc::not_found:
      return "not found";
    case Errc::exists:
      return "exists already";
    case Errc::not_empty:
      return "not empty";
    case Errc::permission:
      return "not permitted";
    case Errc::is_directory:
      return "is a folder";
    case Errc::not_directory:
      return "is no folder";
    case Errc::busy:
      return "busy";
    case Errc::no_space:
      return "no space left";
    case Errc::over_quota:
      return "over quota";
    case Errc::name_refused:
      return "name refused";
    case Errc::out_of_range:
      return "beyond the end";
    case Errc::closed:
      return "the server ended the session";
    case Errc::reset:
      return "transfer broken off";
    case Errc::refused:
      return "no data connection";
    case Errc::login_refused:
      return "login refused";
    case Errc::tls:
      return "refused for reasons of encryption";
    case Errc::unsupported:
      return "not supported by the server";
    default:
      return "refused";
  }
}

Error reply_error(std::string_view verb, std::string_view subject, const ftp::Reply& reply) {
  const Errc kind = kind_of(verb, reply);
  std::string text = reply.text();
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::string context(subject);
  if (!context.empty()) context += ": ";
  context += kind_words(kind);
  context += " (" + std::to_string(reply.code) + " " + text + ")";
  return Error{kind, std::move(context), reply.code};
}

}  // namespace ferry::client
