#include "tests/integration/chaos_client.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "tests/support/bytes.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint32_t kMostBytes = 150'000;
constexpr int kNames = 5, kFolders = 2, kSharedNames = 3;

Deadline soon() {
  return Deadline::after(30s);
}

std::string leaf(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// Every path at or below `from` has moved to `to`.
template <typename Map>
void move_below(Map& map, const std::string& from, const std::string& to) {
  Map moved;
  for (const auto& [path, content] : map) {
    const bool is_below = path == from || path.starts_with(from + "/");
    moved[is_below ? to + path.substr(from.size()) : path] = content;
  }
  map = std::move(moved);
}

}  // namespace

void ChaosWorld::count(const std::string& what) {
  const std::lock_guard lock(tally_mutex);
  ++tally[what];
  ++answered;
}

ChaosClient::ChaosClient(ChaosWorld& world, SharedFiles& shared, std::string account, int number, bool tls,
                         std::uint32_t seed)
    : world_(world),
      shared_(shared),
      account_(std::move(account)),
      number_(number),
      tls_(tls),
      random_(seed) {}

void ChaosClient::run() {
  while (!world_.is_over) {
    try {
      connect();
      while (!world_.is_over) step();
    } catch (const std::runtime_error&) {  // a process of the server was killed
      talker_.reset();
    }
    if (maybe_) lost();
  }
  talker_.reset();
}

void ChaosClient::connect() {
  {
    const std::shared_lock lock(world_.address);
    talker_.emplace(world_.server);
  }
  if (talker_->reply().code != 220) throw std::runtime_error("greeting");
  if (tls_) {
    talker_->auth_tls();
    talker_->protect();
  }
  talker_->log_in(account_);
  talker_->expect("TYPE I", 200);
  if (now_.folders.contains(base())) return;
  State after = now_;
  after.folders.insert(base());
  promise(after, [&] { return exchange("MKD " + base()); });
}

void ChaosClient::step() {
  static constexpr std::pair<std::uint32_t, void (ChaosClient::*)()> kSteps[] = {
      {24, &ChaosClient::store_own},   {8, &ChaosClient::cut_own},       {10, &ChaosClient::append_own},
      {8, &ChaosClient::resume_own},   {8, &ChaosClient::rename_own},    {4, &ChaosClient::publish_own},
      {12, &ChaosClient::remove_own},  {5, &ChaosClient::fetch_own},     {8, &ChaosClient::change_folder},
      {8, &ChaosClient::store_shared}, {2, &ChaosClient::remove_shared}, {3, &ChaosClient::fetch_shared},
  };
  std::uint32_t sum = 0;
  for (const auto& [weight, action] : kSteps) sum += weight;
  std::uint32_t drawn = random(sum);
  for (const auto& [weight, action] : kSteps) {
    if (drawn < weight) return (this->*action)();
    drawn -= weight;
  }
}

// --- what happens on the way ---

ftp::Reply ChaosClient::exchange(const std::string& line) {
  ftp::Reply reply = talker_->ask(line);
  world_.count(fmt::format("{} {}", line.substr(0, line.find(' ')), reply.code));
  return reply;
}

template <typename Operation>
int ChaosClient::promise(State after, const Operation& operation) {
  maybe_ = std::move(after);
  const ftp::Reply reply = operation();
  if (reply.code >= 200 && reply.code < 300) now_ = *maybe_;
  maybe_.reset();
  return reply.code;
}

template <typename Operation>
void ChaosClient::change_shared(const std::string& name, std::size_t change, const Operation& operation) {
  try {
    const int code = operation();
    shared_.end(name, change, code < 300 ? SharedFiles::Outcome::done : SharedFiles::Outcome::refused);
  } catch (const std::runtime_error&) {
    shared_.end(name, change, SharedFiles::Outcome::unknown);
    throw;
  }
}

// A server that says so of a file it has promised has lost it.
void ChaosClient::check_refusal(const ftp::Reply& reply, const std::string& path) {
  if (reply.code == 550 && now_.files.contains(path) && reply.text().find("no such") != std::string::npos)
    world_.findings.add(fmt::format("{}: {} was promised: {}", account_, path, reply.text()));
}

void ChaosClient::lost() {
  const State after = *std::exchange(maybe_, std::nullopt);
  // A process that has died may not be settled yet; one that has not may still be at it.
  if (!wait_until([&] { return is_left_alone(); }, 60s))
    world_.findings.add(fmt::format("{}: {} is never settled", account_, base()));
  const auto published = std::exchange(publishing_, std::nullopt);
  const auto not_before = difference(now_);
  if (!not_before) {
    if (published) shared_.learn(published->first, published->second, false);
    return;
  }
  const auto not_after = difference(after);
  if (not_after) {
    world_.findings.add(fmt::format("{}: neither before ({}) nor after ({}) of an operation without a reply",
                                    account_, *not_before, *not_after));
  }
  world_.count("done without a reply");
  if (published) shared_.learn(published->first, published->second, true);
  now_ = after;
}

bool ChaosClient::is_left_alone() const {
  const auto account = world_.server.store().find_account(account_);
  const auto uploads = world_.server.store().uploads_owned_by(std::nullopt);
  const auto intents = world_.server.store().intents_owned_by(std::nullopt);
  if (!account || !uploads || !intents) return false;
  const auto is_ours = [&](const std::string& path) { return (path + "/").starts_with(base() + "/"); };
  return std::ranges::none_of(
             *uploads, [&](const auto& row) { return row.account == account->id && is_ours(row.path); }) &&
         std::ranges::none_of(
             *intents, [&](const auto& row) { return row.account == account->id && is_ours(row.path); });
}

std::optional<std::string> ChaosClient::difference(const State& state) const {
  const fs::path home = world_.server.home(account_);
  std::set<std::string> there;
  std::error_code gone;
  for (fs::recursive_directory_iterator at(home / base().substr(1), gone), end; !gone && at != end;
       at.increment(gone)) {
    const std::string path = "/" + fs::relative(at->path(), home).string();
    if (at->is_directory() && !state.folders.contains(path)) return path + " is a folder";
    if (at->is_directory()) continue;
    const auto expected = state.files.find(path);
    if (expected == state.files.end()) return path + " is there";
    const std::string bytes = read_bytes(at->path());
    if (bytes != *expected->second)
      return fmt::format("{} has {} bytes, not the {} that are its content", path, bytes.size(),
                         expected->second->size());
    there.insert(path);
  }
  for (const std::string& folder : state.folders)
    if (!fs::is_directory(home / folder.substr(1))) return "folder " + folder + " is missing";
  for (const auto& [path, content] : state.files)
    if (!there.contains(path)) return path + " is missing";
  return std::nullopt;
}

void ChaosClient::expect_as_promised() {
  if (const auto wrong = difference(now_))
    world_.findings.add(fmt::format("{}, client {}, in the end: {}", account_, number_, *wrong));
}

// --- what a client draws ---

Content ChaosClient::new_content() {
  const std::size_t size = random(4) == 0 ? random(kMostBytes) : random(kMostBytes / 10);
  const std::uint32_t seed = static_cast<std::uint32_t>(number_) * 100'000 + ++contents_;
  return std::make_shared<const std::string>(fmt::format("{:08}", seed) + some_bytes(size, seed));
}

std::string ChaosClient::some_path() {
  std::vector<std::string> folders(now_.folders.begin(), now_.folders.end());
  return fmt::format("{}/f{}", folders[random(static_cast<std::uint32_t>(folders.size()))], random(kNames));
}

std::optional<std::string> ChaosClient::present_path() {
  if (now_.files.empty()) return std::nullopt;
  return std::next(now_.files.begin(), random(static_cast<std::uint32_t>(now_.files.size())))->first;
}

std::string ChaosClient::shared_name() {
  return fmt::format("/shared{}", random(kSharedNames));
}

// --- operations on what is its own ---

ftp::Reply ChaosClient::store(const std::string& path, const Content& content) {
  if (random(3) == 0) {
    const ftp::Reply announced = exchange(fmt::format("ALLO {}", content->size()));
    if (announced.code != 200) return announced;
  }
  ftp::Reply reply = talker_->store(path, *content);
  world_.count(fmt::format("STOR {}", reply.code));
  if (reply.code == 226 && reply.text().find(sha256_of(*content)) == std::string::npos)
    world_.findings.add(fmt::format("{}: {}: {}", account_, path, reply.text()));
  return reply;
}

void ChaosClient::store_own() {
  const std::string path = some_path();
  // A client that begins something else where a piece waits, and breaks off before the first byte, could not
  // know whose piece it resumes.
  const auto waiting = now_.waiting.find(path);
  const Content content = waiting != now_.waiting.end() ? waiting->second : new_content();
  if (!now_.files.contains(path)) now_.waiting[path] = content;
  State after = now_;
  after.files[path] = content;
  after.waiting.erase(path);
  if (promise(after, [&] { return store(path, content); }) == 552) remove_own();
}

void ChaosClient::cut_own() {
  const std::string path = some_path();
  const auto waiting = now_.waiting.find(path);
  const Content content = waiting != now_.waiting.end() ? waiting->second : new_content();
  if (!now_.files.contains(path)) now_.waiting[path] = content;
  auto started = talker_->begin("STOR " + path);
  if (!started.data) return;
  const std::size_t part = random(static_cast<std::uint32_t>(content->size()));
  if (!started.data->write_all(std::string_view(*content).substr(0, part), soon()))
    throw std::runtime_error("broken off");
  // Both connections, as when a client dies; in clear the end of the data alone would be the file's end.
  talker_->disconnect();
  if (random(2) == 0) break_connection(std::move(*started.data));
  world_.count("STOR cut");
  throw std::runtime_error("cut");
}

void ChaosClient::append_own() {
  const auto path = present_path();
  if (!path || now_.files[*path]->size() > 2 * kMostBytes) return;
  const Content more = new_content();
  State after = now_;
  after.files[*path] = std::make_shared<const std::string>(*now_.files[*path] + *more);
  promise(after, [&] {
    auto reply = talker_->store(*path, *more, "APPE");
    world_.count(fmt::format("APPE {}", reply.code));
    check_refusal(reply, *path);
    return reply;
  });
}

void ChaosClient::resume_own() {
  if (now_.waiting.empty()) return;
  const auto chosen =
      std::next(now_.waiting.begin(), random(static_cast<std::uint32_t>(now_.waiting.size())));
  const std::string path = chosen->first;
  const Content content = chosen->second;
  const auto size = exchange("SIZE " + path);
  if (size.code != 213) return;
  const std::size_t there = std::stoull(size.text());
  if (there > content->size())
    return world_.findings.add(
        fmt::format("{}: {} bytes of {} wait, it has {}", account_, there, path, content->size()));
  State after = now_;
  after.files[path] = content;
  after.waiting.erase(path);
  // Not with APPE, which cannot say where it goes on: the piece may go in between, when the account is full.
  if (exchange(fmt::format("REST {}", there)).code != 350) return;
  promise(after, [&] {
    auto reply = talker_->store(path, std::string_view(*content).substr(there));
    world_.count(fmt::format("resumed {}", reply.code));
    if (reply.code == 226 && reply.text().find(sha256_of(*content)) == std::string::npos)
      world_.findings.add(fmt::format("{}: {} resumed at {}: {}", account_, path, there, reply.text()));
    return reply;
  });
}

void ChaosClient::rename_own() {
  const auto from = present_path();
  const std::string to = some_path();
  if (!from || *from == to) return;
  State after = now_;
  after.files[to] = after.files[*from];
  after.files.erase(*from);
  after.waiting.erase(to);
  const auto first = exchange("RNFR " + *from);
  check_refusal(first, *from);
  if (first.code == 350) promise(after, [&] { return exchange("RNTO " + to); });
}

void ChaosClient::publish_own() {
  const auto from = present_path();
  if (!from) return;
  const std::string to = shared_name();
  const auto first = exchange("RNFR " + *from);
  check_refusal(first, *from);
  if (first.code != 350) return;
  State after = now_;
  const Content content = after.files[*from];
  after.files.erase(*from);
  const std::size_t change = shared_.begin(leaf(to), content);
  publishing_.emplace(leaf(to), change);
  change_shared(leaf(to), change, [&] { return promise(after, [&] { return exchange("RNTO " + to); }); });
  publishing_.reset();
}

void ChaosClient::remove_own() {
  const bool gives_up = random(6) == 0 && !now_.waiting.empty();
  const auto path = gives_up ? std::optional(now_.waiting.begin()->first) : present_path();
  if (!path) return;
  State after = now_;
  after.files.erase(*path);
  after.waiting.erase(*path);
  promise(after, [&] {
    auto reply = exchange("DELE " + *path);
    check_refusal(reply, *path);
    return reply;
  });
}

void ChaosClient::fetch_own() {
  const auto path = present_path();
  if (!path) return;
  const auto fetched = talker_->fetch(*path);
  world_.count(fmt::format("RETR {}", fetched.reply.code));
  check_refusal(fetched.reply, *path);
  if (fetched.reply.code == 226 && fetched.bytes != *now_.files[*path])
    world_.findings.add(fmt::format("{}: RETR {} gave {} bytes that are not its content", account_, *path,
                                    fetched.bytes.size()));
}

void ChaosClient::change_folder() {
  const std::string folder = fmt::format("{}/d{}", base(), random(kFolders));
  const std::string other = fmt::format("{}/d{}", base(), random(kFolders));
  State after = now_;
  if (!now_.folders.contains(folder)) {
    after.folders.insert(folder);
    promise(after, [&] { return exchange("MKD " + folder); });
  } else if (folder == other || now_.folders.contains(other)) {
    after.folders.erase(folder);
    std::erase_if(after.waiting, [&](const auto& piece) { return piece.first.starts_with(folder + "/"); });
    promise(after, [&] { return exchange("RMD " + folder); });
  } else {
    after.folders.erase(folder);
    after.folders.insert(other);
    move_below(after.files, folder, other);
    move_below(after.waiting, folder, other);
    if (exchange("RNFR " + folder).code == 350) promise(after, [&] { return exchange("RNTO " + other); });
  }
}

// --- operations on what is everybody's ---

void ChaosClient::store_shared() {
  const std::string name = shared_name();
  const Content content = new_content();
  const std::size_t change = shared_.begin(leaf(name), content);
  change_shared(leaf(name), change, [&] { return store(name, content).code; });
}

void ChaosClient::remove_shared() {
  const std::string name = shared_name();
  const std::size_t change = shared_.begin(leaf(name), nullptr);
  change_shared(leaf(name), change, [&] { return exchange("DELE " + name).code; });
}

void ChaosClient::fetch_shared() {
  const std::string name = shared_name();
  const auto fetched = talker_->fetch(name);
  world_.count(fmt::format("RETR {}", fetched.reply.code));
  if (fetched.reply.code == 226 && !shared_.was_ever(leaf(name), fetched.bytes))
    world_.findings.add(
        fmt::format("{}: RETR {} gave {} bytes that nobody sent", account_, name, fetched.bytes.size()));
}

}  // namespace ferry::test
