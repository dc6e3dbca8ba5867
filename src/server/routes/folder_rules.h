// Which folders a client of the server may have scanned.
#pragma once

#include <string>
#include <vector>

#include "app/library.h"
#include "base/status.h"

namespace calotype {

class FolderRules {
 public:
  // `allowed` is the setting server.folders. The library must outlive this object.
  FolderRules(Library& library, std::vector<std::string> allowed) : library_(library), allowed_(std::move(allowed)) {}

  // OK for a folder or file at or below an allowed or an already scanned folder, once links are followed.
  // kPermissionDenied otherwise, also for what does not exist: a client learns nothing of other folders.
  Status Check(const std::string& path) const;

 private:
  Library& library_;
  const std::vector<std::string> allowed_;
};

}  // namespace calotype
