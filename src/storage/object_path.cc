#include "storage/object_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_split.h"

namespace calotype {
namespace {

constexpr std::size_t kShortestBucket = 3;
constexpr std::size_t kLongestBucket = 63;

// S3's rules for the names of buckets, without those that forbid single names.
bool IsBucketName(std::string_view name) {
  return name.size() >= kShortestBucket && name.size() <= kLongestBucket && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
         });
}

}  // namespace

std::string ObjectPath::ToString() const {
  return key.empty() ? fmt::format("{}{}", kObjectScheme, bucket) : fmt::format("{}{}/{}", kObjectScheme, bucket, key);
}

bool IsObjectPath(std::string_view path) { return path.starts_with(kObjectScheme); }

StatusOr<ObjectPath> ParseObjectPath(std::string_view path) {
  std::string_view rest = path;
  if (!IsObjectPath(path)) {
    return absl::InvalidArgumentError(fmt::format("'{}' does not begin with {}", path, kObjectScheme));
  }
  rest.remove_prefix(kObjectScheme.size());
  while (rest.ends_with('/')) {
    rest.remove_suffix(1);
  }
  const std::size_t slash = rest.find('/');
  ObjectPath object{.bucket = std::string(rest.substr(0, slash)), .key = {}};
  if (!IsBucketName(object.bucket)) {
    return absl::InvalidArgumentError(
        fmt::format("'{}': '{}' is not the name of a bucket ({} to {} lower-case letters, digits, dots and dashes); "
                    "write {}BUCKET/FOLDER",
                    path, object.bucket, kShortestBucket, kLongestBucket, kObjectScheme));
  }
  if (slash != std::string_view::npos) {
    object.key = rest.substr(slash + 1);
  }
  const std::vector<std::string> parts = absl::StrSplit(object.key, '/');
  for (const std::string& part : parts) {
    if ((part.empty() && !object.key.empty()) || part == "." || part == "..") {
      return absl::InvalidArgumentError(fmt::format("'{}' has a part that is empty, '.' or '..'", path));
    }
  }
  return object;
}

}  // namespace calotype
