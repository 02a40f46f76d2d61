// ferryd: the command line. Exit codes: 0 ended in order, 1 cannot start, 2 usage or configuration.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "server/commands/matrix.h"
#include "server/master/master.h"
#include "server/master/process_title.h"
#include "shared/base/terminal_text.h"
#include "shared/base/version.h"
#include "shared/config/options.h"
#include "shared/net/tls_memory.h"

namespace {

constexpr int kUsage = 2;

struct CommandLine {
  std::string file;
  std::vector<std::string> sets;
  bool only_check = false, only_dump = false, only_sample = false, only_man_section = false,
       only_rfc_matrix = false;
};

void describe(CLI::App& app, CommandLine& line) {
  app.name("ferryd");
  app.add_option("-c,--config", line.file,
                 "configuration (default: /etc/ferry/ferryd.toml, or var/ferryd.toml of the checkout)")
      ->type_name("FILE");
  app.add_option("--set", line.sets, "sets one option, over what the file says; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
  auto* check = app.add_flag("--check", line.only_check, "checks the configuration");
  auto* dump =
      app.add_flag("--dump-config", line.only_dump, "prints every option with its value and meaning");
  check->group("Instead of running")->excludes(dump);
  dump->group("Instead of running");
  // For the documents that are made from the tables of options and commands (tools/update_docs.sh).
  app.add_flag("--dump-sample", line.only_sample)->group("");
  app.add_flag("--dump-man-section", line.only_man_section)->group("");
  app.add_flag("--dump-rfc-matrix", line.only_rfc_matrix)->group("");
  app.set_version_flag("--version", std::string("ferryd ") + ferry::kVersion);
}

int print(const std::string& text) {
  return std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? 1 : 0;
}

// Descriptors 0 to 2 must not become a socket of ours, and nobody types to a server.
void prepare_standard_descriptors() {
  int fd = ::open("/dev/null", O_RDWR);
  while (fd >= 0 && fd < STDERR_FILENO) fd = ::open("/dev/null", O_RDWR);
  if (fd > STDERR_FILENO) ::close(fd);
  const ferry::UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ::dup2(null.get(), STDIN_FILENO);
}

int run(const CommandLine& line) {
  if (line.only_sample) return print(ferry::options_sample());
  if (line.only_man_section) return print(ferry::options_man_section());
  if (line.only_rfc_matrix) return print(ferry::rfc_matrix());
  ferry::StartArguments arguments{ferry::find_option_source(line.file), line.sets};
  auto options = ferry::load_options(arguments.source, arguments.sets);
  if (!options) {
    std::fprintf(stderr, "ferryd: %s\n", ferry::terminal_safe(options.error().context).c_str());
    return kUsage;
  }
  if (line.only_dump) return print(ferry::dump_options(*options));
  if (line.only_check)
    return print((arguments.source.file.empty() ? "the defaults" : arguments.source.file) +
                 ": no mistake found\n");
  prepare_standard_descriptors();
  return ferry::run_master(std::move(arguments), std::move(*options));
}

}  // namespace

int main(int argc, char** argv) {
  ferry::net::keep_tls_buffers_apart();  // before OpenSSL takes its first memory
  ferry::init_process_title(argc, argv);
  try {
    CLI::App app("Ferry's FTP and FTPS server. See ferryd(8) and ferryd.toml(5).");
    CommandLine line;
    describe(app, line);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : kUsage;
    }
    return run(line);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ferryd: %s\n", ferry::terminal_safe(error.what()).c_str());
    return 1;
  }
}
