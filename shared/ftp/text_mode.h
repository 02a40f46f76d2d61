// TYPE A (RFC 959 §3.1.1.1): lines end in CRLF on the wire and in LF in our files. Streaming, correct across
// any border.
#pragma once

#include <string>
#include <string_view>

namespace ferry::ftp {

// File -> wire: every LF becomes CRLF; a CRLF already in the file stays as it is.
class ToWire {
 public:
  void convert(std::string_view in, std::string& out);  // appends

 private:
  bool last_was_cr_ = false;
};

// Wire -> file: CRLF becomes LF; a CR before anything else stays. finish() gives back a CR still held.
class FromWire {
 public:
  void convert(std::string_view in, std::string& out);
  void finish(std::string& out);

 private:
  bool holds_cr_ = false;
};

}  // namespace ferry::ftp
