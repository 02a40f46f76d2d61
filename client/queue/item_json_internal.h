// Items as JSON, one object each: what stands in the journal. Pure. Internal to client/queue.
//
// Names are bytes: those that are no UTF-8 stand there twice, readable ("local", with U+FFFD) and exact
// ("local_b64").
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "client/queue/item.h"
#include "shared/base/result.h"

namespace ferry::client {

using Json = nlohmann::ordered_json;

Json json_of(const QueueItem& item);
// Errc::corrupt says what is wrong with it. Unknown members are left aside.
Result<QueueItem> item_of(const Json& json);

void put_bytes(Json& json, const std::string& key, std::string_view bytes);
// Errc::corrupt: there is none, or it is no text.
Result<std::string> take_bytes(const Json& json, const std::string& key);

// One line without its end. Never throws.
std::string line_of(const Json& json);

}  // namespace ferry::client
