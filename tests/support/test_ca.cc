#include "tests/support/test_ca.h"

#include <filesystem>
#include <stdexcept>
#include <vector>

#include "tests/support/child.h"

namespace ferry::test {
namespace {

std::string fingerprint_of(const std::string& certificate) {
  const auto told = run({"openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"});
  const auto begin = told.out.find('=') + 1;
  return told.out.substr(begin, told.out.find('\n') - begin);
}

}  // namespace

TestCa::TestCa() {
  make("Test CA", {});
}

std::string TestCa::file() const {
  return (folder_.path() / "0.pem").string();
}

CertificateFiles TestCa::make(const std::string& common_name, const std::vector<std::string>& how) {
  const std::string stem = (folder_.path() / std::to_string(made_++)).string();
  CertificateFiles files{stem + ".pem", stem + ".key"};
  std::vector<std::string> argv = {"openssl",
                                   "req",
                                   "-x509",
                                   "-newkey",
                                   "ec",
                                   "-pkeyopt",
                                   "ec_paramgen_curve:P-256",
                                   "-nodes",
                                   "-subj",
                                   "/CN=" + common_name,
                                   "-keyout",
                                   files.key,
                                   "-out",
                                   files.certificate};
  argv.insert(argv.end(), how.begin(), how.end());
  if (const auto done = run(argv); done.exit_code != 0) throw std::runtime_error("openssl req: " + done.err);
  files.fingerprint = fingerprint_of(files.certificate);
  return files;
}

CertificateFiles TestCa::issue(const std::string& common_name) {
  const std::string stem = (folder_.path() / "0").string();
  return make(common_name, {"-CA", stem + ".pem", "-CAkey", stem + ".key", "-addext",
                            "basicConstraints=critical,CA:FALSE"});
}

CertificateFiles TestCa::self_signed(const std::string& common_name) {
  return make(common_name, {});
}

CertificateFiles TestCa::ended(const std::string& common_name) {
  CertificateFiles files = make(common_name, {});
  return end(files, {"-in", files.certificate, "-signkey", files.key});
}

CertificateFiles TestCa::issue_ended(const std::string& common_name) {
  CertificateFiles files = make(common_name, {});
  const std::string stem = (folder_.path() / "0").string(), request = files.key + ".request";
  const auto asked =
      run({"openssl", "req", "-new", "-key", files.key, "-subj", "/CN=" + common_name, "-out", request});
  if (asked.exit_code != 0) throw std::runtime_error("openssl req: " + asked.err);
  return end(files,
             {"-req", "-in", request, "-CA", stem + ".pem", "-CAkey", stem + ".key", "-set_serial", "9"});
}

CertificateFiles TestCa::end(CertificateFiles files, const std::vector<std::string>& how) {
  files.certificate += ".ended";
  std::vector<std::string> argv = {"openssl", "x509", "-days", "-1", "-out", files.certificate};
  argv.insert(argv.end(), how.begin(), how.end());
  if (const auto done = run(argv); done.exit_code != 0) throw std::runtime_error("openssl x509: " + done.err);
  files.fingerprint = fingerprint_of(files.certificate);
  return files;
}

void TestCa::become(const TestCa& other) {
  std::filesystem::copy_file(other.file(), file() + ".new");
  std::filesystem::rename(file() + ".new", file());
}

}  // namespace ferry::test
