#include "client/cli/option_groups.h"

#include <CLI/CLI.hpp>

#include "client/engine/charset.h"
#include "client/line/queue_text.h"

namespace ferry::client {
namespace {

void add_site_options(CLI::App& app, RawOptions& raw) {
  Options& options = raw.options;
  app.add_option("-P,--port", options.port, "its port")->type_name("PORT")->check(CLI::Range(1, 65535));
  app.add_option("-u,--user", options.user, "who to log in as")->type_name("USER");
  app.add_option("--tls", raw.tls,
                 "required (AUTH TLS, the default), implicit (TLS from the start) or off (in clear)")
      ->type_name("MODE")
      ->check(CLI::IsMember({"required", "implicit", "off"}));
  app.add_flag("--active", options.active, "the server opens the data connections (EPRT/PORT)");
  app.add_option("--ca", options.ca_file, "trust these CAs (PEM) instead of the system's")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  app.add_option("--pin", raw.pin, "accept only this certificate")->type_name("sha256:HEX");
  app.add_option("--charset", options.charset,
                 "what the server writes names in, such as GBK or CP932 (UTF-8)")
      ->type_name("NAME");
}

void add_quiet_options(CLI::App& app, RawOptions& raw) {
  app.add_flag("-q,--quiet", raw.options.quiet, "errors only");
  app.add_flag("-v,--verbose", raw.options.verbosity,
               "tell more; twice: what is said to the server and what it answers, without passwords");
  app.add_option("--log", raw.options.log_file, "add a line to this file for whatever happens")
      ->type_name("FILE");
  app.add_flag("--no-input", raw.options.no_input, "never ask anything; fail instead");
}

void add_server_options(CLI::App& app, RawOptions& raw) {
  app.add_option("-s,--server", raw.options.host, "the server, when operands are paths instead of URLs")
      ->type_name("HOST");
  add_site_options(app, raw);
  app.add_option("--timeout", raw.timeout, "give up when the server is silent for so long (30s)")
      ->type_name("TIME");
}

// NAME-file and NAME-fd.
void add_secret_source(CLI::App& app, const std::string& name, SecretSource& source,
                       const std::string& what) {
  app.add_option(name + "-file", source.file, what + " is this file's first line")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  app.add_option(name + "-fd", source.fd, what + " is the first line of this open descriptor")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
}

void add_password_options(CLI::App& app, RawOptions& raw) {
  Options& options = raw.options;
  app.add_option("--password-file", options.password_file, "the password is this file's first line")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  app.add_option("--password-fd", options.password_fd,
                 "the password is the first line of this open descriptor")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
}

void add_saving_options(CLI::App& app, std::uint64_t takes, RawOptions& raw) {
  Options& options = raw.options;
  if ((takes & kSavePassword) != 0)
    app.add_flag("--save-password", options.save_password, "keep the password, sealed with a passphrase");
  if ((takes & kForgetPassword) != 0)
    app.add_flag("--forget-password", options.forget_password, "keep the saved password no longer");
  if ((takes & kPassword) != 0) add_password_options(app, raw);
  if ((takes & kPassphrase) != 0)
    add_secret_source(app, "--passphrase", options.passphrase, "what seals and opens the saved passwords");
  if ((takes & kNewPassphrase) != 0)
    add_secret_source(app, "--new-passphrase", options.new_passphrase, "what shall open them from now on");
}

void add_trust_options(CLI::App& app, RawOptions& raw) {
  app.add_flag("--accept-new", raw.options.accept_new,
               "remember an unknown certificate without a question; a changed one is refused as ever");
  app.add_option("--timeout", raw.timeout, "give up when the server is silent for so long (30s)")
      ->type_name("TIME");
}

void add_connection_options(CLI::App& app, RawOptions& raw) {
  Options& options = raw.options;
  app.add_option("-s,--server", options.host, "the server, when operands are paths instead of URLs")
      ->type_name("HOST");
  add_site_options(app, raw);
  add_password_options(app, raw);
  add_secret_source(app, "--passphrase", options.passphrase, "what opens the saved passwords");
  add_trust_options(app, raw);
  add_quiet_options(app, raw);
}

void add_listing_options(CLI::App& app, Options& options) {
  app.add_flag("-l,--long", options.details,
               "permissions, exact size and time (elsewhere than on a terminal always)");
  app.add_flag("-R,--recursive", options.recursive, "what is in folders, too");
  app.add_flag("-a,--all", options.all_names,
               "names that begin with a dot, too (elsewhere than on a terminal always)");
  app.add_option("--sort", options.sort,
                 "name (folders first; the default), size (biggest first) or time (youngest first)")
      ->type_name("BY")
      ->check(CLI::IsMember({"name", "size", "time"}));
}

void add_new_password_options(CLI::App& app, Options& options) {
  app.add_option("--new-password-file", options.new_password_file,
                 "the new password is this file's first line")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  app.add_option("--new-password-fd", options.new_password_fd,
                 "the new password is the first line of this open descriptor")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
}

void add_script_options(CLI::App& app, Options& options) {
  app.add_option("-c,--command", options.shell_lines, "run these commands, separated by ; and no others")
      ->type_name("COMMANDS")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  app.add_option("-f,--file", options.script, "read the commands from this file")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  app.add_flag("--fail-fast", options.fail_fast, "end at the first command that fails");
}

void add_parallel_options(CLI::App& app, RawOptions& raw) {
  app.add_option("-j,--parallel", raw.options.parallel,
                 "files in flight at once, each with a session of its own, as far as the server lets (4)")
      ->type_name("N")
      ->check(CLI::Range(1, 32));
  app.add_option("--retries", raw.options.retries,
                 "how often a file is tried again when the network or the server fails for now (5)")
      ->type_name("N")
      ->check(CLI::Range(0, 1000));
  app.add_option("--limit", raw.limit, "bytes per second of all files together, down or both (5M, 5M:800K)")
      ->type_name("DOWN[:UP]");
}

void add_queue_options(CLI::App& app, std::uint64_t takes, RawOptions& raw) {
  if ((takes & kAllItems) != 0)
    app.add_flag("--all", raw.options.all_items, "all items for which that makes sense");
  if ((takes & kPlace) != 0)
    app.add_option("--to", raw.place, "first, last, up, down, before=ID or behind=ID")
        ->type_name("PLACE")
        ->required();
  if ((takes & kPriority) != 0)
    app.add_option("--priority", raw.priority,
                   "high, normal (the default), low or a number: higher ones first")
        ->type_name("LEVEL");
}

void add_own_options(CLI::App& app, const Command& command, RawOptions& raw) {
  Options& options = raw.options;
  if (command.max_operands != 0)
    app.add_option("operands", options.operands, command.operand_help)
        ->type_name(command.operands)
        ->expected(command.min_operands,
                   command.max_operands < 0 ? CLI::detail::expected_max_vector_size : command.max_operands)
        ->required(command.min_operands > 0);
  if ((command.takes & kAscii) != 0)
    app.add_flag("--ascii", options.ascii_only, "draw with ASCII characters only");
  if ((command.takes & kRecursive) != 0) app.add_flag("-r,--recursive", options.recursive, "whole folders");
  if ((command.takes & kResume) != 0)
    app.add_flag(
        "-c{auto},--resume{auto}", raw.resume,
        "go on with what an interrupted transfer left: --resume=auto (what is proven to be the same; "
        "-c alone), ask, always, never");
  if ((command.takes & kParents) != 0)
    app.add_flag("-p,--parents", options.parents, "parents too; fine if it is there");
  if ((command.takes & kFolder) != 0)
    app.add_option("--folder", options.folder, "the folder that paths on the site begin in")
        ->type_name("DIR");
  if ((command.takes & kUnset) != 0)
    app.add_option("--unset", options.unset, "take this key away, such as pin or user")->type_name("KEY");
  if ((command.takes & kOutput) != 0)
    app.add_option("-o,--output", options.output, "where to put it; - is standard output")
        ->type_name("DIR|FILE|-");
  if ((command.takes & kNewPassword) != 0) add_new_password_options(app, options);
  if ((command.takes & kScript) != 0) add_script_options(app, options);
  if ((command.takes & kListing) != 0) add_listing_options(app, options);
  if ((command.takes & kTotal) != 0)
    app.add_flag("--summarize", options.only_total, "one sum for each operand, none for the folders in it");
  if ((command.takes & kStdinName) != 0)
    app.add_option("--stdin-name", options.stdin_name, "what standard input is called in the remote folder")
        ->type_name("NAME");
  if ((command.takes & kDoctor) != 0)
    app.add_flag("--write", options.write, "write a small file, compare clocks by it, and remove it");
  if ((command.takes & kJson) != 0)
    app.add_flag("--json", options.json, "what happens as JSON, one object per line, on standard output");
  if ((command.takes & kProgress) != 0)
    app.add_option("--stats", raw.stats,
                   "time between two lines about progress, where that is no terminal (10s); 0: none")
        ->type_name("TIME");
  if ((command.takes & kSync) != 0) add_sync_options(app, raw.options.sync, raw.sync);
  if ((command.takes & kParallel) != 0) add_parallel_options(app, raw);
  if ((command.takes & kReceipt) != 0)
    app.add_option("--receipt", options.receipt,
                   "a line with size and SHA-256 for each file, for `ferry verify --receipt`")
        ->type_name("FILE");
  if ((command.takes & kAlgo) != 0)
    app.add_option("--algo", raw.algo, "sha256 (the default), sha512, sha1, md5 or crc32")
        ->type_name("DIGEST");
  if ((command.takes & kVerify) != 0) {
    app.add_option("--verify", raw.verify,
                   "compare both sides' digests afterwards: auto (where the server computes them; the "
                   "default), sha256, sha512, sha1, md5 or none")
        ->type_name("HOW");
  }
}

}  // namespace

void add_options(CLI::App& app, const Command& command, RawOptions& raw) {
  add_own_options(app, command, raw);
  if ((command.takes & kPolicy) != 0) add_policy_options(app, raw.options, raw.policy, command.name);
  add_queue_options(app, command.takes, raw);
  if ((command.takes & kServer) != 0) add_server_options(app, raw);
  if ((command.takes & kConnection) != 0) add_connection_options(app, raw);
  if ((command.takes & kSite) != 0) add_site_options(app, raw);
  if ((command.takes & kTrust) != 0) add_trust_options(app, raw);
  add_saving_options(app, command.takes, raw);
  if ((command.takes & kQuiet) != 0) add_quiet_options(app, raw);
}

std::string convert(RawOptions& raw) {
  Options& options = raw.options;
  if (raw.tls == "required") options.security = ftp::Security::explicit_tls;
  if (raw.tls == "implicit") options.security = ftp::Security::implicit_tls;
  if (raw.tls == "off") options.security = ftp::Security::clear;
  if (!raw.pin.empty()) {
    auto pin = parse_fingerprint(raw.pin);
    if (!pin) return "--pin: " + pin.error().context;
    options.pin = *pin;
  }
  if (auto charset = Charset::create(options.charset); !charset)
    return "--charset: " + charset.error().context;
  if (!raw.timeout.empty()) {
    auto timeout = parse_duration(raw.timeout);
    if (!timeout || timeout->count() <= 0) return "--timeout: a time such as 30s or 2m, not " + raw.timeout;
    options.timeout = *timeout;
  }
  if (!raw.algo.empty()) {
    options.algo = parse_digest_kind(raw.algo);
    if (!options.algo) return "--algo: sha256, sha512, sha1, md5 or crc32, not " + raw.algo;
  }
  if (!raw.stats.empty()) {
    auto stats = parse_duration(raw.stats);
    if (!stats) return "--stats: a time such as 10s, or 0, not " + raw.stats;
    options.stats = *stats;
  }
  if (!raw.limit.empty()) {
    const auto limit = parse_rates(raw.limit);
    if (!limit) return "--limit: " + limit.error().context;
    options.limit = *limit;
  }
  if (!raw.verify.empty()) {
    const auto wish = parse_verify_wish(raw.verify);
    if (!wish) return "--verify: auto, sha256, sha512, sha1, md5 or none, not " + raw.verify;
    options.verify = *wish;
  }
  if (auto wrong = convert_sync(raw.sync, options.sync); !wrong.empty()) return wrong;
  if (auto wrong = convert_policies(raw.policy, options); !wrong.empty()) return wrong;
  if (!raw.resume.empty()) {
    const auto resume = parse_resume(raw.resume);
    if (!resume) return "--resume: auto, ask, always or never, not " + raw.resume;
    options.resume = *resume;
    options.resume_wish = *resume;
  }
  if (!raw.priority.empty()) {
    const auto priority = parse_priority(raw.priority);
    if (!priority) return "--priority: high, normal, low or a number from -1000 to 1000, not " + raw.priority;
    options.priority = *priority;
  }
  if (!raw.place.empty()) {
    options.place = parse_move(raw.place);
    if (!options.place) return "--to: first, last, up, down, before=ID or behind=ID, not " + raw.place;
  }
  if (!options.password_file.empty() && options.password_fd >= 0)
    return "--password-file and --password-fd exclude each other";
  if (!options.new_password_file.empty() && options.new_password_fd >= 0)
    return "--new-password-file and --new-password-fd exclude each other";
  if (!options.shell_lines.empty() && !options.script.empty()) return "-c and -f exclude each other";
  if (!options.passphrase.file.empty() && options.passphrase.fd >= 0)
    return "--passphrase-file and --passphrase-fd exclude each other";
  if (!options.new_passphrase.file.empty() && options.new_passphrase.fd >= 0)
    return "--new-passphrase-file and --new-passphrase-fd exclude each other";
  if (options.save_password && options.forget_password)
    return "--save-password and --forget-password exclude each other";
  return "";
}

}  // namespace ferry::client
