#include "inference/tensor.h"

#include <sys/mman.h>

#include <functional>
#include <new>
#include <numeric>
#include <utility>

namespace calotype {
namespace {

// A cache line, and the widest vector register.
constexpr std::align_val_t kAlignment{64};

// From here on the C library keeps nothing that is freed: each tensor is new memory, given by the system a page of 4 KB
// at a time, each at the cost of a fault, which takes longer than to write it all. So these ask for pages of 2 MB.
constexpr std::size_t kLarge = std::size_t{32} << 20U;
constexpr std::align_val_t kHugePage{std::size_t{2} << 20U};

std::shared_ptr<void> Allocate(std::size_t bytes) {
  const std::align_val_t alignment = bytes < kLarge ? kAlignment : kHugePage;
  void* const memory = ::operator new(bytes, alignment);
  if (bytes >= kLarge) {
    ::madvise(memory, bytes, MADV_HUGEPAGE);  // a system that has none goes on without
  }
  return {memory, [alignment](void* owned) { ::operator delete(owned, alignment); }};
}

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
  owner_ = Allocate(bytes());
  data_ = owner_.get();
}

Tensor::Tensor(ElementType type, std::vector<int64_t> shape, std::shared_ptr<void> owner, void* data)
    : type_(type), shape_(std::move(shape)), elements_(CountElements(shape_)), owner_(std::move(owner)), data_(data) {}

}  // namespace calotype
