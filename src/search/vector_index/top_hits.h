// Keeps the best few of many hits, in constant memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "catalog/types.h"

namespace calotype {

struct ScoredPhoto {
  PhotoId photo = 0;
  float score = 0;
};

// Higher scores first, then lower ids, so that the order does not depend on the order of Add().
inline bool IsBetter(const ScoredPhoto& a, const ScoredPhoto& b) {
  return a.score != b.score ? a.score > b.score : a.photo < b.photo;
}

// Keeps the `size` best hits.
class TopHits {
 public:
  explicit TopHits(std::size_t size) : size_(size) {}

  void Add(const ScoredPhoto& hit) {
    if (heap_.size() < size_) {
      heap_.push_back(hit);
      std::ranges::push_heap(heap_, IsBetter);
    } else if (size_ > 0 && IsBetter(hit, heap_.front())) {
      std::ranges::pop_heap(heap_, IsBetter);
      heap_.back() = hit;
      std::ranges::push_heap(heap_, IsBetter);
    }
  }

  bool full() const { return heap_.size() == size_; }
  // The worst of the kept hits. There must be one.
  const ScoredPhoto& worst() const { return heap_.front(); }

  // Returns the hits, best first, and removes them.
  std::vector<ScoredPhoto> Take() {
    std::ranges::sort(heap_, IsBetter);
    return std::move(heap_);
  }

 private:
  const std::size_t size_;
  std::vector<ScoredPhoto> heap_;  // the worst in front
};

}  // namespace calotype
