#include "search/evidence.h"

#include <gtest/gtest.h>

namespace calotype {
namespace {

constexpr float kStarterScore = 0.53F;

TEST(Evidence, TheConfidentScoreOfAnEncoderIsHalf) {
  EXPECT_NEAR(MeaningEvidence(kStarterScore, kStarterScore), kConfidentEvidence, 1e-6);
  EXPECT_NEAR(MeaningEvidence(0.26F, 0.26F), kConfidentEvidence, 1e-6);
  EXPECT_LT(MeaningEvidence(0.3F, kStarterScore), 0.1);
}

// "a dog": the photo of the dog has a meaning of 0.70; a cat was detected as a dog with 0.51.
TEST(Evidence, AClearMeaningPrecedesADoubtfulObject) {
  EXPECT_GT(MeaningEvidence(0.70F, kStarterScore),
            Together(ObjectEvidence(0.51F), MeaningEvidence(0.46F, kStarterScore)));
  EXPECT_GT(ObjectEvidence(0.8F), MeaningEvidence(0.6F, kStarterScore));
}

TEST(Evidence, EachSourceRisesWithItsScore) {
  for (const float low : {0.1F, 0.3F, 0.5F, 0.7F}) {
    EXPECT_LT(MeaningEvidence(low, kStarterScore), MeaningEvidence(low + 0.2F, kStarterScore));
    EXPECT_LT(ObjectEvidence(low), ObjectEvidence(low + 0.2F));
    EXPECT_LT(TagEvidence(low), TagEvidence(low + 0.2F));
  }
}

TEST(Evidence, APartOfTheWordsInTextIsNotEnough) {
  EXPECT_GT(TextEvidence(1, 1), kConfidentEvidence);
  EXPECT_GT(TextEvidence(3, 3), kConfidentEvidence);
  EXPECT_LT(TextEvidence(2, 3), kConfidentEvidence);
  EXPECT_LT(TextEvidence(1, 2), TextEvidence(2, 3));
}

TEST(Evidence, TwoSourcesAreMoreThanEither) {
  EXPECT_DOUBLE_EQ(Together(0.5, 0.5), 0.75);
  EXPECT_DOUBLE_EQ(Together(0.5, 0), 0.5);
}

}  // namespace
}  // namespace calotype
