#include "client/engine/charset.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>

namespace ferry::client {
namespace {

constexpr std::size_t kFailed = static_cast<std::size_t>(-1);

// nullopt when a byte has no counterpart, or only one that would not come back.
std::optional<std::string> convert(void* converter, std::string_view text) {
  ::iconv(converter, nullptr, nullptr, nullptr, nullptr);
  std::string in(text), out;
  char* from = in.data();
  std::size_t left = in.size();
  std::array<char, 1024> buffer;
  for (bool flushed = false; !flushed;) {
    flushed = left == 0;  // then the charsets with shifts get their last bytes
    char* to = buffer.data();
    std::size_t room = buffer.size();
    const std::size_t done =
        ::iconv(converter, flushed ? nullptr : &from, flushed ? nullptr : &left, &to, &room);
    out.append(buffer.data(), buffer.size() - room);
    if (done == kFailed ? errno != E2BIG : done != 0) return std::nullopt;
    if (done == kFailed) flushed = false;
  }
  return out;
}

void* open_converter(const std::string& to, const std::string& from) {
  const iconv_t converter = ::iconv_open(to.c_str(), from.c_str());
  return reinterpret_cast<std::intptr_t>(converter) == -1 ? nullptr : converter;
}

}  // namespace

Result<Charset> Charset::create(const std::string& name) {
  Charset charset;
  if (name.empty()) return charset;
  charset.name_ = name;
  // "//TRANSLIT" behind a name would have iconv make up letters.
  if (name.find('/') == name.npos) {
    charset.to_server_.reset(open_converter(name, "UTF-8"));
    charset.from_server_.reset(open_converter("UTF-8", name));
  }
  if (!charset.to_server_ || !charset.from_server_)
    return fail(Errc::unsupported, name + ": no charset that iconv knows (iconv -l lists them)");
  constexpr std::string_view kCommand = "RETR /0123456789-._abcXYZ";
  if (convert(charset.to_server_.get(), kCommand) != kCommand)
    return fail(Errc::unsupported, name + ": no charset that FTP can carry, its ASCII is other bytes");
  return charset;
}

Result<std::string> Charset::to_server(std::string_view text) const {
  if (!is_set()) return std::string(text);
  auto bytes = convert(to_server_.get(), text);
  if (bytes && convert(from_server_.get(), *bytes) == text) return std::move(*bytes);
  return fail(Errc::name_refused,
              std::string(text) + ": this name has no form in the server's charset, " + name_);
}

Result<std::string> Charset::from_server(std::string_view bytes) const {
  if (!is_set()) return std::string(bytes);
  auto text = convert(from_server_.get(), bytes);
  if (text && convert(to_server_.get(), *text) == bytes) return std::move(*text);
  return fail(Errc::bad_syntax, std::string(bytes) + ": this name is not written in " + name_);
}

}  // namespace ferry::client
