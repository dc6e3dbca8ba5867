// Faces of one person as vectors, and how like another face they are: for clustering and for suggestions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "catalog/people_catalog.h"

namespace calotype {

// Embeddings can be compared only if they are from the same model: equal version and dimension.
using FaceModel = std::pair<std::string, std::size_t>;
inline FaceModel FaceModelOf(const FaceRecord& face) { return {face.version, face.embedding.size()}; }

// A face whose cosine with a person's centroid is lower than a threshold by more than this is not compared with that
// person's faces: three of them would have to be far from the centroid on the same side.
inline constexpr float kCentroidMargin = 0.1F;

// A person's faces of one model, which must outlive it. For a single face no sum is stored: most people in a large
// library are strangers seen once.
class FaceVectors {
 public:
  void Add(const FaceRecord& face);
  std::span<const FaceRecord* const> faces() const { return faces_; }
  // Of at least one face, scaled to unit length.
  std::vector<float> Centroid() const;
  // The mean of the three highest cosines of `embedding` with these faces; with at most a hundred of them, spread
  // evenly. -1 if the centroid is too far away for `threshold` (kCentroidMargin): most faces of a person are farther
  // from each other than from the centroid, so a face far from it is far from all.
  float Likeness(std::span<const float> embedding, float threshold) const;

 private:
  std::vector<float> sum_;  // set for two or more faces
  std::vector<const FaceRecord*> faces_;
};

}  // namespace calotype
