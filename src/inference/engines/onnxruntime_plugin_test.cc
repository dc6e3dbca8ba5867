// Tests devices other than the CPU with tests/faulty_provider, a real plug-in that fails as CALOTYPE_FAULT says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <thread>

#include "base/source_dir.h"
#include "inference/engine.h"
#include "inference/fetched_library.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

const fs::path kActivations = SourceDir() / "src/inference/testdata/activations.onnx";
const fs::path kAffine = SourceDir() / "src/inference/testdata/affine.onnx";

class ScopedFault {
 public:
  explicit ScopedFault(const std::string& fault) { setenv("CALOTYPE_FAULT", fault.c_str(), 1); }
  ScopedFault(const ScopedFault&) = delete;
  ScopedFault& operator=(const ScopedFault&) = delete;
  ~ScopedFault() { unsetenv("CALOTYPE_FAULT"); }
};

fs::path Library() { return FetchedLibrary("onnxruntime/lib"); }

std::shared_ptr<Engine> OpenWith(const std::vector<PluginProvider>& plugins) {
  StatusOr<std::shared_ptr<Engine>> engine = OpenOnnxRuntime({.library = Library(), .plugins = plugins});
  EXPECT_TRUE(engine.ok()) << engine.status();
  return engine.ok() ? *engine : nullptr;
}

std::shared_ptr<Engine> OpenFaulty() { return OpenWith({{.name = "faulty", .library = CALOTYPE_FAULTY_PROVIDER}}); }

// Whether a device `name` is usable if it is opened with the fault `fault`.
Status UsableWith(const std::string& fault, const PluginProvider& plugin) {
  const ScopedFault on(fault);
  const auto engine = OpenWith({plugin});
  return engine == nullptr ? absl::UnknownError("not opened") : engine->devices().back().usable;
}

std::unique_ptr<Session> LoadOn(Engine& engine, const std::string& device) {
  StatusOr<std::unique_ptr<Session>> session = engine.Load(kActivations, {.device = device});
  EXPECT_TRUE(session.ok()) << session.status();
  return session.ok() ? *std::move(session) : nullptr;
}

Tensor Input(int64_t batch) {
  Tensor x(ElementType::kFloat32, {batch, 4});
  for (std::size_t i = 0; i < x.data<float>().size(); ++i) {
    x.data<float>()[i] = static_cast<float>(i) - 2.5F;
  }
  return x;
}

StatusOr<std::vector<float>> RunBatch(Session& session, int64_t batch) {
  const Tensor x = Input(batch);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, session.Run({&x, 1}));
  const auto values = outputs[0].data<float>();
  return std::vector<float>(values.begin(), values.end());
}

TEST(OnnxRuntimePluginTest, GivesTheCpusResultsAndNamesItsDevice) {
  const auto engine = OpenFaulty();
  ASSERT_NE(engine, nullptr);
  const std::vector<EngineDevice> devices = engine->devices();
  EXPECT_EQ(devices.front().device, "cpu");
  EXPECT_EQ(devices.back().device, "faulty");
  EXPECT_TRUE(devices.back().usable.ok()) << devices.back().usable;
  EXPECT_THAT(devices.back().description, HasSubstr("faulty on a CPU of "));
  EXPECT_THAT(devices.back().precisions, testing::ElementsAre("f32"));

  const auto session = LoadOn(*engine, "faulty");
  const auto on_cpu = LoadOn(*engine, "cpu");
  EXPECT_EQ(session->device().ToString(), engine->name() + " faulty f32");
  const auto values = RunBatch(*session, 3);
  const auto expected = RunBatch(*on_cpu, 3);
  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_THAT(*values, testing::Pointwise(testing::FloatNear(1e-6F), *expected));
}

struct RunCase {
  const char* fault;
  absl::StatusCode code;
  const char* words;
};

class FaultyRunTest : public testing::TestWithParam<RunCase> {};

TEST_P(FaultyRunTest, BecomesAStatusWithTheDevicesMessage) {
  const auto engine = OpenFaulty();
  ASSERT_NE(engine, nullptr);
  const auto session = LoadOn(*engine, "faulty");
  {
    const ScopedFault on(GetParam().fault);
    const Status status = RunBatch(*session, 3).status();
    EXPECT_EQ(status.code(), GetParam().code) << status;
    EXPECT_THAT(Message(status), HasSubstr(GetParam().words));
  }
  EXPECT_TRUE(RunBatch(*session, 3).ok());
}

INSTANTIATE_TEST_SUITE_P(
    All, FaultyRunTest,
    testing::Values(RunCase{"run=no_kernel", absl::StatusCode::kInternal,
                            "CUDA failure 209: no kernel image is available for execution on the device"},
                    RunCase{"run=old_driver", absl::StatusCode::kInternal,
                            "CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version"},
                    RunCase{"run=no_device", absl::StatusCode::kInternal,
                            "CUDA failure 100: no CUDA-capable device is detected"},
                    RunCase{"run=cudnn", absl::StatusCode::kInternal, "CUDNN_STATUS_EXECUTION_FAILED"},
                    RunCase{"run=oom", absl::StatusCode::kResourceExhausted, "CUDA failure 2: out of memory"},
                    RunCase{"oom>2", absl::StatusCode::kResourceExhausted, "CUDA failure 2: out of memory"},
                    RunCase{"random:1:42=oom", absl::StatusCode::kResourceExhausted, "out of memory"},
                    RunCase{"gibberish", absl::StatusCode::kInternal, "'gibberish' is not understood"}));

TEST(OnnxRuntimePluginTest, FaultsStartOnTimeAndSpareSmallBatches) {
  const auto engine = OpenFaulty();
  ASSERT_NE(engine, nullptr);
  const auto session = LoadOn(*engine, "faulty");
  {
    const ScopedFault on("only:2=no_kernel;run:4=oom");
    std::vector<bool> worked;
    for (int i = 0; i < 5; ++i) {
      worked.push_back(RunBatch(*session, 1).ok());
    }
    EXPECT_THAT(worked, testing::ElementsAre(true, false, true, false, false));
  }
  const ScopedFault on("oom>2");
  EXPECT_TRUE(RunBatch(*session, 2).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(RunBatch(*session, 3).status()));
}

TEST(OnnxRuntimePluginTest, WrongValuesAreReturned) {
  const auto engine = OpenFaulty();
  ASSERT_NE(engine, nullptr);
  const auto session = LoadOn(*engine, "faulty");
  const auto right = RunBatch(*session, 200);
  {
    const ScopedFault on("run=nan");
    const auto values = RunBatch(*session, 200);
    EXPECT_THAT(*values, testing::Each(testing::IsNan()));
  }
  const ScopedFault on("run=wrong:0.04");
  const auto values = RunBatch(*session, 200);
  float largest = 0;
  for (std::size_t i = 0; i < right->size(); ++i) {
    largest = std::max(largest, std::abs(values->at(i) / right->at(i) - 1));
  }
  EXPECT_GT(largest, 0.02F);
  EXPECT_LT(largest, 0.2F);
}

TEST(OnnxRuntimePluginTest, AHangLastsForTheGivenTime) {
  const auto engine = OpenFaulty();
  ASSERT_NE(engine, nullptr);
  const auto session = LoadOn(*engine, "faulty");
  const ScopedFault on("run=hang:0.2");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(RunBatch(*session, 1).ok());
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(200));
}

TEST(OnnxRuntimePluginTest, EachThreadGetsItsOwnFault) {
  const auto engine = OpenFaulty();
  ASSERT_NE(engine, nullptr);
  const auto session = LoadOn(*engine, "faulty");
  const auto expected = RunBatch(*session, 2);
  const ScopedFault on("random:0.5:1=oom|nan");
  std::atomic<int> failed{0};
  std::atomic<int> spoiled{0};
  {
    std::vector<std::jthread> threads(4);
    for (std::jthread& thread : threads) {
      thread = std::jthread([&] {
        for (int i = 0; i < 50; ++i) {
          const auto values = RunBatch(*session, 2);
          failed += values.ok() ? 0 : 1;
          spoiled += values.ok() && *values != *expected ? 1 : 0;
        }
      });
    }
  }
  EXPECT_NEAR(failed, 50, 25);
  EXPECT_NEAR(spoiled, 50, 25);
}

TEST(OnnxRuntimePluginTest, LoadReportsASessionThatCannotBeCreated) {
  const auto engine = OpenFaulty();
  ASSERT_NE(engine, nullptr);
  const struct {
    const char* fault;
    absl::StatusCode code;
    const char* words;
  } cases[] = {
      {"create", absl::StatusCode::kInternal, "CALOTYPE_FAULT asks for it: create"},
      {"create=old_driver", absl::StatusCode::kInternal, "CUDA failure 35"},
      {"create=oom", absl::StatusCode::kResourceExhausted, "out of memory"},
      {"compile=no_kernel", absl::StatusCode::kInternal, "CUDA failure 209"},
      {"compile=oom", absl::StatusCode::kResourceExhausted, "out of memory"},
  };
  for (const auto& one : cases) {
    const ScopedFault on(one.fault);
    const Status status = engine->Load(kActivations, {.device = "faulty"}).status();
    EXPECT_EQ(status.code(), one.code) << one.fault << " " << status;
    EXPECT_THAT(Message(status), HasSubstr(one.words)) << one.fault;
  }
}

TEST(OnnxRuntimePluginTest, ASessionThatWouldRunOnlyOnTheCpuIsAnError) {
  const auto engine = OpenFaulty();
  ASSERT_NE(engine, nullptr);
  const Status status = engine->Load(kAffine, {.device = "faulty"}).status();
  EXPECT_EQ(Message(status), "faulty supports no part of affine.onnx: all of it would run on the CPU");
  EXPECT_TRUE(absl::IsInternal(status));
}

TEST(OnnxRuntimePluginTest, ErrorsNameMissingDevices) {
  const auto engine = OpenFaulty();
  ASSERT_NE(engine, nullptr);
  Status status = engine->Load(kActivations, {.device = "abacus"}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(Message(status), AllOf(HasSubstr("no device 'abacus'; known: cpu"), HasSubstr("faulty")));
  status = engine->Load(kActivations, {.device = "faulty", .precision = "f16"}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(Message(status), HasSubstr("supports faulty with precision f32, not 'f16'"));
  for (const char* name : {"", "cpu", "cuda"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(
        OpenOnnxRuntime({.library = Library(), .plugins = {{.name = name, .library = CALOTYPE_FAULTY_PROVIDER}}})
            .status()))
        << name;
  }
}

TEST(OnnxRuntimePluginTest, AnUnusablePluginHasAReason) {
  EXPECT_THAT(Message(UsableWith("", {.name = "missing", .library = "/nothing/libmissing.so"})),
              HasSubstr("libmissing.so"));
  EXPECT_FALSE(UsableWith("", {.name = "stranger", .library = kActivations}).ok());
  const PluginProvider late = {.name = "late", .library = CALOTYPE_FAULTY_PROVIDER};
  const Status refused = UsableWith("register=no_device", late);
  EXPECT_THAT(Message(refused), HasSubstr("CUDA failure 100: no CUDA-capable device is detected"));
  EXPECT_THAT(Message(UsableWith("absent", {.name = "absent", .library = CALOTYPE_FAULTY_PROVIDER})),
              HasSubstr("registered, but offers no device on this machine"));
  // A plug-in that failed is tried again. The device is listed, and Load() reports the reason.
  EXPECT_TRUE(UsableWith("", late).ok());
  const auto engine = OpenWith({{.name = "missing", .library = "/nothing/libmissing.so"}});
  EXPECT_THAT(Message(engine->Load(kActivations, {.device = "missing"}).status()), HasSubstr("libmissing.so"));
}

TEST(OnnxRuntimePluginTest, APluginIsRegisteredOnceAndANameHasOneLibrary) {
  ASSERT_NE(OpenFaulty(), nullptr);
  const auto both = OpenWith({{.name = "faulty", .library = CALOTYPE_FAULTY_PROVIDER},
                              {.name = "second", .library = CALOTYPE_FAULTY_PROVIDER}});
  ASSERT_NE(both, nullptr);
  for (const char* name : {"faulty", "second"}) {
    const auto session = LoadOn(*both, name);
    ASSERT_NE(session, nullptr);
    EXPECT_EQ(session->device().device, name);
    EXPECT_TRUE(RunBatch(*session, 1).ok());
  }
  EXPECT_THAT(Message(UsableWith("", {.name = "faulty", .library = "/other/libfaulty.so"})),
              HasSubstr("the name faulty is already used in this process by"));
}

}  // namespace
}  // namespace calotype
