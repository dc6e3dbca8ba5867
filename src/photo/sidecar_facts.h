// Reads the XMP files that sidecar.h finds.
#pragma once

#include "base/status.h"
#include "photo/decode.h"
#include "photo/facts.h"

namespace calotype {

// Reads an open XMP file. `orientation` is the photo's EXIF orientation, by which regions are turned.
// kInvalidArgument when the file is not XMP, kResourceExhausted when it is larger than 16 MB or over another limit.
StatusOr<PhotoFacts> ReadSidecar(int descriptor, int orientation, const DecodeLimits& limits);

// Replaces each fact of the photo that the sidecar states. The time, camera and lens are taken from the sidecar only
// where the photo does not state them.
void TakeFromSidecar(PhotoFacts sidecar, PhotoFacts& facts);

}  // namespace calotype
