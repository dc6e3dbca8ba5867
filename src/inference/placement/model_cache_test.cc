#include "inference/placement/model_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/temporary_folder.h"
#include "inference/fake_device_engine.h"
#include "inference/placement/fake_probe.h"

namespace calotype {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

ModelFile Named(const std::string& name) {
  return {.name = name, .task = name, .path = "/models/" + name, .hash = name};
}

class ModelCacheTest : public ::testing::Test {
 protected:
  std::unique_ptr<ModelCache> Make(CacheSettings settings) {
    const std::shared_ptr<Engine> engine = engine_;
    auto placement = std::make_shared<Placement>(
        PlacementSettings{.options = ListDeviceOptions(std::span(&engine, 1)), .measure_all = true},
        std::make_shared<DeviceStore>(""));
    auto cache = std::make_unique<ModelCache>(std::move(placement), std::move(settings));
    for (const char* const name : {"a", "b", "c"}) {
      cache->Register(Named(name), FakeProbe());
    }
    return cache;
  }

  static std::vector<std::string> Loaded(const ModelCache& cache) {
    std::vector<std::string> names;
    for (const ModelReport& report : cache.Report()) {
      if (report.loaded) {
        names.push_back(report.model.name);
      }
    }
    return names;
  }

  const std::shared_ptr<FakeDeviceEngine> engine_ =
      std::make_shared<FakeDeviceEngine>("fake 1", std::vector<FakeDevice>{{.time = std::chrono::microseconds(100)}});
};

TEST_F(ModelCacheTest, ManyRequestsCauseOneLoad) {
  const auto cache = Make({});
  std::vector<std::shared_ptr<Session>> sessions(8);
  {
    std::vector<std::jthread> threads;
    for (std::shared_ptr<Session>& own : sessions) {
      threads.emplace_back([&] {
        const auto session = cache->Get("a");
        ASSERT_TRUE(session.ok());
        own = *session;
        EXPECT_TRUE(own->Run(FakeInput(1)).ok());
      });
    }
  }
  EXPECT_EQ(engine_->loads("cpu"), 2);  // once to measure, once for use
  for (const auto& session : sessions) {
    EXPECT_EQ(session, sessions[0]);
  }
  EXPECT_EQ(cache->DeviceOf("a"), "fake 1 cpu f32");
  EXPECT_EQ(cache->DeviceOf("b"), "");
}

TEST_F(ModelCacheTest, AFailedLoadIsReportedToEveryCallerAndNotRetried) {
  engine_->fake("cpu").load = absl::InternalError("broken file");
  const auto cache = Make({});
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Message(cache->Get("a").status()), HasSubstr("model a does not load: broken file"));
  }
  EXPECT_EQ(engine_->loads("cpu"), 2);
  EXPECT_TRUE(absl::IsNotFound(cache->Get("nothing").status()));
}

TEST_F(ModelCacheTest, MeasuresAheadOfUse) {
  const auto cache = Make({});
  EXPECT_EQ(cache->Unmeasured().size(), 3U);
  std::vector<std::string> told;
  cache->Measure([&](const std::string& name) { told.push_back(name); });
  EXPECT_EQ(told, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(cache->Unmeasured().empty());
  EXPECT_TRUE(Loaded(*cache).empty());
}

TEST_F(ModelCacheTest, MeasuringCanBeStoppedAndContinued) {
  const auto cache = Make({});
  std::stop_source stop;
  std::vector<std::string> told;
  const auto tell = [&](const std::string& name) {
    told.push_back(name);
    if (name == "b") {
      stop.request_stop();
    }
  };
  cache->Measure(tell, stop.get_token());
  EXPECT_EQ(told, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(cache->Unmeasured(), (std::vector<std::string>{"b", "c"}));
  cache->Measure(nullptr);
  EXPECT_TRUE(cache->Unmeasured().empty());
}

TEST_F(ModelCacheTest, UnregisteredModelsAreNotMeasured) {
  const auto cache = Make({});
  cache->Unregister("b");
  EXPECT_EQ(cache->Unmeasured(), (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(cache->Report().size(), 2U);
  cache->Register(Named("b"), FakeProbe());
  EXPECT_EQ(cache->Report().size(), 3U);
}

// A load counts the growth of the process, and at least the file's size. The growth is not predictable, so these tests
// use large files.
void RegisterThreeOfHundredMegabytes(ModelCache& cache, const std::filesystem::path& folder) {
  for (const char* const name : {"d", "e", "f"}) {
    const auto file = folder / name;
    std::ofstream(file) << "x";
    std::filesystem::resize_file(file, 100'000'000);  // sparse
    cache.Register({.name = name, .task = name, .path = file, .hash = name}, FakeProbe());
  }
}

TEST_F(ModelCacheTest, TheLeastRecentlyUsedModelIsUnloaded) {
  const auto folder = TemporaryFolder::Create();
  ASSERT_TRUE(folder.ok());
  const auto cache = Make({.memory_bytes = 250'000'000});
  RegisterThreeOfHundredMegabytes(*cache, folder->path());
  ASSERT_TRUE(cache->Get("d").ok());
  ASSERT_TRUE(cache->Get("e").ok());
  ASSERT_TRUE(cache->Get("d").ok());
  ASSERT_TRUE(cache->Get("f").ok());
  EXPECT_EQ(Loaded(*cache), (std::vector<std::string>{"d", "f"}));
  EXPECT_EQ(cache->DeviceOf("e"), "fake 1 cpu f32");  // where it ran last
  const auto held = cache->Get("d");
  const auto held_too = cache->Get("f");
  ASSERT_TRUE(cache->Get("e").ok());  // both are in use, so the limit is exceeded
  EXPECT_EQ(Loaded(*cache), (std::vector<std::string>{"d", "e", "f"}));
}

TEST_F(ModelCacheTest, MakeRoomUnloadsIdleModels) {
  const auto folder = TemporaryFolder::Create();
  ASSERT_TRUE(folder.ok());
  const auto cache = Make({});
  RegisterThreeOfHundredMegabytes(*cache, folder->path());
  ASSERT_TRUE(cache->Preload({"d", "e"}).ok());
  const auto held = cache->Get("f");
  cache->MakeRoom(50'000'000);
  EXPECT_EQ(Loaded(*cache), (std::vector<std::string>{"e", "f"}));
  cache->MakeRoom(1'000'000'000);
  EXPECT_EQ(Loaded(*cache), (std::vector<std::string>{"f"})) << "what is at work stays";
}

TEST_F(ModelCacheTest, IdleModelsAreUnloadedUnlessPinnedOrHeld) {
  const auto cache = Make({.idle = milliseconds(1), .idle_by_task = {{"c", milliseconds(0)}}, .pinned = {"b"}});
  ASSERT_TRUE(cache->Preload({"a", "b", "c"}).ok());
  {
    const auto held = cache->Get("a");
    std::this_thread::sleep_for(milliseconds(5));
    cache->UnloadIdle();
    EXPECT_EQ(Loaded(*cache), (std::vector<std::string>{"a", "b", "c"}));
  }
  std::this_thread::sleep_for(milliseconds(5));
  cache->UnloadIdle();
  EXPECT_EQ(Loaded(*cache), (std::vector<std::string>{"b", "c"}));
  EXPECT_TRUE(cache->Get("a").ok());  // loads again
}

TEST_F(ModelCacheTest, UnloadsIdleModelsInTheBackground) {
  const auto cache = Make({.idle = milliseconds(1)});
  ASSERT_TRUE(cache->Get("a").ok());
  for (int i = 0; i < 200 && !Loaded(*cache).empty(); ++i) {
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_TRUE(Loaded(*cache).empty());
}

}  // namespace
}  // namespace calotype
