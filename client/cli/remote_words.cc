// Remote names for Tab in the user's own shell: one short session, given up when it takes too long.
#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>

#include "client/cli/common.h"
#include "client/cli/completion.h"
#include "client/engine/listing.h"
#include "client/engine/sites_file.h"
#include "client/engine/state_file.h"
#include "client/engine/trust.h"
#include "shared/base/ascii.h"
#include "shared/base/terminal_text.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

using Words = std::vector<std::string>;

// Saved sites, and servers that have been used: those whose certificates are known.
Words known_servers() {
  Words urls;
  for (const auto& name : saved_site_names()) urls.push_back(name + ":");
  const auto text = read_state_file(TrustStore::default_path());
  const auto pins = text ? parse_pins(*text) : Result<std::vector<Pin>>(std::vector<Pin>());
  if (!pins) return urls;
  for (const Pin& pin : *pins) {
    const auto colon = pin.server.rfind(':');
    const std::string port = pin.server.substr(colon + 1), host = pin.server.substr(0, colon);
    urls.push_back(port == "21"    ? "ftp://" + host + "/"
                   : port == "990" ? "ftps://" + host + "/"
                                   : "ftp://" + pin.server + "/");
  }
  return urls;
}

// Nothing in it that a shell or a terminal would understand; readable letters of other languages stay.
std::string percent_encoded(std::string_view name) {
  constexpr std::string_view kHex = "0123456789ABCDEF", kPlain = "-._~+,=@:";
  const bool is_harmless = terminal_safe(name) == name;
  std::string encoded;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_ascii_alnum(c) || kPlain.find(c) != kPlain.npos || (byte >= 0x80 && is_harmless)) {
      encoded += c;
    } else {
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

// Nothing that a terminal would obey, and nothing that bash does not quote when it completes a name: it
// leaves $ alone, so that a server's $(…) would run with the next Return.
bool may_stand_on_a_command_line(const std::string& name) {
  return terminal_safe(name) == name && name.find_first_of("$`!\\\"'") == name.npos;
}

// "ftp://host/a/b" -> "ftp://host/a/"; "" when the address does not lead into a server yet.
std::string folder_of(const Options& options, const std::string& operand) {
  const auto slash = operand.rfind('/');
  if (!options.host.empty()) return slash == operand.npos ? "" : operand.substr(0, slash + 1);
  const auto scheme = operand.find("://");
  if (scheme == operand.npos) {
    const auto colon = operand.find(':');  // SITE:PATH
    if (colon == operand.npos) return "";
    return operand.substr(0, slash == operand.npos || slash < colon ? colon + 1 : slash + 1);
  }
  return operand.find('/', scheme + 3) == operand.npos ? "" : operand.substr(0, slash + 1);
}

struct Search {
  Options options;
  std::string folder;  // as typed
  Cancel cancel;
  std::mutex mutex;
  std::condition_variable done;
  bool is_over = false;
  std::vector<ftp::Entry> found;
};

std::vector<ftp::Entry> names_in_folder(Search& search) {
  auto target = target_of(search.options, search.folder);
  if (!target) return {};
  Sessions sessions(search.options, search.cancel);
  auto connection = sessions.to(*target);
  if (!connection) return {};
  auto listing = list_directory(**connection, target->resolve(**connection));
  return listing ? std::move(listing->entries) : std::vector<ftp::Entry>();
}

// On a thread that is left behind when it takes too long: leaving a server in good order takes its time, too.
std::vector<ftp::Entry> names_in_time(const Options& options, const std::string& folder) {
  auto search = std::make_shared<Search>();
  search->options = options;
  search->options.no_input = search->options.quiet = true;
  search->folder = folder;
  std::thread([search] {
    auto found = names_in_folder(*search);
    const std::lock_guard lock(search->mutex);
    search->found = std::move(found);
    search->is_over = true;
    search->done.notify_one();
  }).detach();
  std::unique_lock lock(search->mutex);
  search->done.wait_for(lock, kPatience, [&] { return search->is_over; });
  return search->is_over ? std::move(search->found) : std::vector<ftp::Entry>();
}

}  // namespace

Words saved_site_names() {
  Words names;
  if (const auto sites = SitesFile().all()) {
    for (const auto& site : *sites) names.push_back(site.name);
  }
  return names;
}

Words remote_words(const Options& options, const std::string& operand) {
  const std::string folder = folder_of(options, operand);
  if (folder.empty() && options.host.empty()) return known_servers();
  const bool is_url = folder.find("://") != folder.npos;
  Words words;
  for (const auto& entry : names_in_time(options, folder)) {
    if (!ftp::is_safe_component(entry.name)) continue;
    if (!is_url && !may_stand_on_a_command_line(entry.name)) continue;
    const std::string name = is_url ? percent_encoded(entry.name) : entry.name;
    words.push_back(folder + name + (entry.is_directory() ? "/" : ""));
  }
  std::ranges::sort(words);
  return words;
}

}  // namespace ferry::client
