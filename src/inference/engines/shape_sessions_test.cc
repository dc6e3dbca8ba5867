#include "inference/engines/shape_sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace calotype {
namespace {

using ::testing::ElementsAre;

// Counts what happens to a test's sessions.
struct Made {
  std::atomic<int> loads = 0;
  std::atomic<int> alive = 0;
  std::atomic<int> plans = 0;   // runs with another shape than the session's last one
  std::atomic<int> room = 100;  // sessions that fit into memory
  std::atomic<bool> runs_need_room = false;
};

class OneShapeSession final : public Session {
 public:
  explicit OneShapeSession(Made& made) : made_(made) { ++made_.alive; }
  OneShapeSession(const OneShapeSession&) = delete;
  OneShapeSession& operator=(const OneShapeSession&) = delete;
  ~OneShapeSession() override { --made_.alive; }

  const std::vector<TensorInfo>& inputs() const override { return tensors_; }
  const std::vector<TensorInfo>& outputs() const override { return tensors_; }
  std::optional<std::string> Metadata(const std::string& key) const override { return key; }
  DeviceInfo device() const override { return {.engine = "fake", .device = "gpu", .precision = "f32"}; }
  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override {
    if (made_.runs_need_room && made_.alive > made_.room) {
      return absl::ResourceExhaustedError("CUDA error 2: out of memory");
    }
    const MutexLock lock(&mutex_);
    if (last_ != inputs[0].shape()) {
      last_ = inputs[0].shape();
      ++made_.plans;
    }
    return std::vector<Tensor>{inputs[0]};
  }

 private:
  Made& made_;
  const std::vector<TensorInfo> tensors_ = {{.name = "x", .type = ElementType::kFloat32, .shape = {-1}}};
  Mutex mutex_;
  std::vector<int64_t> last_ ABSL_GUARDED_BY(mutex_);
};

class ShapeSessionsTest : public ::testing::Test {
 protected:
  void Make(std::size_t most) {
    sessions_.emplace(
        std::make_shared<OneShapeSession>(made_),
        [this]() -> StatusOr<std::unique_ptr<Session>> {
          if (made_.alive >= made_.room) {
            return absl::ResourceExhaustedError("CUDA error 2: out of memory");
          }
          ++made_.loads;
          return std::make_unique<OneShapeSession>(made_);
        },
        most);
  }

  // The sizes of the outputs for inputs of `sizes`.
  std::vector<int64_t> Run(const std::vector<int64_t>& sizes) {
    std::vector<int64_t> answers;
    for (const int64_t size : sizes) {
      const Tensor input(ElementType::kFloat32, {size});
      const StatusOr<std::vector<Tensor>> outputs = sessions_->Run({&input, 1});
      answers.push_back(outputs.ok() ? outputs->front().dim(0) : -1);
    }
    return answers;
  }

  Made made_;
  std::optional<ShapeSessions> sessions_;
};

TEST_F(ShapeSessionsTest, EachShapeIsPreparedOnce) {
  Make(3);
  EXPECT_THAT(Run({1, 2, 3, 1, 2, 3, 3, 2, 1}), ElementsAre(1, 2, 3, 1, 2, 3, 3, 2, 1));
  EXPECT_EQ(made_.plans, 3);
  EXPECT_EQ(made_.loads, 2) << "the first session serves the first shape";
}

TEST_F(ShapeSessionsTest, AFurtherShapeReplacesTheLeastRecentlyUsed) {
  Make(2);
  Run({1, 2, 1, 3});
  EXPECT_EQ(made_.alive, 2);
  EXPECT_EQ(made_.plans, 3);
  Run({1, 3});
  EXPECT_EQ(made_.plans, 3) << "2 had rested";
  Run({2});
  EXPECT_EQ(made_.plans, 4);
}

TEST_F(ShapeSessionsTest, WithoutMemoryForAnotherSessionReusesOne) {
  made_.room = 2;
  Make(8);
  EXPECT_THAT(Run({1, 2, 3, 1, 2, 3}), ElementsAre(1, 2, 3, 1, 2, 3));
  EXPECT_EQ(made_.alive, 2);
  EXPECT_EQ(made_.loads, 1);
}

TEST_F(ShapeSessionsTest, ARunWithoutMemoryFreesOtherShapes) {
  Make(8);
  Run({1, 2, 3});
  made_.room = 1;
  made_.runs_need_room = true;
  EXPECT_THAT(Run({2}), ElementsAre(2));
  EXPECT_EQ(made_.alive, 1);
  made_.room = 0;
  EXPECT_THAT(Run({2}), ElementsAre(-1)) << "nothing is left to free";
}

TEST_F(ShapeSessionsTest, DescribesTheModelAfterItsFirstSessionIsDestroyed) {
  Make(2);
  Run({1, 2});
  made_.room = 1;
  made_.runs_need_room = true;
  Run({2});
  EXPECT_EQ(sessions_->Metadata("key"), "key");
  EXPECT_EQ(sessions_->device().ToString(), "fake gpu f32");
  EXPECT_EQ(sessions_->inputs().front().name, "x");
  EXPECT_EQ(sessions_->outputs().front().name, "x");
}

TEST_F(ShapeSessionsTest, ServesManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kRuns = 200;
  Make(3);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int run = 0; run < kRuns; ++run) {
        const int64_t size = 1 + (run * 7 + thread) % 5;
        wrong += Run({size}) == std::vector<int64_t>{size} ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(made_.alive, 3);
}

}  // namespace
}  // namespace calotype
