// Writes and reads the fields of messages between a program and its child processes, which are of one build: numbers as
// they are in memory, texts and lists with their length before them.
//
// A struct has one function Fields(archive, value) that lists its fields; it serves both directions:
//
//   template <typename Archive>
//   void Fields(Archive& archive, GpsPosition& gps) { archive(gps.latitude, gps.longitude, gps.altitude); }
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace calotype {

template <typename T>
concept WireNumber = std::is_arithmetic_v<T> || std::is_enum_v<T>;

class FieldWriter {
 public:
  template <typename... Values>
  void operator()(const Values&... values) {
    (Put(values), ...);
  }
  std::vector<uint8_t> TakeBytes() { return std::move(bytes_); }

 private:
  void PutBytes(const void* data, std::size_t size) {
    const auto* first = static_cast<const uint8_t*>(data);
    bytes_.insert(bytes_.end(), first, first + size);
  }
  template <WireNumber T>
  void Put(const T& number) {
    PutBytes(&number, sizeof(number));
  }
  void Put(const std::string& text) {
    Put(static_cast<uint64_t>(text.size()));
    PutBytes(text.data(), text.size());
  }
  template <typename T>
  void Put(const std::vector<T>& list) {
    Put(static_cast<uint64_t>(list.size()));
    if constexpr (std::is_same_v<T, uint8_t>) {
      PutBytes(list.data(), list.size());
    } else {
      for (const T& value : list) {
        Put(value);
      }
    }
  }
  template <typename T>
  void Put(const std::optional<T>& value) {
    Put(value.has_value());
    if (value.has_value()) {
      Put(*value);
    }
  }
  template <typename T>
    requires std::is_class_v<T>
  void Put(const T& value) {
    // Fields() has one form for both directions, so it takes the value as one that may be changed.
    Fields(*this, const_cast<T&>(value));
  }

  std::vector<uint8_t> bytes_;
};

// Reads what FieldWriter wrote. The bytes may be anything: what does not fit makes ok() false, and the values that
// follow are empty. No length is believed before the bytes are there.
class FieldReader {
 public:
  explicit FieldReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  template <typename... Values>
  void operator()(Values&... values) {
    (Get(values), ...);
  }
  // False when a value did not fit, or bytes are left.
  bool ok() const { return ok_ && bytes_.empty(); }

 private:
  std::span<const uint8_t> Next(std::size_t size) {
    if (!ok_ || size > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const std::span<const uint8_t> next = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return next;
  }
  template <WireNumber T>
  void Get(T& number) {
    const std::span<const uint8_t> next = Next(sizeof(T));
    if (next.empty()) {
      number = T();
    } else if constexpr (std::is_same_v<T, bool>) {
      number = next[0] != 0;
    } else {
      std::memcpy(&number, next.data(), sizeof(T));
    }
  }
  void Get(std::string& text) {
    uint64_t size = 0;
    Get(size);
    const std::span<const uint8_t> next = Next(size);
    text.assign(next.begin(), next.end());
  }
  template <typename T>
  void Get(std::vector<T>& list) {
    uint64_t size = 0;
    Get(size);
    list.clear();
    if constexpr (std::is_same_v<T, uint8_t>) {
      const std::span<const uint8_t> next = Next(size);
      list.assign(next.begin(), next.end());
    } else {
      for (uint64_t i = 0; ok_ && i < size; ++i) {
        Get(list.emplace_back());
      }
    }
  }
  template <typename T>
  void Get(std::optional<T>& value) {
    bool present = false;
    Get(present);
    value.reset();
    if (present) {
      T content{};
      Get(content);
      value = std::move(content);
    }
  }
  template <typename T>
    requires std::is_class_v<T>
  void Get(T& value) {
    Fields(*this, value);
  }

  std::span<const uint8_t> bytes_;
  bool ok_ = true;
};

}  // namespace calotype
