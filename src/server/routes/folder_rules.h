// Which folders a client of the server may have scanned.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "app/library.h"
#include "base/shared_value.h"
#include "base/status.h"

namespace calotype {

// Thread-safe.
class FolderRules {
 public:
  // `allowed` is the setting server.folders. The library must outlive this object.
  FolderRules(Library& library, std::vector<std::string> allowed) : library_(library), allowed_(std::move(allowed)) {}

  // As the constructor's.
  void Allow(std::vector<std::string> allowed) { allowed_.Set(std::move(allowed)); }

  // The allowed and the scanned folders that are there, ordered by path.
  std::vector<std::string> Roots() const;
  // The folders in `path`, which must be at or below a root, without links on the way to them. Errors as for Check(),
  // and those of SubfoldersOf().
  StatusOr<std::vector<std::string>> Subfolders(const std::string& path) const;

  // OK for a folder or file at or below an allowed or an already scanned folder, once links are followed.
  // kPermissionDenied otherwise, also for what does not exist: a client learns nothing of other folders.
  Status Check(const std::string& path) const { return RealPath(path).status(); }

 private:
  std::vector<std::string> All() const;
  // What Check() allows, without links: use it, since `path` may lead elsewhere a moment later.
  StatusOr<std::filesystem::path> RealPath(const std::string& path) const;

  Library& library_;
  SharedValue<std::vector<std::string>> allowed_;
};

}  // namespace calotype
