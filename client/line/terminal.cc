#include "client/line/terminal.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "client/engine/wait.h"
#include "client/line/console.h"
#include "client/line/json_lines.h"
#include "client/line/output.h"
#include "client/line/signals.h"
#include "shared/base/terminal_text.h"
#include "shared/base/unique_fd.h"

namespace ferry::client {
namespace {

constexpr std::size_t kMaxAnswer = 4096;

}  // namespace

std::string certificate_text(const Site& site, const Certificate& certificate) {
  return fmt::format(
      "The certificate of {}: {}.\n"
      "  subject  {}\n  issuer   {}\n  valid    {} .. {}\n  SHA-256  {}\n",
      terminal_safe(site.key()),
      certificate.why_untrusted ? "not known yet, " + terminal_safe(*certificate.why_untrusted)
                                : "a CA verifies it",
      terminal_safe(certificate.subject), terminal_safe(certificate.issuer),
      terminal_safe(certificate.not_before), terminal_safe(certificate.not_after), certificate.fingerprint);
}

Result<std::string> ask_line(const std::string& prompt) {
  const UniqueFd tty(::open("/dev/tty", O_RDWR | O_CLOEXEC));
  if (!tty) return fail(Errc::unsupported, "there is no terminal to ask on");
  if (::write(tty.get(), prompt.data(), prompt.size()) < 0) return fail_errno(errno, "/dev/tty");
  std::string line;
  char c = 0;
  while (true) {
    // The signal may come to another thread, so the read would not end by it.
    if (auto ready = wait_ready(tty.get(), POLLIN, Deadline::infinite(), signalled_stop()); !ready)
      return tl::unexpected(ready.error());
    const ssize_t got = ::read(tty.get(), &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(Errc::closed, "no answer");  // Ctrl-D
    if (c == '\n') return line;
    if (line.size() < kMaxAnswer) line += c;
  }
}

TrustAnswer TerminalTrust::unknown_certificate(const Site& site, const Certificate& certificate) {
  if (accept_new_) {
    print_error("the certificate of " + site.key() + " is new (" + certificate.why_untrusted.value_or("") +
                ") and remembered from now on: " + spell_fingerprint(certificate.fingerprint));
    return TrustAnswer::remember;
  }
  if (!may_ask_) {
    print_error(
        "nobody can be asked whether to trust the certificate; --pin sha256:… names the right one, --ca FILE "
        "its CA, --accept-new remembers it");
    return TrustAnswer::no;
  }
  const std::string question = certificate_text(site, certificate);
  emit_json("ask", JsonObject().text("about", "certificate").text("message", question));
  const Console::Pause pause;
  fmt::print(stderr, "{}Compare the fingerprint with the one that the server's operator knows.\n", question);
  while (true) {
    auto answer = ask_line("Trust it? [r]emember, [o]nce, [N]o: ");
    if (!answer) return answer.error().kind == Errc::cancelled ? TrustAnswer::stop : TrustAnswer::no;
    if (*answer == "r" || *answer == "remember") return TrustAnswer::remember;
    if (*answer == "o" || *answer == "once") return TrustAnswer::once;
    if (answer->empty() || *answer == "n" || *answer == "no") return TrustAnswer::no;
  }
}

}  // namespace ferry::client
