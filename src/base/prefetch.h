// Loads memory into the CPU cache ahead of its use.
#pragma once

#include <cstddef>

namespace calotype {

// Asks the CPU to load the memory from `start` into its cache, and returns at once. Only a hint; if `start` is not a
// multiple of 64, the last cache line may be left out.
inline void Prefetch(const void* start, std::size_t bytes) {
  constexpr std::size_t kCacheLine = 64;
  for (std::size_t at = 0; at < bytes; at += kCacheLine) {
    __builtin_prefetch(static_cast<const std::byte*>(start) + at);
  }
}

}  // namespace calotype
