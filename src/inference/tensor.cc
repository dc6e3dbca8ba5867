#include "inference/tensor.h"

#include <sys/mman.h>

#include <functional>
#include <new>
#include <numeric>
#include <utility>

namespace calotype {
namespace {

// The size of a cache line and of the widest vector register.
constexpr std::align_val_t kAlignment{64};

// For allocations of at least this size, the C library returns freed memory to the system, so each new tensor causes a
// page fault for every 4 KB, which takes longer than writing the data. Pages of 2 MB avoid that.
constexpr std::size_t kLarge = std::size_t{32} << 20U;
constexpr std::align_val_t kHugePage{std::size_t{2} << 20U};

std::shared_ptr<void> Allocate(std::size_t bytes) {
  const std::align_val_t alignment = bytes < kLarge ? kAlignment : kHugePage;
  void* const memory = ::operator new(bytes, alignment);
  if (bytes >= kLarge) {
    ::madvise(memory, bytes, MADV_HUGEPAGE);  // only a hint: works without huge pages too
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
