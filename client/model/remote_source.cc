#include "client/model/remote_source.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "client/engine/account.h"
#include "client/engine/data.h"
#include "client/engine/listing.h"
#include "client/engine/reply_error.h"
#include "client/engine/transfer.h"
#include "client/engine/tree.h"
#include "client/engine/verify.h"
#include "client/engine/wait.h"
#include "shared/ftp/path.h"

namespace ferry::client {

RemoteSource::~RemoteSource() {
  if (connection_) connection_->quit();
}

Result<Connection*> RemoteSource::session() {
  if (connection_ && connection_->usable()) return connection_.get();
  connection_.reset();
  auto opened = open_(cancel_);
  if (!opened) return tl::unexpected(opened.error());
  connection_ = std::move(*opened);
  home_ = connection_->home();
  const net::TlsChannel* tls = connection_->tls();
  const std::lock_guard lock(security_mutex_);
  security_ = tls != nullptr ? tls->version() : "";
  return connection_.get();
}

// Asks; once more on a new session, if the old one turns out to be gone.
template <typename Ask>
auto RemoteSource::ask(const Ask& ask) -> decltype(ask(std::declval<Connection&>())) {
  const bool was_open = connection_ != nullptr;
  auto connection = session();
  if (!connection) return tl::unexpected(connection.error());
  auto answer = ask(**connection);
  const bool is_lost = !answer && answer.error().kind != Errc::cancelled && !(*connection)->usable();
  if (!was_open || !is_lost) return answer;
  connection = session();
  if (!connection) return tl::unexpected(connection.error());
  return ask(**connection);
}

Result<std::string> RemoteSource::start() {
  auto connection = session();
  if (!connection) return tl::unexpected(connection.error());
  return home_;
}

Status RemoteSource::list(const std::string& folder, const OnEntries& found) {
  bool has_given = false;
  const auto give = [&](std::span<const ftp::Entry> entries) {
    has_given = true;
    found(entries);
  };
  Status broken;
  Status listed = ask([&](Connection& connection) -> Status {
    if (has_given) return broken;  // the second time would show the first entries twice
    auto listing = list_directory(connection, folder, give);
    broken = listing ? Status() : tl::unexpected(listing.error());
    return broken;
  });
  return listed;
}

Result<ftp::Entry> RemoteSource::describe(const std::string& path) {
  return ask([&](Connection& connection) { return client::describe(connection, path); });
}

Status RemoteSource::make_folder(const std::string& path) {
  auto connection = session();
  if (!connection) return tl::unexpected(connection.error());
  auto made = (*connection)->require("MKD", path);
  return made ? Status() : tl::unexpected(made.error());
}

Status RemoteSource::remove_empty_folder(const std::string& path) {
  auto connection = session();
  if (!connection) return tl::unexpected(connection.error());
  auto removed = (*connection)->require("RMD", path);
  return removed ? Status() : tl::unexpected(removed.error());
}

Status RemoteSource::rename(const std::string& from, const std::string& to) {
  auto there = describe(to);
  if (there) return fail(Errc::exists, to + ": is there already");
  if (there.error().kind != Errc::not_found) return tl::unexpected(there.error());
  auto connection = session();
  if (!connection) return tl::unexpected(connection.error());
  auto first = (*connection)->command("RNFR", from);
  if (!first) return tl::unexpected(first.error());
  if (first->code != 350) return tl::unexpected(reply_error("RNFR", from, *first));
  auto second = (*connection)->require("RNTO", to);
  return second ? Status() : tl::unexpected(second.error());
}

Status RemoteSource::remove(const std::string& path, bool is_folder) {
  auto connection = session();
  if (!connection) return tl::unexpected(connection.error());
  if (is_folder) return remove_tree(**connection, path);
  auto removed = (*connection)->require("DELE", path);
  return removed ? Status() : tl::unexpected(removed.error());
}

Status RemoteSource::change_mode(const std::string& path, unsigned mode) {
  auto connection = session();
  if (!connection) return tl::unexpected(connection.error());
  auto changed = (*connection)->require("SITE", fmt::format("CHMOD {:o} {}", mode, path), path);
  return changed ? Status() : tl::unexpected(changed.error());
}

Result<std::string> RemoteSource::read_front(const std::string& path, Bytes most) {
  return ask([&](Connection& connection) -> Result<std::string> {
    std::string bytes;
    bool is_enough = false;
    DataCommand command{"RETR", path, 0, false, &is_enough};
    const auto take = [&](net::Stream& data) -> Status {
      std::array<char, 16384> buffer;
      while (true) {
        auto got = read_some(data, buffer, Deadline::after(connection.site().timeout), connection.cancel());
        if (!got) return tl::unexpected(got.error());
        if (*got == 0) return {};
        const auto room = static_cast<std::size_t>(most) - bytes.size();
        bytes.append(buffer.data(), std::min(*got, room));
        if (*got < room) continue;
        is_enough = true;
        return fail(Errc::cancelled, path);
      }
    };
    auto reply = run_data_command(connection, command, take);
    if (!reply && !is_enough) return tl::unexpected(reply.error());
    return bytes;
  });
}

SpaceFacts RemoteSource::space(const std::string& folder) {
  SpaceFacts facts;
  auto connection = session();
  if (!connection) return facts;
  if (auto quota = ask_quota(**connection, folder)) {
    facts.used = quota->bytes.used;
    facts.quota = quota->bytes.quota;
    facts.free = quota->bytes.left;
  }
  return facts;
}

Result<std::string> RemoteSource::sha256(const std::string& path) {
  return ask([&](Connection& connection) -> Result<std::string> {
    auto digest = remote_digest(connection, path, DigestKind::sha256, std::nullopt, {});
    if (!digest) return tl::unexpected(digest.error());
    return digest->hex;
  });
}

Status RemoteSource::fetch(const std::string& path, const std::string& local) {
  auto connection = session();
  if (!connection) return tl::unexpected(connection.error());
  auto fetched = get_file(**connection, path, local, {}, [](const TransferState&) {});
  return fetched ? Status() : tl::unexpected(fetched.error());
}

Status RemoteSource::store(const std::string& local, const std::string& path) {
  auto connection = session();
  if (!connection) return tl::unexpected(connection.error());
  auto stored = put_file(**connection, local, path, {}, [](const TransferState&) {});
  return stored ? Status() : tl::unexpected(stored.error());
}

Result<std::string> RemoteSource::change_password(const Secret& password) {
  auto connection = session();
  if (!connection) return tl::unexpected(connection.error());
  return client::change_password(**connection, password);
}

void RemoteSource::keep_alive() {
  if (connection_ && connection_->usable()) (void)connection_->command("NOOP");
}

std::string RemoteSource::security() const {
  const std::lock_guard lock(security_mutex_);
  return security_;
}

}  // namespace ferry::client
