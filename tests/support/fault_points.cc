#include "tests/support/fault_points.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "shared/base/unique_fd.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<std::string_view, int>, 8> kErrors{{{"ENOSPC", ENOSPC},
                                                                   {"EIO", EIO},
                                                                   {"EDQUOT", EDQUOT},
                                                                   {"EINTR", EINTR},
                                                                   {"EACCES", EACCES},
                                                                   {"EROFS", EROFS},
                                                                   {"EMFILE", EMFILE},
                                                                   {"EFBIG", EFBIG}}};

fs::path library() {
  const char* folder = ::getenv("FERRY_BIN_DIR");
  const fs::path binaries = folder != nullptr ? fs::path(folder) : build_dir() / "release" / "bin";
  return fs::absolute(binaries / ".." / "lib" / "fault-points.so").lexically_normal();
}

[[noreturn]] void refuse(std::string_view what) {
  throw std::invalid_argument("fault plan: " + std::string(what));
}

std::uint32_t number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0) refuse(text);
  return value;
}

template <std::size_t Size>
void copy(char (&to)[Size], std::string_view text) {
  if (text.size() >= Size) refuse(text);
  std::memset(to, 0, Size);
  std::memcpy(to, text.data(), text.size());
}

}  // namespace

FaultPoints::FaultPoints() {
  const std::string file = (dir_.path() / "faults").string();
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd || ::ftruncate(fd.get(), sizeof(FaultLayout)) != 0)
    throw std::system_error(errno, std::generic_category(), file);
  void* mapped = ::mmap(nullptr, sizeof(FaultLayout), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (mapped == MAP_FAILED) throw std::system_error(errno, std::generic_category(), file);
  layout_ = static_cast<FaultLayout*>(mapped);
}

FaultPoints::~FaultPoints() {
  ::munmap(layout_, sizeof(FaultLayout));
}

std::vector<std::string> FaultPoints::prefix() const {
  if (!fs::exists(library())) throw std::runtime_error(library().string() + " has not been built");
  return {"env", "LD_PRELOAD=" + library().string(),
          std::string(kFaultFileVariable) + "=" + (dir_.path() / "faults").string()};
}

void FaultPoints::set(std::string_view key, std::string_view value) {
  if (key == "call") return copy(layout_->call, value);
  if (key == "path") return copy(layout_->path, value);
  if (key == "nth") {
    layout_->nth = number(value);
  } else if (key == "times") {
    layout_->times = value == "all" ? UINT32_MAX : number(value);
  } else if (key != "action") {
    refuse(key);
  } else if (value == "kill-before") {
    layout_->action = FaultAction::kill_before;
  } else if (value == "kill-after") {
    layout_->action = FaultAction::kill_after;
  } else if (value == "short") {
    layout_->action = FaultAction::shorten;
  } else {
    const auto found = std::ranges::find_if(
        kErrors, [&](const auto& error) { return value == "errno:" + std::string(error.first); });
    if (found == kErrors.end()) refuse(value);
    layout_->action = FaultAction::fail;
    layout_->error = found->second;
  }
}

void FaultPoints::arm(std::string_view plan, pid_t pid) {
  disarm();
  copy(layout_->call, "");
  copy(layout_->path, "");
  layout_->nth = layout_->times = 1;
  layout_->action = FaultAction::none;
  layout_->pid = pid;
  layout_->matched = layout_->hit = 0;
  while (!plan.empty()) {
    const std::string_view part = plan.substr(0, plan.find(','));
    plan.remove_prefix(std::min(plan.size(), part.size() + 1));
    const auto equals = part.find('=');
    if (equals == part.npos) refuse(part);
    set(part.substr(0, equals), part.substr(equals + 1));
  }
  layout_->is_armed.store(1, std::memory_order_release);
}

void FaultPoints::disarm() {
  layout_->is_armed = 0;
}

std::vector<FaultPoints::Call> FaultPoints::calls() const {
  std::vector<Call> calls;
  const std::uint32_t count = std::min<std::uint32_t>(layout_->matched, FaultLayout::kMostRecords);
  for (std::uint32_t i = 0; i < count; ++i)
    calls.push_back({layout_->records[i].call, layout_->records[i].path});
  return calls;
}

}  // namespace ferry::test
