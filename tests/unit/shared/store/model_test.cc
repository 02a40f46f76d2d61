// Random operations on the store and on a model of disk and quota that anyone can check by reading: after
// each one, both must agree.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/unit/shared/store/store_fixture.h"

namespace ferry::store {
namespace {

constexpr OwnerId kOwner = 42;
constexpr Bytes kQuota = 2000;
constexpr std::int64_t kQuotaFiles = 5;

struct ModelPartial {
  UploadId id = 0;
  bool is_active = false;
  Bytes received = 0, granted = 0;
  std::optional<Bytes> replaced;  // active: size of the complete file

  Bytes held() const { return std::max(received, granted - replaced.value_or(0)); }
};

struct ModelIntent {
  IntentId id = 0;
  std::string from, to;  // to: "" for a removal
};

bool is_below(const std::string& path, const std::string& folder) {
  return path.starts_with(folder + "/");
}
bool touches(const std::string& a, const std::string& b) {
  return a == b || is_below(a, b) || is_below(b, a);
}

struct Model {
  std::map<std::string, Bytes> files;
  std::map<std::string, ModelPartial> partials;
  std::vector<ModelIntent> intents;

  Bytes used() const {
    Bytes sum = 0;
    for (const auto& [path, size] : files) sum += size;
    for (const auto& [path, partial] : partials) sum += partial.is_active ? 0 : partial.received;
    return sum;
  }
  Bytes pending() const {
    Bytes sum = 0;
    for (const auto& [path, partial] : partials) sum += partial.is_active ? partial.held() : 0;
    return sum;
  }
  std::int64_t file_count() const {
    std::set<std::string> paths;
    for (const auto& [path, size] : files) paths.insert(path);
    for (const auto& [path, partial] : partials) paths.insert(path);
    return static_cast<std::int64_t>(paths.size());
  }
  Bytes room() const { return kQuota - used() - pending(); }
  std::optional<Bytes> size_of(const std::string& path) const {
    const auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  }
  bool is_in_intent(const std::string& path) const {
    return std::any_of(intents.begin(), intents.end(), [&](const ModelIntent& intent) {
      return touches(intent.from, path) || (!intent.to.empty() && touches(intent.to, path));
    });
  }
  bool has_partial(const std::string& path, bool below_only, bool active_only) const {
    return std::any_of(partials.begin(), partials.end(), [&](const auto& entry) {
      return (!active_only || entry.second.is_active) &&
             (is_below(entry.first, path) || (!below_only && entry.first == path));
    });
  }
  bool is_busy(const std::string& path) const { return is_in_intent(path) || has_partial(path, false, true); }
  bool exists(const std::string& path) const {  // as a file or as a folder with files
    return std::any_of(files.begin(), files.end(),
                       [&](const auto& entry) { return entry.first == path || is_below(entry.first, path); });
  }
};

class Trial {
 public:
  Trial(Store& store, AccountId account, unsigned seed) : store_(store), account_(account), random_(seed) {}

  void step() {
    switch (pick(12)) {
      case 0:
      case 1:
        return begin();
      case 2:
        return claim();
      case 3:
      case 4:
      case 5:
        return grow();
      case 6:
        return shrink();
      case 7:
        return commit();
      case 8:
        return pick(3) == 0 ? drop() : park();
      case 9:
        return begin_removal();
      case 10:
        return begin_rename();
      default:
        return finish_intent();
    }
  }

  void check() {
    const Account account = must(store_.find_account(account_));
    ASSERT_EQ(account.used_bytes, model_.used());
    ASSERT_EQ(account.pending_bytes, model_.pending());
    ASSERT_EQ(account.used_files, model_.file_count());
    ASSERT_LE(account.used_bytes + account.pending_bytes, kQuota);
    const auto rows = must(store_.partials_of(account_));
    ASSERT_EQ(rows.size(), model_.partials.size());
    for (const Partial& row : rows) {
      const auto expected = model_.partials.find(row.path);
      ASSERT_NE(expected, model_.partials.end()) << row.path;
      ASSERT_EQ(row.id, expected->second.id);
      ASSERT_EQ(row.owner.has_value(), expected->second.is_active);
      ASSERT_EQ(row.received, expected->second.received);
      ASSERT_EQ(row.replaces, model_.files.contains(row.path)) << row.path;
      if (row.owner) {
        ASSERT_EQ(row.granted, expected->second.granted);
      }
    }
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  Bytes amount() { return static_cast<Bytes>(pick(4) == 0 ? pick(2500) : pick(300)); }
  std::string any_path() {
    static const std::vector<std::string> kPaths = {"/a", "/b", "/d/a", "/d/b", "/e/a", "/e/f/a", "/d-"};
    return kPaths[pick(kPaths.size())];
  }
  std::string any_folder() {
    static const std::vector<std::string> kFolders = {"/d", "/e", "/e/f", "/new"};
    return kFolders[pick(kFolders.size())];
  }
  // A running upload, or nothing.
  std::map<std::string, ModelPartial>::iterator any_active() {
    std::vector<std::map<std::string, ModelPartial>::iterator> active;
    for (auto at = model_.partials.begin(); at != model_.partials.end(); ++at) {
      if (at->second.is_active) active.push_back(at);
    }
    return active.empty() ? model_.partials.end() : active[pick(active.size())];
  }

  void begin() {
    const std::string path = any_path();
    const auto replaced = model_.size_of(path);
    const auto result = store_.begin_upload({.account = account_,
                                             .path = path,
                                             .token = "t",
                                             .inode = 1,
                                             .replaced_size = replaced,
                                             .expected = std::nullopt,
                                             .owner = kOwner});
    const auto there = model_.partials.find(path);
    if (model_.is_in_intent(path)) {
      EXPECT_EQ(error_of(result), Errc::busy);
    } else if (there != model_.partials.end()) {
      EXPECT_EQ(error_of(result), there->second.is_active ? Errc::busy : Errc::exists);
    } else if (!replaced && model_.file_count() >= kQuotaFiles) {
      EXPECT_EQ(error_of(result), Errc::over_quota);
    } else {
      model_.partials[path] = {
          .id = must(result).id, .is_active = true, .received = 0, .granted = 0, .replaced = replaced};
    }
  }

  void claim() {
    const std::string path = any_path();
    const auto replaced = model_.size_of(path);
    const auto result = store_.claim_partial(account_, path, replaced, kOwner);
    const auto there = model_.partials.find(path);
    if (model_.is_in_intent(path)) {
      EXPECT_EQ(error_of(result), Errc::busy);
    } else if (there == model_.partials.end()) {
      EXPECT_EQ(error_of(result), Errc::not_found);
    } else if (there->second.is_active) {
      EXPECT_EQ(error_of(result), Errc::busy);
    } else {
      EXPECT_EQ(must(result).received, there->second.received);
      there->second.is_active = true;
      there->second.granted = there->second.received;
      there->second.replaced = replaced;
    }
  }

  void grow() {
    const auto upload = any_active();
    if (upload == model_.partials.end()) return;
    ModelPartial& partial = upload->second;
    const Bytes want = amount();
    // Byte by byte, as the rule says it.
    const Bytes room = model_.room();
    ModelPartial wish = partial;
    for (Bytes i = 0; i < want; ++i) {
      ++wish.granted;
      if (wish.held() - partial.held() > room) {
        --wish.granted;
        break;
      }
    }
    partial.granted = must(store_.grow(partial.id, want));
    EXPECT_EQ(partial.granted, wish.granted);
  }

  void shrink() {
    const auto upload = any_active();
    if (upload == model_.partials.end()) return;
    ModelPartial& partial = upload->second;
    const Bytes to = amount();
    must(store_.shrink(partial.id, to, to));
    if (to >= partial.granted) return;
    partial.granted = to;
    partial.received = std::min(partial.received, to);
  }

  void commit() {
    const auto upload = any_active();
    if (upload == model_.partials.end()) return;
    const Bytes size = static_cast<Bytes>(pick(static_cast<std::size_t>(upload->second.granted) + 1));
    must(store_.commit_upload(upload->second.id, {.size = size, .digest = {}}, pick(20) == 0));
    model_.files[upload->first] = size;
    model_.partials.erase(upload);
  }

  void park() {
    const auto upload = any_active();
    if (upload == model_.partials.end()) return;
    ModelPartial& partial = upload->second;
    const Bytes size = static_cast<Bytes>(pick(static_cast<std::size_t>(partial.granted) + 1));
    const Bytes kept = std::min(size, std::max(model_.room() + partial.held(), partial.received));
    Bytes cut_to = size;
    bool was_cut = false;
    must(store_.park_upload(partial.id, size, "aa", false, [&](Bytes to) -> Status {
      was_cut = true;
      cut_to = to;
      return {};
    }));
    EXPECT_EQ(cut_to, kept);
    EXPECT_EQ(was_cut, kept < size || kept == 0);
    if (kept == 0) {
      model_.partials.erase(upload);
    } else {
      partial = {
          .id = partial.id, .is_active = false, .received = kept, .granted = 0, .replaced = std::nullopt};
    }
  }

  void drop() {
    const auto upload = any_active();
    if (upload == model_.partials.end()) return;
    must(store_.drop_upload(upload->second.id));
    model_.partials.erase(upload);
  }

  void begin_removal() {
    const bool is_folder = pick(4) == 0;
    const std::string path = is_folder ? any_folder() : any_path();
    const auto size = model_.size_of(path);
    if (is_folder ? model_.exists(path) : !size) return;  // the disk would refuse
    const auto result = store_.begin_removal(account_, path, 1, size, kOwner);
    if (model_.is_busy(path)) {
      EXPECT_EQ(error_of(result), Errc::busy);
    } else if (model_.has_partial(path, true, false)) {
      EXPECT_EQ(error_of(result), Errc::not_empty);
    } else {
      model_.intents.push_back({must(result), path, ""});
    }
  }

  void begin_rename() {
    const bool is_folder = pick(2) == 0;
    const std::string from = is_folder ? any_folder() : any_path();
    const std::string to = is_folder ? any_folder() : any_path();
    if (!is_folder && !model_.size_of(from)) return;
    if (is_folder && (model_.exists(to) || touches(from, to))) return;  // the disk would refuse
    const auto result = store_.begin_rename(account_, from, to, 1, model_.size_of(to), kOwner);
    if (model_.is_busy(from) || model_.is_busy(to)) {
      EXPECT_EQ(error_of(result), Errc::busy);
    } else if (from != to && model_.has_partial(to, true, false)) {
      EXPECT_EQ(error_of(result), Errc::exists);
    } else {
      model_.intents.push_back({must(result), from, to});
    }
  }

  void finish_intent() {
    if (model_.intents.empty()) return;
    const std::size_t which = pick(model_.intents.size());
    const ModelIntent intent = model_.intents[which];
    const bool happened = pick(4) != 0;
    must(store_.finish_intent(intent.id, happened));
    model_.intents.erase(model_.intents.begin() + static_cast<std::ptrdiff_t>(which));
    if (!happened) return;
    if (intent.to.empty()) {
      model_.files.erase(intent.from);
    } else if (intent.from != intent.to) {
      model_.files.erase(intent.to);
      model_.partials.erase(intent.to);
      move(model_.files, intent);
      move(model_.partials, intent);
    }
  }

  template <typename Value>
  static void move(std::map<std::string, Value>& entries, const ModelIntent& intent) {
    std::map<std::string, Value> moved;
    for (const auto& [path, value] : entries) {
      const bool moves = path == intent.from || is_below(path, intent.from);
      moved[moves ? intent.to + path.substr(intent.from.size()) : path] = value;
    }
    entries = std::move(moved);
  }

  Store& store_;
  AccountId account_;
  std::mt19937 random_;
  Model model_;
};

class StoreModel : public StoreFixture, public testing::WithParamInterface<unsigned> {};

TEST_P(StoreModel, AgreesWithTheStoreAfterEachOfManyOperations) {
  const Account account = make_account(kQuota, kQuotaFiles);
  Trial trial(*store_, account.id, GetParam());
  for (int i = 0; i < 600; ++i) {
    SCOPED_TRACE("step " + std::to_string(i));
    trial.step();
    trial.check();
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, StoreModel, testing::Range(1u, 13u));

}  // namespace
}  // namespace ferry::store
