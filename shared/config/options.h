// ferryd's options: one table (name, kind, default, range, reloadable, meaning) from which the parser, the
// defaults, --check, --dump-config, the sample configuration, ferryd.toml(5) and ftpadm all live. Read by
// ferryd's master and by ftpadm. A plain struct is handed on; no globals.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/bytes.h"
#include "shared/base/password.h"
#include "shared/base/result.h"

namespace ferry {

enum class TlsPolicy { required, offered, off };
enum class DataResumption { required, preferred, off };
enum class Registration { closed, open };
enum class ClientCertificates { required, optional, off };
enum class UploadEnd { strict, size_or_notify, off };

struct PortRange {
  std::uint16_t first = 0, last = 0;  // 0-0: any free port
};

struct Options {
  std::vector<std::string> listen;               // "0.0.0.0:21", "[::]:21"
  std::vector<std::string> implicit_tls_listen;  // as listen, TLS from the first byte
  // As the two above, and each connection begins with a PROXY header; only from `proxy_from`, networks.
  std::vector<std::string> proxy_listen, proxy_implicit_tls_listen, proxy_from;
  int workers = 0;             // 0: one per core
  int threads_per_worker = 0;  // most commands and transfers a worker runs at once
  std::string store;           // database file
  std::string home_root;       // homes of new accounts: home_root/NAME
  std::string log_dir;
  std::string run_dir;  // control socket, lock
  std::string user;     // dropped to when started as root; "": by the rule of resolve_user()
  std::string banner;
  std::vector<std::string> host_names;  // what HOST takes, in parse_host_name's spelling; empty: any
  TlsPolicy tls = TlsPolicy::required;
  std::string tls_certificate, tls_key;  // "": self-signed ones beside the store, made at the first start
  DataResumption data_resumption = DataResumption::preferred;
  ClientCertificates client_certificates = ClientCertificates::off;
  std::string client_ca;  // "": no certificate of a client is ever verified, only fingerprints count
  bool clear_command_channel = false;  // CCC
  UploadEnd upload_end = UploadEnd::size_or_notify;
  PortRange passive_ports;
  std::string passive_address;  // told to IPv4 clients in 227, or a name; "": the address they connected to
  std::vector<std::string> passive_address_for;  // "NETWORK=WHERE", before it (passive_rule.h)
  bool active_mode = true;
  bool anonymous = false;
  Registration registration = Registration::closed;  // SITE REGISTER
  int registration_limit = 0;                        // accounts per address and hour
  Bytes default_quota = 0;
  std::chrono::milliseconds idle_timeout{}, login_timeout{}, data_timeout{}, drain_timeout{};
  std::chrono::milliseconds partial_expiry{};
  int max_sessions = 0, max_sessions_per_address = 0,
      max_sessions_per_user = 0;  // of the whole server; 0 for the last two: no own limit
  bool durable = true;
  Bytes password_memory = 0;  // Argon2id
  int password_passes = 0;

  PasswordCost password_cost() const { return {password_memory, static_cast<unsigned>(password_passes)}; }
};

// Where options came from and what the defaults are relative to.
struct OptionSource {
  std::string file;      // "" when none exists: defaults only
  std::string checkout;  // root of the checkout this program was built in, "" when installed
};

// -c FILE if given; else /etc/ferry/ferryd.toml if it exists; else, from a checkout, its var/ferryd.toml if
// that exists, else defaults below its var/.
OptionSource find_option_source(const std::string& given_file);
// The folder at or above `folder` that holds both ARCHITECTURE.md and var/db; "" if there is none.
std::string find_checkout(const std::string& folder);

// File, then each "KEY=VALUE" of `sets` in order, checked row by row and then as a whole (validate). The
// error's context is the whole sentence for the person: file:line, key, what is wrong, what is allowed.
// Relative paths are relative to the file's folder (sets: to the current one).
Result<Options> load_options(const OptionSource& source, const std::vector<std::string>& sets);

// TOML that load_options reads back to the same Options, each key with its meaning as a comment.
std::string dump_options(const Options& options);
// The "OPTIONS" part of ferryd.toml(5), roff.
std::string options_man_section();
// dist/ferryd.toml.sample: every option with its meaning, the installed default commented out.
std::string options_sample();
// Names of options that differ between the two and take effect only at a restart.
std::vector<std::string> changed_but_not_reloadable(const Options& before, const Options& after);
// Gives those options of `loaded` the values of `running`. Fails when the mixture breaks a rule between
// options.
Status keep_not_reloadable(const Options& running, Options& loaded);

// User to run as when started as root: options.user, else `ferry` if it exists and this is no checkout, else
// in a checkout its owner, else (when that is root) `nobody`. Errc::not_found names the missing user.
struct RunAs {
  std::string name;
  unsigned uid = 0, gid = 0;
};
Result<RunAs> resolve_user(const Options& options, const OptionSource& source);

}  // namespace ferry
