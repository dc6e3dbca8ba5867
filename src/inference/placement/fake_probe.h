// For tests: a probe for the models of FakeDeviceEngine.
#pragma once

#include <vector>

#include "inference/placement/model_probe.h"

namespace calotype {

// Runs the model on (1, -0.5) and returns its output as one vector. FakeDeviceEngine doubles the input; an error that
// it adds to every number changes the vector's direction, so CompareAnswers() sees it.
inline ModelProbe FakeProbe() {
  return {.answer = [](Session& session) -> StatusOr<ProbeAnswer> {
            Tensor input(ElementType::kFloat32, {2});
            input.data<float>()[0] = 1;
            input.data<float>()[1] = -0.5F;
            CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, session.Run({&input, 1}));
            const auto values = outputs[0].data<float>();
            return ProbeAnswer{.vectors = {{values.begin(), values.end()}}};
          },
          .expect = nullptr,
          .findings = nullptr};
}

}  // namespace calotype
