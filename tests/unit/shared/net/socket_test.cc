#include "shared/net/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <set>
#include <thread>

#include "tests/unit/shared/net/pairs.h"

namespace ferry::net {
namespace {

using test::at_once;
using test::soon;

const Address kLoopback = *Address::parse("127.0.0.1", 0);

int int_option(int socket, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  EXPECT_EQ(::getsockopt(socket, level, name, &value, &length), 0);
  return value;
}

void expect_non_blocking_and_close_on_exec(int fd) {
  EXPECT_TRUE(::fcntl(fd, F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(::fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

Accepted accept_one(int listener) {
  EXPECT_TRUE(wait_for(listener, POLLIN, soon()));
  auto accepted = accept_now(listener);
  EXPECT_TRUE(accepted);
  return std::move(*accepted);
}

TEST(Socket, ConnectsAndAcceptsOnLoopback) {
  const auto listener = listen_on(kLoopback);
  ASSERT_TRUE(listener) << listener.error().context;
  const auto address = Address::local_of(listener->get());
  ASSERT_TRUE(address);
  const auto client = connect_to(*address, soon());
  ASSERT_TRUE(client) << client.error().context;
  const Accepted accepted = accept_one(listener->get());
  EXPECT_EQ(accepted.peer.to_string(), Address::local_of(client->get())->to_string());
  EXPECT_EQ(Address::peer_of(client->get())->to_string(), address->to_string());
  for (const int fd : {listener->get(), client->get(), accepted.socket.get()}) {
    expect_non_blocking_and_close_on_exec(fd);
  }
}

TEST(Socket, ListensOnIpv6Only) {
  const auto listener = listen_on(*Address::parse("::1", 0));
  if (!listener) GTEST_SKIP() << "no IPv6 here: " << listener.error().context;
  EXPECT_EQ(int_option(listener->get(), IPPROTO_IPV6, IPV6_V6ONLY), 1);
  EXPECT_TRUE(connect_to(*Address::local_of(listener->get()), soon()));
}

TEST(Socket, AcceptDoesNotWait) {
  const auto listener = listen_on(kLoopback);
  const auto accepted = accept_now(listener->get());
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().kind, Errc::timeout);
}

TEST(Socket, AddressInUseIsBusy) {
  const auto first = listen_on(kLoopback);
  const auto second = listen_on(*Address::local_of(first->get()));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, Errc::busy);
}

TEST(Socket, ReusePortSharesAnAddress) {
  const auto first = listen_on(kLoopback, {.reuse_port = true});
  ASSERT_TRUE(first);
  EXPECT_TRUE(listen_on(*Address::local_of(first->get()), {.reuse_port = true}));
}

TEST(Socket, NobodyListeningIsRefused) {
  const Address address = [] {
    const auto listener = listen_on(kLoopback);
    return *Address::local_of(listener->get());
  }();
  const auto client = connect_to(address, soon());
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().kind, Errc::refused);
}

TEST(Socket, ConnectGivesUpAtItsDeadline) {
  // A listener whose queue is full lets further connects hang.
  const auto listener = listen_on(kLoopback, {.backlog = 0});
  const Address address = *Address::local_of(listener->get());
  std::vector<UniqueFd> filling;
  for (int i = 0; i < 8; ++i) {
    auto client = connect_to(address, at_once());
    if (!client) {
      EXPECT_EQ(client.error().kind, Errc::timeout);
      return;
    }
    filling.push_back(std::move(*client));
  }
  FAIL() << "the queue never became full";
}

TEST(Socket, ConnectsFromAGivenAddress) {
  const auto listener = listen_on(kLoopback);
  const Address from = *Address::parse("127.0.0.5", 0);
  const auto client = connect_to(*Address::local_of(listener->get()), soon(), from);
  ASSERT_TRUE(client) << client.error().context;
  EXPECT_EQ(accept_one(listener->get()).peer.ip(), "127.0.0.5");
}

TEST(ListenInRange, LetsTheKernelChooseWithoutARange) {
  const auto listener = listen_in_range(*Address::parse("127.0.0.1", 2121), 0, 0);
  ASSERT_TRUE(listener);
  EXPECT_NE(Address::local_of(listener->get())->port(), 0);
}

TEST(ListenInRange, UsesEveryPortOnceAndThenIsBusy) {
  constexpr std::uint16_t kFirst = 20450;
  constexpr std::uint16_t kCount = 5;
  const Address address = *Address::parse("127.0.0.77", 0);
  std::vector<UniqueFd> listeners;
  std::set<int> ports;
  for (int i = 0; i < kCount; ++i) {
    auto listener = listen_in_range(address, kFirst, kFirst + kCount - 1);
    ASSERT_TRUE(listener) << listener.error().context;
    ports.insert(Address::local_of(listener->get())->port());
    listeners.push_back(std::move(*listener));
  }
  EXPECT_EQ(ports.size(), kCount);
  EXPECT_EQ(*ports.begin(), kFirst);
  const auto none = listen_in_range(address, kFirst, kFirst + kCount - 1);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, Errc::busy);
  listeners.erase(listeners.begin() + 2);
  EXPECT_TRUE(listen_in_range(address, kFirst, kFirst + kCount - 1));
}

TEST(ListenInRange, StartsAtARandomPort) {
  const Address address = *Address::parse("127.0.0.78", 0);
  std::set<int> ports;
  for (int i = 0; i < 20; ++i) {
    const auto listener = listen_in_range(address, 21000, 21999);
    ASSERT_TRUE(listener);
    ports.insert(Address::local_of(listener->get())->port());
  }
  EXPECT_GT(ports.size(), 10u);
}

TEST(ListenInRange, RefusesAnEmptyRange) {
  EXPECT_EQ(listen_in_range(kLoopback, 2000, 1999).error().kind, Errc::out_of_range);
}

TEST(WaitFor, TellsReadyFromPassed) {
  test::Pair pair = test::connected_pair();
  EXPECT_FALSE(wait_for(pair.server.fd(), POLLIN, at_once()));
  EXPECT_TRUE(wait_for(pair.server.fd(), POLLOUT, at_once()));
  ASSERT_TRUE(pair.client.write_all("x", soon()));
  EXPECT_TRUE(wait_for(pair.server.fd(), POLLIN, Deadline::infinite()));
}

TEST(Socket, SetsTcpOptions) {
  const auto listener = listen_on(kLoopback);
  const auto client = connect_to(*Address::local_of(listener->get()), soon());
  set_no_delay(client->get());
  set_keep_alive(client->get());
  EXPECT_NE(int_option(client->get(), IPPROTO_TCP, TCP_NODELAY), 0);
  EXPECT_NE(int_option(client->get(), SOL_SOCKET, SO_KEEPALIVE), 0);
  EXPECT_EQ(int_option(client->get(), IPPROTO_TCP, TCP_KEEPIDLE), 60);
  EXPECT_EQ(int_option(client->get(), IPPROTO_TCP, TCP_KEEPINTVL), 15);
  EXPECT_EQ(int_option(client->get(), IPPROTO_TCP, TCP_KEEPCNT), 4);
}

}  // namespace
}  // namespace ferry::net
