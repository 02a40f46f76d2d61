// To add a sub-command: a Verb, a row in kSubCommands, its function in commands.cc, its section in
// man/ferry.1.
#include "client/line/options.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <array>

#include "client/line/exit_code.h"
#include "shared/base/bytes.h"
#include "shared/base/version.h"

namespace ferry::client {
namespace {

enum Takes : unsigned { kRecursive = 1, kResume = 2, kOutput = 4, kVerify = 8, kParents = 16 };

struct SubCommand {
  Verb verb;
  const char* name;
  const char* help;
  const char* operands;  // shown in the usage line
  const char* operand_help;
  int min_operands;
  unsigned takes;
  const char* examples;
};

constexpr std::array<SubCommand, 6> kSubCommands{{
    {Verb::get, "get", "download files or folders", "URL...", "what to download; behind URLs, a local target",
     1, kRecursive | kResume | kOutput | kVerify,
     "  ferry get ftp://akira@files.example.org/pics/a.jpg\n"
     "  ferry get -r ftp://akira@files.example.org/pics backup/\n"
     "  ferry get -c -s files.example.org -u akira disk.img -o /tmp"},
    {Verb::put, "put", "upload files or folders", "LOCAL... URL",
     "what to upload, and the remote folder to put it in", 1, kRecursive | kResume | kVerify,
     "  ferry put report.pdf ftp://akira@files.example.org/inbox/\n"
     "  ferry put -r photos ftp://akira@files.example.org/\n"
     "  ferry put --verify=sha256 disk.img -s files.example.org -u akira /images"},
    {Verb::ls, "ls", "list remote folders", "[URL...]", "remote folders or files", 0, 0,
     "  ferry ls ftp://akira@files.example.org/pics\n"
     "  ferry ls -s files.example.org -u akira /pics | cut -f5"},
    {Verb::mkdir, "mkdir", "make remote folders", "URL...", "folders to make", 1, kParents,
     "  ferry mkdir -p ftp://akira@files.example.org/a/b/c"},
    {Verb::rm, "rm", "remove remote files or folders", "URL...", "what to remove", 1, kRecursive,
     "  ferry rm ftp://akira@files.example.org/old.txt\n"
     "  ferry rm -r ftp://akira@files.example.org/old"},
    {Verb::shell, "shell", "work on a server line by line", "[URL]", "where to log in", 0, 0,
     "  ferry shell ftp://akira@files.example.org/\n"
     "  echo 'get a.txt sha256' | ferry shell ftp://files.example.org/"},
}};

constexpr const char* kFooter =
    "A URL is ftp://USER@HOST:PORT/PATH (encrypted with AUTH TLS) or ftps://… (TLS from the start). With -s "
    "HOST the\n"
    "operands are plain remote paths. `ferry help COMMAND` shows a command's options; exit codes: ferry(1).";

// What CLI11 fills before it is checked.
struct Raw {
  Options options;
  std::string tls, pin, timeout, verify, resume;
  std::string help_about;
};

void add_connection_options(CLI::App& app, Raw& raw) {
  Options& options = raw.options;
  app.add_option("-s,--server", options.host, "the server, when operands are paths instead of URLs")
      ->type_name("HOST");
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
  app.add_option("--password-file", options.password_file, "the password is this file's first line")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  app.add_option("--password-fd", options.password_fd,
                 "the password is the first line of this open descriptor")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--timeout", raw.timeout, "give up when the server is silent for so long (30s)")
      ->type_name("TIME");
  app.add_flag("-q,--quiet", options.quiet, "errors only");
  app.add_flag("--no-input", options.no_input, "never ask anything; fail instead");
}

void add_own_options(CLI::App& app, const SubCommand& command, Raw& raw) {
  Options& options = raw.options;
  app.add_option("operands", options.operands, command.operand_help)
      ->type_name(command.operands)
      ->required(command.min_operands > 0);
  if ((command.takes & kRecursive) != 0) app.add_flag("-r,--recursive", options.recursive, "whole folders");
  if ((command.takes & kResume) != 0)
    app.add_flag(
        "-c{auto},--resume{auto}", raw.resume,
        "go on with what an interrupted transfer left: --resume=auto (what is proven to be the same; "
        "-c alone), ask, always, never");
  if ((command.takes & kParents) != 0)
    app.add_flag("-p,--parents", options.parents, "parents too; fine if it is there");
  if ((command.takes & kOutput) != 0)
    app.add_option("-o,--output", options.output, "where to put it")->type_name("DIR|FILE");
  if ((command.takes & kVerify) != 0) {
    app.add_option("--verify", raw.verify,
                   "compare both sides' digests afterwards: auto (where the server computes them; the "
                   "default), sha256, sha512, sha1, md5 or none")
        ->type_name("HOW");
  }
}

// What is wrong with the values CLI11 could not check, "" when nothing is.
std::string convert(Raw& raw) {
  Options& options = raw.options;
  if (raw.tls == "required") options.security = ftp::Security::explicit_tls;
  if (raw.tls == "implicit") options.security = ftp::Security::implicit_tls;
  if (raw.tls == "off") options.security = ftp::Security::clear;
  if (!raw.pin.empty()) {
    auto pin = parse_fingerprint(raw.pin);
    if (!pin) return "--pin: " + pin.error().context;
    options.pin = *pin;
  }
  if (!raw.timeout.empty()) {
    auto timeout = parse_duration(raw.timeout);
    if (!timeout || timeout->count() <= 0) return "--timeout: a time such as 30s or 2m, not " + raw.timeout;
    options.timeout = *timeout;
  }
  if (!raw.verify.empty()) {
    const auto wish = parse_verify_wish(raw.verify);
    if (!wish) return "--verify: auto, sha256, sha512, sha1, md5 or none, not " + raw.verify;
    options.verify = *wish;
  }
  if (!raw.resume.empty()) {
    const auto resume = parse_resume(raw.resume);
    if (!resume) return "--resume: auto, ask, always or never, not " + raw.resume;
    options.resume = *resume;
  }
  if (!options.password_file.empty() && options.password_fd >= 0)
    return "--password-file and --password-fd exclude each other";
  return "";
}

int usage_error(const std::string& text) {
  fmt::print(stderr, "ferry: {}\n", text);
  return kExitUsage;
}

int show_help(CLI::App& app, const std::string& about) {
  if (about.empty()) {
    fmt::print("{}", app.help());
    return kExitDone;
  }
  for (const auto& command : kSubCommands) {
    if (about != command.name) continue;
    fmt::print("{}", app.get_subcommand(command.name)->help());
    return kExitDone;
  }
  return usage_error("there is no command " + about + "; `ferry help` lists them");
}

}  // namespace

std::optional<Options> parse_command_line(int argc, char** argv, int& exit_code) {
  Raw raw;
  CLI::App app{"Moves files between this machine and FTP servers, encrypted.", "ferry"};
  app.set_version_flag("--version", std::string("ferry ") + kVersion);
  app.set_help_flag("-h,--help", "this help");
  app.footer(kFooter);
  app.require_subcommand(0, 1);
  for (const auto& command : kSubCommands) {
    CLI::App* sub = app.add_subcommand(command.name, command.help);
    add_own_options(*sub, command, raw);
    add_connection_options(*sub, raw);
    sub->footer(std::string("Examples:\n") + command.examples);
  }
  CLI::App* help = app.add_subcommand("help", "show how a command is used");
  help->add_option("command", raw.help_about, "which one")->type_name("COMMAND");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    // CLI11 prints help and version itself, with code 0; its own error codes start at 100.
    exit_code = app.exit(e) == 0 ? kExitDone : kExitUsage;
    return std::nullopt;
  }
  if (help->parsed()) {
    exit_code = show_help(app, raw.help_about);
    return std::nullopt;
  }
  const auto used = app.get_subcommands();
  if (used.empty()) {
    fmt::print(stderr, "{}", app.help());
    exit_code = kExitUsage;
    return std::nullopt;
  }
  for (const auto& command : kSubCommands) {
    if (used.front()->get_name() == command.name) raw.options.verb = command.verb;
  }
  if (const std::string wrong = convert(raw); !wrong.empty()) {
    exit_code = usage_error(wrong);
    return std::nullopt;
  }
  return std::move(raw.options);
}

}  // namespace ferry::client
