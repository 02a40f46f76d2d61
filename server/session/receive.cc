// The receiving half of transfer.h: bytes of an upload from the data connection into its partial.
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include "server/session/transfer.h"
#include "shared/ftp/text_mode.h"

namespace ferry {

namespace {

using State = net::Progress::State;

constexpr std::size_t kBufferSize = 256 * 1024;
// When a transfer breaks off, what lies in the socket already is kept for the resume; a peer that goes on
// sending is not waited for.
constexpr int kMostReadsAfterwards = 64;

enum class Announced { nothing, met, missed };

// RANG says how many bytes come. ALLO announces the whole file or, by some clients, what is still to come.
// More than that came proves nothing, nor does a resume to which nothing was added; in text mode the wire has
// other numbers than the file.
Announced compare_with_announced(const Session& session, Bytes arrived, const Upload& upload) {
  const TransferSettings& transfer = session.transfer;
  if (transfer.range) return arrived == transfer.range->length() ? Announced::met : Announced::missed;
  if (!transfer.announced || transfer.ascii) return Announced::nothing;
  if (arrived == *transfer.announced) return Announced::met;
  if (upload.offset() + arrived == *transfer.announced)
    return arrived > 0 ? Announced::met : Announced::nothing;
  return arrived < *transfer.announced ? Announced::missed : Announced::nothing;
}

// A client that dies loses both connections, but not at one instant, and which is first is the system's
// choice. So the control connection gets a moment to go as well: the longer the transfer took, the likelier
// it was broken off, and the less the moment counts.
std::chrono::milliseconds grace_after(double seconds) {
  constexpr std::chrono::milliseconds kLongest{200};
  const auto tenth = std::chrono::milliseconds(static_cast<std::int64_t>(std::min(seconds, 10.0) * 100));
  return std::min(tenth, kLongest);
}

// Whether the end of the upload's data was its real end. TLS and announced sizes know; in clear a broken
// connection looks like an end, so one whose control connection went as well was broken off.
Result<EndOfData> check_end(Session& session, net::Stream& data, Watch& watch, Bytes arrived,
                            const Upload& upload) {
  const bool counts_bytes = session.services.options.upload_end != UploadEnd::off;
  const Announced announced = compare_with_announced(session, arrived, upload);
  if (announced == Announced::met) return EndOfData::proven;
  if (announced == Announced::missed && session.transfer.range) {
    return refusal(Errc::reset, "{}: {} bytes came, the range has {}", upload.path(), arrived,
                   session.transfer.range->length());
  }
  if (announced == Announced::missed && counts_bytes) {
    return refusal(Errc::reset, "{}: {} bytes came, {} were announced; what is here can be resumed",
                   upload.path(), arrived, *session.transfer.announced);
  }
  if (data.is_tls()) return EndOfData::proven;
  if (watch.was_left()) return EndOfData::proven;
  const auto looked = watch.wait(-1, 0, Deadline::after(grace_after(watch.seconds())));
  if (!looked && looked.error().kind != Errc::timeout) return tl::unexpected(looked.error());
  return EndOfData::assumed;
}

// TLS without close_notify: some old clients never send it. A broken connection is no end whatever has come.
bool is_bare_end_enough(const Session& session, const net::Stream& data, Bytes arrived,
                        const Upload& upload) {
  if (!data.is_tls() || !data.tls()->saw_bare_end()) return false;
  switch (session.services.options.upload_end) {
    case UploadEnd::strict:
      return false;
    case UploadEnd::size_or_notify:
      return compare_with_announced(session, arrived, upload) == Announced::met;
    case UploadEnd::off:
      return true;
  }
  return false;
}

class Receiver {
 public:
  Receiver(Session& session, net::Stream& data, Watch& watch, Upload& upload)
      : session_(session),
        data_(data),
        watch_(watch),
        upload_(upload),
        buffer_(std::make_unique_for_overwrite<char[]>(kBufferSize)) {}

  Result<EndOfData> run();

 private:
  Status receive();
  Result<State> read_some();
  std::string_view take_buffer();
  Status store();
  Status store_end_of_text();
  void keep_what_came();

  Session& session_;
  net::Stream& data_;
  Watch& watch_;
  Upload& upload_;
  std::unique_ptr<char[]> buffer_;
  std::size_t filled_ = 0;
  Bytes arrived_ = 0;
  ftp::FromWire from_wire_;
  std::string text_;
};

Status Receiver::receive() {
  while (true) {
    const auto state = read_some();
    if (!state && !is_bare_end_enough(session_, data_, arrived_, upload_)) {
      keep_what_came();
      return tl::unexpected(state.error());
    }
    if (!state || *state == State::end) break;
    if (filled_ > 0) {
      if (auto prepared = upload_.prepare(watch_); !prepared) return prepared;
    }
    if (filled_ == kBufferSize) {
      if (auto stored = store(); !stored) return stored;
    }
    const Deadline stalled = Deadline::after(session_.services.options.data_timeout);
    const Status goes_on =
        *state == State::done
            ? watch_.look()
            : watch_.wait(data_.fd(), *state == State::want_write ? POLLOUT : POLLIN, stalled);
    if (!goes_on) {
      keep_what_came();
      return goes_on;
    }
  }
  if (auto stored = store(); !stored) return stored;
  return store_end_of_text();
}

Result<EndOfData> Receiver::run() {
  if (auto received = receive(); !received) return tl::unexpected(received.error());
  return check_end(session_, data_, watch_, arrived_, upload_);
}

Result<State> Receiver::read_some() {
  const auto progress = data_.try_read({buffer_.get() + filled_, kBufferSize - filled_});
  if (!progress) return tl::unexpected(progress.error());
  filled_ += progress->bytes;
  arrived_ += static_cast<Bytes>(progress->bytes);
  watch_.count(static_cast<Bytes>(progress->bytes));
  return progress->state;
}

std::string_view Receiver::take_buffer() {
  const std::string_view piece(buffer_.get(), filled_);
  filled_ = 0;
  if (!session_.transfer.ascii) return piece;
  text_.clear();
  from_wire_.convert(piece, text_);
  return text_;
}

Status Receiver::store() {
  return upload_.write(take_buffer(), watch_);
}

Status Receiver::store_end_of_text() {
  text_.clear();
  from_wire_.finish(text_);
  return upload_.write(text_, watch_);
}

void Receiver::keep_what_came() {
  for (int reads = 0; reads < kMostReadsAfterwards && upload_.write_what_fits(take_buffer()); ++reads) {
    const auto state = read_some();
    if (!state || *state != State::done) break;
  }
  static_cast<void>(upload_.write_what_fits(take_buffer()));
}

}  // namespace

Result<EndOfData> receive_file(Session& session, net::Stream& data, Watch& watch, Upload& upload) {
  auto received = Receiver(session, data, watch, upload).run();
  if (!received) return received;
  if (auto kept = upload.keep_rest(watch); !kept) return tl::unexpected(kept.error());
  return received;
}

}  // namespace ferry
