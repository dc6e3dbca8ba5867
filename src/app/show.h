// What is known of one photo.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/app.h"
#include "base/status.h"
#include "catalog/catalog.h"

namespace calotype {

struct ShowRequest {
  std::string photo;   // the path of a scanned photo
  std::string render;  // a .jpg or .jpeg to write the photo with its findings to; empty: none
  int page = 1;        // the page of a document to write; 1 without `render`
};

// The record of the photo. Its present paths are those of the files that are on the disk now. Analyses of it that are
// pending come next from now on, since somebody waits for them.
//   kNotFound            `photo` was not scanned
//   kFailedPrecondition  nothing was scanned yet
//   kInvalidArgument     `render` has another extension, or is itself a photo of the library; there is no such page
StatusOr<PhotoRecord> ShowPhoto(const App& app, const ShowRequest& request);

// One page of the photo as JPEG, with what was found drawn on it: objects green, faces orange, text blue. The file is
// read from `path`, or from another path of the photo if that cannot be opened.
StatusOr<std::vector<uint8_t>> RenderPhoto(const App& app, const PhotoRecord& photo, const std::string& path, int page);

}  // namespace calotype
