// Names between UTF-8, as they are here, and the charset a server keeps them in (--charset, iconv). One
// thread at a time. No I/O.
//
// Only conversions that come back as they went count: a name that would be another one on the way back names
// another file, or none.
#pragma once

#include <iconv.h>

#include <memory>
#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace ferry::client {

class Charset {
 public:
  Charset() = default;  // none: bytes go as they are
  // As iconv knows it: "GBK", "CP932", "ISO-8859-1"; "" none. Errc::unsupported also where ASCII is written
  // in other bytes (UTF-16): FTP's commands are ASCII.
  static Result<Charset> create(const std::string& name);

  bool is_set() const { return to_server_ != nullptr; }
  const std::string& name() const { return name_; }

  // Errc::name_refused names what has no form over there, or is no text here.
  Result<std::string> to_server(std::string_view text) const;
  // Errc::bad_syntax: these bytes are none of this charset.
  Result<std::string> from_server(std::string_view bytes) const;

 private:
  struct Close {
    void operator()(void* converter) const { ::iconv_close(converter); }
  };
  using Converter = std::unique_ptr<void, Close>;

  std::string name_;
  Converter to_server_, from_server_;
};

}  // namespace ferry::client
