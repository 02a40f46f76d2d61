// A certificate authority for tests, made with openssl(1) in a folder of its own, gone with its object.
#pragma once

#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace ferry::test {

struct CertificateFiles {
  std::string certificate, key;  // PEM
  std::string fingerprint = {};  // SHA-256, "AB:CD:…"
};

class TestCa {
 public:
  TestCa();  // throws if openssl(1) does
  std::string file() const;

  // For a client. `common_name` as openssl's -subj has it behind "/CN=".
  CertificateFiles issue(const std::string& common_name);
  // Ours in nothing but their place.
  CertificateFiles self_signed(const std::string& common_name);
  // Ours, and valid no more.
  CertificateFiles issue_ended(const std::string& common_name);
  CertificateFiles ended(const std::string& common_name);  // self-signed too, and valid no more
  void become(const TestCa& other);  // its file() holds the other's certificate from here

 private:
  CertificateFiles end(CertificateFiles files, const std::vector<std::string>& how);
  CertificateFiles make(const std::string& common_name, const std::vector<std::string>& how);
  TempDir folder_;
  int made_ = 0;
};

}  // namespace ferry::test
