// Loads memory into the CPU cache ahead of its use.
#pragma once

#include <cstddef>

namespace calotype {

// Starts loading `bytes` bytes from `start` into the cache and returns at once.
inline void Prefetch(const void* start, std::size_t bytes) {
  constexpr std::size_t kCacheLine = 64;
  for (std::size_t at = 0; at < bytes; at += kCacheLine) {
    __builtin_prefetch(static_cast<const std::byte*>(start) + at);
  }
}

}  // namespace calotype
