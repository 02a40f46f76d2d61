// Everything ferryd does before its first fork: folders, locks, logs, sockets, certificate, shared memory.
// When root, whatever lies in the run-as user's folders is opened as that user (ActAs). Leaves nothing behind
// when it fails but the folders.
#pragma once

#include "server/master/service.h"
#include "shared/base/result.h"

namespace ferry {

// The error is a sentence for the operator that says what to do.
Result<Service> prepare_service(StartArguments arguments, Options options);

// The certificate the options name, or the self-signed one beside the store, which is made if it is missing.
// Null when tls = "off". Logs the fingerprint.
Result<std::shared_ptr<net::TlsServer>> load_tls(const Options& options, const RunAs& run_as, Logs& logs);

// Changes when the files load_tls reads are replaced or written to; "" when it reads none.
std::string stamp_of_tls(const Options& options);

// A socket that systemd passed may ask for TLS from the first byte where the options have turned TLS off, or
// for PROXY headers where they name nobody who may send them.
Status check_listener_kinds(const Options& options, const Listeners& listeners);

// run_dir/ferryd.addresses: a line "ADDRESS" or "ADDRESS WORD" (word_of) per listener, with the real ports.
// Replaced atomically.
Status write_addresses(const Service& service);
void remove_addresses(const Service& service);

}  // namespace ferry
