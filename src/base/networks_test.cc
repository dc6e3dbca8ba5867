#include "base/networks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calotype {
namespace {

bool Contains(const std::vector<std::string>& networks, std::string_view address) {
  return Networks::Parse(networks, "server.trusted_proxies")->Contains(*ParseAddress(address));
}

TEST(NetworksTest, ANetworkHasTheAddressesWithItsFirstBits) {
  EXPECT_TRUE(Contains({"10.0.0.0/8"}, "10.200.3.4"));
  EXPECT_FALSE(Contains({"10.0.0.0/8"}, "11.0.0.1"));
  EXPECT_TRUE(Contains({"192.168.1.7"}, "192.168.1.7"));
  EXPECT_FALSE(Contains({"192.168.1.7"}, "192.168.1.8"));
  EXPECT_TRUE(Contains({"1.2.3.4", "fd00::/8"}, "fd12::1"));
  EXPECT_TRUE(Contains({"0.0.0.0/0"}, "9.9.9.9"));
  EXPECT_FALSE(Contains({"0.0.0.0/0"}, "fd12::1"));
  EXPECT_FALSE(Contains({}, "127.0.0.1"));
}

TEST(NetworksTest, AnIPv4AddressIsTheSameWithinIPv6) {
  EXPECT_TRUE(Contains({"10.0.0.0/8"}, "::ffff:10.1.1.1"));
  EXPECT_TRUE(IsLoopback(*ParseAddress("::ffff:127.0.0.1")));
  EXPECT_TRUE(IsLoopback(*ParseAddress("127.9.9.9")));
  EXPECT_TRUE(IsLoopback(*ParseAddress("::1")));
  EXPECT_FALSE(IsLoopback(*ParseAddress("128.0.0.1")));
}

TEST(NetworksTest, WhatIsNoNetworkIsNamed) {
  for (const char* text :
       {"10.0.0.0/33", "10.0.0/8", "fd00::/129", "a", "", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x"}) {
    const StatusOr<Networks> parsed = Networks::Parse({text}, "server.trusted_proxies");
    EXPECT_THAT(Message(parsed.status()), testing::HasSubstr("server.trusted_proxies has '" + std::string(text) + "'"));
  }
}

TEST(NetworksTest, InternalAddressesAreKnownInEveryForm) {
  for (const std::string_view internal :
       {"127.0.0.1",     "127.255.0.1",       "10.1.2.3",        "172.31.0.1",      "192.168.0.1",    "169.254.169.254",
        "100.64.0.1",    "0.0.0.0",           "224.0.0.1",       "255.255.255.255", "198.18.0.1",     "::",
        "::1",           "::ffff:127.0.0.1",  "::ffff:10.0.0.1", "::127.0.0.1",     "64:ff9b::a00:1", "64:ff9b:1::1",
        "2002:7f00:1::", "2002:a9fe:a9fe::1", "fe80::1",         "fc00::1",         "fd12::1",        "fec0::1",
        "ff02::1",       "2001:db8::1",       "2001::1"}) {
    EXPECT_TRUE(IsInternal(*ParseAddress(internal))) << internal;
  }
  for (const std::string_view open :
       {"1.1.1.1", "172.32.0.1", "100.128.0.1", "11.0.0.1", "192.167.0.1", "223.255.255.1", "2606:4700::1111",
        "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"}) {
    EXPECT_FALSE(IsInternal(*ParseAddress(open))) << open;
  }
}

}  // namespace
}  // namespace calotype
