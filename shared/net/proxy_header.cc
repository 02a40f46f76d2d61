#include "shared/net/proxy_header.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "shared/base/bytes.h"

namespace ferry::net {
namespace {

using Parsed = Result<std::optional<ProxyHeader>>;

constexpr std::string_view kV1Start = "PROXY ";
constexpr std::size_t kMaxV1 = 107;  // with CRLF
constexpr std::string_view kV2Start("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kV2Fixed = 16;

constexpr std::size_t kIpv4Block = 12, kIpv6Block = 36, kUnixBlock = 216;
constexpr unsigned char kTlvCrc32c = 3;

tl::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::bad_syntax, "PROXY header: " + std::string(what));
}

// --- version 1: one line of text ---

// The part of `text` up to the next space or the end; `text` is moved behind it.
std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  const auto port = parse_number(text, 65535);
  return port ? std::optional(static_cast<std::uint16_t>(*port)) : std::nullopt;
}

std::optional<Address> parse_ip(std::string_view text, bool is_ipv6, std::uint16_t port) {
  // A zone is the balancer's own, and ours would be another link.
  if (text.find('%') != text.npos || (text.find(':') != text.npos) != is_ipv6) return std::nullopt;
  const auto address = Address::parse(text, port);
  return address ? std::optional(*address) : std::nullopt;
}

// `line` is what stands between "PROXY " and CRLF.
Parsed parse_v1_line(std::string_view line, std::size_t size) {
  const std::size_t spaces = static_cast<std::size_t>(std::ranges::count(line, ' '));
  const std::string_view protocol = take_word(line);
  if (protocol == "UNKNOWN") return ProxyHeader{size, {}, {}};  // whatever else stands there
  const bool is_ipv6 = protocol == "TCP6";
  if ((!is_ipv6 && protocol != "TCP4") || spaces != 4)
    return bad("not TCP4, TCP6 or UNKNOWN with its fields");
  const std::string_view source_ip = take_word(line), destination_ip = take_word(line);
  const auto source_port = parse_port(take_word(line)), destination_port = parse_port(line);
  if (!source_port || !destination_port) return bad("a port is no number from 0 to 65535");
  const auto source = parse_ip(source_ip, is_ipv6, *source_port);
  const auto destination = parse_ip(destination_ip, is_ipv6, *destination_port);
  if (!source || !destination) return bad("an address is none of its family");
  return ProxyHeader{size, source, destination};
}

Parsed parse_v1(std::string_view bytes) {
  const std::size_t end = bytes.substr(0, kMaxV1).find_first_of("\r\n");
  if (end == bytes.npos) {
    if (bytes.size() >= kMaxV1) return fail(Errc::too_long, "PROXY header: no end of the line in 107 bytes");
    return std::nullopt;
  }
  if (end + 2 > kMaxV1) return fail(Errc::too_long, "PROXY header: no end of the line in 107 bytes");
  if (bytes[end] == '\r' && end + 1 == bytes.size()) return std::nullopt;
  if (bytes.substr(end, 2) != "\r\n") return bad("the line does not end with CRLF");
  return parse_v1_line(bytes.substr(kV1Start.size(), end - kV1Start.size()), end + 2);
}

// --- version 2: binary ---

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

std::uint16_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

// Castagnoli's polynomial, reflected (RFC 4960, appendix B), with `zeros` bytes from `zeros_at` taken as 0.
// Bit by bit: a header is short, and few carry a checksum.
std::uint32_t crc32c(std::string_view bytes, std::size_t zeros_at, std::size_t zeros) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    crc ^= i >= zeros_at && i < zeros_at + zeros ? 0 : byte_at(bytes, i);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
  }
  return ~crc;
}

// The fields behind the addresses, from `at` to the end of the header: they must fill it exactly, and a
// checksum must be right.
Status check_fields(std::string_view header, std::size_t at) {
  constexpr std::size_t kFieldHead = 3, kCrcSize = 4;
  while (at < header.size()) {
    if (header.size() - at < kFieldHead) return bad("a field is cut short");
    const std::size_t size = number_at(header, at + 1), value = at + kFieldHead;
    if (header.size() - value < size) return bad("a field is cut short");
    if (byte_at(header, at) == kTlvCrc32c) {
      if (size != kCrcSize) return bad("a checksum has 4 bytes");
      const std::uint32_t told = std::uint32_t{number_at(header, value)} << 16 | number_at(header, value + 2);
      if (crc32c(header, value, kCrcSize) != told) return bad("the checksum is wrong");
    }
    at = value + size;
  }
  return {};
}

// The two addresses of `size` bytes each, then their ports.
ProxyHeader with_addresses(std::string_view header, std::size_t size) {
  const auto address = [&](std::size_t at, std::size_t port_at) {
    const auto* ip = reinterpret_cast<const unsigned char*>(header.data()) + at;
    return Address::from_ip_bytes(std::span(ip, size), number_at(header, port_at));
  };
  const std::size_t ports = kV2Fixed + 2 * size;
  return {header.size(), address(kV2Fixed, ports), address(kV2Fixed + size, ports + 2)};
}

// Bytes the addresses take; nullopt: no such family or transport.
std::optional<std::size_t> address_block(unsigned family, unsigned transport) {
  constexpr std::array<std::size_t, 4> kBlocks = {0, kIpv4Block, kIpv6Block, kUnixBlock};
  constexpr unsigned kLastTransport = 2;  // unspecified, stream, datagram
  if (family >= kBlocks.size() || transport > kLastTransport || (family == 0) != (transport == 0))
    return std::nullopt;
  return kBlocks[family];
}

Parsed parse_v2(std::string_view bytes) {
  // As soon as a byte is here it must be right.
  const std::size_t at_version = kV2Start.size();
  if (bytes.size() > at_version && byte_at(bytes, at_version) >> 4 != 2) return bad("not version 2");
  if (bytes.size() > at_version && (byte_at(bytes, at_version) & 0x0f) > 1) return bad("unknown command");
  if (bytes.size() < kV2Fixed) return std::nullopt;
  const std::size_t size = kV2Fixed + number_at(bytes, at_version + 2);
  if (size > kMaxProxyHeader) return fail(Errc::too_long, "PROXY header: over 4096 bytes");
  const bool is_local = (byte_at(bytes, at_version) & 0x0f) == 0;
  const unsigned family = byte_at(bytes, at_version + 1) >> 4,
                 transport = byte_at(bytes, at_version + 1) & 0x0f;
  const auto block = address_block(family, transport);
  if (!is_local && (!block || size - kV2Fixed < *block))
    return bad(block ? "too short for its addresses" : "unknown family or transport");
  if (bytes.size() < size) return std::nullopt;
  if (is_local) return ProxyHeader{size, {}, {}};  // the rest means nothing then, says the specification

  const std::string_view header = bytes.substr(0, size);
  // Without a family nobody can tell addresses from fields.
  if (family == 0) return ProxyHeader{size, {}, {}};
  if (auto right = check_fields(header, kV2Fixed + *block); !right) return tl::unexpected(right.error());
  constexpr unsigned kInet = 1, kInet6 = 2, kStream = 1;
  if (transport == kStream && family == kInet) return with_addresses(header, sizeof(in_addr));
  if (transport == kStream && family == kInet6) return with_addresses(header, sizeof(in6_addr));
  return ProxyHeader{size, {}, {}};
}

bool starts_alike(std::string_view bytes, std::string_view start) {
  const std::size_t common = std::min(bytes.size(), start.size());
  return bytes.substr(0, common) == start.substr(0, common);
}

}  // namespace

Result<std::optional<ProxyHeader>> parse_proxy_header(std::string_view bytes) {
  const bool may_be_v1 = starts_alike(bytes, kV1Start), may_be_v2 = starts_alike(bytes, kV2Start);
  if (!may_be_v1 && !may_be_v2) return bad("the connection does not begin with one");
  if (bytes.size() < (may_be_v1 ? kV1Start : kV2Start).size()) return std::nullopt;
  return may_be_v1 ? parse_v1(bytes) : parse_v2(bytes);
}

}  // namespace ferry::net
