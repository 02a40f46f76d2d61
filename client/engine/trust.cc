#include "client/engine/trust.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "shared/base/unique_fd.h"

namespace ferry::client {
namespace {

constexpr std::string_view kHeading =
    "# Servers whose certificates ferry trusts: host:port sha256:fingerprint first-seen last-seen\n";

// "" when there is no such file yet.
Result<std::string> read_whole(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return std::string();
  if (!fd) return fail_errno(errno, path);
  std::string text;
  std::array<char, 8192> buffer;
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, path);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

Status write_new(const std::string& path, std::string_view text) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno(errno, path);
  while (!text.empty()) {
    const ssize_t written = ::write(fd.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd.get()) != 0) return fail_errno(errno, path);
  return {};
}

// A lock file of its own: the trust file itself is replaced by every write.
Result<UniqueFd> lock_for(const std::string& path) {
  const std::string name = path + ".lock";
  UniqueFd fd(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno(errno, name);
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return fail_errno(errno, name);
  }
  return fd;
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

std::string bare_hex(const std::string& fingerprint) {
  std::string hex;
  for (const char c : fingerprint) {
    if (c != ':') hex += c;
  }
  return hex;
}

Error changed(const Site& site, const Certificate& certificate, const std::string& known,
              const std::string& since, const std::string& remedy) {
  return Error{
      Errc::untrusted,
      "the certificate of " + site.key() + " is not the one that is pinned" + since +
          ": pinned sha256:" + bare_hex(known) + ", now sha256:" + bare_hex(certificate.fingerprint) +
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
    case TrustAnswer::no:
      break;
  }
  return fail(Errc::untrusted, "the certificate of " + site.key() + " is not trusted (" +
                                   *certificate.why_untrusted +
                                   "); its fingerprint is sha256:" + bare_hex(certificate.fingerprint));
}

}  // namespace

Result<std::vector<Pin>> parse_pins(std::string_view text) {
  std::vector<Pin> pins;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos || line.front() == '#') continue;
    auto pin = parse_pin(line);
    if (!pin) return fail(Errc::corrupt, "line " + std::to_string(number) + " is no pin");
    pins.push_back(std::move(*pin));
  }
  return pins;
}

std::string format_pins(const std::vector<Pin>& pins) {
  std::string text(kHeading);
  for (const Pin& pin : pins) {
    text += pin.server + " sha256:" + bare_hex(pin.fingerprint) + " " + pin.first_seen + " " + pin.last_seen +
            "\n";
  }
  return text;
}

std::string TrustStore::default_path() {
  const char* data = std::getenv("XDG_DATA_HOME");
  if (data != nullptr && data[0] == '/') return std::string(data) + "/ferry/trust";
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : ".") + "/.local/share/ferry/trust";
}

Result<std::optional<Pin>> TrustStore::find(const std::string& server) const {
  auto text = read_whole(path_);
  if (!text) return tl::unexpected(text.error());
  auto pins = parse_pins(*text);
  if (!pins) return fail(pins.error().kind, path_ + ": " + pins.error().context);
  const auto found =
      std::find_if(pins->begin(), pins->end(), [&](const Pin& pin) { return pin.server == server; });
  return found == pins->end() ? std::optional<Pin>() : std::optional<Pin>(*found);
}

Status TrustStore::remember(const std::string& server, const std::string& fingerprint, WallTime now) {
  std::error_code failure;
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), failure);
  if (failure) return fail_errno(failure.value(), path_);
  auto lock = lock_for(path_);
  if (!lock) return tl::unexpected(lock.error());
  auto text = read_whole(path_);
  if (!text) return tl::unexpected(text.error());
  auto pins = parse_pins(*text);
  if (!pins) return fail(pins.error().kind, path_ + ": " + pins.error().context);
  const auto same =
      std::find_if(pins->begin(), pins->end(), [&](const Pin& pin) { return pin.server == server; });
  const std::string stamp = iso_time(now);
  if (same == pins->end()) {
    pins->push_back({server, fingerprint, stamp, stamp});
  } else if (same->fingerprint == fingerprint) {
    same->last_seen = stamp;
  } else {
    *same = {server, fingerprint, stamp, stamp};
  }
  const std::string fresh = path_ + ".new";
  if (auto written = write_new(fresh, format_pins(*pins)); !written) return written;
  if (::rename(fresh.c_str(), path_.c_str()) != 0) return fail_errno(errno, path_);
  return {};
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
      if ((*pin)->last_seen.substr(0, 10) == now.substr(0, 10)) return {};
      return store.remember(site.key(), certificate.fingerprint, wall_now());
    }
    return tl::unexpected(
        changed(site, certificate, (*pin)->fingerprint, " since " + (*pin)->first_seen,
                ". To accept the new one, remove the line of " + site.key() + " from " + store.path()));
  }
  if (!certificate.why_untrusted || store.is_accepted_once(site.key(), certificate.fingerprint)) return {};
  return ask(site, certificate, store, asker);
}

}  // namespace ferry::client
