#include "inference/quantise/quantiser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>

#include "base/source_dir.h"
#include "base/temporary_folder.h"
#include "inference/fetched_library.h"
#include "inference/onnx_metadata.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

const fs::path kData = SourceDir() / "src/inference/testdata";

fs::path Library() { return FetchedLibrary("onnxruntime/lib"); }

RunInputs Noise(uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 1);
  Tensor tensor(ElementType::kFloat32, {1, 3, 16, 16});
  for (float& value : tensor.data<float>()) {
    value = normal(random);
  }
  return {tensor};
}

class QuantiserTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    StatusOr<TemporaryFolder> folder = TemporaryFolder::Create();
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder_.emplace(*std::move(folder));
    StatusOr<std::shared_ptr<Engine>> engine = OpenOnnxRuntime({.library = Library(), .plugins = {}});
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *engine;
    for (uint32_t seed = 0; seed < 8; ++seed) {
      runs_.push_back(Noise(seed));
    }
  }

  StatusOr<Quantiser> Calibrate(const fs::path& model, const std::stop_token& stop = {}) {
    return Quantiser::Calibrate(
        *engine_,
        {.model = model, .scratch = folder_->path(), .session = {}, .runs = runs_, .on_run = nullptr, .stop = stop});
  }

  std::vector<float> Answer(const fs::path& model, const std::string& precision) {
    const auto session = engine_->Load(model, {.precision = precision});
    EXPECT_TRUE(session.ok()) << session.status();
    EXPECT_EQ((*session)->device().precision, precision);
    const auto outputs = (*session)->Run(Noise(100));
    EXPECT_TRUE(outputs.ok()) << outputs.status();
    const auto values = (*outputs)[0].data<float>();
    return {values.begin(), values.end()};
  }

  fs::path form() const { return folder_->path() / "int8.onnx"; }

  std::optional<TemporaryFolder> folder_;
  std::shared_ptr<Engine> engine_;
  std::vector<RunInputs> runs_;
};

// The outputs, as one vector each.
double Cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0;
  double aa = 0;
  double bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return dot / std::sqrt(aa * bb);
}

TEST_P(QuantiserTest, TheFormGivesNearlyTheModelsResults) {
  const fs::path model = kData / GetParam();
  const auto quantiser = Calibrate(model);
  ASSERT_TRUE(quantiser.ok()) << quantiser.status();
  EXPECT_EQ(quantiser->layers(), 5U);
  ASSERT_TRUE(quantiser->Write(form(), {}).ok());
  const std::vector<float> exact = Answer(model, "f32");
  const std::vector<float> rounded = Answer(form(), "int8");
  EXPECT_GT(Cosine(exact, rounded), 0.999);
  EXPECT_NE(exact, rounded);
  EXPECT_LT(fs::file_size(form()), 2 * fs::file_size(model));

  const auto metadata = ReadOnnxMetadata(form());
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ(metadata->properties.at("character"), "a\nb");
  ASSERT_EQ(metadata->outputs.size(), 2U);
  EXPECT_EQ(metadata->outputs[0].name, "k");
  EXPECT_THAT(metadata->inputs[0].shape, ElementsAre(-1, 3, 16, 16));
}

INSTANTIATE_TEST_SUITE_P(Opsets, QuantiserTest, ::testing::Values("small_network.onnx", "small_network_11.onnx"));

TEST_F(QuantiserTest, LayersInFloatGiveTheSameResults) {
  const auto quantiser = Calibrate(kData / "small_network.onnx");
  ASSERT_TRUE(quantiser.ok()) << quantiser.status();
  ASSERT_TRUE(quantiser->Write(form(), {.finer = 0, .in_float = quantiser->layers()}).ok());
  const std::vector<float> exact = Answer(kData / "small_network.onnx", "f32");
  const std::vector<float> same = Answer(form(), "int8");
  for (std::size_t i = 0; i < exact.size(); ++i) {
    EXPECT_NEAR(same[i], exact[i], 1e-5);
  }
}

TEST_F(QuantiserTest, IncreasesPrecisionUntilResultsAgree) {
  const auto quantiser = Calibrate(kData / "small_network.onnx");
  ASSERT_TRUE(quantiser.ok()) << quantiser.status();
  int measured = 0;
  const auto agrees_third = [&]() -> StatusOr<Int8Trial> {
    ++measured;
    EXPECT_TRUE(fs::exists(form()));
    return Int8Trial{.float_ms = 10, .ms = 5, .agrees = measured == 3, .figure = "figure"};
  };
  const auto best = quantiser->WriteBest(form(), agrees_third, {});
  ASSERT_TRUE(best.ok()) << best.status();
  EXPECT_EQ(measured, 3);
  // Of 5 layers, none, one, two; without finer weights, none, one, two in float.
  EXPECT_EQ(best->care,
            PrefersSevenBits() ? (Int8Care{.finer = 2, .in_float = 0}) : (Int8Care{.finer = 5, .in_float = 2}));
  EXPECT_TRUE(best->trial.agrees);

  const auto slower = [] { return StatusOr<Int8Trial>(Int8Trial{.float_ms = 10, .ms = 11}); };
  EXPECT_EQ(quantiser->WriteBest(form(), slower, {})->care.in_float, 0U);
  const auto fails = [] { return StatusOr<Int8Trial>(absl::InternalError("no")); };
  EXPECT_TRUE(absl::IsInternal(quantiser->WriteBest(form(), fails, {}).status()));
}

TEST_F(QuantiserTest, CanBeStopped) {
  std::stop_source source;
  const auto quantiser = Calibrate(kData / "small_network.onnx");
  source.request_stop();
  EXPECT_TRUE(absl::IsCancelled(Calibrate(kData / "small_network.onnx", source.get_token()).status()));
  const auto never = [] { return StatusOr<Int8Trial>(absl::InternalError("measured")); };
  EXPECT_TRUE(absl::IsCancelled(quantiser->WriteBest(form(), never, source.get_token()).status()));
}

TEST_F(QuantiserTest, RefusesUnsupportedModels) {
  const Status nothing = Calibrate(kData / "activations.onnx").status();
  EXPECT_TRUE(absl::IsUnimplemented(nothing)) << nothing;
  EXPECT_THAT(Message(nothing), HasSubstr("none of its layers can be computed in 8 bits"));
  EXPECT_FALSE(Calibrate(kData / "none.onnx").ok());
  std::ofstream(folder_->path() / "broken.onnx") << "no protobuf";
  EXPECT_FALSE(Calibrate(folder_->path() / "broken.onnx").ok());
}

// The bytes of a constant in the file.
std::vector<int8_t> ConstantOf(const fs::path& file, const std::string& name) {
  const auto mapped = MappedFile::Open(file);
  std::vector<int8_t> found;
  VisitBytes(mapped->bytes(), 7, [&](WireBytes graph) {
    return VisitBytes(graph, 5, [&](WireBytes tensor) {
      WireBytes raw;
      bool named = false;
      CALOTYPE_RETURN_IF_ERROR(VisitFields(tensor, [&](const WireField& field) {
        named = named || (field.number == 8 && WireText(field.bytes) == name);
        raw = field.number == 9 ? field.bytes : raw;
        return absl::OkStatus();
      }));
      found = named ? std::vector<int8_t>(raw.begin(), raw.end()) : found;
      return absl::OkStatus();
    });
  }).IgnoreError();
  return found;
}

// The weights must equal those of Python's onnxruntime.quantization.
TEST_F(QuantiserTest, WeightsEqualThoseOfPython) {
  const auto golden = nlohmann::json::parse(std::ifstream(kData / "quantised_golden.json"));
  const std::map<std::string, std::string> outputs = {
      {"first", "a"}, {"second", "c"}, {"third", "e"}, {"dense", "j"}, {"last", "k"}};
  for (const int largest : {64, 127}) {
    auto graph = OnnxGraph::Open(kData / "small_network.onnx");
    ASSERT_TRUE(graph.ok()) << graph.status();
    std::vector<QuantisableLayer> layers = FindLayers(*graph);
    for (QuantisableLayer& layer : layers) {
      layer.largest_weight = largest;
    }
    std::map<std::string, ActivationRange> ranges;
    for (const std::string& tensor : TensorsOf(layers)) {
      ranges[tensor].scale = {.scale = 0.1F, .zero = 128};
    }
    ASSERT_TRUE(QuantiseLayers(*graph, layers, ranges).ok());
    ASSERT_TRUE(graph->Write(form()).ok());
    const auto written = OnnxGraph::Open(form());
    ASSERT_TRUE(written.ok()) << written.status();
    for (const auto& [weight, output] : outputs) {
      const auto& expected = golden[std::to_string(largest)][weight];
      EXPECT_EQ(ConstantOf(form(), output + "/weight/8bit"), expected["values"].get<std::vector<int8_t>>()) << weight;
      const auto scales = written->FindFloats(output + "/weight/scale");
      ASSERT_TRUE(scales.ok() && scales->has_value()) << weight;
      EXPECT_THAT((*scales)->values,
                  ::testing::Pointwise(::testing::FloatEq(), expected["scales"].get<std::vector<float>>()))
          << weight;
    }
  }
}

TEST(LayersTest, AreConvolutionsAndProductsWithConstants) {
  const auto graph = OnnxGraph::Open(kData / "small_network.onnx");
  ASSERT_TRUE(graph.ok()) << graph.status();
  std::vector<std::string> rounded_outputs;
  std::vector<std::string> names;
  for (const QuantisableLayer& layer : FindLayers(*graph)) {
    names.push_back(layer.name);
    rounded_outputs.push_back(layer.output);
  }
  EXPECT_THAT(names, ElementsAre("a", "c", "e", "j", "k"));
  EXPECT_THAT(rounded_outputs, ElementsAre("b", "d", "e", "", ""));  // after Relu, after Clip, the layer's own output
  EXPECT_THAT(TensorsOf(FindLayers(*graph)), UnorderedElementsAre("x", "b", "d", "e", "i", "j"));
}

TEST(OnnxGraphTest, ErrorsNameTheProblem) {
  const auto folder = TemporaryFolder::Create();
  ASSERT_TRUE(folder.ok());
  EXPECT_TRUE(absl::IsNotFound(OnnxGraph::Open(folder->path() / "none").status()));
  std::ofstream(folder->path() / "broken") << "\x3A\x7F";  // a graph field longer than the file
  const Status broken = OnnxGraph::Open(folder->path() / "broken").status();
  EXPECT_TRUE(absl::IsInvalidArgument(broken));
  EXPECT_THAT(Message(broken), HasSubstr("is not an ONNX model"));
  // A model with one weight whose data_location is EXTERNAL.
  WireWriter tensor;
  tensor.Text(8, "w").Number(14, 1);
  const std::string graph = WireWriter().Text(5, tensor.text()).text();
  std::ofstream(folder->path() / "beside") << WireWriter().Text(7, graph).text();
  const Status beside = OnnxGraph::Open(folder->path() / "beside").status();
  EXPECT_TRUE(absl::IsUnimplemented(beside)) << beside;
  EXPECT_THAT(Message(beside), HasSubstr("the weights of w are in a second file"));
}

TEST(OnnxGraphTest, LeavesNoFileIfWritingFails) {
  const auto graph = OnnxGraph::Open(kData / "small_network.onnx");
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_FALSE(graph->Write("/nowhere/model.onnx").ok());
  const Status full = graph->Write("/dev/full/model.onnx");
  EXPECT_FALSE(full.ok());
}

}  // namespace
}  // namespace calotype
