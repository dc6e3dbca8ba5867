#include "analysis/model_binding.h"

#include <utility>

namespace calotype {

ModelBinding::ModelBinding(const ModelSpec& spec, ModelCache& cache, SelfTest self_test)
    : file_{.name = spec.name, .path = spec.path},
      version_tag_(spec.VersionTag()),
      self_test_(std::move(self_test)),
      cache_(cache) {}

StatusOr<std::shared_ptr<Session>> ModelBinding::Get() {
  CALOTYPE_ASSIGN_OR_RETURN(std::shared_ptr<Session> session, cache_.Get(file_, self_test_));
  std::string device = session->device().ToString();
  const MutexLock lock(&mutex_);
  device_ = std::move(device);
  return session;
}

std::string ModelBinding::device() const {
  const MutexLock lock(&mutex_);
  return device_;
}

}  // namespace calotype
