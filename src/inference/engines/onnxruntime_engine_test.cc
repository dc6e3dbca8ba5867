#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>

#include "base/source_dir.h"
#include "base/temporary_folder.h"
#include "inference/engine.h"
#include "inference/engines/onnxruntime_library.h"
#include "inference/fetched_library.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const fs::path kData = SourceDir() / "src/inference/testdata";

fs::path Library() { return FetchedLibrary("onnxruntime/lib"); }

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

TEST(OnnxRuntimeTest, RunsAModelAndDescribesIt) {
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

TEST(OnnxRuntimeTest, ListsCudaIfItsProviderExists) {
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
  EXPECT_EQ(Message((*session)->Run(std::span(inputs).first(1)).status()), "the model needs 2 inputs, got 1");
  std::swap(inputs[0], inputs[1]);
  EXPECT_EQ(Message((*session)->Run(inputs).status()), "input x needs float32, got int64");
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

TEST(OnnxRuntimeTest, WithFewRunsATextEncoderHasOneRow) {
  const auto engine = OpenEngine();
  ASSERT_NE(engine, nullptr);
  const StatusOr<TemporaryFolder> folder = TemporaryFolder::Create();
  ASSERT_TRUE(folder.ok()) << folder.status();
  const fs::path words = SourceDir() / "src/analysis/embed/testdata/contrastive/siglip_text.onnx";
  const auto rows_of = [&](const fs::path& model, bool few_runs) -> int64_t {
    const auto session = engine->Load(model, {.compiled = folder->path(), .few_runs = few_runs});
    EXPECT_TRUE(session.ok()) << session.status();
    return session.ok() ? (*session)->inputs()[0].shape[0] : 0;
  };
  EXPECT_EQ(rows_of(words, false), -1);
  EXPECT_EQ(rows_of(words, true), 1);
  EXPECT_EQ(rows_of(words, true), 1) << "as it was kept";
  EXPECT_EQ(rows_of(words, false), -1);
  EXPECT_EQ(rows_of(kData / "affine.onnx", true), -1) << "numbers that are no ids come in any number of rows";
}

// Files in the folder only save time: in whatever state they are, the model loads and gives the same results.
TEST(OnnxRuntimeTest, CompiledModelsAreKeptAndVerified) {
  const auto engine = OpenEngine();
  ASSERT_NE(engine, nullptr);
  const StatusOr<TemporaryFolder> folder = TemporaryFolder::Create();
  ASSERT_TRUE(folder.ok()) << folder.status();
  const fs::path compiled = folder->path() / "compiled";
  const auto works = [&](bool few_runs = false) {
    const auto session = engine->Load(kData / "affine.onnx", {.compiled = compiled, .few_runs = few_runs});
    ASSERT_TRUE(session.ok()) << session.status();
    EXPECT_EQ((*session)->inputs()[1].name, "ids");
    EXPECT_EQ((*session)->Metadata("character"), "a\nb");
    EXPECT_EQ((*session)->device().ToString(), engine->name() + " cpu f32");
    const auto outputs = (*session)->Run(AffineInputs());
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_THAT((*outputs)[0].data<float>(), ElementsAre(1, 3, 5, 7, 9, 11));
  };
  works();
  const std::vector<fs::path> kept(fs::directory_iterator(compiled), {});
  ASSERT_EQ(kept.size(), 1U);
  const auto size = fs::file_size(kept[0]);
  fs::last_write_time(kept[0], fs::last_write_time(kept[0]) - std::chrono::hours(1));
  const auto written = fs::last_write_time(kept[0]);
  works();
  works(true);
  EXPECT_EQ(fs::last_write_time(kept[0]), written) << "it was not used";
  for (const uintmax_t cut : {size / 2, uintmax_t{100}, uintmax_t{0}}) {
    fs::resize_file(kept[0], cut);
    works();
    EXPECT_EQ(fs::file_size(kept[0]), size) << "cut to " << cut << " it was not made again";
  }
  std::ofstream(kept[0]) << std::string(size, 'x');
  works();
  EXPECT_THAT(std::vector<fs::path>(fs::directory_iterator(compiled), {}), ElementsAre(kept[0]));
  fs::remove_all(compiled);
  std::ofstream(compiled) << "a file where a folder should be";
  works();
}

// Resident memory of this process in MiB.
double ResidentMemory() {
  std::ifstream file("/proc/self/statm");
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

TEST(OnnxRuntimeTest, SessionsShareWorkingMemoryAndFreeIt) {
#if defined(CALOTYPE_SANITIZED)
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
  load_and_run();  // so that the library's own memory and the allocator's lists are not counted
  const double before = ResidentMemory();
  auto first = load_and_run();
  const double loaded = ResidentMemory();
  EXPECT_GT(loaded, before + 8);
  auto second = load_and_run();
  EXPECT_LT(ResidentMemory(), loaded + 4);
  first.reset();
  const Tensor x(ElementType::kFloat32, {1 << 10, 4});
  EXPECT_TRUE(second->Run({&x, 1}).ok());
  second.reset();
  EXPECT_LT(ResidentMemory(), before + 4);
}

// A result keeps its memory after its session is destroyed.
TEST(OnnxRuntimeTest, ResultsOutliveTheLastSession) {
  const auto engine = OpenEngine();
  ASSERT_NE(engine, nullptr);
  auto session = engine->Load(kData / "activations.onnx", {});
  ASSERT_TRUE(session.ok());
  Tensor x(ElementType::kFloat32, {1 << 10, 4});
  std::ranges::fill(x.data<float>(), 0.5F);
  const auto results = (*session)->Run({&x, 1});
  const auto again = (*session)->Run({&x, 1});
  session->reset();
  const auto other = engine->Load(kData / "activations.onnx", {});
  ASSERT_TRUE(results.ok() && again.ok() && other.ok());
  EXPECT_TRUE((*other)->Run({&x, 1}).ok());
  EXPECT_TRUE(std::ranges::equal(results->front().data<float>(), again->front().data<float>()));
}

TEST(OnnxRuntimeTest, OneLibraryPerProcess) {
  ASSERT_NE(OpenEngine(), nullptr);
  EXPECT_TRUE(absl::IsFailedPrecondition(OpenOnnxRuntime({.library = "/other/place", .plugins = {}}).status()));
}

TEST(OnnxRuntimeLibraryTest, DerivesTheApiFromTheVersion) {
  EXPECT_EQ(*OnnxRuntimeApiOf("1.31.1"), 31);
  EXPECT_EQ(*OnnxRuntimeApiOf("1.9.0"), 9);
  EXPECT_FALSE(OnnxRuntimeApiOf("2.0.0").ok());
  EXPECT_FALSE(OnnxRuntimeApiOf("nonsense").ok());
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

// endless.onnx has a loop whose condition stays true.
TEST(OnnxRuntimeTest, ARunWithoutAnEndIsEnded) {
  const auto engine = OpenEngine();
  ASSERT_NE(engine, nullptr);
  EXPECT_TRUE(engine->ends_runs());
  const auto session = engine->Load(kData / "endless.onnx", {.run_limit = std::chrono::milliseconds(100)});
  ASSERT_TRUE(session.ok()) << session.status();
  const std::vector<Tensor> input = {Tensor(ElementType::kFloat32, {1})};
  for (int run = 0; run < 3; ++run) {
    const Status ended = (*session)->Run(input).status();
    EXPECT_TRUE(absl::IsDeadlineExceeded(ended)) << ended;
    EXPECT_EQ(Message(ended), "a run on the CPU did not end within 0.1 s (inference.cpu_timeout_s)");
  }
  const auto other = engine->Load(kData / "affine.onnx", {.run_limit = std::chrono::milliseconds(100)});
  ASSERT_TRUE(other.ok());
  EXPECT_TRUE((*other)->Run(AffineInputs()).ok()) << "other models go on";
}

}  // namespace
}  // namespace calotype
