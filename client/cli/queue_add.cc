// queue add: operands as those of get and put become items. Nothing is connected: both ends are fixed here
// and now by what is written and by what is on this side's disk.
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "client/cli/command.h"
#include "client/cli/common.h"
#include "client/cli/queue_common.h"
#include "client/line/json_lines.h"
#include "client/line/netrc.h"
#include "client/line/operations.h"
#include "client/line/queue_text.h"
#include "client/line/saved_sites.h"
#include "shared/base/terminal_text.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

using Items = std::vector<QueueItem>;

std::string absolute(const std::string& path) {
  return std::filesystem::absolute(path).native();
}

// Whoever is not named is settled now, not by what ~/.netrc will say when it runs.
Result<std::string> user_of(const Target& target) {
  if (!target.user.empty()) return target.user;
  auto entry = netrc_for(target.site.host, "");
  if (!entry) return tl::unexpected(entry.error());
  return *entry ? (*entry)->user : std::string("anonymous");
}

Result<QueueItem> item_for(const Target& target, const Options& options, Direction direction) {
  auto user = user_of(target);
  if (!user) return tl::unexpected(user.error());
  QueueItem item;
  item.direction = direction;
  item.site = target.site;
  if (!item.site.ca_file.empty()) item.site.ca_file = absolute(item.site.ca_file);
  item.user = std::move(*user);
  item.priority = options.priority;
  item.resume = options.resume;
  item.verify = options.verify;
  item.preserve = options.preserve;
  item.recursive = options.recursive;
  // As Target::resolve() will have it: one slash behind a URL's host ends the host (RFC 1738 §3.2.2).
  std::string path = target.path;
  if (target.is_url && path.starts_with('/')) path.erase(0, 1);
  item.from_login = !path.starts_with('/');
  item.remote = ftp::join_path("/", path);
  if (item.from_login) item.remote.erase(0, 1);
  return item;
}

// `ferry get URL... [LOCAL]`: a last operand that is not remote is the target.
std::string take_local_target(const Options& options, std::vector<std::string>& sources) {
  if (!options.output.empty() || !options.host.empty()) return options.output;
  if (sources.size() < 2 || is_remote_operand(sources.back())) return "";
  std::string target = sources.back();
  sources.pop_back();
  return target;
}

Result<QueueItem> item_of_get(const Options& options, const std::string& source, const std::string& into) {
  auto target = target_of(options, source);
  if (!target) return tl::unexpected(target.error());
  auto item = item_for(*target, options, Direction::down);
  if (!item) return item;
  const std::string leaf(ftp::leaf_name("/" + item->remote));
  if (leaf.empty() && !options.recursive)
    return fail(Errc::bad_syntax, source + ": names no file (-r copies folders)");
  if (!leaf.empty() && !ftp::is_safe_component(leaf))
    return fail(Errc::name_refused, source + ": is no name for a local file");
  const std::string base = into.empty() ? "." : into;
  // Whether it is a folder shows later; where it goes is the same then.
  item->local =
      absolute(options.recursive ? (std::filesystem::path(base) / leaf).native() : local_target(into, leaf));
  return item;
}

Result<Items> items_of_get(const Options& options, std::vector<std::string> sources) {
  const std::string into = take_local_target(options, sources);
  if (into == "-")
    return fail(Errc::bad_syntax, "standard output cannot wait: `ferry get -o -` writes to it at once");
  if (sources.size() > 1 && !into.empty() && !is_local_folder(into))
    return fail(Errc::bad_syntax, into + ": several sources need a folder that is there");
  Items items;
  for (const auto& source : sources) {
    auto item = item_of_get(options, source, into);
    if (!item) return tl::unexpected(item.error());
    items.push_back(std::move(*item));
  }
  return items;
}

Result<QueueItem> item_of_put(const QueueItem& example, const std::string& source, bool into_folder) {
  struct stat info {};
  if (::stat(source.c_str(), &info) != 0) return fail_errno(errno, source);
  QueueItem item = example;
  item.local = absolute(source);
  item.is_folder = S_ISDIR(info.st_mode);
  if (*item.is_folder && !item.recursive)
    return fail(Errc::is_directory, source + ": is a folder (-r copies folders)");
  if (!*item.is_folder && !S_ISREG(info.st_mode))
    return fail(Errc::unsupported, source + ": is no regular file");
  if (!*item.is_folder) item.bytes_total = info.st_size;
  const std::string leaf = leaf_of_local(source);
  if ((into_folder || *item.is_folder) && !leaf.empty()) {
    item.remote = ftp::join_path("/" + item.remote, leaf);
    if (item.from_login) item.remote.erase(0, 1);
  }
  return item;
}

Result<Items> items_of_put(const Options& options, std::vector<std::string> sources) {
  if (!options.output.empty()) return fail(Errc::bad_syntax, "-o is where downloads go");
  std::string destination;
  if (options.host.empty() || sources.size() > 1) {
    destination = sources.back();
    sources.pop_back();
  }
  if (sources.empty())
    return fail(Errc::bad_syntax, "put: what to upload, and a URL to upload it to, are needed");
  auto target = target_of(options, destination);
  if (!target) return tl::unexpected(target.error());
  auto example = item_for(*target, options, Direction::up);
  if (!example) return tl::unexpected(example.error());
  const bool into_folder = sources.size() > 1 || target->path.empty() || target->path.back() == '/';
  Items items;
  for (const auto& source : sources) {
    if (source == "-")
      return fail(Errc::bad_syntax, "standard input cannot wait: `ferry put -` reads it at once");
    auto item = item_of_put(*example, source, into_folder);
    if (!item) return tl::unexpected(item.error());
    items.push_back(std::move(*item));
  }
  return items;
}

void print_added(const QueueItem& item) {
  if (json_wanted()) return emit_json("queue_item", queue_fields({item, std::nullopt}));
  if (::isatty(STDOUT_FILENO) != 1) return fmt::print("{}\n", item.id);
  const auto view = std::vector<QueueView>{{item, std::nullopt}};
  fmt::print("{}", queue_table(view));
}

}  // namespace

int run_queue_add(const Options& options, Cancel&) {
  std::vector<std::string> operands = options.operands;
  const std::string action = operands.front();
  operands.erase(operands.begin());
  if (action != "get" && action != "put")
    return usage_error("queue add: get or put is needed, not " + action);
  auto items = action == "get" ? items_of_get(options, operands) : items_of_put(options, operands);
  if (!items)
    return items.error().kind == Errc::bad_syntax ? report_bad_operand(items.error()) : report(items.error());
  auto queue = open_queue();
  if (!queue) return report(queue.error());
  const auto ids = (*queue)->add(std::move(*items));
  if (!ids) return report(ids.error());
  for (const QueueId id : *ids) {
    if (const auto item = (*queue)->find(id)) print_added(*item);
  }
  return 0;
}

}  // namespace ferry::client
