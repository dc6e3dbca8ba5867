#include "inference/placement/batching_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "base/log.h"

namespace calotype {
namespace {

using std::chrono::milliseconds;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr float kBad = -1;  // an input row with which every run fails

// A model with y = 2 x and each row twice in "twice". Records the rows of each run.
class FakeSession : public Session {
 public:
  struct State {
    Mutex mutex;
    std::vector<int64_t> runs ABSL_GUARDED_BY(mutex);
    int64_t memory = 1000;                     // the number of rows that fit
    bool summary = false;                      // "twice" has one row for the whole batch
    bool growing = false;                      // "twice" has as many rows as the square of the batch's
    bool held ABSL_GUARDED_BY(mutex) = false;  // runs do not end while this is set
  };
  explicit FakeSession(std::shared_ptr<State> state) : state_(std::move(state)) {}

  const std::vector<TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<TensorInfo>& outputs() const override { return outputs_; }
  std::optional<std::string> Metadata(const std::string& key) const override { return key; }
  DeviceInfo device() const override { return {.engine = "fake 1", .device = "gpu", .precision = "f32"}; }

  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override {
    const std::span<const float> x = inputs[0].data<float>();
    {
      const MutexLock lock(&state_->mutex);
      state_->runs.push_back(inputs[0].dim(0));
      state_->mutex.Await([this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return !state_->held; });
    }
    if (inputs[0].dim(0) > state_->memory) {
      return absl::ResourceExhaustedError("CUDA error 2: out of memory");
    }
    if (std::find(x.begin(), x.end(), kBad) != x.end()) {
      return absl::InvalidArgumentError("bad row");
    }
    Tensor y(ElementType::kFloat32, inputs[0].shape());
    std::transform(x.begin(), x.end(), y.data<float>().begin(), [](float value) { return 2 * value; });
    const int64_t rows = inputs[0].dim(0);
    Tensor twice(ElementType::kInt64, {state_->summary ? 1 : rows * (state_->growing ? rows : 2)});
    for (std::size_t i = 0; i < twice.elements(); ++i) {
      twice.data<int64_t>()[i] = static_cast<int64_t>(
          x[i * static_cast<std::size_t>(rows) / twice.elements() * (x.size() / static_cast<std::size_t>(rows))]);
    }
    return std::vector<Tensor>{y, twice};
  }

 private:
  const std::shared_ptr<State> state_;
  const std::vector<TensorInfo> inputs_ = {{.name = "x", .shape = {-1, -1}}};
  const std::vector<TensorInfo> outputs_ = {{.name = "y", .shape = {-1, -1}},
                                            {.name = "twice", .type = ElementType::kInt64, .shape = {-1}}};
};

std::vector<Tensor> Rows(const std::vector<float>& values, int64_t width = 1) {
  Tensor x(ElementType::kFloat32, {static_cast<int64_t>(values.size()), width});
  for (std::size_t i = 0; i < x.elements(); ++i) {
    x.data<float>()[i] = values[i / static_cast<std::size_t>(width)];
  }
  return {x};
}

class BatchingSessionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SetLogSink([this](LogLevel, std::string_view message) { logged_.emplace_back(message); });
  }
  void TearDown() override { SetLogSink({}); }

  void Make(const BatchingOptions& options) {
    session_ = std::make_unique<BatchingSession>(std::make_unique<FakeSession>(state_), options);
  }

  // Expects the right result for each row.
  void ExpectAnswers(const StatusOr<std::vector<Tensor>>& outputs, const std::vector<float>& values,
                     std::size_t width = 1) {
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    ASSERT_EQ((*outputs)[0].dim(0), static_cast<int64_t>(values.size()));
    ASSERT_EQ((*outputs)[1].elements(), 2 * values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_THAT((*outputs)[0].data<float>().subspan(i * width, width), Each(2 * values[i]));
      EXPECT_THAT((*outputs)[1].data<int64_t>().subspan(2 * i, 2), Each(static_cast<int64_t>(values[i])));
    }
  }
  // Eight threads, each with calls of one to five rows.
  void ExpectAnswersOfManyCallers() {
    std::vector<std::jthread> threads;
    for (int own = 0; own < 8; ++own) {
      threads.emplace_back([this, own] {
        for (int i = 0; i < 50; ++i) {
          const std::vector<float> values(1 + (own + i) % 5, static_cast<float>(100 * own + i));
          ExpectAnswers(session_->Run(Rows(values)), values);
        }
      });
    }
  }

  // Makes all calls at once, each on a thread of its own.
  void RunAtOnce(const std::vector<std::vector<float>>& calls) {
    std::vector<std::jthread> threads;
    for (const std::vector<float>& values : calls) {
      threads.emplace_back([this, &values] { ExpectAnswers(session_->Run(Rows(values)), values); });
    }
  }

  std::vector<int64_t> runs() {
    const MutexLock lock(&state_->mutex);
    return std::exchange(state_->runs, {});
  }

  const std::shared_ptr<FakeSession::State> state_ = std::make_shared<FakeSession::State>();
  std::unique_ptr<BatchingSession> session_;
  std::vector<std::string> logged_;
};

constexpr std::chrono::microseconds kLong = std::chrono::seconds(60);

TEST_F(BatchingSessionTest, WithoutBatchingCallsAreForwarded) {
  Make({.max_batch = 1, .max_delay = kLong});
  ExpectAnswers(session_->Run(Rows({1, 2, 3})), {1, 2, 3});
  EXPECT_THAT(runs(), ElementsAre(3));
  EXPECT_EQ(session_->Metadata("key"), "key");
  EXPECT_EQ(session_->device().device, "gpu");
}

TEST_F(BatchingSessionTest, AFullBatchRunsAtOnce) {
  Make({.max_batch = 6, .max_delay = kLong});
  RunAtOnce({{1, 2}, {3}, {4, 5, 6}});
  EXPECT_THAT(runs(), ElementsAre(6));
}

TEST_F(BatchingSessionTest, ASingleCallWaitsOnlyForTheDelay) {
  Make({.max_batch = 8, .max_delay = milliseconds(30)});
  const auto start = std::chrono::steady_clock::now();
  ExpectAnswers(session_->Run(Rows({7})), {7});
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(30));
  EXPECT_THAT(runs(), ElementsAre(1));
}

TEST_F(BatchingSessionTest, ACallThatDoesNotFitStartsTheNextBatch) {
  Make({.max_batch = 3, .max_delay = milliseconds(50)});
  RunAtOnce({{1, 2}, {3, 4}});
  EXPECT_THAT(runs(), ElementsAre(2, 2));
}

TEST_F(BatchingSessionTest, DifferentShapesUseDifferentBatches) {
  Make({.max_batch = 2, .max_delay = kLong});
  std::vector<std::jthread> threads;
  for (const int64_t width : {1, 2, 1, 2}) {
    threads.emplace_back(
        [this, width] { ExpectAnswers(session_->Run(Rows({5}, width)), {5}, static_cast<std::size_t>(width)); });
  }
  threads.clear();
  EXPECT_THAT(runs(), ElementsAre(2, 2));
}

TEST_F(BatchingSessionTest, BatchesArePaddedToBuckets) {
  Make({.max_batch = 6, .max_delay = milliseconds(0), .fixed_buckets = true});
  for (const std::vector<float>& values : std::vector<std::vector<float>>{{1}, {1, 2, 3}, {1, 2, 3, 4, 5}}) {
    ExpectAnswers(session_->Run(Rows(values)), values);
  }
  EXPECT_THAT(runs(), ElementsAre(1, 4, 6));
}

TEST_F(BatchingSessionTest, AnOversizeCallIsSplitAndJoined) {
  Make({.max_batch = 4, .max_delay = kLong});
  ExpectAnswers(session_->Run(Rows({1, 2, 3, 4, 5, 6, 7, 8, 9}, 3)), {1, 2, 3, 4, 5, 6, 7, 8, 9}, 3);
  EXPECT_THAT(runs(), ElementsAre(4, 4, 1));
}

TEST_F(BatchingSessionTest, OneBadCallFailsAlone) {
  Make({.max_batch = 3, .max_delay = kLong});
  std::vector<std::jthread> threads;
  for (const float value : {1.0F, kBad, 3.0F}) {
    threads.emplace_back([this, value] {
      const auto outputs = session_->Run(Rows({value}));
      if (value == kBad) {
        EXPECT_EQ(Message(outputs.status()), "bad row");
      } else {
        ExpectAnswers(outputs, {value});
      }
    });
  }
  threads.clear();
  EXPECT_THAT(runs(), ElementsAre(3, 1, 1, 1));
}

TEST_F(BatchingSessionTest, OutOfMemoryHalvesTheBatchForGood) {
  state_->memory = 3;
  Make({.max_batch = 8, .max_delay = kLong, .fixed_buckets = true});
  ExpectAnswers(session_->Run(Rows({1, 2, 3, 4, 5, 6, 7, 8})), {1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_THAT(runs(), ElementsAre(8, 4, 2, 2, 2, 2));
  EXPECT_EQ(session_->batch_limit(), 2);
  RunAtOnce({{1}, {2}});
  ExpectAnswers(session_->Run(Rows({1, 2, 3})), {1, 2, 3});
  EXPECT_THAT(runs(), ElementsAre(2, 2, 1));
  ASSERT_THAT(logged_, SizeIs(1));
  EXPECT_THAT(logged_[0], HasSubstr("batches of 8 rows do not fit into memory; using batches of 2 from now on"));
}

TEST_F(BatchingSessionTest, OutOfMemoryWithOneRowIsAnError) {
  state_->memory = 0;
  Make({.max_batch = 2, .max_delay = kLong});
  EXPECT_TRUE(absl::IsResourceExhausted(session_->Run(Rows({1, 2})).status()));
  EXPECT_THAT(runs(), ElementsAre(2, 1));
  EXPECT_EQ(session_->batch_limit(), 1);
}

TEST_F(BatchingSessionTest, OutputsWithoutRowsEndBatching) {
  state_->summary = true;
  Make({.max_batch = 2, .max_delay = kLong});
  {
    std::vector<std::jthread> threads(2);
    for (std::jthread& thread : threads) {
      thread = std::jthread([this] { EXPECT_EQ((*session_->Run(Rows({1})))[1].elements(), 1U); });
    }
  }
  EXPECT_THAT(runs(), ElementsAre(2, 1, 1));
  EXPECT_EQ((*session_->Run(Rows({1, 2, 3})))[1].elements(), 1U);
  EXPECT_THAT(runs(), ElementsAre(3));
  ASSERT_THAT(logged_, SizeIs(1));
  EXPECT_THAT(logged_[0], HasSubstr("output twice has 1 rows for 2 rows of input"));
}

TEST_F(BatchingSessionTest, OutputsOfChangingShapeEndBatching) {
  state_->growing = true;
  Make({.max_batch = 2, .max_delay = kLong});
  EXPECT_EQ((*session_->Run(Rows({1, 2, 3})))[1].elements(), 9U);
  EXPECT_THAT(runs(), ElementsAre(2, 1, 3));
  ASSERT_THAT(logged_, SizeIs(1));
  EXPECT_THAT(logged_[0], HasSubstr("output twice changes its shape from run to run"));
}

TEST_F(BatchingSessionTest, EachOfManyCallersGetsItsResult) {
  Make({.max_batch = 4, .max_delay = milliseconds(1), .fixed_buckets = true});
  ExpectAnswersOfManyCallers();
  EXPECT_THAT(logged_, IsEmpty());
}

// Starts `calls` one after the other while the first run is held, then lets it end.
void RunWhileBusy(BatchingSession& session, FakeSession::State& state, const std::vector<std::vector<float>>& calls) {
  std::vector<std::jthread> threads;
  {
    const MutexLock lock(&state.mutex);
    state.held = true;
  }
  std::size_t queued = 0;
  for (const std::vector<float>& values : calls) {
    threads.emplace_back([&session, &values] { EXPECT_TRUE(session.Run(Rows(values)).ok()); });
    if (queued++ == 0) {
      const MutexLock lock(&state.mutex);
      state.mutex.Await([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return !state.runs.empty(); });
    }
    while (session.waiting() + 1 < static_cast<int64_t>(queued)) {
      std::this_thread::yield();
    }
  }
  const MutexLock lock(&state.mutex);
  state.held = false;
}

TEST_F(BatchingSessionTest, InTurnALonelyCallRunsAtOnce) {
  Make({.max_batch = 8, .max_delay = kLong, .runs_at_once = 1});
  ExpectAnswers(session_->Run(Rows({7})), {7});
  ExpectAnswers(session_->Run(Rows({1, 2})), {1, 2});
  EXPECT_THAT(runs(), ElementsAre(1, 2));
}

TEST_F(BatchingSessionTest, InTurnCallsThatWaitShareTheNextRun) {
  Make({.max_batch = 4, .runs_at_once = 1});
  RunWhileBusy(*session_, *state_, {{1}, {2}, {3, 4}, {5}, {6}});
  EXPECT_THAT(runs(), ElementsAre(1, 4, 1)) << "the last call does not fit into a run of four rows";
}

TEST_F(BatchingSessionTest, InTurnOtherShapesWaitForTheirTurn) {
  Make({.max_batch = 4, .runs_at_once = 1});
  std::vector<std::jthread> threads;
  for (const int64_t width : {1, 2, 1, 2, 3}) {
    threads.emplace_back(
        [this, width] { ExpectAnswers(session_->Run(Rows({5}, width)), {5}, static_cast<std::size_t>(width)); });
  }
  threads.clear();
  int64_t rows = 0;
  for (const int64_t of_run : runs()) {
    rows += of_run;
  }
  EXPECT_EQ(rows, 5);
}

TEST_F(BatchingSessionTest, InTurnACallOfManyRowsIsSplit) {
  Make({.max_batch = 2, .runs_at_once = 1});
  RunWhileBusy(*session_, *state_, {{1}, {2, 3, 4}, {5}});
  EXPECT_THAT(runs(), ElementsAre(1, 2, 1, 1));
}

TEST_F(BatchingSessionTest, InTurnWithLearnedRowsEachOfManyCallersGetsItsResult) {
  Make({.max_batch = 4, .runs_at_once = 2, .learn_rows = true});
  ExpectAnswersOfManyCallers();
  EXPECT_EQ(session_->waiting(), 0);
}

TEST(CanBatchTest, NeedsAFreeFirstDimensionEverywhere) {
  struct Shapes : FakeSession {
    Shapes(std::vector<int64_t> input, std::vector<int64_t> output)
        : FakeSession(nullptr),
          in({{.name = "x", .shape = std::move(input)}}),
          out({{.name = "y", .shape = std::move(output)}}) {}
    const std::vector<TensorInfo>& inputs() const override { return in; }
    const std::vector<TensorInfo>& outputs() const override { return out; }
    std::vector<TensorInfo> in;
    std::vector<TensorInfo> out;
  };
  EXPECT_TRUE(CanBatch(Shapes({-1, 3}, {-1})));
  EXPECT_FALSE(CanBatch(Shapes({1, 3}, {-1})));
  EXPECT_FALSE(CanBatch(Shapes({-1, 3}, {100, 6})));
  EXPECT_FALSE(CanBatch(Shapes({-1, 3}, {})));
}

}  // namespace
}  // namespace calotype
