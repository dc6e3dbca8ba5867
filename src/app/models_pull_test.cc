#include "app/models_pull.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app_test_util.h"

namespace calotype {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ModelsPullTest, EveryLicenceMustBeAccepted) {
  PlannedPull pull{.name = "tiny.toml", .hub = {}, .plan = {}};
  pull.plan.to_accept = {{.licence = "A", .terms = "", .models = {}}, {.licence = "B", .terms = "", .models = {}}};
  const Status refused = CheckAccepted(pull, {"A"});
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(Message(refused), HasSubstr("calotype models pull tiny.toml --accept-licence B"));
  EXPECT_THAT(Message(refused), Not(HasSubstr("standard-free")));
  EXPECT_TRUE(CheckAccepted(pull, {"B", "A"}).ok());
}

TEST(ModelsPullTest, UnknownNamesAndChoicesAreRefused) {
  const TestApp app;
  const Status unknown = PlanPull(*app, {.name = "nonsense", .choices = {}}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(unknown));
  EXPECT_THAT(Message(unknown), HasSubstr("runtime-cuda"));
  EXPECT_TRUE(absl::IsNotFound(PlanPull(*app, {.name = "/no/such.toml", .choices = {}}).status()));
  EXPECT_THAT(Message(PlanPull(*app, {.name = "standard", .choices = {"objects"}}).status()),
              HasSubstr("TASK=CHOICE is needed"));
  EXPECT_THAT(Message(PlanPull(*app, {.name = "standard", .choices = {"objects=best"}}).status()), HasSubstr("best"));
}

TEST(ModelsPullTest, ASettingChoosesOnlyWhatThePackHas) {
  const TestApp accurate({"models.choice.objects=accurate"});
  const auto pull = PlanPull(*accurate, {.name = "standard", .choices = {}});
  ASSERT_TRUE(pull.ok()) << pull.status();
  EXPECT_EQ(std::ranges::find(pull->plan.models, "objects", &ModelSpec::task)->choice, "accurate");
  const TestApp other({"models.choice.objects=of-another-pack"});
  EXPECT_TRUE(PlanPull(*other, {.name = "standard", .choices = {}}).ok());
}

}  // namespace
}  // namespace calotype
