// The paths of photos in object storage, as users write them and as the catalogue stores them: "s3://BUCKET/KEY".
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace calotype {

inline constexpr std::string_view kObjectScheme = "s3://";

// An object, or all objects whose keys begin with `key` and a slash; all of the bucket if it is empty.
struct ObjectPath {
  std::string bucket;
  std::string key;

  std::string ToString() const;
};

// True for a path in object storage; it is not checked any further.
bool IsObjectPath(std::string_view path);

// kInvalidArgument for a path without a bucket, with a name that no bucket can have, or with a part that is empty,
// "." or "..". A slash at the end is dropped.
StatusOr<ObjectPath> ParseObjectPath(std::string_view path);

}  // namespace calotype
