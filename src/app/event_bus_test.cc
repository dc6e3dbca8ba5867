#include "app/event_bus.h"

#include <gtest/gtest.h>

#include <thread>
#include <variant>

namespace calotype {
namespace {

constexpr std::chrono::milliseconds kNow{0};

TEST(EventBusTest, EachSubscriberReceivesAllEventsFromItsStart) {
  EventBus bus;
  bus.Publish(ScanEnded{});
  const auto first = bus.Subscribe();
  bus.Publish(ScanFailure{.path = "a", .analysis = "pdq", .reason = "r"});
  const auto second = bus.Subscribe();
  bus.Publish(ScanReport{.photos = 7});
  EXPECT_EQ(std::get<ScanFailure>(first->Next(kNow).value()).path, "a");
  EXPECT_EQ(std::get<ScanReport>(first->Next(kNow).value()).photos, 7);
  EXPECT_EQ(std::get<ScanReport>(second->Next(kNow).value()).photos, 7);
  EXPECT_FALSE(first->Next(kNow).has_value());
  EXPECT_FALSE(first->finished());
}

TEST(EventBusTest, OnlyTheNewestProgressWaits) {
  EventBus bus;
  const auto queue = bus.Subscribe();
  bus.Publish(ScanProgress{.photos = 1});
  bus.Publish(ScanProgress{.photos = 2});
  bus.Publish(ScanReport{});
  bus.Publish(ScanProgress{.photos = 3});
  EXPECT_EQ(std::get<ScanProgress>(queue->Next(kNow).value()).photos, 2);
  EXPECT_TRUE(std::holds_alternative<ScanReport>(queue->Next(kNow).value()));
  EXPECT_EQ(std::get<ScanProgress>(queue->Next(kNow).value()).photos, 3);
  EXPECT_EQ(queue->lost(), 0);
}

TEST(EventBusTest, ASubscriberThatDoesNotReadLosesTheOldest) {
  EventBus bus;
  const auto queue = bus.Subscribe();
  for (std::size_t i = 0; i < EventQueue::kCapacity + 2; ++i) {
    bus.Publish(ScanReport{.photos = static_cast<int64_t>(i)});
  }
  EXPECT_EQ(queue->lost(), 2);
  EXPECT_EQ(std::get<ScanReport>(queue->Next(kNow).value()).photos, 2);
}

TEST(EventBusTest, ClosingEndsTheQueuesAfterTheirLastEvent) {
  EventBus bus;
  const auto queue = bus.Subscribe();
  std::jthread reader([&queue] {
    EXPECT_TRUE(queue->Next().has_value());
    EXPECT_FALSE(queue->Next().has_value());
    EXPECT_TRUE(queue->finished());
  });
  bus.Publish(ScanEnded{});
  bus.Close();
  reader.join();
  EXPECT_TRUE(bus.Subscribe()->finished());
}

}  // namespace
}  // namespace calotype
