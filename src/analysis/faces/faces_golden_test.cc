// Compares the face models with insightface, OpenCV and facexlib (testdata/faces_golden.json, made by
// tools/parity/faces): with the same photo and the same seeded weights, faces, chips and vectors must be the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/boxes.h"
#include "analysis/faces/face_chip.h"
#include "base/file.h"
#include "base/folders.h"
#include "base/source_dir.h"
#include "photo/decode.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr float kLeastOverlap = 0.99F;
constexpr float kMostScoreDifference = 1e-3F;
constexpr float kMostLandmarkDistance = 1;  // pixels of the original
constexpr double kLeastCosine = 0.999;
constexpr double kMostGreyLevels = 1;  // in the mean of a chip

fs::path Source() { return SourceDir(); }
fs::path TestData() { return Source() / "src/analysis/faces/testdata"; }

StatusOr<DecodedPhoto> Decode(const fs::path& photo, int target_long_side) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> file, ReadFile(photo));
  DecodeLimits limits;
  limits.target_long_side = target_long_side;
  return DecodePhoto(file, limits);
}
constexpr int kWhole = 1 << 16;

PhotoView ViewOf(const DecodedPhoto& photo) {
  return {.image = photo.image,
          .full_width = photo.full_width,
          .full_height = photo.full_height,
          .reduction = photo.reduction};
}

class FacesGoldenTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const StatusOr<std::string> file = ReadTextFile(TestData() / "faces_golden.json");
    ASSERT_TRUE(file.ok()) << file.status();
    golden_ = nlohmann::json::parse(*file);
    const fs::path fetched =
        FoldersFromEnvironment([](const char* name) -> const char* { return std::getenv(name); }).cache /
        "onnxruntime/lib";
    const auto engine = OpenOnnxRuntime({.library = fs::exists(fetched) ? fetched : fs::path(), .plugins = {}});
    ASSERT_TRUE(engine.ok()) << engine.status();
    cache_ = std::make_unique<ModelCache>(*engine, SessionOptions{});
  }

  static ModelSpec SpecOf(const std::string& name, const std::string& family) {
    ModelSpec spec;
    spec.name = name;
    spec.family = family;
    spec.path = TestData() / (name + ".onnx");
    spec.folder = TestData();
    return spec;
  }

  nlohmann::json golden_;
  std::unique_ptr<ModelCache> cache_;
};

// A row of the golden file: score, corners, and ten numbers for the landmarks if there are any.
std::vector<FaceFinding> Expected(const nlohmann::json& rows, const DecodedPhoto& photo) {
  std::vector<FaceFinding> faces;
  for (const nlohmann::json& row : rows) {
    FaceFinding face{.score = row[0],
                     .box = ClipBox(BoxFromCorners(row[1], row[2], row[3], row[4]),
                                    static_cast<float>(photo.full_width), static_cast<float>(photo.full_height)),
                     .landmarks = {},
                     .embedding = {}};
    for (std::size_t i = 0; row.size() > 5 && i < face.landmarks.size(); ++i) {
      face.landmarks[i] = {row[5 + 2 * i], row[6 + 2 * i]};
    }
    if (face.box.Area() > 0) {
      faces.push_back(std::move(face));
    }
  }
  return faces;
}

float LandmarkDistance(const FaceFinding& a, const FaceFinding& b) {
  float most = 0;
  for (std::size_t i = 0; i < a.landmarks.size(); ++i) {
    most = std::max(most, std::hypot(a.landmarks[i].x - b.landmarks[i].x, a.landmarks[i].y - b.landmarks[i].y));
  }
  return most;
}

struct Tally {
  int compared = 0;
  int missing = 0;
  float least_overlap = 1;
  float most_difference = 0;
  float most_distance = 0;
};

// Each of `faces` that scores clearly above `threshold` must be in `others`.
void Compare(const std::vector<FaceFinding>& faces, const std::vector<FaceFinding>& others, float threshold,
             Tally& tally) {
  for (const FaceFinding& face : faces) {
    if (face.score < threshold + kMostScoreDifference) {
      continue;
    }
    ++tally.compared;
    const auto best = std::ranges::max_element(
        others, {}, [&](const FaceFinding& other) { return IntersectionOverUnion(face.box, other.box); });
    const float overlap = best == others.end() ? 0 : IntersectionOverUnion(face.box, best->box);
    if (overlap < kLeastOverlap || std::abs(best->score - face.score) > kMostScoreDifference ||
        LandmarkDistance(face, *best) > kMostLandmarkDistance) {
      ++tally.missing;
      continue;
    }
    tally.least_overlap = std::min(tally.least_overlap, overlap);
    tally.most_difference = std::max(tally.most_difference, std::abs(best->score - face.score));
    tally.most_distance = std::max(tally.most_distance, LandmarkDistance(face, *best));
  }
}

TEST_F(FacesGoldenTest, FindsTheFacesOfTheReference) {
  ASSERT_EQ(golden_["detectors"].size(), 6U);
  for (const nlohmann::json& model : golden_["detectors"]) {
    ModelSpec spec = SpecOf(model["name"], model["family"]);
    const auto analyser = CreateFaceDetector(spec, *cache_);
    ASSERT_TRUE(analyser.ok()) << analyser.status();
    Tally tally;
    for (const nlohmann::json& golden_case : model["cases"]) {
      const auto photo = Decode(Source() / golden_case["photo"].get<std::string>(), kWhole);
      ASSERT_TRUE(photo.ok()) << photo.status();
      Findings findings;
      const Status status = (*analyser)->Analyse(ViewOf(*photo), findings);
      ASSERT_TRUE(status.ok()) << Message(status);
      const std::vector<FaceFinding> expected = Expected(golden_case["faces"], *photo);
      Compare(expected, *findings.faces, model["threshold"], tally);
      Compare(*findings.faces, expected, model["threshold"], tally);
    }
    std::cout << model["name"] << ": " << tally.compared - tally.missing << "/" << tally.compared
              << " faces, overlap at least " << tally.least_overlap << ", scores within " << tally.most_difference
              << ", landmarks within " << tally.most_distance << " px\n";
    EXPECT_GE(tally.compared, 50) << model["name"];
    EXPECT_EQ(tally.missing, 0) << model["name"];
  }
}

std::array<Point, 5> LandmarksOf(const nlohmann::json& golden_case) {
  std::array<Point, 5> landmarks;
  for (std::size_t i = 0; i < landmarks.size(); ++i) {
    landmarks[i] = {golden_case["landmarks"][i][0], golden_case["landmarks"][i][1]};
  }
  return landmarks;
}

double MeanDifference(const Image& a, const Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels().size(); ++i) {
    sum += std::abs(int{a.pixels()[i]} - int{b.pixels()[i]});
  }
  return sum / static_cast<double>(a.pixels().size());
}

double Cosine(const std::vector<float>& a, const std::vector<float>& b) {
  const double dot = std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  const double norm_a = std::inner_product(a.begin(), a.end(), a.begin(), 0.0);
  const double norm_b = std::inner_product(b.begin(), b.end(), b.begin(), 0.0);
  return dot / std::sqrt(norm_a * norm_b);
}

TEST_F(FacesGoldenTest, CutsTheChipsOfInsightFace) {
  ASSERT_EQ(golden_["recognised"].size(), 5U);
  for (const nlohmann::json& golden_case : golden_["recognised"]) {
    const auto expected = Decode(TestData() / golden_case["chip"].get<std::string>(), kWhole);
    ASSERT_TRUE(expected.ok()) << expected.status();
    for (const int long_side : {kWhole, DecodeLimits{}.target_long_side}) {
      const auto photo = Decode(Source() / golden_case["photo"].get<std::string>(), long_side);
      ASSERT_TRUE(photo.ok()) << photo.status();
      const Image chip =
          CutArcFaceChip(photo->image, LandmarksOf(golden_case), photo->scale_x(), photo->scale_y(), 112);
      const double difference = MeanDifference(chip, expected->image);
      const bool reduced = photo->image.width() < photo->full_width;
      std::cout << golden_case["chip"] << (reduced ? " reduced" : "") << ": " << difference << " grey levels\n";
      // A reduced decode has other pixels: for instance a face of 80 pixels from three quarters of the photo's.
      EXPECT_LE(difference, reduced ? 3 * kMostGreyLevels : kMostGreyLevels);
    }
  }
}

TEST_F(FacesGoldenTest, GivesTheVectorsOfTheReference) {
  for (const std::string family : {"arcface", "sface"}) {
    const auto analyser = CreateFaceRecogniser(SpecOf(family, family), *cache_);
    ASSERT_TRUE(analyser.ok()) << analyser.status();
    for (const nlohmann::json& golden_case : golden_["recognised"]) {
      const auto photo = Decode(Source() / golden_case["photo"].get<std::string>(), kWhole);
      ASSERT_TRUE(photo.ok()) << photo.status();
      Findings findings;
      findings.faces = {FaceFinding{.score = 1, .box = {}, .landmarks = LandmarksOf(golden_case), .embedding = {}}};
      const Status status = (*analyser)->Analyse(ViewOf(*photo), findings);
      ASSERT_TRUE(status.ok()) << Message(status);
      const auto expected = golden_case[family].get<std::vector<float>>();
      ASSERT_EQ(findings.faces->front().embedding.size(), expected.size());
      const double cosine = Cosine(findings.faces->front().embedding, expected);
      std::cout << family << " " << golden_case["chip"] << ": cosine " << cosine << "\n";
      EXPECT_GE(cosine, kLeastCosine);
    }
  }
}

}  // namespace
}  // namespace calotype
