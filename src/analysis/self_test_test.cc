#include "analysis/self_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "base/source_dir.h"

namespace calotype {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(LoadSelfTestPhotoTest, DecodesThePhoto) {
  const StatusOr<Image> image = LoadSelfTestPhoto(SourceDir() / "packs/self_test/face_chip.jpg");
  ASSERT_TRUE(image.ok()) << Message(image.status());
  EXPECT_FALSE(image->empty());
}

TEST(LoadSelfTestPhotoTest, ErrorsNameTheMissingPhoto) {
  EXPECT_THAT(Message(LoadSelfTestPhoto("/no/such/photo.jpg").status()), HasSubstr("/no/such/photo.jpg"));
}

TEST(ExpectVectorTest, ComparesTheFirstComponents) {
  SelfTestSpec spec;
  spec.expect_vector = {0.5F, -0.25F};
  spec.tolerance = 0.02;
  EXPECT_TRUE(ExpectVector(std::vector{0.51F, -0.26F, 7.0F}, spec, "m").ok());
  EXPECT_THAT(Message(ExpectVector(std::vector{0.5F, -0.2F}, spec, "m")),
              AllOf(HasSubstr("model m"), HasSubstr("component 1"), HasSubstr("-0.25"), HasSubstr("-0.2")));
  EXPECT_FALSE(ExpectVector(std::vector{0.5F}, spec, "m").ok());
  EXPECT_FALSE(ExpectVector(std::vector{0.5F, NAN}, spec, "m").ok());
}

TEST(ExpectAllFoundTest, IgnoresOrderAndExtraLabels) {
  const std::vector<std::string> got{"dog", "cat", "cat"};
  EXPECT_TRUE(ExpectAllFound(got, std::vector<std::string>{"cat"}, "m").ok());
  EXPECT_TRUE(ExpectAllFound(got, {}, "m").ok());
  EXPECT_THAT(Message(ExpectAllFound(got, std::vector<std::string>{"cup"}, "m")),
              AllOf(HasSubstr("expected \"cup\""), HasSubstr("got \"dog\", \"cat\", \"cat\"")));
}

TEST(ExpectSameTest, ComparesLines) {
  const std::vector<std::string> lines{"NOTICE", "PARKING"};
  EXPECT_TRUE(ExpectSame(lines, lines, "m").ok());
  EXPECT_THAT(Message(ExpectSame({}, lines, "m")), HasSubstr("got nothing"));
}

TEST(ExpectNumberTest, ErrorsNameTheCountedThing) {
  EXPECT_TRUE(ExpectNumber(3, std::nullopt, "faces", "m").ok());
  EXPECT_TRUE(ExpectNumber(3, 3, "faces", "m").ok());
  EXPECT_THAT(Message(ExpectNumber(2, 3, "faces", "m")), HasSubstr("expected 3 faces, got 2"));
}

}  // namespace
}  // namespace calotype
