#include "shared/net/line_reader.h"

#include <array>

#include "shared/base/secret.h"

namespace ferry::net {
namespace {

constexpr std::size_t kChunk = 4096;
// Bytes of one line that are read and dropped before the connection is given up: nobody types that, and a
// peer that sends without a line end must not keep a thread busy.
constexpr std::size_t kMaxDropped = 1024 * 1024;

}  // namespace

Result<LineReader::Line> LineReader::next(Stream& stream) {
  for (;;) {
    if (auto line = next_buffered()) return std::move(*line);
    if (dropped_ > kMaxDropped) return fail(Errc::too_long, "a line without end");
    std::array<char, kChunk> chunk;
    const auto progress = stream.try_read(chunk);
    if (!progress) return tl::unexpected(progress.error());
    switch (progress->state) {
      case Progress::State::end:
        return Line{Line::State::end, {}, false};
      case Progress::State::want_read:
      case Progress::State::want_write:
        return Line{};
      case Progress::State::done:
        buffer_.erase(0, start_);
        start_ = 0;
        buffer_.append(chunk.data(), progress->bytes);
    }
  }
}

std::optional<LineReader::Line> LineReader::next_buffered() {
  const std::size_t end = buffer_.find('\n', start_);
  if (end == std::string::npos) {
    // One more than the bound, because the last byte may be the CR of the line end.
    if (dropped_ > 0 || buffered_bytes() > max_line_ + 1) {
      dropped_ += buffered_bytes();
      forget_buffer();
    }
    return std::nullopt;
  }
  std::size_t length = end - start_;
  if (length > 0 && buffer_[end - 1] == '\r') --length;
  Line line{Line::State::line, {}, dropped_ > 0 || length > max_line_};
  if (!line.too_long) line.text = buffer_.substr(start_, length);
  dropped_ = 0;
  start_ = end + 1;
  if (start_ == buffer_.size()) forget_buffer();
  return line;
}

void LineReader::discard() {
  forget_buffer();
  dropped_ = 0;
}

void LineReader::release_memory() {
  if (buffered_bytes() == 0) {
    wipe(buffer_);
    std::string().swap(buffer_);
    start_ = 0;
  }
}

void LineReader::forget_buffer() {
  wipe(buffer_);
  buffer_.clear();
  start_ = 0;
}

}  // namespace ferry::net
