#include "fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <stdexcept>

#include "kernels.h"

namespace faulty {
namespace {

using ::testing::HasSubstr;

std::vector<std::uint64_t> FailingRuns(const std::string& text, std::uint64_t runs) {
  const FaultPlan plan = ParseFaultPlan(text);
  std::vector<std::uint64_t> failing;
  for (std::uint64_t run = 1; run <= runs; ++run) {
    if (FaultOfRun(plan, run).has_value()) {
      failing.push_back(run);
    }
  }
  return failing;
}

TEST(FaultPlanTest, RulesSelectRuns) {
  EXPECT_THAT(FailingRuns("", 3), testing::IsEmpty());
  EXPECT_THAT(FailingRuns("run=nan", 3), testing::ElementsAre(1, 2, 3));
  EXPECT_THAT(FailingRuns("run:3=oom", 4), testing::ElementsAre(3, 4));
  EXPECT_THAT(FailingRuns("only:2=oom;only:4=nan", 5), testing::ElementsAre(2, 4));
  EXPECT_EQ(FaultOfRun(ParseFaultPlan("only:2=oom;run=nan"), 2)->fault, Fault::kOutOfMemory);
  EXPECT_EQ(FaultOfRun(ParseFaultPlan("only:2=oom;run=nan"), 3)->fault, Fault::kNan);
}

TEST(FaultPlanTest, RandomIsRepeatableAndAsFrequentAsAsked) {
  const auto failing = FailingRuns("random:0.05:42=oom|nan", 10000);
  EXPECT_EQ(failing, FailingRuns("random:0.05:42=oom|nan", 10000));
  EXPECT_NE(failing, FailingRuns("random:0.05:43=oom|nan", 10000));
  EXPECT_NEAR(static_cast<double>(failing.size()), 500, 100);
  const FaultPlan plan = ParseFaultPlan("random:1:7=oom|nan");
  int ooms = 0;
  for (std::uint64_t run = 1; run <= 1000; ++run) {
    ooms += FaultOfRun(plan, run)->fault == Fault::kOutOfMemory ? 1 : 0;
  }
  EXPECT_NEAR(ooms, 500, 100);
}

TEST(FaultPlanTest, StepsBatchesAndAmounts) {
  const FaultPlan plan = ParseFaultPlan("register;absent;create=old_driver;compile=no_device;oom>2;run=wrong:0.2|hang");
  EXPECT_THAT(*plan.on_register, HasSubstr("CALOTYPE_FAULT"));
  EXPECT_THAT(*plan.on_create, HasSubstr("CUDA failure 35: CUDA driver version is insufficient"));
  EXPECT_THAT(*plan.on_compile, HasSubstr("CUDA failure 100: no CUDA-capable device is detected"));
  EXPECT_EQ(plan.largest_batch, 2);
  EXPECT_TRUE(plan.absent);
  EXPECT_EQ(FaultOfRun(plan, 1)->amount, 0.2);
  EXPECT_EQ(FaultOfRun(ParseFaultPlan("run=hang"), 1)->amount, 600);
}

TEST(FaultPlanTest, NonsenseIsRefusedByName) {
  for (const char* text :
       {"runs", "run:=oom", "run:x=oom", "run=", "run=oops", "run=oom:3", "random:0.5=oom", "oom>", "oom>-1",
        "create=nan", "create=", "run=oom;", "only=oom", "run=wrong:", "random:-1:2=oom"}) {
    EXPECT_THROW(ParseFaultPlan(text), std::invalid_argument) << text;
  }
}

TEST(FaultSourceTest, FollowsTheEnvironmentAndCountsAnewWhenItChanges) {
  FaultSource source;
  unsetenv("CALOTYPE_FAULT");
  EXPECT_FALSE(source.NextRun().fault.has_value());
  setenv("CALOTYPE_FAULT", "run:2=nan", 1);
  EXPECT_FALSE(source.NextRun().fault.has_value());
  EXPECT_EQ(source.NextRun().fault->fault, Fault::kNan);
  setenv("CALOTYPE_FAULT", "nonsense", 1);
  EXPECT_THROW(source.NextRun(), std::invalid_argument);
  EXPECT_THROW(source.Plan(), std::invalid_argument);
  unsetenv("CALOTYPE_FAULT");
  EXPECT_FALSE(source.NextRun().fault.has_value());
}

TEST(KernelsTest, ComputeWhatOnnxSays) {
  const std::vector<float> in = {-2, 0, 0.5, 4};
  std::vector<float> out(in.size());
  FindKernel("Clip")(in, out, {.low = -1, .high = 1});
  EXPECT_THAT(out, testing::ElementsAre(-1, 0, 0.5, 1));
  FindKernel("Relu")(in, out, {});
  EXPECT_THAT(out, testing::ElementsAre(0, 0, 0.5, 4));
  FindKernel("Sigmoid")(in, out, {});
  EXPECT_FLOAT_EQ(out[3], 0.98201379F);
  FindKernel("Erf")(in, out, {});
  EXPECT_FLOAT_EQ(out[2], 0.52049988F);
  FindKernel("Sqrt")(in, out, {});
  EXPECT_TRUE(std::isnan(out[0]));
  EXPECT_EQ(FindKernel("Conv"), nullptr);
}

}  // namespace
}  // namespace faulty
