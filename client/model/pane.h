// One side of the screen: a place in a FileSource, what is there, and its own thread for all that may block.
// Its functions are called by the thread that draws, and return at once; answers come through the mailbox.
//
// A pane never changes folder or side by itself: when something fails it stays where it was and says why.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/model/file_source.h"
#include "client/model/folder_view.h"
#include "client/model/mailbox.h"
#include "client/model/screen.h"
#include "client/model/task_thread.h"
#include "shared/base/clock.h"

namespace ferry::client {

class Pane {
 public:
  // `on_change` is told of everything a person should hear: an error, or "" when a folder has been read.
  using OnChange = std::function<void(Pane& pane, const Status& outcome)>;
  // `mailbox` must outlive it, and deliver nothing after its end.
  Pane(Mailbox& mailbox, OnChange on_change);
  ~Pane();  // stops what runs; waits until it has

  // Another side, in its folder `folder` (if not absolute: seen from where the source begins). What was there
  // stays until that has worked.
  void use(std::shared_ptr<FileSource> source, std::string folder);
  bool has_source() const { return source_ != nullptr; }
  FileSource* source() const { return source_.get(); }
  FileSource* tried() const { return tried_; }  // what the last reading was of
  std::shared_ptr<FileSource> shared_source() const { return source_; }

  void open(std::string folder, std::string cursor_name = "");
  void refresh();  // the cursor stays on its name, or goes to the one that is to come
  void expect_name(std::string name) { expected_name_ = std::move(name); }
  void parent();   // with the cursor on the folder it comes from
  void back();
  void forward();
  bool cancel();  // what the pane waits for; false: for nothing
  bool is_waiting() const { return is_reading_ || running_ > 0; }

  FolderView& view() { return view_; }
  const FolderView& view() const { return view_; }
  const std::string& folder() const { return folder_; }
  std::string path_of(std::size_t row) const;
  std::string place() const { return source_ ? source_->label() + folder_ : ""; }
  const SpaceFacts& space() const { return space_; }

  // `work` on the pane's thread, `then` with what it returned (a Status or Result) on this one. While it runs
  // the pane is waiting, and cancel() ends it.
  template <typename T>
  void run(std::function<T(FileSource&)> work, std::function<void(T)> then);

  void page(int rows);  // tells how many rows are seen, so that the cursor can be kept among them
  PaneScreen screen(SteadyTime now) const;

 private:
  struct Place {
    std::shared_ptr<FileSource> source;
    std::string folder;
  };
  void read(Place place, std::string cursor_name, bool is_travel);
  void take_entries(std::uint64_t reading, std::vector<ftp::Entry> entries);
  void finish_reading(std::uint64_t reading, const Status& outcome, const SpaceFacts& space);
  void arrive();
  void begin_waiting();
  bool begin_task(FileSource& source, std::uint64_t ticket);  // the thread's

  Mailbox& mailbox_;
  OnChange on_change_;
  std::shared_ptr<FileSource> source_;
  std::string folder_;
  FolderView view_;
  SpaceFacts space_;
  std::size_t first_row_ = 0;
  int page_ = 1;

  // What is being read, until its first entries are here.
  Place next_;
  FileSource* tried_ = nullptr;
  std::string next_cursor_, expected_name_;
  bool has_arrived_ = true, is_travel_ = false;
  std::uint64_t reading_ = 0;  // counts; what an older one brings is too late

  std::uint64_t tickets_ = 0;  // of tasks; those up to cancelled_ do not begin
  std::atomic<std::uint64_t> cancelled_{0};

  std::vector<Place> past_, future_;
  bool is_reading_ = false;
  int running_ = 0;  // of run()
  SteadyTime waiting_since_{};
  std::string message_;  // of the last failure
  TaskThread thread_;    // the last, so that it ends first
};

template <typename T>
void Pane::run(std::function<T(FileSource&)> work, std::function<void(T)> then) {
  begin_waiting();
  ++running_;
  thread_.post([this, ticket = ++tickets_, source = source_, work = std::move(work), then = std::move(then)] {
    auto outcome =
        std::make_shared<T>(begin_task(*source, ticket) ? work(*source) : T(fail(Errc::cancelled, "")));
    mailbox_.post([this, then, outcome] {
      --running_;
      then(std::move(*outcome));
    });
  });
}

}  // namespace ferry::client
