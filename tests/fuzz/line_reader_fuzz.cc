// The control connection's lines, whatever the pieces are they come in: the same lines as from one piece,
// each reported once, none over the bound. The first byte says how large the pieces are.
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/check.h"
#include "shared/net/line_reader.h"

using namespace ferry;

namespace {

constexpr std::size_t kMaxLine = 40;

struct Seen {
  std::string text;
  bool too_long;
  bool operator==(const Seen&) const = default;
};

// What LineReader should say, told in the simplest way.
std::vector<Seen> expected(std::string_view bytes) {
  std::vector<Seen> lines;
  for (auto end = bytes.find('\n'); end != bytes.npos; end = bytes.find('\n')) {
    std::string_view line = bytes.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool too_long = line.size() > kMaxLine;
    lines.push_back({std::string(too_long ? "" : line), too_long});
    bytes.remove_prefix(end + 1);
  }
  return lines;
}

std::vector<Seen> read_in_pieces(std::string_view bytes, std::size_t piece) {
  int fds[2];
  CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
  const UniqueFd client(fds[0]);
  net::Stream stream{UniqueFd(fds[1])};
  net::LineReader reader(kMaxLine);
  std::vector<Seen> lines;
  while (true) {
    const auto line = reader.next(stream);
    CHECK(line.has_value());
    CHECK(reader.buffered_bytes() <= 4096 + kMaxLine + 1);
    if (line->state == net::LineReader::Line::State::line) {
      lines.push_back({line->text, line->too_long});
      continue;
    }
    if (bytes.empty()) return lines;
    const auto sent = bytes.substr(0, piece);
    CHECK(::send(client.get(), sent.data(), sent.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(sent.size()));
    bytes.remove_prefix(sent.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto lines = expected(bytes);
  CHECK(read_in_pieces(bytes, data[0] + 1u) == lines);
  CHECK(read_in_pieces(bytes, std::max<std::size_t>(bytes.size(), 1)) == lines);
  return 0;
}
