// What services report while they work: values, without any text for a terminal.
#pragma once

#include <cstdint>
#include <string>

namespace calotype {

// The devices of a model are about to be measured: `name` is number `model` (from 1) of `models`. After the last one
// comes one more event with `finished`.
struct DeviceMeasurement {
  int64_t model = 0;
  int64_t models = 0;
  std::string name;
  bool finished = false;
};

}  // namespace calotype
