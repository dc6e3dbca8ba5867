// Image encoders turn photos into vectors. There is one per family.
#pragma once

#include <memory>

#include "analysis/findings.h"
#include "base/status.h"
#include "inference/engine.h"
#include "models/pack.h"
#include "photo/image.h"

namespace calotype {

// Immutable and thread-safe.
class ImageEncoder {
 public:
  virtual ~ImageEncoder() = default;
  // Returns kInvalidArgument when the graph does not belong to the family or `photo` is empty.
  virtual StatusOr<EmbeddingFinding> Encode(Session& session, const Image& photo) const = 0;
};

// "conse": a classifier whose classes have word vectors. Also returns tags.
StatusOr<std::shared_ptr<const ImageEncoder>> ReadConseEncoder(const ModelSpec& encoder);

// "clip" and "siglip": trained so that photos and their captions have similar vectors. Return no tags. Pixels and text
// may be inputs of the same graph.
StatusOr<std::shared_ptr<const ImageEncoder>> ReadContrastiveEncoder(const ModelSpec& encoder);

}  // namespace calotype
