#include "pipeline/lease_keeper.h"

#include <gtest/gtest.h>

#include "pipeline/fake_work_source.h"

namespace calotype {
namespace {

TEST(LeaseKeeperTest, ExtendsUntilItIsDestroyedEvenAfterAnError) {
  FakeWorkSource source;
  source.error = absl::ResourceExhaustedError("disk full");
  {
    const LeaseKeeper keeper(source, std::chrono::milliseconds(5));
    while (source.extensions < 3) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  const int extensions = source.extensions;
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_EQ(source.extensions, extensions);
}

TEST(LeaseKeeperTest, ALongIntervalDoesNotDelayTheEnd) {
  FakeWorkSource source;
  const auto start = std::chrono::steady_clock::now();
  {
    const LeaseKeeper keeper(source, std::chrono::hours(1));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  EXPECT_EQ(source.extensions, 0);
}

}  // namespace
}  // namespace calotype
