#include "catalog/model_switch.h"

#include <gtest/gtest.h>

namespace calotype {
namespace {

const ModelSet kOld{.pack = "old", .choices = "", .text_encoder = "a"};
const ModelSet kNew{.pack = "new", .choices = "", .text_encoder = "b"};

AnalysisOutcome DoneIn(const std::string& analysis, const std::string& version) {
  return {.analysis = analysis, .version = version, .state = AnalysisState::kDone};
}

TEST(ModelSwitchTest, FindingsOfAnotherVersionThanTheShownAreKept) {
  const PhotoResult result;
  EXPECT_EQ(FateOf({}, result, DoneIn("objects", "v2")), FindingsFate::kShow);
  EXPECT_EQ(FateOf({{"objects", "v2"}}, result, DoneIn("objects", "v2")), FindingsFate::kShow);
  EXPECT_EQ(FateOf({{"objects", "v1"}}, result, DoneIn("objects", "v2")), FindingsFate::kKeep);
}

TEST(ModelSwitchTest, FacesThatServeKeptEmbeddingsDoNotReplaceTheShownOnes) {
  PhotoResult result;
  result.outcomes = {DoneIn("faces.detect", "v1"), DoneIn("faces.recognise", "v2")};
  const ShownVersions shown = {{"faces.detect", "v1"}, {"faces.recognise", "v1"}};
  EXPECT_EQ(FateOf(shown, result, result.outcomes[0]), FindingsFate::kIgnore);
  EXPECT_EQ(FateOf(shown, result, result.outcomes[1]), FindingsFate::kKeep);
  EXPECT_EQ(FateOf({}, result, result.outcomes[0]), FindingsFate::kShow);
  result.outcomes[1].state = AnalysisState::kFailed;
  EXPECT_EQ(FateOf(shown, result, result.outcomes[0]), FindingsFate::kShow);
}

TEST(ModelSwitchTest, TheShownModelsBecomeThePreviousOnes) {
  const SwitchState state{.pending = false, .embedding_required = true, .has_embeddings = true};
  EXPECT_TRUE(CanComplete(state));
  EXPECT_FALSE(CanComplete({.pending = true}));
  const auto first = HistoryAfterSwitch({.wanted = kOld}, state);
  EXPECT_EQ(first->shown, kOld);
  EXPECT_EQ(first->previous, std::nullopt);
  const auto next = HistoryAfterSwitch({.wanted = kNew, .shown = kOld}, state);
  EXPECT_EQ(next->shown, kNew);
  EXPECT_EQ(next->previous, kOld);
  EXPECT_FALSE(HistoryAfterSwitch({.wanted = kNew, .shown = kNew}, state).has_value());
  EXPECT_FALSE(HistoryAfterSwitch({}, state).has_value());
}

TEST(ModelSwitchTest, AScanForOtherAnalysesLeavesTheTextEncoder) {
  const LibraryModels models{.wanted = kNew, .shown = kOld};
  EXPECT_FALSE(HistoryAfterSwitch(models, {.embedding_required = false, .has_embeddings = true}).has_value());
  EXPECT_TRUE(HistoryAfterSwitch(models, {.embedding_required = false, .has_embeddings = false}).has_value());
}

}  // namespace
}  // namespace calotype
