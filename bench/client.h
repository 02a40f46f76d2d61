// The load generator's FTP client: blocking, one thread at a time, and much cheaper than the servers it
// loads. What it downloads it drops unseen, what it uploads comes from one warm piece of memory. Every
// failure is an exception: a benchmark with errors has no result.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "bench/servers.h"
#include "shared/base/bytes.h"
#include "shared/ftp/reply.h"
#include "shared/net/stream.h"
#include "shared/net/tls.h"

namespace ferry::bench {

// Zeros that are sent as a file's content, in memory and as a descriptor for sendfile(2). Any thread.
class Payload {
 public:
  Payload();
  std::string_view memory() const { return memory_; }
  int fd() const { return fd_.get(); }

 private:
  std::string memory_;
  UniqueFd fd_;
};

class Client {
 public:
  // Connects and takes the greeting; `tls` secures the control connection and the data connections to come.
  // `tls_client` null: all in clear.
  Client(const Server& server, const net::TlsClient* tls_client);

  void log_in();  // USER, PASS
  // TYPE I, into kFilesFolder, and under TLS PBSZ 0 and PROT P.
  void prepare_transfers();
  // Each with a data connection of its own (EPSV). `expected` bytes must come.
  void download(const std::string& path, Bytes expected);
  void upload(const std::string& path, const Payload& payload, Bytes size);
  void quit();
  // Sends one command and answers its last reply; throws unless that is `expected` (its first digit).
  ftp::Reply command(const std::string& line, int expected = 2);

  bool data_was_resumed() const { return data_was_resumed_; }
  std::string tls_version() const;  // "TLSv1.3 TLS_AES_256_GCM_SHA384"; "" in clear

 private:
  ftp::Reply reply();
  void expect(const ftp::Reply& reply, int expected, std::string_view doing);
  net::Stream open_data();  // in clear
  void secure_data(net::Stream& data);

  const Server& server_;
  const net::TlsClient* tls_client_;
  net::Stream control_;
  ftp::ReplyParser replies_;
  std::string fingerprint_;
  bool data_was_resumed_ = false;
};

}  // namespace ferry::bench
