// What data.h decides without a network: when a client is given another ticket.
#include "server/session/data.h"

#include <gtest/gtest.h>

#include "server/session/login_cache.h"
#include "shared/net/tls_internal.h"
#include "tests/unit/shared/net/pairs.h"

namespace ferry {
namespace {

using namespace std::chrono_literals;
using net::TlsClient;

// A session under TLS with its client at the other end of a socket pair.
class TicketAge : public net::test::TlsTest {
 protected:
  void SetUp() override {
    TlsTest::SetUp();
    store_ = std::move(*store::Store::open((folder_.path() / "ferry.db").string()));
    board_ = std::move(*Scoreboard::create(1));
    cache_ = std::move(*LoginCache::create());
    logs_ = std::move(*Logs::open(folder_.path().string(), false));
    services_.reset(new Services{options_,
                                 *store_,
                                 *board_,
                                 *cache_,
                                 *logs_,
                                 server_.get(),
                                 store::OwnerId{1},
                                 std::counting_semaphore<kMaxPasswordChecks>(1),
                                 passive_,
                                 {},
                                 TransferLimit(1, 1),
                                 {}});
    net::test::Pair pair = control(tag_);
    client_end_.emplace(std::move(pair.client));
    const int seat = *board_->enter(1, "127.0.0.1", {}, true);
    session_.emplace(*services_, 1, seat, std::move(pair.server), *net::Address::parse("127.0.0.1", 1),
                     *net::Address::parse("127.0.0.1", 2));
    session_->data.newest_ticket = begun_;
  }
  // Whether a ticket came with the reply that follows.
  bool brings_a_ticket(std::chrono::steady_clock::duration age) {
    const TlsSession before = newest();
    refresh_old_ticket(*session_, begun_ + age);
    session_->reply(200, "Noted");
    EXPECT_EQ(net::test::read_text(*client_end_), "200 Noted\r\n");
    return newest() != before;
  }

  using TlsSession = const void*;
  TlsSession newest() const { return client_end_->tls()->impl().newest_session.get(); }

  const net::SessionTag tag_ = net::make_session_tag();
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  Options options_;
  const PassiveAddresses passive_{options_, {}};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Scoreboard> board_;
  std::unique_ptr<LoginCache> cache_;
  std::unique_ptr<Logs> logs_;
  std::unique_ptr<Services> services_;
  std::optional<net::Stream> client_end_;
  std::optional<Session> session_;
};
INSTANTIATE_TEST_SUITE_P(Versions, TicketAge, ::testing::Bool(), net::test::version_name);

// A session that lasts must not run into its tickets' end.
TEST_P(TicketAge, AnOldTicketIsReplacedBeforeADataConnection) {
  EXPECT_FALSE(brings_a_ticket(59min));
  EXPECT_EQ(brings_a_ticket(61min), !tls12());
  EXPECT_EQ(session_->data.newest_ticket > begun_, !tls12())
      << "under TLS 1.2 the client has the first one still, which ends one day";
}

}  // namespace
}  // namespace ferry
