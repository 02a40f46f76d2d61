// How to add an option: a member in options.h, a row here (name, kind, member, default, default in a
// checkout, least, most, reloadable, meaning), tools/update_docs.sh for the sample and the manual page, and
// whoever uses it. Cross-field rules go to validate.cc.
#include "shared/config/table.h"

#include <algorithm>
#include <array>

namespace ferry::config {

namespace {

using O = Options;

constexpr std::array kRows = {
    Row{"listen", Kind::addresses, &O::listen, "0.0.0.0:21,[::]:21", "127.0.0.1:2121", "", "", false,
        "Addresses for FTP, where TLS starts with AUTH TLS. Port 0: any free one. Sockets passed by systemd "
        "take their place."},
    Row{"implicit_tls_listen", Kind::addresses, &O::implicit_tls_listen, "", "", "", "", false,
        "Addresses where TLS starts with the first byte (ftps, port 990 by custom)."},
    Row{"proxy_listen", Kind::addresses, &O::proxy_listen, "", "", "", "", false,
        "Addresses for FTP behind a load balancer: each connection begins with a PROXY header (version 1 or "
        "2), "
        "which names the client. Needs proxy_from."},
    Row{"proxy_implicit_tls_listen", Kind::addresses, &O::proxy_implicit_tls_listen, "", "", "", "", false,
        "As proxy_listen, and TLS starts with the first byte behind the header."},
    Row{"proxy_from", Kind::networks, &O::proxy_from, "", "", "", "", true,
        "Networks of the load balancers: nobody else may connect to the two above, because a PROXY header "
        "says "
        "whatever its sender likes."},
    Row{"workers", Kind::integer, &O::workers, "0", "", "0", "256", false,
        "Worker processes. 0: one per core."},
    Row{"threads_per_worker", Kind::integer, &O::threads_per_worker, "256", "", "4", "4096", true,
        "Most commands and transfers a worker runs at once. Sessions that wait for a command need no "
        "thread."},
    Row{"store", Kind::path, &O::store, "/var/lib/ferry/ferry.db", "var/db/ferry.db", "", "", false,
        "Database of accounts, quota and broken-off uploads. A certificate made by ferryd lies beside it."},
    Row{"home_root", Kind::path, &O::home_root, "/var/lib/ferry/home", "var/home", "", "", false,
        "Homes of new accounts: the folder NAME below this one."},
    Row{"log_dir", Kind::path, &O::log_dir, "/var/log/ferry", "var/log", "", "", false,
        "Folder of ferryd.log, login.log, operate.log and transfer.log."},
    Row{"run_dir", Kind::path, &O::run_dir, "/run/ferry", "var/run", "", "", false,
        "Folder of the control socket, the lock and the list of addresses. One ferryd runs per folder."},
    Row{"user", Kind::user, &O::user, "", "", "", "", false,
        "User the workers run as when ferryd is started as root. Empty: ferry; from a checkout its owner, or "
        "nobody if that is root."},
    Row{"banner", Kind::text, &O::banner, "Ferry ready", "", "", "", true, "Text of the greeting."},
    Row{"host_names", Kind::hosts, &O::host_names, "", "", "", "", true,
        "Names that clients may give with HOST (RFC 7151). Empty: any. All of them lead to the same "
        "accounts."},
    Row{"tls", Kind::words, &O::tls, "required", "", "", "", true,
        "required: no login in clear; offered: clients choose; off: no TLS at all."},
    Row{"tls_certificate", Kind::optional_path, &O::tls_certificate, "", "", "", "", true,
        "Certificate chain, PEM. Empty: a self-signed one, made beside the store at the first start."},
    Row{"tls_key", Kind::optional_path, &O::tls_key, "", "", "", "", true,
        "Private key of tls_certificate, PEM."},
    Row{"data_resumption", Kind::words, &O::data_resumption, "preferred", "", "", "", true,
        "Whether a TLS data connection must resume its control connection's session. preferred: a client "
        "that has resumed once must go on "
        "doing so; required: every client must, which keeps out those that cannot (ftplib, wget, Java)."},
    Row{"client_certificates", Kind::words, &O::client_certificates, "off", "", "", "", true,
        "Whether clients are asked for a certificate under TLS. required: none is served without one that "
        "leads to client_ca; optional: who shows one may log in with it instead of a password: as the "
        "account "
        "that has its fingerprint (ftpadm setup --certificate), or, if it leads to client_ca, as the account "
        "its common name names (not one that was registered)."},
    Row{"client_ca", Kind::optional_path, &O::client_ca, "", "", "", "", true,
        "Certificates of the CAs whose clients are believed, PEM. Empty: only fingerprints count."},
    Row{"clear_command_channel", Kind::boolean, &O::clear_command_channel, "false", "", "", "", true,
        "Whether a client that has logged in may end TLS on its control connection (CCC), for firewalls that "
        "read along. Its commands can then be read and forged by whoever is on the way."},
    Row{"upload_end", Kind::words, &O::upload_end, "size-or-notify", "", "", "", true,
        "What proves under TLS that an upload has come whole. strict: TLS's own end mark (close_notify) and "
        "nothing else; size-or-notify: that, or all the bytes ALLO announced; off: any orderly end of the "
        "connection, fewer bytes than announced included, which also those can cause who cut it."},
    Row{"passive_ports", Kind::ports, &O::passive_ports, "0", "", "", "", true,
        "Ports for passive data connections, as FIRST-LAST for firewalls. 0: any free port."},
    Row{"passive_address", Kind::passive_target, &O::passive_address, "", "", "", "", true,
        "IPv4 address told to clients in the answer to PASV, for a server behind NAT; or a host name, which "
        "is "
        "looked up at the start, at a reload and every minute. Empty: the address they connected to."},
    Row{"passive_address_for", Kind::passive_rules, &O::passive_address_for, "", "", "", "", true,
        "The same for clients of single networks, as NETWORK=WHERE; the first that holds the client counts, "
        "before passive_address. WHERE is an IPv4 address, a host name, or local: the address they connected "
        "to."},
    Row{"active_mode", Kind::boolean, &O::active_mode, "true", "", "", "", true,
        "Whether PORT and EPRT are served: data connections from the server to the client, only ever to the "
        "client's own address."},
    Row{"anonymous", Kind::boolean, &O::anonymous, "false", "", "", "", true,
        "Whether anonymous and ftp may log in without a password, read-only, in a home of their own."},
    Row{"registration", Kind::words, &O::registration, "closed", "", "", "", true,
        "open: people may make accounts for themselves with SITE REGISTER, over TLS, with the default quota. "
        "closed: only ftpadm makes accounts."},
    Row{"registration_limit", Kind::integer, &O::registration_limit, "3", "", "1", "1000", true,
        "Most accounts that may be registered from one address (of IPv6: one /64 network) within an hour."},
    Row{"default_quota", Kind::size, &O::default_quota, "500M", "", "0", "4096T", true,
        "Quota of new accounts."},
    Row{"idle_timeout", Kind::duration, &O::idle_timeout, "5m", "", "1s", "1d", true,
        "A session without a command for so long is closed."},
    Row{"login_timeout", Kind::duration, &O::login_timeout, "60s", "", "1s", "1h", true,
        "A session that is not logged in by then is closed."},
    Row{"data_timeout", Kind::duration, &O::data_timeout, "60s", "", "1s", "1h", true,
        "A data connection that is not made by then, or a transfer that does not move for so long, is given "
        "up."},
    Row{"drain_timeout", Kind::duration, &O::drain_timeout, "30s", "", "0s", "1d", true,
        "How long running transfers may go on after SIGTERM."},
    Row{"partial_expiry", Kind::duration, &O::partial_expiry, "7d", "", "1m", "3650d", true,
        "A broken-off upload that nobody resumed for so long is removed, and its quota given back."},
    Row{"max_sessions", Kind::integer, &O::max_sessions, "2000", "", "1", "100000", false,
        "Most sessions of the whole server."},
    Row{"max_sessions_per_address", Kind::integer, &O::max_sessions_per_address, "50", "", "0", "100000",
        true, "Most sessions from one address, or from one IPv6 network of 64 bits. 0: no own limit."},
    Row{"max_sessions_per_user", Kind::integer, &O::max_sessions_per_user, "0", "", "0", "100000", true,
        "Most sessions of one account. 0: no own limit."},
    Row{"durable", Kind::boolean, &O::durable, "true", "", "", "", true,
        "Whether an upload is on the disk before the client is told that it is complete."},
    Row{"password_memory", Kind::size, &O::password_memory, "19M", "", "8M", "1G", true,
        "Memory one password check takes (Argon2id); counts for passwords set from then on."},
    Row{"password_passes", Kind::integer, &O::password_passes, "2", "", "1", "10", true,
        "Passes of one password check (Argon2id)."},
};

}  // namespace

std::span<const Row> rows() {
  return kRows;
}

const Row* find_row(std::string_view name) {
  const auto at = std::ranges::find(kRows, name, &Row::name);
  return at == kRows.end() ? nullptr : &*at;
}

}  // namespace ferry::config
