// A dense array of numbers: an input or output of a model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace calotype {

enum class ElementType : uint8_t { kFloat32, kUint8, kInt32, kInt64 };

std::size_t ElementSize(ElementType type);
std::string_view ElementTypeName(ElementType type);  // "float32" ...

// Row-major. Copies share the storage. Storage is 64-byte aligned, except when an engine owns it.
class Tensor {
 public:
  Tensor() = default;
  // Elements are left uninitialised.
  Tensor(ElementType type, std::vector<int64_t> shape);
  // Uses `data`, which stays valid as long as `owner` exists.
  Tensor(ElementType type, std::vector<int64_t> shape, std::shared_ptr<void> owner, void* data);

  ElementType type() const { return type_; }
  const std::vector<int64_t>& shape() const { return shape_; }
  // Size of dimension `axis`; 0 if there is no such dimension.
  int64_t dim(std::size_t axis) const { return axis < shape_.size() ? shape_[axis] : 0; }
  std::size_t elements() const { return elements_; }
  std::size_t bytes() const { return elements_ * ElementSize(type_); }
  void* raw() const { return data_; }

  // The elements. T must be the C++ type of type().
  template <typename T>
  std::span<T> data() {
    return {static_cast<T*>(data_), elements_};
  }
  template <typename T>
  std::span<const T> data() const {
    return {static_cast<const T*>(data_), elements_};
  }

 private:
  ElementType type_ = ElementType::kFloat32;
  std::vector<int64_t> shape_;
  std::size_t elements_ = 0;
  std::shared_ptr<void> owner_;
  void* data_ = nullptr;
};

}  // namespace calotype
