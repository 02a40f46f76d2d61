#include "client/engine/doctor.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "client/engine/verify.h"
#include "client/engine/wait.h"
#include "shared/base/clock.h"

namespace ferry::client {
namespace {

using Verdict = Finding::Verdict;

constexpr int kDaysToRenew = 14;

// A certificate nobody vouches for is a finding. The question whether to believe it belongs to other
// commands.
class Refuser : public TrustAsker {
 public:
  TrustAnswer unknown_certificate(const Site&, const Certificate&) override { return TrustAnswer::no; }
};

// "2026-11-21T04:30:00Z" -> days from now; nullopt: no time.
std::optional<std::int64_t> days_until(std::string_view iso) {
  std::string digits;
  std::ranges::copy_if(iso, std::back_inserter(digits), [](unsigned char c) { return std::isdigit(c) != 0; });
  const auto when = parse_ftp_time(digits);
  if (!when) return std::nullopt;
  return std::chrono::floor<std::chrono::days>(*when - wall_now()).count();
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

struct Remedy {
  std::string_view topic;
  const char* text;
};

// What an error on the way to the greeting is about, and what may help.
Remedy remedy_of(Errc kind) {
  switch (kind) {
    case Errc::untrusted:
      return {"certificate",
              "compare the fingerprint with the operator's, then accept it with --pin or at the question of "
              "`ferry "
              "ls`; or name its CA with --ca"};
    case Errc::tls:
      return {"encryption",
              "ask the operator to offer AUTH TLS; --tls=implicit where TLS begins at once (port 990)"};
    case Errc::closed:
      return {"greeting",
              "the server takes no session now: too many of them, or this address is not welcome"};
    case Errc::timeout:
      return {"greeting",
              "a port on which TLS begins at once stays silent: --tls=implicit; else look at the server"};
    default:
      return {"greeting", "look whether host and port are those of an FTP server"};
  }
}

}  // namespace

std::string_view verdict_word(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::note:
      return "note";
    case Verdict::problem:
      return "problem";
    case Verdict::skipped:
      return "skipped";
  }
  return "";
}

Doctor::Doctor(Site site, TrustStore& store, Cancel& cancel, Tell tell)
    : site_(std::move(site)), store_(store), cancel_(cancel), tell_(std::move(tell)) {
  site_.active = false;
}

void Doctor::say(Verdict verdict, std::string_view topic, std::string sentence) {
  if (cancel_.requested()) return;  // what ends by it is nobody's fault
  tell_({verdict, topic, std::move(sentence), {}});
}

void Doctor::problem(std::string_view topic, const Error& error, const std::string& remedy) {
  if (cancel_.requested() || error.kind == Errc::cancelled) return;
  tell_({Verdict::problem, topic, error.context + "; " + remedy, error});
}

Status Doctor::examine(const Examination& wish, const Login& login) {
  if (look_at_addresses() && reach()) {
    look_at_encryption();
    if (log_in(login)) {
      folder_ = wish.folder(*connection_);
      look_at_features();
      if (!is_over()) look_at_passive("EPSV");
      if (!is_over() && !connection_->peer().is_ipv6()) look_at_passive("PASV");
      if (!is_over()) move_a_listing(*connection_, "data");
      if (!is_over() && wish.active) try_active(login);
      if (!wish.active) say(Verdict::skipped, "active", "active mode is not tried without --active");
      if (!is_over() && wish.write) try_writing();
      if (!wish.write)
        say(Verdict::skipped, "clock",
            "the server's clock is not compared without --write, which writes a file");
    }
  }
  if (connection_) connection_->quit();
  if (cancel_.requested()) return fail(Errc::cancelled, "interrupted");
  return {};
}

bool Doctor::look_at_addresses() {
  const auto addresses = resolve_within(site_.host, site_.port, Deadline::after(site_.timeout), &cancel_);
  if (!addresses) {
    problem("address", addresses.error(),
            "look at the host's name, and whether this machine's resolver works");
    return false;
  }
  std::size_t answering = 0;
  std::vector<std::pair<std::string, Error>> silent;
  for (const net::Address& address : *addresses) {
    const auto socket = dial(address.ip(), site_.port, Deadline::after(site_.timeout), &cancel_);
    if (cancel_.requested()) return false;
    if (!socket) silent.emplace_back(address.to_string(), socket.error());
    if (!socket) continue;
    ++answering;
    say(Verdict::ok, "address", site_.host + " is " + address.to_string() + ", which takes connections");
  }
  for (const auto& [address, error] : silent) {
    const std::string why = site_.host + " is " + address + ", which does not answer (" + error.context + ")";
    if (answering == 0)
      problem("address", Error{error.kind, why},
              "look whether the server runs, its port, and the firewalls between");
    else
      say(Verdict::note, "address",
          why +
              "; clients that try it first wait: take it out of the name service, or let "
              "the server listen there");
  }
  return answering > 0;
}

bool Doctor::reach() {
  Refuser refuser;
  auto connection = Connection::open(site_, store_, refuser, cancel_);
  if (!connection) {
    const Remedy remedy = remedy_of(connection.error().kind);
    problem(remedy.topic, connection.error(), remedy.text);
    return false;
  }
  connection_ = std::move(*connection);
  say(Verdict::ok, "greeting", "the server greets: " + first_line(connection_->greeting()));
  return true;
}

void Doctor::look_at_encryption() {
  if (!connection_->is_encrypted()) {
    say(Verdict::note, "encryption",
        "nothing is encrypted, password and files can be read on the way; leave --tls=off "
        "out if the server offers AUTH TLS");
    return;
  }
  const std::string how = connection_->tls()->version() + " with " + connection_->tls()->cipher();
  say(Verdict::ok, "encryption", "the control connection is encrypted by " + how);
  look_at_certificate();
}

void Doctor::look_at_certificate() {
  const auto shown = connection_->tls()->peer_certificate();
  if (!shown) return;
  const auto why = net::TlsClient::why_untrusted(*connection_->tls());
  std::string sentence = "the certificate of " + shown->subject + " by " + shown->issuer +
                         (why ? " is pinned (no CA vouches for it: " + *why + ")" : " is verified by a CA");
  const auto days = days_until(shown->not_after);
  if (days && *days < 0) {
    say(Verdict::note, "certificate",
        sentence + ", and ended at " + shown->not_after + "; the operator must renew it");
    return;
  }
  sentence += ", valid until " + shown->not_after;
  if (days) sentence += ", " + std::to_string(*days) + " days from now";
  const bool ends_soon = days && *days < kDaysToRenew;
  say(ends_soon ? Verdict::note : Verdict::ok, "certificate",
      sentence + (ends_soon ? "; the operator should renew it now" : ""));
}

bool Doctor::log_in(const Login& login) {
  if (auto done = login(*connection_); !done) {
    problem("login", done.error(),
            done.error().kind == Errc::login_refused
                ? "look at user and password (-u, --password-file, ~/.netrc)"
                : "try again later, or ask the operator");
    return false;
  }
  say(Verdict::ok, "login", connection_->user() + " is logged in, in " + connection_->home());
  return true;
}

void Doctor::look_at_features() {
  const Features& features = connection_->features();
  if (features.lines().empty()) {
    say(Verdict::note, "features",
        "the server does not tell what it can do (FEAT); only what is oldest is used");
  } else {
    say(Verdict::ok, "features",
        "the server tells " + std::to_string(features.lines().size()) + " features (FEAT)");
  }
  look_at_names();
  if (features.has("MLST")) {
    say(Verdict::ok, "listing", "listings are exact (MLSD)");
  } else {
    say(Verdict::note, "listing",
        "listings are made for people (LIST, no MLSD): times are coarse and in the server's "
        "zone; sync by size or hash");
  }
  const bool restarts = features.parameters("REST") == "STREAM";
  say(restarts ? Verdict::ok : Verdict::note, "resume",
      restarts ? "transfers can go on in the middle (REST STREAM)"
               : "the server does not say that transfers can go on in the middle (REST STREAM); what breaks "
                 "off may "
                 "begin anew");
  look_at_digests();
  const bool sets_times = features.has("MFMT");
  say(sets_times ? Verdict::ok : Verdict::note, "times",
      sets_times ? "times of uploads are kept (MFMT)"
                 : "the server does not take times of uploads (no MFMT)");
}

void Doctor::look_at_names() {
  if (connection_->features().has("UTF8")) {
    say(Verdict::ok, "names", "names are UTF-8");
  } else {
    say(Verdict::note, "names",
        "the server does not say that names are UTF-8; if they look wrong, --charset says what "
        "they are");
  }
}

void Doctor::look_at_digests() {
  if (const auto kind = offered_digest(connection_->features())) {
    say(Verdict::ok, "digests",
        "the server computes " + std::string(digest_name(*kind)) + ", so both sides can be compared");
  } else {
    say(Verdict::note, "digests",
        "the server computes no digests; --verify=sha256 reads files back to compare them");
  }
}

}  // namespace ferry::client
