#include "app/doctor_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

TEST(DoctorJsonTest, HasAllKeysAndCountsThePassedChecks) {
  const DoctorReport report{
      .fixed = {},
      .checks = {{.name = "gpu", .ok = true, .detail = "fine", .remedy = ""},
                 {.name = "models", .ok = false, .detail = "gone", .remedy = "fetch them"}},
      .models = {{.name = "fast",
                  .problem = "",
                  .device = "onnxruntime cpu",
                  .precision = "f32",
                  .measurement = {{.milliseconds = 1.2345, .agreement = "cosine 0.99"}},
                  .not_used = {{.device = "onnxruntime cuda f32", .reason = "no GPU"}}},
                 {.name = "broken", .problem = "cannot be read", .measurement = {}, .not_used = {}}}};
  EXPECT_EQ(report.passed(), 1U);
  EXPECT_FALSE(report.ok());
  EXPECT_EQ(DoctorToJson(report), Json::parse(R"({
    "passed": 1, "total": 2,
    "checks": [{"name": "gpu", "ok": true, "detail": "fine", "remedy": ""},
               {"name": "models", "ok": false, "detail": "gone", "remedy": "fetch them"}],
    "models": [{"name": "fast", "device": "onnxruntime cpu", "precision": "f32", "ms": 1.23, "agreement": "cosine 0.99",
                "not_used": [{"device": "onnxruntime cuda f32", "reason": "no GPU"}]},
               {"name": "broken", "device": null, "precision": null, "ms": null, "agreement": null, "not_used": [],
                "problem": "cannot be read"}]})"));
}

TEST(DoctorJsonTest, TellsWhatWasFixed) {
  EXPECT_FALSE(DoctorToJson({}).contains("fixed"));
  const DoctorReport report{.fixed = {"rebuilt the pack"}, .checks = {}, .models = {}};
  EXPECT_EQ(DoctorToJson(report)["fixed"], Json({"rebuilt the pack"}));
}

}  // namespace
}  // namespace calotype
