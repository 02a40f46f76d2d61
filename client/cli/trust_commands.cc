// trust list, add and rm.
#include <fmt/core.h>
#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/common.h"
#include "client/engine/connection.h"
#include "client/line/columns.h"
#include "client/line/output.h"
#include "client/line/exit_code.h"
#include "client/line/saved_sites.h"

namespace ferry::client {
namespace {

// Takes whatever certificate comes, for this one connection, to show it.
class Beholder : public TrustAsker {
 public:
  TrustAnswer unknown_certificate(const Site&, const Certificate& certificate) override {
    seen = certificate;
    return TrustAnswer::once;
  }
  std::optional<Certificate> seen;
};

// What the server shows; nothing is sent that is worth keeping from it.
Result<Certificate> certificate_of_server(const Site& site, Cancel& cancel) {
  TrustStore nothing_known("/dev/null");
  Beholder beholder;
  auto connection = Connection::open(site, nothing_known, beholder, cancel);
  if (!connection) return tl::unexpected(connection.error());
  (*connection)->quit();
  if (beholder.seen) return std::move(*beholder.seen);
  const auto peer = (*connection)->tls()->peer_certificate();
  if (!peer) return fail(Errc::tls, site.key() + ": the server has shown no certificate");
  return Certificate{peer->subject,    peer->issuer,    peer->fingerprint,
                     peer->not_before, peer->not_after, std::nullopt};
}

Status ask_to_remember(const Options& options, const Site& site, const Certificate& certificate,
                       const std::optional<Pin>& known) {
  if (options.accept_new && !known) return {};
  if (options.no_input || ::isatty(STDIN_FILENO) != 1) {
    return fail(Errc::bad_syntax, "nobody can be asked whether to trust " +
                                      spell_fingerprint(certificate.fingerprint) + " of " + site.key() +
                                      "; write it behind the host if it is the right one");
  }
  fmt::print(stderr, "{}", certificate_text(site, certificate));
  if (known) fmt::print(stderr, "  pinned   {} since {}\n", known->fingerprint, known->first_seen);
  auto answer = ask_line(known ? "Trust this one from now on, instead of the pinned one? [y/N]: "
                               : "Trust it from now on? [y/N]: ");
  if (!answer && answer.error().kind == Errc::cancelled) return tl::unexpected(answer.error());
  if (answer && (*answer == "y" || *answer == "yes")) return {};
  return fail(Errc::untrusted, "the certificate of " + site.key() + " is not trusted; nothing was changed");
}

Result<std::string> fingerprint_to_trust(const Options& options, const Site& site, TrustStore& store,
                                         Cancel& cancel) {
  if (options.operands.size() > 1) return parse_fingerprint(options.operands.back());
  if (site.security == ftp::Security::clear)
    return fail(Errc::bad_syntax, "without encryption the server shows no certificate");
  auto known = store.find(site.key());
  if (!known) return tl::unexpected(known.error());
  auto certificate = certificate_of_server(site, cancel);
  if (!certificate) return tl::unexpected(certificate.error());
  if (*known && (*known)->fingerprint == certificate->fingerprint) return certificate->fingerprint;
  if (auto trusted = ask_to_remember(options, site, *certificate, *known); !trusted)
    return tl::unexpected(trusted.error());
  return certificate->fingerprint;
}

// "There is only its port 2121": what somebody means who leaves the port out.
std::string ports_of(const std::string& host, const std::vector<Pin>& pins) {
  std::string found;
  for (const Pin& pin : pins) {
    if (pin.server.substr(0, pin.server.rfind(':')) != host) continue;
    found += (found.empty() ? "; there is " : " and ") + pin.server;
  }
  return found;
}

Status forget(TrustStore& store, const Site& site) {
  auto forgotten = store.forget(site.key());
  if (forgotten || forgotten.error().kind != Errc::not_found) return forgotten;
  const auto pins = store.all();
  const std::string host = site.key().substr(0, site.key().rfind(':'));
  return fail(Errc::not_found, forgotten.error().context + (pins ? ports_of(host, *pins) : ""));
}

}  // namespace

int run_trust_list(const Options&, Cancel&) {
  const auto pins = TrustStore(TrustStore::default_path()).all();
  if (!pins) return report(pins.error());
  std::vector<Row> rows;
  for (const Pin& pin : *pins)
    rows.push_back({pin.server, spell_fingerprint(pin.fingerprint), pin.first_seen, pin.last_seen});
  print_columns({"SERVER", "CERTIFICATE", "FIRST SEEN", "LAST SEEN"}, rows);
  return kExitDone;
}

int run_trust_add(const Options& options, Cancel& cancel) {
  auto target = target_of_place(options, options.operands.front());
  if (!target) return report_bad_operand(target.error());
  TrustStore store(TrustStore::default_path());
  auto fingerprint = fingerprint_to_trust(options, target->site, store, cancel);
  if (!fingerprint) return report_no_connection(fingerprint.error());
  auto replaced = store.replace(target->site.key(), *fingerprint, wall_now());
  if (!replaced) return report(replaced.error());
  if (options.quiet) return kExitDone;
  print_error("trusting " + spell_fingerprint(*fingerprint) + " of " + target->site.key() +
              (*replaced && (*replaced)->fingerprint != *fingerprint
                   ? " instead of " + spell_fingerprint((*replaced)->fingerprint)
                   : ""));
  return kExitDone;
}

int run_trust_rm(const Options& options, Cancel&) {
  TrustStore store(TrustStore::default_path());
  int code = kExitDone;
  for (const auto& operand : options.operands) {
    auto target = target_of_place(options, operand);
    if (!target) return report_bad_operand(target.error());
    if (auto forgotten = forget(store, target->site); !forgotten) code = report(forgotten.error());
  }
  return code;
}

}  // namespace ferry::client
