#include "server/master/resolver.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "server/master/child.h"
#include "shared/net/address.h"

namespace ferry {

namespace {

using namespace std::chrono_literals;
constexpr auto kPeriod = 60s;
constexpr unsigned kLongestRun = 20;  // seconds, then the names without an answer have none

// What the child writes per name, at once: less than PIPE_BUF, so that its threads do not mix theirs, and all
// of them together less than a pipe holds.
struct Record {
  std::uint32_t number = 0, ipv4 = 0;
  std::array<char, 120> reason{};
};

Record look_up_one(std::size_t number, const std::string& name) {
  Record record;
  record.number = static_cast<std::uint32_t>(number);
  const auto found = net::resolve(name, 0);
  std::string reason = found ? "it has no IPv4 address" : found.error().context;
  if (found) record.ipv4 = choose_ipv4(*found);
  reason.resize(std::min(reason.size(), record.reason.size() - 1));
  std::memcpy(record.reason.data(), reason.data(), reason.size());
  return record;
}

// No more than were asked for: whoever writes on has been taken over by what it read.
std::vector<NameAnswer> read_answers(int pipe, std::size_t most) {
  std::vector<NameAnswer> answers;
  Record record;
  while (answers.size() < most && ::read(pipe, &record, sizeof record) == sizeof record) {
    record.reason.back() = '\0';
    answers.push_back({record.number, record.ipv4, record.reason.data()});
  }
  return answers;
}

}  // namespace

Resolver::Resolver(Service& service) : service_(service) {}

Status Resolver::look_up_names_of(const Options& options) {
  auto numbers = service_.names.numbers_of(passive_names(options));
  if (!numbers) return tl::unexpected(numbers.error());
  numbers_ = std::move(*numbers);
  look_up_now();
  return {};
}

void Resolver::start_if_due() {
  if (pid_ >= 0 || numbers_.empty() || !next_.passed()) return;
  next_ = Deadline::after(kPeriod);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0) {
    answers_.reset(ends[0]);
    const UniqueFd to_us(ends[1]);
    asked_ = numbers_;
    pid_ = fork_child({"ferryd: resolver", {to_us.get()}, service_.run_as},
                      [&] { return look_up(to_us.get()); });
    if (pid_ >= 0) return;
  }
  service_.logs->service(Logs::Level::error, errno_error(errno, "cannot look up host names").context);
  has_run_ = true;  // a start does not wait for what cannot be
}

int Resolver::look_up(int pipe) const {
  ::alarm(kLongestRun);
  std::atomic<int> unwritten = 0;
  std::vector<std::thread> threads;  // one slow name holds up none of the others
  for (const std::size_t number : asked_) {
    threads.emplace_back([pipe, number, &unwritten, &name = service_.names.all()[number].name] {
      const Record record = look_up_one(number, name);
      if (::write(pipe, &record, sizeof record) != sizeof record) ++unwritten;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return unwritten > 0 ? 1 : 0;
}

std::optional<std::vector<std::size_t>> Resolver::bury(pid_t pid) {
  if (pid != pid_) return std::nullopt;
  pid_ = -1;
  has_run_ = true;
  auto answers = read_answers(answers_.get(), asked_.size());
  answers_.reset();
  for (const std::size_t number : asked_) {
    if (std::ranges::find(answers, number, &NameAnswer::number) == answers.end())
      answers.push_back({number, 0, "no answer in time"});
  }
  std::vector<std::size_t> changed;
  for (const NameAnswer& answer : answers) {
    if (std::ranges::find(asked_, answer.number) == asked_.end()) continue;
    const auto note = service_.names.take(answer);
    if (note.sentence)
      service_.logs->service(note.is_warning ? Logs::Level::warning : Logs::Level::info, *note.sentence);
    if (note.is_new_address) changed.push_back(answer.number);
  }
  return changed;
}

void Resolver::kill() {
  if (pid_ >= 0) ::kill(pid_, SIGKILL);
}

Deadline Resolver::next_start() const {
  return pid_ >= 0 || numbers_.empty() ? Deadline::infinite() : next_;
}

}  // namespace ferry
