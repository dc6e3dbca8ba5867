// Memory that is asked for before it is needed.
#pragma once

#include <cstddef>

namespace calotype {

// So that the `bytes` from `start` on are in the cache in a moment; nothing is waited for.
inline void Prefetch(const void* start, std::size_t bytes) {
  constexpr std::size_t kCacheLine = 64;
  for (std::size_t at = 0; at < bytes; at += kCacheLine) {
    __builtin_prefetch(static_cast<const std::byte*>(start) + at);
  }
}

}  // namespace calotype
