// Compares the starter pack's text encoder with the same ONNX file run from Python, with Hugging Face's tokenizer
// (tests/golden/text_embeddings.json, made by tools/parity/models).
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "analysis/analyser.h"
#include "base/file.h"
#include "base/folders.h"
#include "base/half.h"
#include "base/source_dir.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// Both may round to binary16. The measured value is 1.000000.
constexpr double kLeastCosine = 0.99999;

fs::path Cache() {
  return FoldersFromEnvironment([](const char* name) -> const char* { return std::getenv(name); }).cache;
}

std::vector<float> Unpack(const std::string& base64) {
  std::string bytes;
  EXPECT_TRUE(absl::Base64Unescape(base64, &bytes));
  std::vector<uint16_t> halves(bytes.size() / sizeof(uint16_t));
  std::memcpy(halves.data(), bytes.data(), halves.size() * sizeof(uint16_t));
  return ToFloat(halves);
}

double Cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0;
  double norm_a = 0;
  double norm_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += static_cast<double>(a[i]) * b[i];
    norm_a += static_cast<double>(a[i]) * a[i];
    norm_b += static_cast<double>(b[i]) * b[i];
  }
  return dot / std::sqrt(norm_a * norm_b);
}

TEST(TextEncoderGoldenTest, AgreesWithPython) {
  const StatusOr<std::string> file = ReadTextFile(SourceDir() / "tests/golden/text_embeddings.json");
  ASSERT_TRUE(file.ok()) << file.status();
  const auto golden = nlohmann::json::parse(*file);
  const StatusOr<Pack> pack = LoadPack(Cache() / "models/starter");
  ASSERT_TRUE(pack.ok()) << pack.status() << " (tools/starter_pack/build installs the pack)";
  const ModelSpec* const model = pack->Find("embed.text");
  ASSERT_NE(model, nullptr);
  ASSERT_EQ(model->sha256.Hex(), golden["models"]["embed.text"].get<std::string>())
      << "the golden file is of another model";
  const fs::path fetched = Cache() / "onnxruntime/lib";
  const auto engine = OpenOnnxRuntime({.library = fs::exists(fetched) ? fetched : fs::path(), .plugins = {}});
  ASSERT_TRUE(engine.ok()) << engine.status();
  ModelCache cache(*engine, {});
  const auto encoder = CreateTextEncoder(*model, cache);
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  ASSERT_GE(golden["texts"].size(), 20U);
  for (const auto& entry : golden["texts"]) {
    const std::string text = entry["text"];
    const auto vector = (*encoder)->Encode(text);
    ASSERT_TRUE(vector.ok()) << vector.status();
    const std::vector<float> expected = Unpack(entry["vector"]);
    ASSERT_EQ(vector->size(), expected.size());
    EXPECT_GE(Cosine(*vector, expected), kLeastCosine) << text;
  }
}

}  // namespace
}  // namespace calotype
