#include "server/http/fair_workers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <future>
#include <string>
#include <vector>

namespace calotype {
namespace {

using testing::ElementsAre;

TEST(FairWorkersTest, ClientsAreServedInTurn) {
  std::vector<std::string> done;  // not guarded: there is one thread
  FairWorkers workers(1);
  std::promise<void> go;
  workers.Post("first", [wait = go.get_future().share()] { wait.wait(); });
  while (workers.waiting() > 0) {
    std::this_thread::yield();
  }
  for (const char* const work : {"busy 1", "busy 2", "busy 3", "quiet 1", "other 1", "busy 4", "quiet 2"}) {
    const std::string name = work;
    workers.Post(name.substr(0, name.find(' ')), [&done, name] { done.push_back(name); });
  }
  EXPECT_EQ(workers.waiting(), 7);
  EXPECT_EQ(workers.waiting("busy"), 4);
  EXPECT_EQ(workers.waiting("unknown"), 0);
  go.set_value();
  workers.Join();
  EXPECT_THAT(done, ElementsAre("busy 1", "quiet 1", "other 1", "busy 2", "quiet 2", "busy 3", "busy 4"));
  EXPECT_EQ(workers.waiting(), 0);
}

TEST(FairWorkersTest, SeveralThreadsDoEverythingOnce) {
  std::atomic<int> done = 0;
  FairWorkers workers(4);
  std::vector<std::jthread> clients;
  for (int client = 0; client < 3; ++client) {
    clients.emplace_back([&, client] {
      for (int i = 0; i < 200; ++i) {
        workers.Post(std::to_string(client), [&done] { ++done; });
      }
    });
  }
  clients.clear();
  workers.Join();
  EXPECT_EQ(done, 600);
}

TEST(FairWorkersTest, APriorityIsThatOfItsThreadsOnly) {
  std::atomic<int> seen = -1;
  const int before = getpriority(PRIO_PROCESS, 0);
  if (before > 12) {
    GTEST_SKIP() << "the priority is as low already";
  }
  FairWorkers workers(1, 13);
  workers.Post("a", [&seen] { seen = getpriority(PRIO_PROCESS, 0); });
  workers.Join();
  EXPECT_EQ(seen, 13);
  EXPECT_EQ(getpriority(PRIO_PROCESS, 0), before);
}

}  // namespace
}  // namespace calotype
