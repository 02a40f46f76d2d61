// Servers: which there are, how to get in, whom to trust.
#include <fmt/core.h>

#include <algorithm>

#include "client/engine/account.h"
#include "client/model/app.h"
#include "client/model/remote_source.h"
#include "client/model/text.h"

namespace ferry::client {
namespace {

constexpr std::size_t kHost = 0, kPort = 1, kUser = 2, kPassword = 3;

std::string key_of(const Site& site, const std::string& user) {
  return user + "@" + site.key();
}

const std::array<ftp::Security, 3> kSecurities{ftp::Security::explicit_tls, ftp::Security::implicit_tls,
                                               ftp::Security::clear};

std::vector<std::string> security_rows() {
  return {tr("TLS, as every server should (AUTH TLS)"), tr("TLS from the start (port 990)"),
          tr("no encryption: everybody on the way can read it")};
}

// "files.example.org", "[::1]"; a whole URL is understood too. nullopt: it is none.
std::optional<Site> site_of_dialog(const Dialog& dialog) {
  Site site;
  if (dialog.text(kHost).find("://") != std::string::npos) {
    auto url = ftp::parse_url(dialog.text(kHost));
    if (!url) return std::nullopt;
    site = site_of(*url);
  } else {
    site.host = canonical_host(dialog.text(kHost));
    site.security = kSecurities[std::min(dialog.chosen().value_or(0), kSecurities.size() - 1)];
    site.port = site.security == ftp::Security::implicit_tls ? 990 : 21;
  }
  if (site.host.empty()) return std::nullopt;
  if (const std::string& port = dialog.text(kPort); !port.empty()) {
    const auto number = parse_number(port);
    if (!number || *number < 1 || *number > 65535) return std::nullopt;
    site.port = static_cast<std::uint16_t>(*number);
  }
  return site;
}

}  // namespace

void App::show_sites() {
  std::vector<std::string> rows{tr("(new connection)"), tr("(this machine)")};
  std::vector<SiteChoice> sites;
  if (settings_.sites) sites = settings_.sites();
  for (const SiteChoice& site : sites)
    rows.push_back(fmt::format("{}  {}@{}", site.name, site.login.user, site.login.site.key()));
  auto dialog = std::make_unique<Dialog>(tr("Sites"));
  dialog->field({tr("Find")})
      .list(rows, 0)
      .filter_list()
      .button(tr("Go"))
      .button(tr("Register"))
      .button(tr("Cancel"));
  dialog->on_close([this, sites, at = active_](const Dialog& closed, int button) {
    if (button == 1) return ask_register();
    if (button != 0 || !closed.chosen()) return;
    const std::size_t chosen = *closed.chosen();
    if (chosen == 0) return ask_connect(at, {}, "");
    if (chosen == 1) return panes_[at]->use(settings_.local(), "");
    Login login = sites[chosen - 2].login;
    if (!login.password && settings_.password_of)
      login.password = settings_.password_of(login.site, login.user);
    if (login.password)
      connect(at, std::move(login));
    else
      ask_connect(at, login, "");
  });
  open_dialog(std::move(dialog));
}

void App::ask_connect(std::size_t pane, const Login& known, const std::string& why) {
  auto dialog = std::make_unique<Dialog>(tr("Connect"));
  if (!why.empty()) dialog->line(why);
  const auto security = std::ranges::find(kSecurities, known.site.security);
  dialog->field({tr("Host"), known.site.host})
      .field({tr("Port"), known.site.host.empty() ? "" : std::to_string(known.site.port)})
      .field({tr("User"), known.user})
      .field({tr("Password"), "", true})
      .list(security_rows(), static_cast<std::size_t>(security - kSecurities.begin()))
      .button(tr("Connect"))
      .button(tr("Cancel"));
  if (!known.site.host.empty()) dialog->focus_field(known.user.empty() ? kUser : kPassword);
  // What only options or a saved site could say stays as it is.
  dialog->on_close([this, known, pane](const Dialog& closed, int button) {
    if (button != 0) return;
    auto site = site_of_dialog(closed);
    if (!site)
      return ask_connect(pane, known,
                         closed.text(kHost) + ": " + tr("is no server's name, or the port is none"));
    Login login = known;
    site->ca_file = known.site.ca_file;
    site->active = known.site.active;
    if (site->key() == known.site.key()) site->pinned = known.site.pinned;
    login.site = *site;
    login.user = closed.text(kUser).empty() ? "anonymous" : closed.text(kUser);
    const bool is_guest = login.user == "anonymous" && closed.text(kPassword).empty();
    login.password = std::make_shared<const Secret>(is_guest ? Secret("ferry@") : closed.secret(kPassword));
    if (login.user != known.user || site->key() != known.site.key()) login.folder.clear();
    connect(pane, std::move(login));
  });
  open_dialog(std::move(dialog));
}

OpenSession App::opener(const Login& login) {
  return [this, login](Cancel& cancel) -> Result<std::unique_ptr<Connection>> {
    auto connection = Connection::open(login.site, trust_, trust_question_, cancel);
    if (!connection) return connection;
    if (auto done = (*connection)->login(login.user, *login.password); !done) {
      (*connection)->quit();
      return tl::unexpected(done.error());
    }
    return connection;
  };
}

void App::connect(std::size_t pane, Login login) {
  if (!login.password && settings_.password_of)
    login.password = settings_.password_of(login.site, login.user);
  if (!login.password) return ask_connect(pane, login, "");
  auto source = std::make_shared<RemoteSource>(login.site.key() + ":", opener(login));
  being_tried_[source.get()] = login;
  panes_[pane]->use(source, login.folder);
}

void App::pane_changed(Pane& pane, const Status& outcome) {
  const FileSource* tried = outcome ? pane.source() : pane.tried();
  if (const auto known = being_tried_.find(tried); known != being_tried_.end()) {
    const Login login = known->second;
    being_tried_.erase(known);
    if (outcome) {
      {
        const std::lock_guard lock(logins_mutex_);
        const std::string key = key_of(login.site, login.user);
        logins_[key] = login;
        site_of_[tried] = key;
      }
      log(fmt::format("{} {}", key_of(login.site, login.user), tr("connected")));
      wake_queue(login);
    } else if (outcome.error().kind == Errc::login_refused) {
      ask_connect(&pane == panes_[0].get() ? 0 : 1, login, outcome.error().context);
    } else if (outcome.error().kind == Errc::untrusted && !std::exchange(has_refused_, false)) {
      show_untrusted(login, outcome.error().context);
    }
  }
  if (!outcome && outcome.error().kind != Errc::cancelled) report(outcome.error());
  show_status();
}

// Of the server that is in sight: the active pane's, else the other's.
void App::show_status() {
  const Pane* shown = nullptr;
  for (const Pane* pane : {panes_[active_].get(), panes_[1 - active_].get()}) {
    if (shown == nullptr && pane->has_source() && pane->source()->is_remote()) shown = pane;
  }
  StatusScreen& status = model_.status;
  status = {};
  if (shown == nullptr) return;
  const auto& source = static_cast<const RemoteSource&>(*shown->source());
  const std::lock_guard lock(logins_mutex_);
  const auto login = logins_.find(site_of_[shown->source()]);
  if (login == logins_.end()) return;
  status.site = login->second.site.key();
  status.user = login->second.user;
  status.security = source.security().empty() ? tr("NOT ENCRYPTED") : source.security();
  status.is_warning = source.security().empty();
  status.used = shown->space().used;
  status.quota = shown->space().quota;
}

// Items that asked for a password go on now that it is known.
void App::wake_queue(const Login& login) {
  if (settings_.queue == nullptr) return;
  QueueIds ids;
  for (const QueueRow& row : settings_.queue->rows()) {
    if (row.item->state == ItemState::asks && row.item->site.key() == login.site.key() &&
        row.item->user == login.user)
      ids.push_back(row.item->id);
  }
  if (!ids.empty()) act_on_queue(Action::retry, {ids, false});
}

Result<std::unique_ptr<Connection>> App::open_site(const Site& site, const std::string& user,
                                                   Cancel& cancel) {
  Login login;
  {
    const std::lock_guard lock(logins_mutex_);
    const auto known = logins_.find(key_of(site, user));
    if (known != logins_.end()) login = known->second;
  }
  if (!login.password && settings_.password_of) login = {site, user, settings_.password_of(site, user), ""};
  if (!login.password)
    return fail(Errc::bad_syntax, "no password for " + key_of(site, user) + ": connect to it once");
  return opener(login)(cancel);
}

// --- trust ---

void App::show_certificate(const TrustQuestion::Asked& asked) {
  auto dialog = std::make_unique<Dialog>(tr("New certificate"));
  dialog->line(asked.site.key() + " " + tr("is not known yet."))
      .line("")
      .line(std::string(tr("Subject")) + "  " + asked.certificate.subject)
      .line(std::string(tr("Issuer")) + "   " + asked.certificate.issuer)
      .line(std::string(tr("Valid")) + "    " + asked.certificate.not_before + " .. " +
            asked.certificate.not_after)
      .line("SHA-256  " + asked.certificate.fingerprint);
  if (asked.certificate.why_untrusted) dialog->line("").line(*asked.certificate.why_untrusted);
  dialog->line("")
      .line(tr("Compare it with what the server's operator tells you."))
      .button(tr("Once"))
      .button(tr("Trust and remember"))
      .button(tr("Cancel"))
      .focus_button(2);
  dialog->on_close([this](const Dialog&, int button) {
    has_refused_ = button != 0 && button != 1;
    trust_question_.answer(button == 0   ? TrustAnswer::once
                           : button == 1 ? TrustAnswer::remember
                                         : TrustAnswer::no);
  });
  open_dialog(std::move(dialog));
}

// Both fingerprints are in the text. Nothing here accepts the new one: that takes a command of its own.
void App::show_untrusted(const Login& login, const std::string& why) {
  auto dialog = std::make_unique<Dialog>(tr("THE CERTIFICATE IS NOT TRUSTED"));
  dialog->line(why)
      .line("")
      .line(tr("Someone may be reading this connection, or the server was installed anew. Ask its operator."))
      .line(fmt::format(fmt::runtime(tr("Then `ferry trust rm {}` forgets the old one.")), login.site.key()))
      .button(tr("Close"))
      .warning();
  open_dialog(std::move(dialog));
}

// --- accounts ---

void App::ask_register() {
  auto dialog = std::make_unique<Dialog>(tr("Register"));
  dialog->line(tr("Where the server lets people make their own account."))
      .field({tr("Host")})
      .field({tr("Port"), "21"})
      .field({tr("New user")})
      .field({tr("New password"), "", true})
      .list({security_rows()[0], security_rows()[1]})
      .button(tr("Register"))
      .button(tr("Cancel"));
  dialog->on_close([this, at = active_](const Dialog& closed, int button) {
    if (button != 0) return;
    const auto site = site_of_dialog(closed);
    if (!site || closed.text(kUser).empty() || site->security == ftp::Security::clear)
      return log(tr("register: a host, a name and encryption are needed"), true);
    Login login{*site, closed.text(kUser), std::make_shared<const Secret>(closed.secret(kPassword)), ""};
    panes_[at]->run<Result<std::string>>(
        [this, login](FileSource&) -> Result<std::string> {
          Cancel cancel;
          auto connection = Connection::open(login.site, trust_, trust_question_, cancel);
          if (!connection) return tl::unexpected(connection.error());
          auto said = register_account(**connection, login.user, *login.password);
          (*connection)->quit();
          return said;
        },
        [this, at, login](Result<std::string> said) {
          if (!said) return report(said.error());
          log(*said);
          connect(at, login);
        });
  });
  open_dialog(std::move(dialog));
}

void App::ask_password() {
  if (!active().has_source() || !active().source()->is_remote())
    return log(tr("passwd: go to a server's pane first"), true);
  auto dialog = std::make_unique<Dialog>(tr("Change password"));
  dialog->field({tr("New password"), "", true})
      .field({tr("Once more"), "", true})
      .button(tr("Change"))
      .button(tr("Cancel"));
  dialog->on_close([this, here = spot()](const Dialog& closed, int button) {
    Pane* pane = pane_of(here.source.get());
    if (button != 0 || pane == nullptr) return;
    if (closed.text(0).empty() || closed.text(0) != closed.text(1))
      return log(tr("passwd: they are not the same"), true);
    const auto password = std::make_shared<const Secret>(closed.secret(0));
    pane->run<Result<std::string>>(
        [password](FileSource& source) {
          return static_cast<RemoteSource&>(source).change_password(*password);
        },
        [this, here, password](Result<std::string> said) {
          if (!said) return report(said.error());
          const std::lock_guard lock(logins_mutex_);
          logins_[site_of_[here.source.get()]].password = password;
          log(*said);
        });
  });
  open_dialog(std::move(dialog));
}

}  // namespace ferry::client
