#include <algorithm>
#include <array>

#include "client/cli/command.h"
#include "client/cli/option_groups.h"

namespace ferry::client {
namespace {

// clang-format off
constexpr std::array kCommands{
    Command{"get", "download files or folders", "URL...", "what to download; behind URLs, a local target", 1, -1,
     kConnection | kJson | kProgress | kReceipt | kRecursive | kResume | kOutput | kVerify | kParallel | kPolicy, run_get,
     "  ferry get ftp://akira@files.example.org/pics/a.jpg\n"
     "  ferry get -r ftp://akira@files.example.org/pics backup/\n"
     "  ferry get -c -s files.example.org -u akira disk.img -o /tmp\n"
     "  ferry get ftp://akira@files.example.org/dump.sql.gz -o - | gunzip"},
    Command{"put", "upload files or folders", "LOCAL... URL", "what to upload (- is standard input), and the remote folder to put it in", 1, -1,
     kConnection | kJson | kProgress | kReceipt | kRecursive | kResume | kVerify | kParallel | kPolicy | kStdinName, run_put,
     "  ferry put report.pdf ftp://akira@files.example.org/inbox/\n"
     "  ferry put -r photos ftp://akira@files.example.org/\n"
     "  ferry put --verify=sha256 disk.img -s files.example.org -u akira /images\n"
     "  pg_dump shop | ferry put - ftp://akira@files.example.org/dumps/shop.sql"},
    Command{"cat", "write remote files to standard output", "URL...", "files to write", 1, -1, kConnection | kVerify, run_cat,
     "  ferry cat ftp://akira@files.example.org/notes.txt\n"
     "  ferry cat -s files.example.org -u akira log.1 log.2 | grep error"},
    Command{"ls", "list remote folders", "[URL...]", "remote folders or files", 0, -1, kConnection | kJson | kListing, run_ls,
     "  ferry ls ftp://akira@files.example.org/pics\n"
     "  ferry ls -lR --sort=time ftp://akira@files.example.org/pics\n"
     "  ferry ls -s files.example.org -u akira /pics | cut -f5"},
    Command{"sync", "make one folder what another one is", "A B", "the source, and the target; one of them remote", 2, 2,
     kConnection | kJson | kProgress | kVerify | kParallel | kSync, run_sync,
     "  ferry sync photos ftp://akira@files.example.org/photos\n"
     "  ferry sync --delete --exclude .git/ site ftp://akira@files.example.org/htdocs\n"
     "  ferry sync --dry-run --compare=hash ftp://akira@files.example.org/photos backup/photos\n"
     "  ferry sync --down -s files.example.org -u akira /photos backup/photos"},
    Command{"mkdir", "make remote folders", "URL...", "folders to make", 1, -1, kConnection | kJson | kParents, run_mkdir,
     "  ferry mkdir -p ftp://akira@files.example.org/a/b/c"},
    Command{"rmdir", "remove empty remote folders", "URL...", "folders to remove", 1, -1, kConnection | kJson, run_rmdir,
     "  ferry rmdir ftp://akira@files.example.org/old"},
    Command{"rm", "remove remote files or folders", "URL...", "what to remove", 1, -1, kConnection | kJson | kRecursive, run_rm,
     "  ferry rm ftp://akira@files.example.org/old.txt\n"
     "  ferry rm -r ftp://akira@files.example.org/old"},
    Command{"mv", "rename or move on the server", "URL... URL", "what to move, and its new name or the folder to move it to", 2, -1,
     kConnection | kJson, run_mv,
     "  ferry mv ftp://akira@files.example.org/draft.txt ftp://akira@files.example.org/final.txt\n"
     "  ferry mv -s files.example.org -u akira a.jpg b.jpg pics/"},
    Command{"du", "add up what remote folders hold", "[URL...]", "remote folders or files", 0, -1, kConnection | kJson | kTotal, run_du,
     "  ferry du ftp://akira@files.example.org/pics\n"
     "  ferry du --summarize -s files.example.org -u akira pics mail | sort -rn"},
    Command{"stat", "tell what is known of remote names", "URL...", "files or folders", 1, -1, kConnection | kJson, run_stat,
     "  ferry stat ftp://akira@files.example.org/pics/a.jpg"},
    Command{"doctor", "tell what works between here and a server, and what to set", "[SITE|URL]",
     "the server, or a folder on it", 0, 1, kConnection | kJson | kDoctor, run_doctor,
     "  ferry doctor ftp://akira@files.example.org/\n"
     "  ferry doctor --active --write ftp://akira@files.example.org/inbox\n"
     "  ferry doctor example | grep ^problem"},
    Command{"quota", "tell how much room is left", "[URL]", "the server, or a folder on it", 0, 1, kConnection | kJson, run_quota,
     "  ferry quota ftp://akira@files.example.org/\n"
     "  ferry quota -s files.example.org -u akira | awk '/^bytes/ {print $4}'"},
    Command{"sites list", "list saved sites", "", "", 0, 0, kQuiet, run_sites_list,
     "  ferry sites list\n"
     "  ferry sites list | cut -f1"},
    Command{"sites show", "show one saved site", "NAME", "which one", 1, 1, kQuiet, run_sites_show,
     "  ferry sites show example"},
    Command{"sites add", "save a site under a name", "NAME URL", "its name, and where it is", 2, 2,
     kSite | kFolder | kSavePassword | kPassword | kPassphrase | kQuiet, run_sites_add,
     "  ferry sites add example ftp://akira@files.example.org/pics\n"
     "  ferry sites add --save-password example ftp://akira@files.example.org/\n"
     "  ferry sites add backup ftps://backup.example.org -u akira --pin sha256:..."},
    Command{"sites edit", "change a saved site", "NAME [URL]", "which one, and where it is now", 1, 2,
     kSite | kFolder | kUnset | kSavePassword | kForgetPassword | kPassword | kPassphrase | kQuiet, run_sites_edit,
     "  ferry sites edit example --folder /archive --active\n"
     "  ferry sites edit example --unset pin"},
    Command{"sites passphrase", "seal the saved passwords with another passphrase", "", "", 0, 0,
     kPassphrase | kNewPassphrase | kQuiet, run_sites_passphrase,
     "  ferry sites passphrase"},
    Command{"sites rm", "forget saved sites", "NAME...", "which ones", 1, -1, kQuiet, run_sites_rm,
     "  ferry sites rm example"},
    Command{"queue add", "put transfers on the queue", "get|put OPERAND...", "get or put, and what they take", 2, -1,
     kServer | kJson | kRecursive | kResume | kOutput | kVerify | kPolicy | kPriority, run_queue_add,
     "  ferry queue add put -r photos ftp://akira@files.example.org/\n"
     "  ferry queue add get -c ftp://akira@files.example.org/disk.img -o /tmp/ --priority=high"},
    Command{"queue list", "show what is on the queue", "[ID...]", "these items only", 0, -1, kJson, run_queue_list,
     "  ferry queue list\n"
     "  ferry queue list | awk -F'\\t' '$2 == \"failed\" { print $1 }'"},
    Command{"queue run", "work the queue off", "", "", 0, 0, kPassword | kPassphrase | kQuiet | kJson | kProgress | kParallel, run_queue_run,
     "  ferry queue run --parallel=8\n"
     "  nohup ferry queue run --no-input >queue.log 2>&1 &"},
    Command{"queue pause", "stop items, keeping what has arrived", "[ID...]", "which items", 0, -1, kAllItems, run_queue_pause,
     "  ferry queue pause 3 4"},
    Command{"queue resume", "let paused items go on", "[ID...]", "which items", 0, -1, kAllItems, run_queue_resume,
     "  ferry queue resume --all"},
    Command{"queue cancel", "give items up, with what has arrived", "[ID...]", "which items", 0, -1, kAllItems, run_queue_cancel,
     "  ferry queue cancel 3"},
    Command{"queue retry", "try items again that have failed, ask or were cancelled", "[ID...]", "which items", 0, -1,
     kAllItems | kResume, run_queue_retry,
     "  ferry queue retry --all\n"
     "  ferry queue retry --resume=never 5"},
    Command{"queue move", "change the order", "ID...", "which items", 1, -1, kPlace, run_queue_move,
     "  ferry queue move 7 8 --to=first\n"
     "  ferry queue move 7 --to=before=3"},
    Command{"queue priority", "let items come sooner or later", "LEVEL [ID...]", "high, normal, low or a number; which items", 1, -1,
     kAllItems, run_queue_priority,
     "  ferry queue priority high 7"},
    Command{"queue clear", "take items off the list that are over", "[ID...]",
     "which items; without any those that are done or cancelled", 0, -1, kAllItems, run_queue_clear,
     "  ferry queue clear"},
    Command{"passwd", "change your password", "[URL]", "the server", 0, 1, kConnection | kJson | kNewPassword, run_passwd,
     "  ferry passwd ftp://akira@files.example.org/\n"
     "  ferry passwd --password-file old --new-password-file new ftp://akira@files.example.org/"},
    Command{"register", "make an account for yourself, where the server lets people", "[URL]", "the server, with the name you want", 0, 1,
     kConnection | kJson, run_register,
     "  ferry register ftp://akira@files.example.org/"},
    Command{"hash", "digests of remote files", "URL...", "files, with -r folders", 1, -1, kConnection | kJson | kRecursive | kAlgo, run_hash,
     "  ferry hash ftp://akira@files.example.org/disk.img\n"
     "  ferry hash -r --algo=sha512 ftp://akira@files.example.org/pics > SUMS"},
    Command{"verify", "compare files or folders, here or there", "A B", "two paths or URLs; with --receipt one, or none", 0, 2,
     kConnection | kJson | kAlgo | kReceipt, run_verify,
     "  ferry verify photos ftp://akira@files.example.org/photos\n"
     "  ferry verify --receipt=photos.receipt ftp://akira@files.example.org/photos"},
    Command{"trust list", "list the pinned certificates", "", "", 0, 0, kQuiet, run_trust_list,
     "  ferry trust list\n"
     "  ferry trust list | grep ^files.example.org:"},
    Command{"trust add", "pin the certificate of a server", "HOST [sha256:HEX]",
     "the server; its certificate, which else is shown and asked about", 1, 2, kSite | kTrust | kQuiet, run_trust_add,
     "  ferry trust add files.example.org\n"
     "  ferry trust add files.example.org:2121 sha256:..."},
    Command{"trust rm", "forget pinned certificates", "HOST...", "of which servers", 1, -1, kSite | kQuiet, run_trust_rm,
     "  ferry trust rm files.example.org:2121"},
    Command{"open", "the full screen: two panes and a queue", "[URL]", "where to log in", 0, 1, kConnection | kAscii, run_open,
     "  ferry open\n"
     "  ferry open ftp://akira@files.example.org/pics"},
    Command{"shell", "work on a server line by line", "[URL]", "where to log in", 0, 1, kConnection | kParallel | kScript, run_shell,
     "  ferry shell ftp://akira@files.example.org/\n"
     "  ferry shell ftp://akira@files.example.org/ -c 'cd pics; ls -l; quota'\n"
     "  ferry shell ftp://akira@files.example.org/ --fail-fast -f nightly.ferry\n"
     "  echo 'get a.txt sha256' | ferry shell ftp://files.example.org/"},
    Command{"completion", "print what makes Tab complete ferry's commands", "bash|zsh|fish", "the shell", 1, 1, 0, run_completion,
     "  source <(ferry completion bash)\n"
     "  ferry completion fish > ~/.config/fish/completions/ferry.fish"},
};
// clang-format on

struct Group {
  std::string_view name;
  const char* summary;
};
constexpr std::array kGroups{
    Group{"queue", "transfers that outlive the program"},
    Group{"sites", "servers by a name of your own"},
    Group{"trust", "certificates that were accepted"},
};

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

const Command* find_command(std::string_view name) {
  const auto found = std::ranges::find(kCommands, name, &Command::name);
  return found == kCommands.end() ? nullptr : &*found;
}

std::string group_summary(std::string_view group) {
  const auto found = std::ranges::find(kGroups, group, &Group::name);
  return found == kGroups.end() ? "" : found->summary;
}

}  // namespace ferry::client
