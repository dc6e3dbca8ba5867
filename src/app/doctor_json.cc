#include "app/doctor_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const ModelOnDevice& model) {
  Json json = {{"name", model.name}, {"device", nullptr},    {"precision", nullptr},
               {"ms", nullptr},      {"agreement", nullptr}, {"not_used", Json::array()}};
  if (model.problem.empty()) {
    json["device"] = model.device;
    json["precision"] = model.precision;
  } else {
    json["problem"] = model.problem;
  }
  if (model.measurement) {
    json["ms"] = std::round(model.measurement->milliseconds * 100) / 100;
    json["agreement"] = model.measurement->agreement;
  }
  for (const RejectedDevice& other : model.not_used) {
    json["not_used"].push_back({{"device", other.device}, {"reason", other.reason}});
  }
  return json;
}

}  // namespace

Json DoctorToJson(const DoctorReport& report) {
  Json json = {{"passed", report.passed()}, {"total", report.checks.size()}, {"checks", Json::array()}};
  for (const DoctorCheck& check : report.checks) {
    json["checks"].push_back(
        {{"name", check.name}, {"ok", check.ok}, {"detail", check.detail}, {"remedy", check.remedy}});
  }
  json["models"] = Json::array();
  for (const ModelOnDevice& model : report.models) {
    json["models"].push_back(ToJson(model));
  }
  if (!report.fixed.empty()) {
    json["fixed"] = report.fixed;
  }
  return json;
}

}  // namespace calotype
