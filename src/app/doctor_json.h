// The report of RunDoctor() as JSON, in the form that docs/json.md describes.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "app/doctor.h"

namespace calotype {

nlohmann::ordered_json DoctorToJson(const DoctorReport& report);

}  // namespace calotype
