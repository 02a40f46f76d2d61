// One upload from its first byte to its commit. Bytes go to a partial in the home's reserved folder, never to
// the file's own name; only bytes that the quota has granted are written. commit() makes the file appear
// whole, or nothing changes; an upload that ends in any other way leaves a partial that can be resumed. Runs
// in a worker's thread; blocks on disk and store.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/session/home.h"
#include "server/session/running_digest.h"
#include "server/session/services.h"
#include "server/session/watch.h"
#include "shared/base/digest.h"
#include "shared/ftp/ranges.h"
#include "shared/store/store.h"

namespace ferry {

class Upload {
 public:
  enum class Start {
    fresh,      // STOR: what waited under this name is given up
    at_offset,  // REST n, STOR: the partial that waits, cut to n; without one, the first n bytes of the
                // complete file
    append,     // APPE: behind the complete file (a copy of it), else behind the partial that waits
  };
  struct Request {
    Start start = Start::fresh;
    Bytes offset = 0;
    std::optional<Bytes> announced;  // ALLO: reserved now, or refused now
    // RANG: exactly these bytes come, and nothing else of the file changes. Where only a partial waits, the
    // range begins in it or at its end and reaches its end at least: it goes on with the partial, which then
    // is complete.
    std::optional<ftp::ByteRange> range = {};
  };

  // Errc::busy: somebody else writes this path; Errc::out_of_range: offset or range beyond what is
  // there;
  // Errc::over_quota, Errc::no_space; Errc::is_directory. `home`, `services` and `place`'s folder must
  // outlive the upload.
  static Result<std::unique_ptr<Upload>> begin(Services& services, const Home& home,
                                               const store::Account& account, Place place,
                                               const Request& request);
  ~Upload();  // parks what has not been committed
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  // What the first byte needs before it can be written: the digest of a prefix that is kept, the copy of a complete
  // file that is gone on with. Long for a large file, so `watch` keeps ABOR working. Called by write() and
  // keep_rest(), when the client has shown that it sends: until then a partial that waits stays as it was.
  Status prepare(Watch& watch);

  // Appends. At the quota's end writes what fits and returns Errc::over_quota; before that, uploads of the
  // same account that compete for the last bytes are settled: the youngest gives way, the others wait for it
  // a moment (watch keeps ABOR working meanwhile). Errc::out_of_range: more than a range's bytes.
  Status write(std::string_view bytes, Watch& watch);

  // After the last byte; of a range: appends what follows it in the complete file. Until then the partial is a
  // beginning of what will be, whoever dies.
  Status keep_rest(Watch& watch);

  // Syncs, asks `last_look` whether the file shall really appear, renames into place, settles the quota.
  // Afterwards the file is on disk, whole, accounted. On failure the partial stays.
  Status commit(const std::function<Status()>& last_look);

  // Ends it without commit: the partial waits for its resume; a range of a complete file leaves nothing.
  // Nothing if it has ended already.
  void park();

  Bytes size() const { return size_; }
  Bytes offset() const { return offset_; }  // where this attempt began
  const std::string& sha256() const { return sha256_; }  // after commit()
  const std::string& path() const { return place_.path; }

 private:
  Upload(Services& services, const Home& home, const store::Account& account, Place place, store::Partial row,
         UniqueFd file);
  static Result<std::unique_ptr<Upload>> claim(Services& services, const Home& home,
                                               const store::Account& account, Place place);
  static Result<std::unique_ptr<Upload>> create(Services& services, const Home& home,
                                                const store::Account& account, Place place,
                                                std::optional<Bytes> announced);
  static Result<std::unique_ptr<Upload>> check_place(std::unique_ptr<Upload> upload);
  Status cut_tail();
  Status reserve(Bytes total);
  Status copy_complete(Bytes length, Watch& watch);
  Status hash_prefix(Watch& watch);
  Status sync();
  Status publish(const FileInfo& info);
  Status make_room(Bytes total, Watch& watch);
  Result<bool> reclaim_one();
  Status write_within_grant(std::string_view bytes, Watch& watch);
  Status write_granted(std::string_view bytes);
  Result<Bytes> grow(Bytes want);

  Services& services_;
  std::string home_folder_;
  const Home& home_;
  Place place_;
  store::Partial row_;
  UniqueFd file_;
  RunningDigest digest_;  // reads file_, so it ends first
  std::string sha256_;
  Bytes offset_ = 0, size_ = 0;  // size_: what is written and stays
  bool copies_ = false;          // the first offset_ bytes are a copy of the complete file's
  bool is_prepared_ = false;
  Bytes end_ = INT64_MAX;  // of the range that is written
  bool is_patch_ = false;  // a range of a complete file
  Bytes tail_end_ = 0;     // beyond size_: what a claimed partial holds that the first write will cut
  bool hit_quota_ = false;
  bool is_settled_ = false;  // committed, dropped, or left to the settler
};

}  // namespace ferry
