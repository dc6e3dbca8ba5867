#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <thread>

#include "base/folders.h"
#include "inference/engine.h"
#include "inference/engines/onnxruntime_library.h"
#include "inference/model_cache.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const fs::path kData = fs::path(CALOTYPE_SOURCE_DIR) / "src/inference/testdata";

// What the set-up fetched, else the system's.
fs::path Library() {
  const fs::path fetched =
      FoldersFromEnvironment([](const char* name) -> const char* { return std::getenv(name); }).cache /
      "onnxruntime/lib";
  return fs::exists(fetched) ? fetched : fs::path();
}

std::shared_ptr<Engine> OpenEngine() {
  StatusOr<std::shared_ptr<Engine>> engine = OpenOnnxRuntime({.library = Library(), .plugins = {}});
  EXPECT_TRUE(engine.ok()) << engine.status();
  return engine.ok() ? *engine : nullptr;
}

std::vector<Tensor> AffineInputs() {
  Tensor x(ElementType::kFloat32, {2, 3});
  for (std::size_t i = 0; i < 6; ++i) {
    x.data<float>()[i] = static_cast<float>(i);
  }
  Tensor ids(ElementType::kInt64, {4});
  std::fill(ids.data<int64_t>().begin(), ids.data<int64_t>().end(), 5);
  return {x, ids};
}

TEST(OnnxRuntimeTest, RunsAGraphAndTellsWhatItIs) {
  const auto engine = OpenEngine();
  ASSERT_NE(engine, nullptr);
  EXPECT_THAT(engine->name(), HasSubstr("onnxruntime 1."));
  const auto session = engine->Load(kData / "affine.onnx", {});
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_EQ((*session)->inputs().size(), 2U);
  EXPECT_EQ((*session)->inputs()[0].name, "x");
  EXPECT_THAT((*session)->inputs()[0].shape, ElementsAre(-1, 3));
  EXPECT_EQ((*session)->inputs()[1].type, ElementType::kInt64);
  EXPECT_EQ((*session)->Metadata("character"), "a\nb");
  EXPECT_EQ((*session)->Metadata("nothing"), std::nullopt);
  EXPECT_EQ((*session)->device().device, "cpu");

  const auto outputs = (*session)->Run(AffineInputs());
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT((*outputs)[0].shape(), ElementsAre(2, 3));
  EXPECT_THAT((*outputs)[0].data<float>(), ElementsAre(1, 3, 5, 7, 9, 11));
  EXPECT_THAT((*outputs)[1].data<int64_t>(), ElementsAre(20));
}

TEST(OnnxRuntimeTest, OffersCudaWhereItsProviderLies) {
  const auto engine = OpenEngine();
  ASSERT_NE(engine, nullptr);
  const std::vector<EngineDevice> devices = engine->devices();
  EXPECT_EQ(devices[0].device, "cpu");
  if (!Library().empty()) {
    EXPECT_EQ(devices.size() > 1, fs::exists(Library() / "libonnxruntime_providers_cuda.so"));
  }
}

TEST(OnnxRuntimeTest, WrongInputsAreErrorsThatNameThem) {
  const auto engine = OpenEngine();
  ASSERT_NE(engine, nullptr);
  const auto session = engine->Load(kData / "affine.onnx", {});
  ASSERT_TRUE(session.ok());
  std::vector<Tensor> inputs = AffineInputs();
  EXPECT_EQ(Message((*session)->Run(std::span(inputs).first(1)).status()), "the model takes 2 inputs, 1 were given");
  std::swap(inputs[0], inputs[1]);
  EXPECT_EQ(Message((*session)->Run(inputs).status()), "input x is float32, int64 was given");
  inputs = AffineInputs();
  inputs[0] = Tensor(ElementType::kFloat32, {2, 4});
  EXPECT_FALSE((*session)->Run(inputs).ok());
}

TEST(OnnxRuntimeTest, WrongFilesAreErrors) {
  const auto engine = OpenEngine();
  ASSERT_NE(engine, nullptr);
  EXPECT_TRUE(absl::IsNotFound(engine->Load(kData / "nothing.onnx", {}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(engine->Load(kData / "make_testdata.py", {}).status()));
}

// Of this process, in MiB.
double ResidentMemory() {
  std::ifstream file("/proc/self/statm");
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

TEST(OnnxRuntimeTest, ADestroyedSessionGivesItsMemoryBack) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers keep freed memory";
#endif
  const auto engine = OpenEngine();
  ASSERT_NE(engine, nullptr);
  const auto load_and_run = [&]() -> std::unique_ptr<Session> {
    auto session = engine->Load(kData / "activations.onnx", {});
    const Tensor x(ElementType::kFloat32, {1 << 19, 4});
    EXPECT_TRUE(session.ok() && (*session)->Run({&x, 1}).ok());
    return session.ok() ? *std::move(session) : nullptr;
  };
  load_and_run();  // what the library keeps for itself, and an allocator that has seen large blocks come and go
  const double before = ResidentMemory();
  auto first = load_and_run();
  const double loaded = ResidentMemory();
  const auto second = load_and_run();  // lies above the first one, which is then a hole in the heap
  const double both = ResidentMemory();
  first.reset();
  EXPECT_GT(loaded, before + 8);
  EXPECT_LT(ResidentMemory(), both - 8);
}

TEST(OnnxRuntimeTest, OneLibraryPerProcess) {
  ASSERT_NE(OpenEngine(), nullptr);
  EXPECT_TRUE(absl::IsFailedPrecondition(OpenOnnxRuntime({.library = "/other/place", .plugins = {}}).status()));
}

TEST(OnnxRuntimeLibraryTest, VersionsBecomeApis) {
  EXPECT_EQ(*OnnxRuntimeApiOf("1.31.1"), 31);
  EXPECT_EQ(*OnnxRuntimeApiOf("1.9.0"), 9);
  EXPECT_FALSE(OnnxRuntimeApiOf("2.0.0").ok());
  EXPECT_FALSE(OnnxRuntimeApiOf("nonsense").ok());
}

// An engine that counts its loads and takes its time.
class CountingEngine : public Engine {
 public:
  explicit CountingEngine(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}
  std::string name() const override { return engine_->name(); }
  std::vector<EngineDevice> devices() const override { return engine_->devices(); }
  StatusOr<std::unique_ptr<Session>> Load(const fs::path& model, const SessionOptions& options) override {
    ++loads;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return engine_->Load(model, options);
  }
  std::atomic<int> loads{0};

 private:
  std::shared_ptr<Engine> engine_;
};

TEST(ModelCacheTest, OneLoadHoweverManyAsk) {
  const auto engine = std::make_shared<CountingEngine>(OpenEngine());
  ModelCache cache(engine, {});
  std::atomic<int> self_tests{0};
  std::vector<std::shared_ptr<Session>> sessions(8);
  {
    std::vector<std::jthread> threads;
    for (std::shared_ptr<Session>& own : sessions) {
      threads.emplace_back([&] {
        const auto session = cache.Get({.name = "affine", .path = kData / "affine.onnx"}, [&](Session& loaded) {
          ++self_tests;
          return loaded.Run(AffineInputs()).status();
        });
        ASSERT_TRUE(session.ok());
        own = *session;
        EXPECT_TRUE(own->Run(AffineInputs()).ok());
      });
    }
  }
  EXPECT_EQ(engine->loads, 1);
  EXPECT_EQ(self_tests, 1);
  for (const auto& session : sessions) {
    EXPECT_EQ(session, sessions[0]);
  }
  EXPECT_EQ(cache.Loaded().count("affine"), 1U);
}

TEST(ModelCacheTest, AFailedLoadOrSelfTestIsToldToEveryCallerOnce) {
  const auto engine = std::make_shared<CountingEngine>(OpenEngine());
  ModelCache cache(engine, {});
  const auto wrong = [](Session&) { return absl::DataLossError("expected 1, saw 2"); };
  for (int i = 0; i < 2; ++i) {
    const Status status = cache.Get({.name = "a", .path = kData / "affine.onnx"}, wrong).status();
    EXPECT_THAT(Message(status), HasSubstr("model a fails its self-test on onnxruntime"));
    EXPECT_THAT(Message(status), HasSubstr("expected 1, saw 2"));
    EXPECT_THAT(Message(cache.Get({.name = "b", .path = "/nothing.onnx"}, nullptr).status()),
                HasSubstr("model b does not load"));
  }
  EXPECT_EQ(engine->loads, 2);
  EXPECT_TRUE(cache.Loaded().empty());
}

TEST(TensorTest, OwnsAlignedStorageThatCopiesShare) {
  Tensor tensor(ElementType::kFloat32, {2, 2});
  EXPECT_EQ(tensor.bytes(), 16U);
  EXPECT_EQ(tensor.dim(1), 2);
  EXPECT_EQ(tensor.dim(2), 0);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.raw()) % 64, 0U);
  const Tensor copy = tensor;
  tensor.data<float>()[3] = 7;
  EXPECT_EQ(copy.data<float>()[3], 7);
}

}  // namespace
}  // namespace calotype
