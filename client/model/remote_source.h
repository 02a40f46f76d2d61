// A server's files as a FileSource, over one session of its own, so that browsing goes on while transfers
// run. A session that the server has let go is opened again when it is needed, in the same place: paths are
// absolute. A command that changes nothing is then said once more; one that does change something is not.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "client/engine/cancel.h"
#include "client/engine/connection.h"
#include "client/engine/pool.h"
#include "client/model/file_source.h"

namespace ferry::client {

class RemoteSource : public FileSource {
 public:
  // `open` connects and logs in; it runs on the thread that calls.
  RemoteSource(std::string label, OpenSession open) : label_(std::move(label)), open_(std::move(open)) {}
  ~RemoteSource() override;

  bool is_remote() const override { return true; }
  std::string label() const override { return label_; }
  Result<std::string> start() override;
  Status list(const std::string& folder, const OnEntries& found) override;
  Result<ftp::Entry> describe(const std::string& path) override;
  Status make_folder(const std::string& path) override;
  Status remove_empty_folder(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path, bool is_folder) override;
  Status change_mode(const std::string& path, unsigned mode) override;
  Result<std::string> read_front(const std::string& path, Bytes most) override;
  SpaceFacts space(const std::string& folder) override;
  Result<std::string> sha256(const std::string& path) override;
  Status fetch(const std::string& path, const std::string& local) override;
  Status store(const std::string& local, const std::string& path) override;
  void cancel() override { cancel_.request(); }
  void resume() override { cancel_.clear(); }

  // Of who is logged in. The server's words.
  Result<std::string> change_password(const Secret& password);

  // NOOP, so that the server does not let go of a session that is looked at. Never opens one.
  void keep_alive();
  // What the status line says of the session: "TLSv1.3", "" when there is none or it is in clear.
  std::string security() const;

 private:
  Result<Connection*> session();
  template <typename Ask>
  auto ask(const Ask& ask) -> decltype(ask(std::declval<Connection&>()));

  const std::string label_;
  const OpenSession open_;
  Cancel cancel_;
  std::unique_ptr<Connection> connection_;
  std::string home_;
  mutable std::mutex security_mutex_;  // security() is asked by the thread that draws
  std::string security_;
};

}  // namespace ferry::client
