#include "catalog/kept_findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <vector>

#include "catalog/test_data.h"

namespace calotype {
namespace {

using testing::ElementsAre;

constexpr std::array kAnalyses = {"objects", "embedding", "text", "faces.detect", "faces.recognise", "pdq"};

TEST(KeptFindingsTest, BytesAndBack) {
  const PhotoResult result = FullResult(1);
  for (const char* analysis : kAnalyses) {
    const std::vector<uint8_t> bytes = PackFindings(analysis, result.findings);
    const Findings back = Value(UnpackFindings(analysis, bytes));
    EXPECT_EQ(PackFindings(analysis, back), bytes) << analysis;
  }
  const Findings faces = Value(UnpackFindings("faces.recognise", PackFindings("faces.recognise", result.findings)));
  EXPECT_EQ(faces.faces->at(1).box.x, 200);
  const Findings text = Value(UnpackFindings("text", PackFindings("text", result.findings)));
  EXPECT_EQ(text.text->at(0).page, 1);
  EXPECT_EQ(text.text->at(1).page, 2);
  EXPECT_EQ(faces.faces->at(1).landmarks[4].y, 45);
  EXPECT_THAT(faces.faces->at(1).embedding, ElementsAre(0, 1));
  EXPECT_EQ(faces.faces->at(0).sharpness, std::nullopt);
  EXPECT_EQ(faces.faces->at(1).sharpness, 0.375F);
}

TEST(KeptFindingsTest, DamagedBytesAreAnError) {
  std::vector<uint8_t> bytes = PackFindings("objects", FullResult(1).findings);
  bytes.resize(bytes.size() / 2);
  EXPECT_EQ(UnpackFindings("objects", bytes).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(UnpackFindings("pdq", PackFindings("objects", FullResult(1).findings)).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace calotype
