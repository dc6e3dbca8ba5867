#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <thread>

#include "base/folders.h"
#include "base/source_dir.h"
#include "base/temporary_folder.h"
#include "inference/engine.h"
#include "inference/engines/check_inputs.h"
#include "inference/engines/openvino_library.h"
#include "inference/fetched_library.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const fs::path kData = SourceDir() / "src/inference/testdata";

fs::path Cache() {
  return FoldersFromEnvironment([](const char* name) -> const char* { return std::getenv(name); }).cache;
}

// CALOTYPE_TEST_OPENVINO may name the folder of another version, for manual tests.
fs::path OpenVinoFolder() {
  const char* const other = std::getenv("CALOTYPE_TEST_OPENVINO");
  return other == nullptr ? FetchedLibrary("openvino/libs") : fs::path(other);
}

class OpenVinoTest : public ::testing::Test {
 protected:
  void SetUp() override {
    StatusOr<std::shared_ptr<Engine>> engine = OpenOpenVino(OpenVinoFolder());
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *engine;
  }

  std::unique_ptr<Session> Load(const fs::path& model, const SessionOptions& options = {}) {
    StatusOr<std::unique_ptr<Session>> session = engine_->Load(model, options);
    EXPECT_TRUE(session.ok()) << session.status();
    return session.ok() ? *std::move(session) : nullptr;
  }

  std::shared_ptr<Engine> engine_;
};

// x has the numbers from `first` on; ids are four times five.
std::vector<Tensor> AffineInputs(int64_t rows = 2, float first = 0) {
  Tensor x(ElementType::kFloat32, {rows, 3});
  for (std::size_t i = 0; i < x.elements(); ++i) {
    x.data<float>()[i] = first + static_cast<float>(i);
  }
  Tensor ids(ElementType::kInt64, {4});
  std::fill(ids.data<int64_t>().begin(), ids.data<int64_t>().end(), 5);
  return {x, ids};
}

TEST_F(OpenVinoTest, RunsAModelAndDescribesIt) {
  EXPECT_THAT(engine_->name(), StartsWith("openvino 20"));
  const auto session = Load(kData / "affine.onnx");
  ASSERT_NE(session, nullptr);
  EXPECT_EQ(session->Metadata("character"), "a\nb");
  EXPECT_EQ(session->Metadata("nothing"), std::nullopt);
  EXPECT_EQ(session->device().ToString(), engine_->name() + " cpu f32");

  const auto outputs = session->Run(AffineInputs());
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT((*outputs)[0].shape(), ElementsAre(2, 3));
  EXPECT_THAT((*outputs)[0].data<float>(), ElementsAre(1, 3, 5, 7, 9, 11));
  EXPECT_THAT((*outputs)[1].shape(), ElementsAre());
  EXPECT_THAT((*outputs)[1].data<int64_t>(), ElementsAre(20));
}

TEST_F(OpenVinoTest, ListsTheCpuWithF32First) {
  const std::vector<EngineDevice> devices = engine_->devices();
  ASSERT_FALSE(devices.empty());
  EXPECT_EQ(devices[0].device, "cpu");
  EXPECT_EQ(devices[0].precisions[0], "f32");
  EXPECT_TRUE(devices[0].usable.ok());
#ifdef __x86_64__
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512bf16")) {
    EXPECT_THAT(devices[0].precisions, Contains("bf16"));
  } else if (__builtin_cpu_supports("avx512f")) {
    EXPECT_THAT(devices[0].precisions, Not(Contains("bf16")));
  }
#endif
}

TEST_F(OpenVinoTest, RunsInEachPrecisionOfTheCpu) {
  const std::vector<EngineDevice> devices = engine_->devices();
  for (const std::string& precision : devices[0].precisions) {
    SCOPED_TRACE(precision);
    const auto session = Load(kData / "affine.onnx", {.precision = precision});
    ASSERT_NE(session, nullptr);
    EXPECT_EQ(session->device().precision, precision);
    const auto outputs = session->Run(AffineInputs());
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_THAT((*outputs)[0].data<float>(), ElementsAre(1, 3, 5, 7, 9, 11));
  }
}

TEST_F(OpenVinoTest, WrongInputsAreErrorsThatNameThem) {
  const auto session = Load(kData / "affine.onnx");
  ASSERT_NE(session, nullptr);
  std::vector<Tensor> inputs = AffineInputs();
  EXPECT_EQ(Message(session->Run(std::span(inputs).first(1)).status()), "the model needs 2 inputs, got 1");
  std::swap(inputs[0], inputs[1]);
  EXPECT_EQ(Message(session->Run(inputs).status()), "input x needs float32, got int64");
  inputs = AffineInputs();
  inputs[0] = Tensor(ElementType::kFloat32, {2, 4});
  const Status status = session->Run(inputs).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(Message(status), "input x needs the shape [-1, 3] (-1: any), got [2, 4]");
  EXPECT_TRUE(session->Run(AffineInputs()).ok());
}

TEST_F(OpenVinoTest, WrongFilesAndOptionsAreErrors) {
  EXPECT_TRUE(absl::IsNotFound(engine_->Load(kData / "nothing.onnx", {}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(engine_->Load(kData / "make_testdata.py", {}).status()));
  const Status device = engine_->Load(kData / "affine.onnx", {.device = "tpu"}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(device));
  EXPECT_THAT(Message(device), HasSubstr("has no device 'tpu'; known: cpu"));
  const Status precision = engine_->Load(kData / "affine.onnx", {.precision = "f8"}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(precision));
  EXPECT_THAT(Message(precision), HasSubstr("does not support 'f8' on cpu; known: f32"));
}

// Files in the folder only save time: in whatever state they are, the model loads and gives the same results.
TEST_F(OpenVinoTest, CompiledModelsAreKeptAndVerified) {
  const StatusOr<TemporaryFolder> folder = TemporaryFolder::Create();
  ASSERT_TRUE(folder.ok()) << folder.status();
  const fs::path compiled = folder->path() / "compiled";
  const auto works = [&] {
    const auto session = Load(kData / "affine.onnx", {.compiled = compiled});
    ASSERT_NE(session, nullptr);
    const auto outputs = session->Run(AffineInputs());
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_THAT((*outputs)[0].data<float>(), ElementsAre(1, 3, 5, 7, 9, 11));
  };
  works();
  std::vector<fs::path> kept(fs::directory_iterator(compiled), {});
  ASSERT_EQ(kept.size(), 1U);
  const auto written = fs::last_write_time(kept[0]);
  works();
  EXPECT_EQ(fs::last_write_time(kept[0]), written) << "it was not used";
  fs::permissions(kept[0], fs::perms::owner_all);
  fs::resize_file(kept[0], fs::file_size(kept[0]) / 2);
  works();
  fs::permissions(kept[0], fs::perms::owner_all);
  fs::resize_file(kept[0], 0);
  works();
  fs::remove_all(compiled);
  std::ofstream(compiled) << "a file where a folder should be";
  works();
}

// More threads than streams, each with its own shapes.
TEST_F(OpenVinoTest, RunsFromManyThreadsDoNotMix) {
  const auto session = Load(kData / "affine.onnx", {.threads = 1, .parallel = 2});
  ASSERT_NE(session, nullptr);
  std::vector<std::jthread> threads;
  for (int64_t own = 1; own <= 4; ++own) {
    threads.emplace_back([&session, own] {
      std::vector<Tensor> kept;
      for (int i = 0; i < 20; ++i) {
        const auto outputs = session->Run(AffineInputs(own, static_cast<float>(100 * own + i)));
        ASSERT_TRUE(outputs.ok()) << outputs.status();
        kept.push_back((*outputs)[0]);
      }
      for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(kept[i].dim(0), own);
        EXPECT_EQ(kept[i].data<float>()[0], static_cast<float>(2 * (100 * own + i) + 1));
      }
    });
  }
}

void ExpectSame(const std::vector<TensorInfo>& ours, const std::vector<TensorInfo>& theirs) {
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_EQ(ours[i].name, theirs[i].name);
    EXPECT_EQ(ours[i].type, theirs[i].type) << ours[i].name;
    EXPECT_EQ(ours[i].shape, theirs[i].shape) << ours[i].name;
  }
}

TEST_F(OpenVinoTest, DescribesAModelAsOnnxRuntimeDoes) {
  const auto other = OpenOnnxRuntime({.library = FetchedLibrary("onnxruntime/lib"), .plugins = {}});
  ASSERT_TRUE(other.ok()) << other.status();
  std::vector<fs::path> models = {kData / "affine.onnx"};
  if (const fs::path starter = Cache() / "models/starter"; fs::exists(starter)) {
    std::copy_if(fs::directory_iterator(starter), {}, std::back_inserter(models),
                 [](const fs::path& file) { return file.extension() == ".onnx"; });
  }
  for (const fs::path& model : models) {
    SCOPED_TRACE(model);
    const auto ours = Load(model);
    const auto theirs = (*other)->Load(model, {});
    ASSERT_NE(ours, nullptr);
    ASSERT_TRUE(theirs.ok()) << theirs.status();
    ExpectSame(ours->inputs(), (*theirs)->inputs());
    ExpectSame(ours->outputs(), (*theirs)->outputs());
    EXPECT_EQ(ours->Metadata("character"), (*theirs)->Metadata("character"));
  }
}

TEST_F(OpenVinoTest, OneLibraryPerProcess) {
  EXPECT_TRUE(absl::IsFailedPrecondition(OpenOpenVino("/other/place").status()));
}

TEST(OpenVinoLibraryTest, VersionsAndMessagesAreShortened) {
  EXPECT_EQ(ShortOpenVinoVersion("2026.4.1-22982-e213a147257-releases/2026/4"), "2026.4.1");
  EXPECT_EQ(ShortOpenVinoVersion("2023.0"), "2023.0");
  EXPECT_EQ(TidyOpenVinoMessage("Exception from src/inference/src/cpp/core.cpp:97:\nCheck 'a' failed\n\nwhy\n"),
            "Check 'a' failed; why");
  EXPECT_EQ(TidyOpenVinoMessage(""), "");
}

}  // namespace
}  // namespace calotype
