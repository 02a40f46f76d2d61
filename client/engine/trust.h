// Which server certificates to believe: CAs first, then the user's own pins, then a question. No terminal
// here; whoever sits in front answers through TrustAsker.
//
// The trust file ($XDG_DATA_HOME/ferry/trust, else ~/.local/share/ferry/trust, mode 0600) has one line per
// server:
//   host:port sha256:HEX first-seen last-seen          # times as 2026-11-21T04:30:00Z; lines with # are
//   comments
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/engine/site.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace ferry::client {

struct Pin {
  std::string server;       // Site::key()
  std::string fingerprint;  // "AB:CD:…"
  std::string first_seen, last_seen;
};

// Errc::corrupt names the line that is none.
Result<std::vector<Pin>> parse_pins(std::string_view text);
std::string format_pins(const std::vector<Pin>& pins);

// Reads the file at every question and rewrites it whole under a lock, so that several ferry processes never
// lose a pin. Any thread.
class TrustStore {
 public:
  explicit TrustStore(std::string path) : path_(std::move(path)) {}
  static std::string default_path();

  Result<std::vector<Pin>> all() const;
  Result<std::optional<Pin>> find(const std::string& server) const;
  // Adds the pin. Creates folder and file. Errc::untrusted: another one has been pinned meanwhile.
  Status remember(const std::string& server, const std::string& fingerprint, WallTime now);
  // Adds the pin, or puts it in the place of another, which it returns.
  Result<std::optional<Pin>> replace(const std::string& server, const std::string& fingerprint, WallTime now);
  Status forget(const std::string& server);  // Errc::not_found
  // Stamps the pin's last_seen, if it is still there with this fingerprint.
  Status refresh(const std::string& server, const std::string& fingerprint, WallTime now);
  const std::string& path() const { return path_; }

  // Accepted for the life of this process only.
  void accept_once(const std::string& server, const std::string& fingerprint) {
    const std::lock_guard lock(mutex_);
    once_.insert(server + " " + fingerprint);
  }
  bool is_accepted_once(const std::string& server, const std::string& fingerprint) const {
    const std::lock_guard lock(mutex_);
    return once_.contains(server + " " + fingerprint);
  }

 private:
  Result<std::vector<Pin>> read(std::string_view text) const;
  Status change(const std::function<Status(std::vector<Pin>&)>& change_pins);

  std::string path_;
  mutable std::mutex mutex_;
  std::set<std::string> once_;
};

// What a server showed us; the texts are foreign.
struct Certificate {
  std::string subject, issuer, fingerprint, not_before, not_after;
  std::optional<std::string> why_untrusted;  // nullopt: a CA and the host name verify it
};

enum class TrustAnswer { no, once, remember, stop };  // stop: the user interrupted the question

class TrustAsker {
 public:
  virtual ~TrustAsker() = default;
  // Blocks on the user.
  virtual TrustAnswer unknown_certificate(const Site& site, const Certificate& certificate) = 0;
};

// Order: site.pinned decides alone; a pin in the store must match; a CA; accepted once; the question.
// Errc::untrusted, Errc::cancelled.
Status check_certificate(const Site& site, const Certificate& certificate, TrustStore& store,
                         TrustAsker& asker);

}  // namespace ferry::client
