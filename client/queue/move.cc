// Queue::move: another order.
#include <algorithm>

#include "client/queue/queue.h"

namespace ferry::client {
namespace {

using Order = std::vector<QueueId>;

Order order_of(const Ledger& ledger) {
  Order order;
  for (const auto& item : ledger.items()) order.push_back(item->id);
  return order;
}

bool contains(const QueueIds& ids, QueueId id) {
  return std::ranges::find(ids, id) != ids.end();
}

// Behind which of the others `ids` come; 0: in front of them all.
QueueId place_in(const Order& order, const QueueIds& ids, const Move& where) {
  const auto others_before = [&](Order::const_iterator at) {  // the last one in front of it that stays
    while (at != order.begin()) {
      if (--at; !contains(ids, *at)) return *at;
    }
    return QueueId{0};
  };
  switch (where.to) {
    case Move::To::front:
      return 0;
    case Move::To::back:
      return others_before(order.end());
    case Move::To::behind:
      return where.other;
    case Move::To::before:
      return others_before(std::ranges::find(order, where.other));
    case Move::To::up: {
      const QueueId above = others_before(std::ranges::find(order, ids.front()));
      return above == 0 ? 0 : others_before(std::ranges::find(order, above));
    }
    case Move::To::down:
      break;
  }
  const auto below = std::find_if(std::ranges::find(order, ids.back()), order.end(),
                                  [&](QueueId id) { return !contains(ids, id); });
  return below == order.end() ? others_before(order.end()) : *below;
}

}  // namespace

Status Queue::move(const QueueIds& wanted, const Move& where) {
  return change([&](const Ledger& ledger) -> Result<std::string> {
    const bool is_beside = where.to == Move::To::before || where.to == Move::To::behind;
    QueueIds named = wanted;
    if (is_beside) named.push_back(where.other);
    for (const QueueId id : named) {
      if (!ledger.find(id))
        return fail(Errc::not_found, "there is no item " + std::to_string(id) + " in the queue");
    }
    if (is_beside && contains(wanted, where.other))
      return fail(Errc::bad_syntax, "item " + std::to_string(where.other) + " cannot be moved beside itself");
    const Order order = order_of(ledger);
    QueueIds ids;  // in their present order
    for (const QueueId id : order) {
      if (contains(wanted, id)) ids.push_back(id);
    }
    std::string lines;
    if (ids.empty()) return lines;
    QueueId behind = place_in(order, ids, where);
    for (const QueueId id : ids) {
      lines += Ledger::moved(id, behind);
      behind = id;
    }
    return lines;
  });
}

}  // namespace ferry::client
