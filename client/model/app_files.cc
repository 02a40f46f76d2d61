// What is done to files where they are: folders made, names changed, things removed, looked at, edited,
// proven.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "client/model/app.h"
#include "client/model/text.h"
#include "shared/base/terminal_text.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

constexpr Bytes kViewed = 64 * 1024;
constexpr std::size_t kMostFound = 1000;

// Text by lines; what has zero bytes in it in hexadecimal.
std::vector<std::string> lines_of(const std::string& bytes) {
  std::vector<std::string> lines;
  if (bytes.find('\0') == std::string::npos) {
    std::istringstream in(bytes);
    for (std::string line; std::getline(in, line);) {
      if (line.ends_with('\r')) line.pop_back();
      std::string shown;
      for (const char c : line) {
        if (c == '\t')
          shown.append(8 - shown.size() % 8, ' ');
        else
          shown += c;
      }
      lines.push_back(std::move(shown));
    }
    return lines;
  }
  for (std::size_t at = 0; at < bytes.size(); at += 16) {
    std::string line = fmt::format("{:08x} ", at), text;
    for (std::size_t i = at; i < at + 16; ++i) {
      const bool is_there = i < bytes.size();
      const auto byte = static_cast<unsigned char>(is_there ? bytes[i] : 0);
      line += is_there ? fmt::format(" {:02x}", byte) : "   ";
      if (is_there) text += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.';
    }
    lines.push_back(line + "  " + text);
  }
  return lines;
}

// A file of our own that is gone when the last who holds this lets go.
struct TemporaryFile {
  explicit TemporaryFile(const std::string& name) {
    std::string pattern = (std::filesystem::temp_directory_path() / "ferry-XXXXXX").native();
    if (::mkdtemp(pattern.data()) == nullptr) return;
    folder = pattern;
    path = pattern + "/" + (ftp::is_safe_component(name) ? name : "file");
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
  }
  std::string folder, path;
};

// Everything below `folder` whose name contains `part`, breadth first; links are not followed.
Result<std::vector<std::string>> find_below(FileSource& source, const std::string& folder,
                                            const std::string& part) {
  std::vector<std::string> found, folders{folder};
  for (std::size_t at = 0; at < folders.size() && found.size() < kMostFound; ++at) {
    const std::string here = folders[at];
    const auto take = [&](std::span<const ftp::Entry> entries) {
      for (const ftp::Entry& entry : entries) {
        if (!ftp::is_safe_component(entry.name)) continue;
        const std::string path = (here == "/" ? "" : here) + "/" + entry.name;
        if (entry.name.find(part) != std::string::npos && found.size() < kMostFound) found.push_back(path);
        if (entry.is_directory() && !entry.is_link) folders.push_back(path);
      }
    };
    const Status listed = source.list(here, take);
    if (!listed && (at == 0 || listed.error().kind == Errc::cancelled)) return tl::unexpected(listed.error());
  }
  return found;
}

}  // namespace

void App::refresh_both() {
  for (const auto& pane : panes_) {
    if (pane->has_source() && !pane->is_waiting()) pane->refresh();
  }
}

Pane* App::pane_of(const FileSource* source) {
  for (const auto& pane : panes_) {
    if (pane->has_source() && pane->source() == source) return pane.get();
  }
  return nullptr;
}

// Runs `work` on the thread of the pane that shows the source. When none does any more, nothing is done: an
// answer never counts for another place than the one it was asked about.
void App::change(const std::shared_ptr<FileSource>& source, const std::string& what,
                 std::function<Status(FileSource&)> work, std::function<Status(FileSource&)> take_back) {
  Pane* pane = pane_of(source.get());
  if (pane == nullptr) return log(tr("the pane is elsewhere now: nothing was done"), true);
  pane->run<Status>(std::move(work), [this, source, what, take_back = std::move(take_back)](Status done) {
    if (!done) {
      report(done.error());
    } else {
      log(what);
      if (take_back) undo_.push_back({source, what, take_back});
    }
    refresh_both();
  });
}

void App::take_back() {
  if (undo_.empty()) return log(tr("nothing to take back"));
  const Undo last = std::move(undo_.back());
  undo_.pop_back();
  change(last.source, std::string(tr("taken back")) + ": " + last.what, last.take_back);
}

void App::ask_folder() {
  auto dialog = std::make_unique<Dialog>(tr("Make a folder"));
  dialog->field({tr("Name")}).button(tr("Make")).button(tr("Cancel"));
  dialog->on_close([this, here = spot()](const Dialog& closed, int button) {
    const std::string name = closed.text(0);
    if (button != 0 || name.empty()) return;
    if (!ftp::is_safe_component(name)) return log(name + ": " + tr("is no name"), true);
    const std::string path = here.path(name);
    if (Pane* shown = pane_of(here.source.get())) shown->expect_name(name);
    change(
        here.source, fmt::format("{} {}", tr("made"), path),
        [path](FileSource& source) { return source.make_folder(path); },
        [path](FileSource& source) { return source.remove_empty_folder(path); });
  });
  open_dialog(std::move(dialog));
}

void App::ask_rename() {
  Pane& pane = active();
  if (pane.view().size() == 0) return;
  const std::string old = std::string(pane.view().row(pane.view().cursor()).name);
  auto dialog = std::make_unique<Dialog>(tr("Rename"));
  dialog->line(old).field({tr("New name"), old}).button(tr("Rename")).button(tr("Cancel"));
  dialog->on_close([this, here = spot(), old](const Dialog& closed, int button) {
    const std::string name = closed.text(0);
    if (button != 0 || name.empty() || name == old) return;
    if (!ftp::is_safe_component(name)) return log(name + ": " + tr("is no name"), true);
    const std::string from = here.path(old), to = here.path(name);
    if (Pane* shown = pane_of(here.source.get())) shown->expect_name(name);
    change(
        here.source, fmt::format("{} -> {}", from, name),
        [from, to](FileSource& source) { return source.rename(from, to); },
        [from, to](FileSource& source) { return source.rename(to, from); });
  });
  open_dialog(std::move(dialog));
}

void App::ask_remove() {
  Pane& pane = active();
  std::vector<std::pair<std::string, bool>> paths;
  std::size_t folders = 0;
  for (const std::size_t row : pane.view().chosen()) {
    const FolderRow entry = pane.view().row(row);
    paths.emplace_back(pane.path_of(row), entry.is_folder && !entry.is_link);
    if (paths.back().second) ++folders;
  }
  if (paths.empty()) return;
  auto dialog = std::make_unique<Dialog>(tr("Delete?"));
  if (paths.size() == 1) {
    dialog->line(paths.front().first);
    if (folders == 1) dialog->line(tr("This is a folder: all that is in it goes too."));
  } else {
    dialog->line(fmt::format(fmt::runtime(tr("{} files and {} folders in {}")), paths.size() - folders,
                             folders, pane.place()));
    if (folders > 0) dialog->line(tr("All that is in the folders goes too."));
  }
  dialog->button(tr("Delete")).button(tr("Cancel")).warning().focus_button(1);
  dialog->on_close([this, here = spot(), paths](const Dialog&, int button) {
    if (button != 0) return;
    const auto remove_all = [paths](FileSource& source) -> Status {
      Status first;
      for (const auto& [path, is_folder] : paths) {
        const Status removed = source.remove(path, is_folder);
        if (!removed && first) first = removed;
        if (!removed && removed.error().kind == Errc::cancelled) break;
      }
      return first;
    };
    change(here.source, fmt::format(fmt::runtime(tr("{} deleted")), paths.size()), remove_all);
  });
  open_dialog(std::move(dialog));
}

void App::ask_mode() {
  Pane& pane = active();
  if (pane.view().size() == 0) return;
  const FolderRow entry = pane.view().row(pane.view().cursor());
  const std::string path = pane.path_of(pane.view().cursor());
  auto dialog = std::make_unique<Dialog>(tr("Permissions"));
  dialog->line(path)
      .field({tr("Octal"), entry.unix_mode ? fmt::format("{:03o}", *entry.unix_mode & 0777U) : "644"})
      .button(tr("Change"))
      .button(tr("Cancel"));
  dialog->on_close([this, here = spot(), path](const Dialog& closed, int button) {
    if (button != 0) return;
    const std::string& text = closed.text(0);
    const bool is_octal =
        !text.empty() && text.size() <= 4 && text.find_first_not_of("01234567") == text.npos;
    if (!is_octal) return log(text + ": " + tr("is no octal mode such as 644"), true);
    const auto mode = static_cast<unsigned>(std::stoul(text, nullptr, 8));
    change(here.source, fmt::format("{} {}", path, mode_text(mode)),
           [path, mode](FileSource& source) { return source.change_mode(path, mode); });
  });
  open_dialog(std::move(dialog));
}

void App::show_properties() {
  Pane& pane = active();
  if (pane.view().size() == 0) return;
  const std::string path = pane.path_of(pane.view().cursor());
  const bool is_folder = pane.view().row(pane.view().cursor()).is_folder;
  struct Facts {
    ftp::Entry entry;
    std::string digest;
  };
  pane.run<Result<Facts>>(
      [path, is_folder](FileSource& source) -> Result<Facts> {
        auto entry = source.describe(path);
        if (!entry) return tl::unexpected(entry.error());
        Facts facts{*entry, ""};
        if (is_folder) return facts;
        auto digest = source.sha256(path);
        facts.digest = digest ? *digest : digest.error().context;
        return facts;
      },
      [this, path](Result<Facts> facts) {
        if (!facts) return report(facts.error());
        auto dialog = std::make_unique<Dialog>(std::string(ftp::leaf_name(path)));
        dialog->line(path);
        if (facts->entry.size) {
          dialog->line(fmt::format("{:<9}{} B ({})", tr("size"), count_for_people(*facts->entry.size),
                                   bytes_for_people(*facts->entry.size)));
        }
        if (facts->entry.modified)
          dialog->line(fmt::format("{:<9}{}", tr("time"), long_date(*facts->entry.modified)));
        if (facts->entry.unix_mode)
          dialog->line(fmt::format("{:<9}{}", tr("mode"), mode_text(*facts->entry.unix_mode)));
        if (!facts->digest.empty()) dialog->line(fmt::format("{:<9}{}", "SHA-256", facts->digest));
        dialog->button(tr("Close"));
        open_dialog(std::move(dialog));
      });
}

// Both sides compute, each on its thread; what they say is compared when both have.
void App::verify_chosen() {
  struct Comparison {
    std::map<std::string, std::array<std::optional<std::string>, 2>> digests;
    int sides = 0;
  };
  const auto comparison = std::make_shared<Comparison>();
  std::vector<std::string> names;
  for (const std::size_t row : active().view().chosen()) {
    const FolderRow entry = active().view().row(row);
    if (!entry.is_folder && other().view().find_name(entry.name)) names.emplace_back(entry.name);
  }
  if (names.empty()) return log(tr("no file of this name in the other pane"));
  using Digests = Result<std::vector<std::optional<std::string>>>;
  for (std::size_t side = 0; side < 2; ++side) {
    panes_[side]->run<Digests>(
        [names, folder = panes_[side]->folder()](FileSource& source) -> Digests {
          std::vector<std::optional<std::string>> all;
          for (const std::string& name : names) {
            auto digest = source.sha256(ftp::join_path(folder, name));
            if (!digest && digest.error().kind == Errc::cancelled) return tl::unexpected(digest.error());
            all.push_back(digest ? std::optional(*digest) : std::nullopt);
          }
          return all;
        },
        [this, comparison, names, side](Digests digests) {
          if (!digests) return report(digests.error());
          for (std::size_t i = 0; i < names.size(); ++i) comparison->digests[names[i]][side] = (*digests)[i];
          if (++comparison->sides < 2) return;
          for (const auto& [name, both] : comparison->digests) {
            if (!both[0] || !both[1])
              log(name + ": " + tr("cannot be compared"), true);
            else if (*both[0] == *both[1])
              log(name + ": " + tr("the same on both sides (SHA-256)"));
            else
              log(name + ": " + tr("DIFFERS (SHA-256)"), true);
          }
        });
  }
}

void App::view_file() {
  Pane& pane = active();
  if (pane.view().size() == 0 || pane.view().row(pane.view().cursor()).is_folder) return;
  const std::string path = pane.path_of(pane.view().cursor());
  pane.run<Result<std::string>>([path](FileSource& source) { return source.read_front(path, kViewed); },
                                [this, path](Result<std::string> bytes) {
                                  if (!bytes) return report(bytes.error());
                                  pager_ = PagerScreen{path, lines_of(*bytes), 0};
                                  if (static_cast<Bytes>(bytes->size()) == kViewed)
                                    pager_->lines.push_back(tr("[the first 64 KiB]"));
                                });
}

// Fetches, edits, and uploads again if it was changed; refused when the one on the server has changed
// meanwhile.
void App::edit_file() {
  Pane& pane = active();
  if (pane.view().size() == 0 || pane.view().row(pane.view().cursor()).is_folder) return;
  const std::string path = pane.path_of(pane.view().cursor());
  if (!pane.source()->is_remote()) {
    settings_.run_editor(path);
    return refresh_both();
  }
  const auto file = std::make_shared<TemporaryFile>(std::string(ftp::leaf_name(path)));
  if (file->path.empty()) return log(tr("no temporary folder can be made"), true);
  pane.run<Result<std::string>>(
      [path, file](FileSource& source) -> Result<std::string> {
        if (auto fetched = source.fetch(path, file->path); !fetched) return tl::unexpected(fetched.error());
        return make_local_source()->sha256(file->path);
      },
      [this, here = spot(), path, file](Result<std::string> before) {
        if (!before) return report(before.error());
        settings_.run_editor(file->path);
        auto after = make_local_source()->sha256(file->path);
        if (!after || *after == *before)
          return log(std::string(ftp::leaf_name(path)) + ": " + tr("not changed"));
        change(here.source, std::string(ftp::leaf_name(path)) + ": " + tr("uploaded again"),
               [path, file, before = *before](FileSource& source) -> Status {
                 auto there = source.sha256(path);
                 if (!there) return tl::unexpected(there.error());
                 if (*there != before)
                   return fail(Errc::exists, path + ": has changed on the server meanwhile");
                 return source.store(file->path, path);
               });
      });
}

void App::find_in_tree() {
  auto dialog = std::make_unique<Dialog>(tr("Find here and below"));
  dialog->field({tr("Part of the name")}).button(tr("Find")).button(tr("Cancel"));
  dialog->on_close([this, here = spot()](const Dialog& closed, int button) {
    const std::string part = closed.text(0);
    Pane* pane = pane_of(here.source.get());
    if (button != 0 || part.empty() || pane == nullptr) return;
    using Found = Result<std::vector<std::string>>;
    pane->run<Found>(
        [folder = here.folder, part](FileSource& source) { return find_below(source, folder, part); },
        [this, here, part](Found found) {
          if (!found) return report(found.error());
          show_found(here, part, *found);
        });
  });
  open_dialog(std::move(dialog));
}

void App::show_found(const Spot& here, const std::string& part, const std::vector<std::string>& paths) {
  auto list = std::make_unique<Dialog>(fmt::format("{}: {}", part, paths.size()));
  list->list(paths).button(tr("Go there")).button(tr("Close"));
  list->on_close([this, here, paths](const Dialog& chosen, int pressed) {
    Pane* pane = pane_of(here.source.get());
    if (pressed != 0 || !chosen.chosen() || pane == nullptr) return;
    const std::string& path = paths[*chosen.chosen()];
    pane->open(std::string(ftp::parent_path(path)), std::string(ftp::leaf_name(path)));
  });
  open_dialog(std::move(list));
}

bool App::change_files(KeyAction action) {
  if (!active().has_source()) return false;
  switch (action) {
    case KeyAction::make_folder:
      ask_folder();
      return true;
    case KeyAction::rename:
      ask_rename();
      return true;
    case KeyAction::remove:
      ask_remove();
      return true;
    case KeyAction::change_mode:
      ask_mode();
      return true;
    case KeyAction::properties:
      show_properties();
      return true;
    case KeyAction::verify:
      verify_chosen();
      return true;
    case KeyAction::view:
      view_file();
      return true;
    case KeyAction::edit:
      edit_file();
      return true;
    case KeyAction::undo:
      take_back();
      return true;
    case KeyAction::find:
      find_in_tree();
      return true;
    default:
      return false;
  }
}

}  // namespace ferry::client
