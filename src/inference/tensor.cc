#include "inference/tensor.h"

#include <functional>
#include <new>
#include <numeric>
#include <utility>

namespace calotype {
namespace {

// A cache line, and the widest vector register.
constexpr std::align_val_t kAlignment{64};

std::size_t CountElements(const std::vector<int64_t>& shape) {
  return static_cast<std::size_t>(std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>()));
}

}  // namespace

std::size_t ElementSize(ElementType type) {
  switch (type) {
    case ElementType::kFloat32:
    case ElementType::kInt32:
      return 4;
    case ElementType::kUint8:
      return 1;
    case ElementType::kInt64:
      return 8;
  }
  return 0;
}

std::string_view ElementTypeName(ElementType type) {
  switch (type) {
    case ElementType::kFloat32:
      return "float32";
    case ElementType::kUint8:
      return "uint8";
    case ElementType::kInt32:
      return "int32";
    case ElementType::kInt64:
      return "int64";
  }
  return "unknown";
}

Tensor::Tensor(ElementType type, std::vector<int64_t> shape)
    : type_(type), shape_(std::move(shape)), elements_(CountElements(shape_)) {
  data_ = ::operator new(bytes(), kAlignment);
  owner_ = std::shared_ptr<void>(data_, [](void* memory) { ::operator delete(memory, kAlignment); });
}

Tensor::Tensor(ElementType type, std::vector<int64_t> shape, std::shared_ptr<void> owner, void* data)
    : type_(type), shape_(std::move(shape)), elements_(CountElements(shape_)), owner_(std::move(owner)), data_(data) {}

}  // namespace calotype
