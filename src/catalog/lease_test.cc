#include "catalog/lease.h"

#include <gtest/gtest.h>

#include <string>

namespace calotype {
namespace {

constexpr LeaseTime kNow{.unix_seconds = 1'700'000'000, .boot_ms = 5'000'000};

Lease LeaseOf(const std::string& boot) {
  Lease lease{.owner = {}, .end = LeaseEnd(kNow)};
  lease.owner.boot = boot;
  return lease;
}

LeaseTime After(int64_t seconds) {
  return {.unix_seconds = kNow.unix_seconds + seconds, .boot_ms = kNow.boot_ms + seconds * 1000};
}

TEST(LeaseTest, ALeaseHoldsUntilItsEnd) {
  for (const char* boot : {"this", "other"}) {
    const Lease lease = LeaseOf(boot);
    EXPECT_FALSE(CanTakeOver(lease, OwnerLife::kUnknown, "this", kNow)) << boot;
    EXPECT_FALSE(CanTakeOver(lease, OwnerLife::kAlive, "this", After(kLeaseSeconds - 1))) << boot;
    EXPECT_TRUE(CanTakeOver(lease, OwnerLife::kAlive, "this", After(kLeaseSeconds))) << boot;
  }
}

TEST(LeaseTest, ADeadOwnerHoldsNothing) { EXPECT_TRUE(CanTakeOver(LeaseOf("this"), OwnerLife::kDead, "this", kNow)); }

TEST(LeaseTest, OnOneMachineTheClockOnTheWallDoesNotMatter) {
  LeaseTime now = After(1);
  for (const int64_t offset : {-315'360'000, 315'360'000}) {
    now.unix_seconds = kNow.unix_seconds + offset;
    EXPECT_FALSE(CanTakeOver(LeaseOf("this"), OwnerLife::kUnknown, "this", now)) << offset;
  }
  now = After(kLeaseSeconds);
  now.unix_seconds = kNow.unix_seconds - 315'360'000;
  EXPECT_TRUE(CanTakeOver(LeaseOf("this"), OwnerLife::kUnknown, "this", now));
}

TEST(LeaseTest, ALeaseFromTheFutureHasExpired) {
  EXPECT_TRUE(CanTakeOver(LeaseOf("other"), OwnerLife::kUnknown, "this", After(-1)));
}

TEST(LeaseTest, AnUnknownBootIsComparedByTheClockOnTheWall) {
  EXPECT_FALSE(CanTakeOver(LeaseOf(""), OwnerLife::kUnknown, "", kNow));
  EXPECT_TRUE(CanTakeOver(LeaseOf(""), OwnerLife::kUnknown, "", After(kLeaseSeconds)));
}

}  // namespace
}  // namespace calotype
