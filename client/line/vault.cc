#include "client/line/vault.h"

#include "client/line/console.h"
#include "client/line/json_lines.h"
#include "client/line/output.h"
#include "client/line/secret_source.h"

namespace ferry::client {
namespace {

constexpr int kTries = 3;
constexpr std::size_t kShortestPassphrase = 8;

Status check_new(const Secret& passphrase) {
  if (passphrase.view().size() >= kShortestPassphrase) return {};
  return fail(Errc::bad_syntax, "a passphrase has 8 bytes at least");
}

Result<Secret> ask_passphrase() {
  const std::string question = "Passphrase of the saved passwords: ";
  emit_json("ask", JsonObject().text("about", "passphrase").text("message", question));
  const Console::Pause pause;
  return ask_secret(question);
}

Result<Secret> ask_new_passphrase() {
  auto first = ask_secret("New passphrase for the saved passwords: ");
  if (!first) return first;
  if (auto fine = check_new(*first); !fine) return tl::unexpected(fine.error());
  auto second = ask_secret("The same again: ");
  if (!second) return second;
  if (first->view() != second->view())
    return fail(Errc::bad_syntax, "the two are not the same; nothing was saved");
  return first;
}

Result<Secret> new_passphrase(const SecretSource& given, bool may_ask, const std::string& option) {
  if (!given.is_set()) {
    if (may_ask) return ask_new_passphrase();
    return fail(Errc::bad_syntax, "no new passphrase: " + option + " gives one");
  }
  auto secret = given.read();
  if (secret) {
    if (auto fine = check_new(*secret); !fine) return tl::unexpected(fine.error());
  }
  return secret;
}

}  // namespace

Result<Secret> Vault::key_of(const SealedPasswords& passwords) {
  if (!key_.empty() && passwords.is_key(key_)) return key_.copy();
  if (options_.passphrase.is_set()) {
    auto given = options_.passphrase.read();
    if (!given) return given;
    return passwords.key(*given);
  }
  Result<Secret> key = fail(Errc::bad_syntax, "no passphrase: --passphrase-file or --passphrase-fd give one");
  for (int tries = 1; may_ask_ && tries <= kTries; ++tries) {
    auto typed = ask_passphrase();
    if (!typed) return typed;
    key = passwords.key(*typed);
    if (key || key.error().kind != Errc::login_refused) return key;
    if (tries < kTries) print_error(key.error().context);
  }
  return key;
}

Result<std::optional<Secret>> Vault::password(const SealedFor& what) {
  is_locked_ = false;
  auto passwords = file_.read();
  if (!passwords) return tl::unexpected(passwords.error());
  if (!*passwords) return std::optional<Secret>();
  const SealedFor* there = (*passwords)->find(what.site);
  if (there == nullptr) return std::optional<Secret>();
  if (*there != what) {
    if (!options_.quiet)
      print_error("the saved password of " + what.site + " is for " + there->user + " on " + there->server +
                  " and is not used for " + what.user + " on " + what.server);
    return std::optional<Secret>();
  }
  is_locked_ = key_.empty() && !may_ask_ && !options_.passphrase.is_set();
  if (is_locked_) return std::optional<Secret>();
  auto key = key_of(**passwords);
  if (!key) return tl::unexpected(key.error());
  key_ = std::move(*key);
  auto password = (*passwords)->open(key_, what);
  if (!password) return fail(password.error().kind, file_.path() + ": " + password.error().context);
  return std::optional(std::move(*password));
}

Status Vault::make_ready() {
  auto passwords = file_.read();
  if (!passwords) return tl::unexpected(passwords.error());
  if (*passwords) {
    auto key = key_of(**passwords);
    if (!key) return tl::unexpected(key.error());
    key_ = std::move(*key);
    return {};
  }
  auto passphrase = new_passphrase(options_.passphrase, may_ask_, "--passphrase-file or --passphrase-fd");
  if (!passphrase) return tl::unexpected(passphrase.error());
  auto created = SealedPasswords::create(*passphrase);
  if (!created) return tl::unexpected(created.error());
  fresh_ = std::move(created->passwords);
  key_ = std::move(created->key);
  return {};
}

Status Vault::save(const SealedFor& what, const Secret& password) {
  return file_.update([&](std::optional<SealedPasswords> passwords) -> Result<SealedPasswords> {
    if (!passwords) passwords = fresh_;
    if (!passwords || !passwords->is_key(key_))
      return fail(Errc::busy, "another ferry has changed the saved passwords meanwhile; try again");
    passwords->put(key_, what, password);
    return std::move(*passwords);
  });
}

Result<bool> Vault::forget(const std::string& site) {
  auto passwords = file_.read();
  if (!passwords) return tl::unexpected(passwords.error());
  if (!*passwords || (*passwords)->find(site) == nullptr) return false;
  bool is_gone = false;
  auto done = file_.update([&](std::optional<SealedPasswords> now) -> Result<SealedPasswords> {
    if (!now) return fail(Errc::busy, "another ferry has removed the saved passwords meanwhile");
    is_gone = now->forget(site);
    return std::move(*now);
  });
  if (!done) return tl::unexpected(done.error());
  return is_gone;
}

Status Vault::change_passphrase() {
  auto passwords = file_.read();
  if (!passwords) return tl::unexpected(passwords.error());
  if (!*passwords) return fail(Errc::not_found, "no passwords are saved yet");
  auto key = key_of(**passwords);
  if (!key) return tl::unexpected(key.error());
  auto passphrase =
      new_passphrase(options_.new_passphrase, may_ask_, "--new-passphrase-file or --new-passphrase-fd");
  if (!passphrase) return tl::unexpected(passphrase.error());
  return file_.update([&](std::optional<SealedPasswords> now) -> Result<SealedPasswords> {
    if (!now || !now->is_key(*key))
      return fail(Errc::busy, "another ferry has changed the saved passwords meanwhile; try again");
    auto changed = now->with_passphrase(*key, *passphrase);
    if (!changed) return fail(changed.error().kind, file_.path() + ": " + changed.error().context);
    return std::move(changed->passwords);
  });
}

}  // namespace ferry::client
