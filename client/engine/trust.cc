#include "client/engine/trust.h"

#include <algorithm>
#include <sstream>

#include "client/engine/state_file.h"

namespace ferry::client {
namespace {

constexpr std::string_view kHeading =
    "# Servers whose certificates ferry trusts: host:port sha256:fingerprint first-seen last-seen\n";

bool is_empty_or_comment(const std::string& line) {
  const auto first = line.find_first_not_of(" \t\r\v\f");
  return first == std::string::npos || line[first] == '#';
}

std::optional<Pin> parse_pin(const std::string& line) {
  std::istringstream words(line);
  Pin pin;
  std::string fingerprint, surplus;
  if (!(words >> pin.server >> fingerprint >> pin.first_seen >> pin.last_seen) || words >> surplus)
    return std::nullopt;
  auto parsed = parse_fingerprint(fingerprint);
  if (!parsed) return std::nullopt;
  pin.fingerprint = *parsed;
  return pin;
}

std::vector<Pin>::iterator find_pin(std::vector<Pin>& pins, const std::string& server) {
  return std::find_if(pins.begin(), pins.end(), [&](const Pin& pin) { return pin.server == server; });
}

Error changed(const Site& site, const Certificate& certificate, const std::string& known,
              const std::string& since, const std::string& remedy) {
  return Error{
      Errc::untrusted,
      "the certificate of " + site.key() + " is not the one that is pinned" + since + ": pinned " +
          spell_fingerprint(known) + ", now " + spell_fingerprint(certificate.fingerprint) +
          ". Someone may be reading this connection, or the server was set up anew: ask its operator" +
          remedy};
}

Status ask(const Site& site, const Certificate& certificate, TrustStore& store, TrustAsker& asker) {
  switch (asker.unknown_certificate(site, certificate)) {
    case TrustAnswer::remember:
      return store.remember(site.key(), certificate.fingerprint, wall_now());
    case TrustAnswer::once:
      store.accept_once(site.key(), certificate.fingerprint);
      return {};
    case TrustAnswer::stop:
      return fail(Errc::cancelled, "interrupted");
    case TrustAnswer::no:
      break;
  }
  return fail(Errc::untrusted, "the certificate of " + site.key() + " is not trusted (" +
                                   *certificate.why_untrusted + "); its fingerprint is " +
                                   spell_fingerprint(certificate.fingerprint));
}

}  // namespace

Result<std::vector<Pin>> parse_pins(std::string_view text) {
  std::vector<Pin> pins;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (is_empty_or_comment(line)) continue;
    auto pin = parse_pin(line);
    if (!pin) return fail(Errc::corrupt, "line " + std::to_string(number) + " is no pin");
    pins.push_back(std::move(*pin));
  }
  return pins;
}

std::string format_pins(const std::vector<Pin>& pins) {
  std::string text(kHeading);
  for (const Pin& pin : pins) {
    text += pin.server + " " + spell_fingerprint(pin.fingerprint) + " " + pin.first_seen + " " +
            pin.last_seen + "\n";
  }
  return text;
}

std::string TrustStore::default_path() {
  return state_file_path("XDG_DATA_HOME", ".local/share", "trust");
}

Result<std::vector<Pin>> TrustStore::read(std::string_view text) const {
  auto pins = parse_pins(text);
  if (!pins) return fail(pins.error().kind, path_ + ": " + pins.error().context);
  return pins;
}

Result<std::vector<Pin>> TrustStore::all() const {
  auto text = read_state_file(path_);
  if (!text) return tl::unexpected(text.error());
  return read(*text);
}

Result<std::optional<Pin>> TrustStore::find(const std::string& server) const {
  auto pins = all();
  if (!pins) return tl::unexpected(pins.error());
  const auto found = find_pin(*pins, server);
  return found == pins->end() ? std::optional<Pin>() : std::optional<Pin>(*found);
}

Status TrustStore::change(const std::function<Status(std::vector<Pin>&)>& change_pins) {
  return update_state_file(path_, Durability::on_disk, [&](const std::string& text) -> Result<std::string> {
    auto pins = read(text);
    if (!pins) return tl::unexpected(pins.error());
    if (auto changed = change_pins(*pins); !changed) return tl::unexpected(changed.error());
    return format_pins(*pins);
  });
}

Status TrustStore::remember(const std::string& server, const std::string& fingerprint, WallTime now) {
  return change([&](std::vector<Pin>& pins) -> Status {
    const auto same = find_pin(pins, server);
    const std::string stamp = iso_time(now);
    if (same == pins.end()) {
      pins.push_back({server, fingerprint, stamp, stamp});
    } else if (same->fingerprint == fingerprint) {
      same->last_seen = stamp;
    } else {
      return fail(Errc::untrusted, "another certificate of " + server +
                                       " has been pinned meanwhile: " + spell_fingerprint(same->fingerprint) +
                                       ", now " + spell_fingerprint(fingerprint));
    }
    return {};
  });
}

Result<std::optional<Pin>> TrustStore::replace(const std::string& server, const std::string& fingerprint,
                                               WallTime now) {
  std::optional<Pin> replaced;
  auto done = change([&](std::vector<Pin>& pins) -> Status {
    const auto same = find_pin(pins, server);
    const std::string stamp = iso_time(now);
    if (same == pins.end()) {
      pins.push_back({server, fingerprint, stamp, stamp});
      return {};
    }
    replaced = *same;
    *same = {server, fingerprint, same->fingerprint == fingerprint ? same->first_seen : stamp, stamp};
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return replaced;
}

Status TrustStore::forget(const std::string& server) {
  return change([&](std::vector<Pin>& pins) -> Status {
    const auto pin = find_pin(pins, server);
    if (pin == pins.end()) return fail(Errc::not_found, "no certificate of " + server + " is pinned");
    pins.erase(pin);
    return {};
  });
}

Status TrustStore::refresh(const std::string& server, const std::string& fingerprint, WallTime now) {
  return change([&](std::vector<Pin>& pins) -> Status {
    const auto same = find_pin(pins, server);
    if (same != pins.end() && same->fingerprint == fingerprint) same->last_seen = iso_time(now);
    return {};
  });
}

Status check_certificate(const Site& site, const Certificate& certificate, TrustStore& store,
                         TrustAsker& asker) {
  if (!site.pinned.empty()) {
    if (site.pinned == certificate.fingerprint) return {};
    return tl::unexpected(changed(site, certificate, site.pinned, " with --pin", ""));
  }
  auto pin = store.find(site.key());
  if (!pin) return tl::unexpected(pin.error());
  if (*pin) {
    if ((*pin)->fingerprint == certificate.fingerprint) {
      // One write a day at most: the stamp says when the pin was last of use, not how often.
      const std::string now = iso_time(wall_now());
      if ((*pin)->last_seen.substr(0, 10) != now.substr(0, 10)) {
        // A home that cannot be written is no reason to distrust the server.
        (void)store.refresh(site.key(), certificate.fingerprint, wall_now());
      }
      return {};
    }
    return tl::unexpected(changed(site, certificate, (*pin)->fingerprint, " since " + (*pin)->first_seen,
                                  ". If the new one is right: ferry trust add " + site.key() + " " +
                                      spell_fingerprint(certificate.fingerprint)));
  }
  if (!certificate.why_untrusted || store.is_accepted_once(site.key(), certificate.fingerprint)) return {};
  return ask(site, certificate, store, asker);
}

}  // namespace ferry::client
