// make_self_signed and TlsServer::load (tls.h).
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "shared/net/tls.h"
#include "shared/net/tls_internal.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/shared/net/pairs.h"

namespace ferry::net {
namespace {

class Certificate : public ::testing::Test {
 protected:
  std::string file(const char* name) const { return (folder_.path() / name).string(); }
  Status make(const std::string& common_name) {
    return make_self_signed(file("cert.pem"), file("key.pem"), common_name);
  }
  void write(const char* name, std::string_view text) const { std::ofstream(file(name)) << text; }
  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777;
  }
  // What a client that trusts the certificate finds wrong with it when it wanted `host`.
  std::optional<std::string> verdict_for(const std::string& host) {
    const auto server = *TlsServer::load(file("cert.pem"), file("key.pem"));
    const auto client = *TlsClient::create({.ca_file = file("cert.pem")});
    test::Pair pair = test::connected_pair();
    pair.client.start_tls(client->control_channel(host));
    pair.server.start_tls(server->control_channel(make_session_tag()));
    EXPECT_TRUE(test::shake_hands(pair).succeeded());
    return TlsClient::why_untrusted(*pair.client.tls());
  }

  ferry::test::TempDir folder_;
};

TEST_F(Certificate, KeyIsForItsOwnerOnly) {
  ASSERT_TRUE(make("localhost"));
  EXPECT_EQ(mode_of(file("key.pem")), 0600u);
}

TEST_F(Certificate, IsGoodForItsDnsName) {
  ASSERT_TRUE(make("ftp.example.org"));
  EXPECT_EQ(verdict_for("ftp.example.org"), std::nullopt);
  EXPECT_TRUE(verdict_for("www.example.org"));
  EXPECT_TRUE(verdict_for("127.0.0.1"));
}

TEST_F(Certificate, IsGoodForItsAddress) {
  ASSERT_TRUE(make("127.0.0.1"));
  EXPECT_EQ(verdict_for("127.0.0.1"), std::nullopt);
  EXPECT_TRUE(verdict_for("127.0.0.2"));
}

TEST_F(Certificate, IsGoodForItsIpv6Address) {
  ASSERT_TRUE(make("::1"));
  EXPECT_EQ(verdict_for("::1"), std::nullopt);
}

TEST_F(Certificate, TakesANameLongerThanACommonNameCanBe) {
  const std::string host = std::string(60, 'a') + "." + std::string(60, 'b') + ".example.org";
  ASSERT_TRUE(make(host));
  EXPECT_EQ(verdict_for(host), std::nullopt);
}

TEST_F(Certificate, NeverOverwritesAFile) {
  write("key.pem", "precious");
  const auto made = make("localhost");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, Errc::exists);
  EXPECT_FALSE(std::filesystem::exists(file("cert.pem")));
  std::string text;
  std::ifstream(file("key.pem")) >> text;
  EXPECT_EQ(text, "precious");
}

TEST_F(Certificate, LeavesNoKeyBehindWhenTheCertificateExists) {
  write("cert.pem", "precious");
  const auto made = make("localhost");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, Errc::exists);
  EXPECT_FALSE(std::filesystem::exists(file("key.pem")));
}

TEST_F(Certificate, EachIsDifferent) {
  ASSERT_TRUE(make("localhost"));
  ASSERT_TRUE(make_self_signed(file("cert2.pem"), file("key2.pem"), "localhost"));
  const auto one = *TlsServer::load(file("cert.pem"), file("key.pem"));
  const auto two = *TlsServer::load(file("cert2.pem"), file("key2.pem"));
  EXPECT_NE(one->fingerprint(), two->fingerprint());
  EXPECT_EQ(one->fingerprint().size(), 32u * 3 - 1);
}

void expect_load_fails(const std::string& certificate, const std::string& key, Errc kind,
                       const std::string& named) {
  const auto server = TlsServer::load(certificate, key);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().kind, kind) << server.error().context;
  EXPECT_NE(server.error().context.find(named), std::string::npos) << server.error().context;
}

TEST_F(Certificate, LoadingSaysWhichFileIsMissing) {
  ASSERT_TRUE(make("localhost"));
  expect_load_fails(file("none.pem"), file("key.pem"), Errc::not_found, "none.pem");
  expect_load_fails(file("cert.pem"), file("none.key"), Errc::not_found, "none.key");
}

TEST_F(Certificate, LoadingSaysWhichFileMayNotBeRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  ASSERT_TRUE(make("localhost"));
  ASSERT_EQ(::chmod(file("key.pem").c_str(), 0), 0);
  expect_load_fails(file("cert.pem"), file("key.pem"), Errc::permission, "key.pem");
}

TEST_F(Certificate, LoadingRefusesRubbish) {
  ASSERT_TRUE(make("localhost"));
  write("rubbish.pem", "rubbish\n");
  expect_load_fails(file("rubbish.pem"), file("key.pem"), Errc::tls, "rubbish.pem");
  expect_load_fails(file("cert.pem"), file("rubbish.pem"), Errc::tls, "rubbish.pem");
}

TEST_F(Certificate, LoadingRefusesTheKeyOfAnotherCertificate) {
  ASSERT_TRUE(make("localhost"));
  ASSERT_TRUE(make_self_signed(file("cert2.pem"), file("key2.pem"), "localhost"));
  expect_load_fails(file("cert.pem"), file("key2.pem"), Errc::tls, "key2.pem");
}

TEST_F(Certificate, LoadingAKeyWithAPassphraseDoesNotAskForIt) {
  ASSERT_TRUE(make("localhost"));
  const PkeyPtr key(EVP_EC_gen("P-256"));
  const BioPtr out(BIO_new_file(file("locked.pem").c_str(), "w"));
  ASSERT_EQ(
      PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), EVP_aes_256_cbc(), "secret", 6, nullptr, nullptr),
      1);
  ASSERT_EQ(BIO_flush(out.get()), 1);
  expect_load_fails(file("cert.pem"), file("locked.pem"), Errc::tls, "locked.pem");
}

TEST(ClientTls, SaysWhichCaFileIsBad) {
  const auto client = TlsClient::create({.ca_file = "/nonexistent/ca.pem"});
  ASSERT_FALSE(client);
  EXPECT_NE(client.error().context.find("ca.pem"), std::string::npos);
}

}  // namespace
}  // namespace ferry::net
