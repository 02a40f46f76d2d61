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
#include "server/session/session.h"
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
                // complete file; with both, what the client can only have meant, or what they have in common
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
    // What the client was told of: if that is what waits here, it is meant.
    std::optional<ToldBreakpoint> known = {};
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

  // What the first byte needs before it can be written: the digest of a prefix that is kept, the copy of a
  // complete file that is gone on with. Long for a large file, so `watch` keeps ABOR working. Called by
  // write() and keep_rest(), when the client has shown that it sends: until then a partial that waits stays
  // as it was.
  Status prepare(Watch& watch);

  // Appends. At the quota's end writes what fits and returns Errc::over_quota; before that, uploads of the
  // same account that compete for the last bytes are settled: the youngest gives way, the others wait for it
  // a moment (watch keeps ABOR working meanwhile). Errc::out_of_range: more than a range's bytes.
  Status write(std::string_view bytes, Watch& watch);

  // As write, when the transfer has failed: what there is room for at once, and no waiting. An error: nothing
  // that follows can be kept.
  Status write_what_fits(std::string_view bytes);

  // After the last byte; of a range: appends what follows it in the complete file. Until then the partial is
  // a beginning of what will be, whoever dies.
  Status keep_rest(Watch& watch);

  // Syncs, asks `last_look` whether the file shall really appear, renames into place, settles the quota.
  // Afterwards the file is on disk, whole, accounted. On failure the partial stays.
  Status commit(const std::function<Status()>& last_look);

  // Ends it without commit: the partial waits for its resume; a range of a complete file leaves nothing.
  // Nothing if it has ended already.
  // `quickly`: nothing that takes long, because an ABOR waits for its reply; the rest is done by the
  // destructor.
  enum class Parking { quickly, thoroughly };
  void park(Parking how);

  Bytes size() const { return size_; }
  Bytes offset() const { return offset_; }               // where this attempt began
  const std::string& sha256() const { return sha256_; }  // after commit()
  const std::string& path() const { return place_.path; }

 private:
  static constexpr Bytes kFirstGrant = 256 * 1024;
  using Look = std::function<Status()>;  // called after each piece of what may take long

  Upload(Services& services, const Home& home, const store::Account& account, Place place, store::Partial row,
         UniqueFd file);
  struct Base;
  static Base base_of(const Request& request, const Place& place,
                      const std::optional<store::Partial>& waiting);
  Status build_on(const Base& base, std::optional<Bytes> total);
  static Result<std::unique_ptr<Upload>> claim(Services& services, const Home& home,
                                               const store::Account& account, Place place);
  static Result<std::unique_ptr<Upload>> create(Services& services, const Home& home,
                                                const store::Account& account, Place place,
                                                std::optional<Bytes> announced);
  static Result<std::unique_ptr<Upload>> check_place(std::unique_ptr<Upload> upload);
  Status reserve(Bytes total);
  Status take_blocks(Bytes total);
  Status prepare_with(const Look& look);
  Status compare_with_complete(const Look& look);
  Status cut_tail();
  Status copy_complete(Bytes length, const Look& look);
  Status hash_prefix(const Look& look);
  Status sync();
  Status sync_data();
  std::string sync_and_hash();
  void finish_parking();
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
  UniqueFd complete_;     // the complete file, where something of it is needed
  RunningDigest digest_;  // reads file_, so it ends first
  std::string sha256_;
  Bytes offset_ = 0, size_ = 0;  // size_: what is written and stays
  bool copies_ = false;          // the first offset_ bytes are a copy of the complete file's
  Bytes in_common_ = 0;          // so many bytes the partial and the complete file must share
  Bytes needed_ = 0;             // what is known to come in all, and is reserved
  bool is_prepared_ = false;
  Bytes end_ = INT64_MAX;  // of the range that is written
  bool is_patch_ = false;  // a range of a complete file
  Bytes tail_end_ = 0;     // what a claimed partial held; until prepare() it does so still
  bool hit_quota_ = false;
  bool is_lost_ = false;         // what was written could not be synced
  std::optional<Bytes> parked_;  // set: parked with so many bytes, which are not synced and hashed yet
  bool is_settled_ = false;      // committed, dropped, or left to the settler
};

}  // namespace ferry
