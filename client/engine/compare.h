// Are two files, or two trees, the same? Each side is local or on a server. Blocks on network and disk; no
// terminal. Nothing is changed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/engine/tree.h"
#include "client/engine/verify.h"

namespace ferry::client {

// A file, or a folder with all that is in it.
class Side {
 public:
  virtual ~Side() = default;

  // What is there; a file is one item whose name is "". Symbolic links and what is no regular file is left
  // out and noted. Errc::not_found, …
  virtual Result<TreePlan> plan() = 0;
  virtual Result<std::string> digest(const std::string& name, DigestKind kind, std::optional<Bytes> size) = 0;
  // Whether that digest costs no reading over the network.
  virtual bool computes(DigestKind kind) const = 0;
  virtual bool usable() { return true; }
};

// `cancel` ends the reading of a file.
std::unique_ptr<Side> local_side(std::string path, const Cancel& cancel);
// `path` absolute; `connection` must outlive it.
std::unique_ptr<Side> remote_side(Connection& connection, std::string path);

// missing: a receipt has it, the place that is checked has not.
enum class DifferenceKind { missing, only_in_a, only_in_b, type, size, digest };
std::string_view difference_word(DifferenceKind kind);  // "only-in-a"; never renamed

struct Difference {
  DifferenceKind kind = DifferenceKind::digest;
  std::string name;  // below the two; "" for the two themselves
  bool is_folder = false;
  std::optional<Bytes> size_a, size_b;  // of `size`
  std::string digest_a, digest_b;       // of `digest`
};

class CompareObserver {
 public:
  virtual ~CompareObserver() = default;
  virtual void file(const std::string& name, std::int64_t number, std::int64_t files) = 0;  // is compared now
  virtual void difference(const Difference& difference) = 0;
  virtual void failed(const Error& error) = 0;
  virtual void note(const std::string& text) = 0;
};

struct Comparison {
  std::int64_t same = 0, different = 0, failed = 0;  // files and, of differences, folders
  std::optional<Error> first_error;
  bool is_stopped = false;  // the rest was not looked at
};

// `kind`: nullopt for the best that both compute by themselves, else SHA-256. Sizes that differ need no
// digest. The content of a folder that one side lacks is not told.
Result<Comparison> compare_sides(Side& a, Side& b, std::optional<DigestKind> kind, const Cancel& cancel,
                                 CompareObserver& observer);

// Digest of a local file's content. Errc::cancelled.
Result<std::string> digest_of_local(const std::string& path, DigestKind kind, const Cancel& cancel);

}  // namespace ferry::client
