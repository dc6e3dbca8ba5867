// The files of a library as they are at this moment. The catalogue knows them as they were at the last scan.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/file_stamp.h"
#include "base/status.h"
#include "search/picture_match.h"

namespace calotype {

struct LibraryFile {
  FileStamp stamp;
  bool through_link = false;  // a folder of the path is a symbolic link
};

// Thread-safe.
class LibraryFiles {
 public:
  virtual ~LibraryFiles() = default;

  // The photo at `path`. nullopt if it is gone, is a symbolic link, or was changed since it was scanned.
  virtual std::optional<LibraryFile> Find(const std::string& path) = 0;
  // True if there is a file of any kind at `path`.
  virtual bool Exists(const std::string& path) = 0;
  // The picture in the file at `path`. The error is that of decoding. May keep pictures for the next call.
  virtual StatusOr<std::shared_ptr<const Picture>> Read(const std::string& path) = 0;
  // As Read(), with a long side of up to `side` pixels. Keeps nothing.
  virtual StatusOr<std::shared_ptr<const Picture>> ReadLarge(const std::string& path, int side) = 0;
};

}  // namespace calotype
