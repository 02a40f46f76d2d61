#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>

#include "shared/net/tls_internal.h"

namespace ferry::net {
namespace {

using BignumPtr = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;
using OctetsPtr = std::unique_ptr<ASN1_OCTET_STRING, FreeWith<ASN1_OCTET_STRING_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;

constexpr long kClockSkewSeconds =
    60 * 60;  // a client whose clock is behind ours still finds the certificate valid
constexpr long kValiditySeconds = 10L * 365 * 24 * 60 * 60;
constexpr std::size_t kMaxCommonName = 64;  // ub-common-name, RFC 5280 appendix A.1

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

std::string name_text(const X509_NAME* name) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  // RFC 2253's form, but UTF-8 left as it is; who shows it makes it safe.
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  return text_of(out.get());
}

std::string time_text(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "";
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

bool set_random_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes;
  randombytes_buf(bytes.data(), bytes.size());
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x3f) |
                                        0x40);  // positive and of full length (RFC 5280 §4.1.2.2)
  const BignumPtr number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
}

bool set_name(X509* certificate, const std::string& common_name) {
  // A host name may be longer than a common name can be; clients look at the alternative name anyway.
  const std::string shown = common_name.size() <= kMaxCommonName ? common_name : "ferryd";
  X509_NAME* name = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(shown.data()),
                                    static_cast<int>(shown.size()), -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1;
}

bool add_extension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// subjectAltName: an address if it reads as one, else a DNS name.
bool add_alternative_name(X509* certificate, const std::string& common_name) {
  const NamesPtr names(GENERAL_NAMES_new());
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (!names || !name || !sk_GENERAL_NAME_push(names.get(), name)) {
    GENERAL_NAME_free(name);
    return false;
  }
  OctetsPtr address(a2i_IPADDRESS(common_name.c_str()));
  if (address) {
    GENERAL_NAME_set0_value(name, GEN_IPADD, address.release());
  } else {
    ASN1_IA5STRING* dns = ASN1_IA5STRING_new();
    if (!dns) return false;
    GENERAL_NAME_set0_value(name, GEN_DNS, dns);
    if (ASN1_STRING_set(dns, common_name.data(), static_cast<int>(common_name.size())) != 1) return false;
  }
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

X509Ptr self_signed(EVP_PKEY* key, const std::string& common_name) {
  X509Ptr certificate(X509_new());
  X509* raw = certificate.get();
  const bool made = raw && X509_set_version(raw, X509_VERSION_3) == 1 && set_random_serial(raw) &&
                    X509_gmtime_adj(X509_getm_notBefore(raw), -kClockSkewSeconds) &&
                    X509_gmtime_adj(X509_getm_notAfter(raw), kValiditySeconds) &&
                    X509_set_pubkey(raw, key) == 1 && set_name(raw, common_name) &&
                    add_extension(raw, NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(raw, NID_key_usage, "critical,digitalSignature") &&
                    add_extension(raw, NID_ext_key_usage, "serverAuth") &&
                    add_extension(raw, NID_subject_key_identifier, "hash") &&
                    add_alternative_name(raw, common_name) && X509_sign(raw, key, EVP_sha256()) > 0;
  if (!made) certificate.reset();
  return certificate;
}

// Creates, writes and syncs. Leaves nothing behind when it fails half-way. What a killed attempt left there
// is replaced.
Status write_new_file(const std::string& file, mode_t mode, BIO* content) {
  ::unlink(file.c_str());
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd) return fail_errno(errno, file);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(content, &bytes);
  long written = 0;
  while (written < size) {
    const ssize_t count = ::write(fd.get(), bytes + written, static_cast<std::size_t>(size - written));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    written += count;
  }
  if (written == size && ::fsync(fd.get()) == 0) return {};
  const int error_number = errno;
  ::unlink(file.c_str());
  return fail_errno(error_number, file);
}

// Errc::exists instead of replacing something.
Status put_in_place(const std::string& fresh, const std::string& file) {
  if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE) == 0) return {};
  return fail_errno(errno, file);
}

}  // namespace

std::string fingerprint_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (!certificate || X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return "";
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    if (i > 0) text += ':';
    text += kHex[digest[i] >> 4];
    text += kHex[digest[i] & 0xf];
  }
  return text;
}

// Two names would let whoever signs choose which one counts here and which one elsewhere; a NUL would end the
// name early for somebody.
std::string common_name_of(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return "";
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) {
    ERR_clear_error();
    return "";
  }
  const std::string name(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return name.find('\0') == name.npos ? name : "";
}

TlsChannel::PeerCertificate describe_certificate(const X509* certificate) {
  return {.subject = name_text(X509_get_subject_name(certificate)),
          .issuer = name_text(X509_get_issuer_name(certificate)),
          .fingerprint = fingerprint_of(certificate),
          .not_before = time_text(X509_get0_notBefore(certificate)),
          .not_after = time_text(X509_get0_notAfter(certificate))};
}

Status make_self_signed(const std::string& certificate_file, const std::string& key_file,
                        const std::string& common_name) {
  ERR_clear_error();
  const PkeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate = key ? self_signed(key.get(), common_name) : nullptr;
  const BioPtr key_text(BIO_new(BIO_s_secmem()));  // wiped when it is freed
  const BioPtr certificate_text(BIO_new(BIO_s_mem()));
  if (!certificate || !key_text || !certificate_text ||
      PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1) {
    return fail_tls("make a certificate for " + common_name);
  }
  ERR_clear_error();  // of the attempt to read the name as an address
  const std::string new_key = key_file + ".new", new_certificate = certificate_file + ".new";
  if (auto written = write_new_file(new_key, 0600, key_text.get()); !written) return written;
  auto written = write_new_file(new_certificate, 0644, certificate_text.get());
  if (written) written = put_in_place(new_key, key_file);
  if (written) {
    written = put_in_place(new_certificate, certificate_file);
    if (!written) ::unlink(key_file.c_str());
  }
  if (!written) {
    ::unlink(new_key.c_str());
    ::unlink(new_certificate.c_str());
  }
  return written;
}

}  // namespace ferry::net
