// Items of a queue as tests want them.
#pragma once

#include <string>

#include "client/queue/item.h"

namespace ferry::test {

inline client::QueueItem some_item(const std::string& name = "tape", client::QueueId id = 0) {
  client::QueueItem item;
  item.id = id;
  item.direction = client::Direction::up;
  item.site.host = "files.example.org";
  item.user = "akira";
  item.local = "/home/akira/" + name;
  item.remote = "/in/" + name;
  return item;
}

// With everything in it that an item can have.
inline client::QueueItem full_item(client::QueueId id = 0) {
  client::QueueItem item = some_item("写真\xff\n", id);
  item.direction = client::Direction::down;
  item.site.port = 990;
  item.site.security = ftp::Security::implicit_tls;
  item.site.active = true;
  item.site.ca_file = "/etc/ca.pem";
  item.site.pinned = client::parse_fingerprint(std::string(64, 'a')).value();
  item.site.charset = "CP932";
  item.site.timeout = std::chrono::milliseconds(1500);
  item.remote = "some/where\x80";
  item.from_login = true;
  item.recursive = true;
  item.is_folder = false;
  item.priority = -3;
  item.resume = client::Resume::ask;
  item.verify = client::parse_verify_wish("sha512").value();
  item.preserve = client::parse_preserve("mode").value();
  item.state = client::ItemState::retrying;
  item.bytes_done = 5;
  item.bytes_total = Bytes{1} << 59;
  item.files_done = 1;
  item.files_total = 2;
  item.attempts = 4;
  item.error = client::ItemError{Errc::reset, "broken\xff off", 426};
  item.question = client::Question::conflict;
  item.has_begun = item.has_leftover = true;
  item.added = WallTime(std::chrono::milliseconds(1'700'000'000'123));
  item.changed = WallTime(std::chrono::milliseconds(1'700'000'000'456));
  item.next_try = WallTime(std::chrono::milliseconds(1'700'000'000'789));
  return item;
}

}  // namespace ferry::test
