#include "client/line/receipt.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "client/line/json_lines.h"
#include "client/line/log_text.h"
#include "client/line/progress_json.h"

namespace ferry::client {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxLine = 64 * 1024;  // names and paths are much shorter
constexpr std::size_t kHexDigits = 64;
constexpr std::chrono::seconds kSyncTime{1};
constexpr mode_t kMode = 0666;  // less what the umask takes: a receipt is there to be shown

std::optional<std::string> bytes_of_base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t held = 0;
  int bits = 0;
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  for (const char c : text) {
    const auto digit = kDigits.find(c);
    if (digit == kDigits.npos) return std::nullopt;
    held = (held << 6 | static_cast<std::uint32_t>(digit)) & 0xFFFFFF;
    if ((bits += 6) < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(held >> bits & 0xFF);
  }
  return bytes;
}

// The bytes of a text field: KEY_b64 where there is one.
std::optional<std::string> bytes_of(const json& object, const std::string& key) {
  if (const auto exact = object.find(key + "_b64"); exact != object.end())
    return exact->is_string() ? bytes_of_base64(exact->get<std::string>()) : std::nullopt;
  const auto text = object.find(key);
  if (text == object.end() || !text->is_string()) return std::nullopt;
  return text->get<std::string>();
}

bool is_sha256(const std::string& text) {
  return text.size() == kHexDigits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

std::string absolute_path(const std::string& path) {
  std::error_code failure;
  const auto absolute = std::filesystem::absolute(path, failure).lexically_normal();
  return failure ? path : absolute.native();
}

Result<std::string> first_line(int fd) {
  std::string text(kMaxLine, '\0');
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  if (got < 0) return fail_errno(errno, "read");
  text.resize(static_cast<std::size_t>(got));
  return text.substr(0, text.find('\n'));
}

// Where the last whole line ends; 0 when there is none.
Result<Bytes> end_of_lines(int fd, Bytes size) {
  std::string tail(static_cast<std::size_t>(std::min<Bytes>(size, kMaxLine)), '\0');
  const Bytes from = size - static_cast<Bytes>(tail.size());
  if (::pread(fd, tail.data(), tail.size(), from) != static_cast<ssize_t>(tail.size()))
    return fail_errno(errno, "read");
  const auto end = tail.rfind('\n');
  return end == tail.npos ? Bytes{0} : from + static_cast<Bytes>(end) + 1;
}

// A crash, or a full disk, may have cut the last line.
Status make_ready(int fd, const std::string& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return fail_errno(errno, path);
  if (!S_ISREG(info.st_mode)) return fail(Errc::unsupported, path + ": is no regular file");
  if (info.st_size == 0) return {};
  auto line = first_line(fd);
  if (!line) return tl::unexpected(line.error());
  auto end = end_of_lines(fd, info.st_size);
  if (!end) return tl::unexpected(end.error());
  const bool is_ours = parse_receipt_line(*line) || (*end == 0 && line->starts_with(R"({"v":1,"ts":")"));
  if (!is_ours) return fail(Errc::corrupt, path + ": is no receipt, nothing is added to it");
  if (*end < info.st_size && ::ftruncate(fd, *end) != 0) return fail_errno(errno, path);
  return {};
}

// Its name is on the disk, too.
void sync_name(const std::string& path) {
  const std::string folder = std::filesystem::path(absolute_path(path)).parent_path().native();
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) ::fsync(fd.get());
}

}  // namespace

std::string receipt_line(const FileReport& report) {
  const TransferResult& result = report.result;
  JsonObject line;
  line.number("v", std::int64_t{1})
      .text("ts", iso_time(wall_now()))
      .text("direction", direction_word(report.direction))
      .text("name", report.name)
      .number("size", result.size)
      .text("sha256", result.sha256)
      .text("local", absolute_path(report.local))
      .text("remote", report.remote);
  if (const auto& verified = result.verified) {
    JsonObject proof;
    proof.text("algo", digest_word(verified->kind))
        .text("digest", result.local_digest)
        .text("source", source_name(verified->source));
    line.object("server", proof);
  }
  return line.str();
}

Result<ReceiptEntry> parse_receipt_line(std::string_view line) {
  const json object = json::parse(line, nullptr, false);
  if (!object.is_object()) return fail(Errc::corrupt, "is no JSON object");
  if (object.value("v", json()) != 1) return fail(Errc::corrupt, "is of another version");
  const auto name = bytes_of(object, "name"), local = bytes_of(object, "local"),
             remote = bytes_of(object, "remote"), sha256 = bytes_of(object, "sha256");
  const auto size = object.find("size");
  const bool has_size = size != object.end() && size->is_number_integer() && size->get<Bytes>() >= 0;
  if (!name || !local || !remote || !sha256 || !is_sha256(*sha256) || !has_size)
    return fail(Errc::corrupt, "is no line of a receipt");
  return ReceiptEntry{*name, *local, *remote, size->get<Bytes>(), *sha256};
}

Result<std::vector<ReceiptEntry>> read_receipt(const std::string& path) {
  std::FILE* const opened = std::fopen(path.c_str(), "re");
  if (opened == nullptr) return fail_errno(errno, path);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(opened, std::fclose);
  std::vector<ReceiptEntry> entries;
  std::map<std::string, std::size_t> places;
  std::string line;
  std::int64_t number = 1;
  for (int c = std::fgetc(opened); c != EOF; c = std::fgetc(opened)) {
    if (c != '\n') {
      line += static_cast<char>(c);
      if (line.size() <= kMaxLine) continue;
      return fail(Errc::corrupt, path + ": line " + std::to_string(number) + " is too long");
    }
    auto entry = parse_receipt_line(line);
    if (!entry)
      return fail(Errc::corrupt, path + ": line " + std::to_string(number) + " " + entry.error().context);
    const auto [place, is_new] = places.try_emplace(entry->local + '\n' + entry->remote, entries.size());
    if (is_new) {
      entries.push_back(std::move(*entry));
    } else {
      entries[place->second] = std::move(*entry);
    }
    line.clear();
    ++number;
  }
  if (std::ferror(opened) != 0) return fail_errno(errno, path);
  if (!line.empty()) return fail(Errc::corrupt, path + ": its last line is cut off");
  if (entries.empty()) return fail(Errc::corrupt, path + ": is empty");
  return entries;
}

Result<Receipt> Receipt::open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, kMode));
  if (!fd) return fail_errno(errno, path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return fail(Errc::busy, path + ": another ferry is writing it");
    return fail_errno(errno, path);
  }
  if (auto ready = make_ready(fd.get(), path); !ready) return tl::unexpected(ready.error());
  sync_name(path);
  return Receipt(std::move(fd), path);
}

void Receipt::add(const FileReport& report) {
  if (!outcome_) return;
  const std::string line = receipt_line(report) + "\n";
  const ssize_t written = ::write(fd_.get(), line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size())) {
    outcome_ = written < 0 ? Status(fail_errno(errno, path_))
                           : Status(fail(Errc::no_space, path_ + ": no space left for all of it"));
    return;
  }
  if (std::chrono::steady_clock::now() - synced_at_ >= kSyncTime) sync();
}

void Receipt::sync() {
  synced_at_ = std::chrono::steady_clock::now();
  if (::fdatasync(fd_.get()) != 0 && outcome_) outcome_ = fail_errno(errno, path_);
}

Status Receipt::finish() {
  if (outcome_) sync();
  return outcome_;
}

}  // namespace ferry::client
