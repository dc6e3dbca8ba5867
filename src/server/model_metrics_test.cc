#include "server/model_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace calotype {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

TEST(ModelMetricsTest, LoadsRunsAndDevices) {
  ModelMetrics metrics;
  metrics.OnLoad("clip", "onnxruntime 1 cuda f16", 350'000'000, milliseconds(1500));
  metrics.OnRun("clip", 3, milliseconds(20), true);
  metrics.OnRun("clip", 1, milliseconds(700), false);
  std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr(R"(calotype_model_run_rows_bucket{model="clip",le="1"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(calotype_model_run_rows_bucket{model="clip",le="4"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(calotype_model_run_seconds_bucket{model="clip",le="0.025"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(calotype_model_run_seconds_count{model="clip"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(calotype_model_failed_runs_total{model="clip"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(calotype_model_load_seconds_bucket{model="clip",le="2.5"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(calotype_model_memory_bytes{model="clip"} 350000000)"));
  EXPECT_THAT(text, HasSubstr(R"(device="onnxruntime 1 cuda f16")"));
}

TEST(ModelMetricsTest, AModelHasOneDeviceAtMost) {
  ModelMetrics metrics;
  const auto has = [&metrics](const std::string& device, int value) {
    const std::string text = metrics.Render();
    return text.find("calotype_model_device{device=\"" + device + "\",model=\"m\"} " + std::to_string(value)) !=
               std::string::npos ||
           text.find("calotype_model_device{model=\"m\",device=\"" + device + "\"} " + std::to_string(value)) !=
               std::string::npos;
  };
  metrics.OnLoad("m", "gpu", 1, milliseconds(1));
  EXPECT_TRUE(has("gpu", 1));
  metrics.OnFallback("m", "cpu", absl::ResourceExhaustedError("CUDA out of memory at 0x7f12"));
  EXPECT_TRUE(has("gpu", 0));
  EXPECT_TRUE(has("cpu", 1));
  EXPECT_THAT(metrics.Render(), HasSubstr("RESOURCE_EXHAUSTED"));
  EXPECT_THAT(metrics.Render(), Not(HasSubstr("0x7f12"))) << "messages would make too many time series";
  metrics.OnUnload("m");
  EXPECT_TRUE(has("cpu", 0));
  metrics.OnLoadFailure("m", absl::InternalError("no"));
  EXPECT_THAT(metrics.Render(), HasSubstr("INTERNAL"));
}

TEST(ModelMetricsTest, ManyThreadsMayReport) {
  ModelMetrics metrics;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&metrics] {
      for (int i = 0; i < 100; ++i) {
        metrics.OnRun("m", 1, milliseconds(1), true);
        metrics.OnLoad("m", i % 2 == 0 ? "cpu" : "gpu", 1, milliseconds(1));
        metrics.OnUnload("m");
      }
    });
  }
  threads.clear();
  EXPECT_THAT(metrics.Render(), HasSubstr(R"(calotype_model_run_seconds_count{model="m"} 400)"));
}

}  // namespace
}  // namespace calotype
