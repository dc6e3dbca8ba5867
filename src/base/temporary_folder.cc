#include "base/temporary_folder.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include "base/file.h"

namespace calotype {

StatusOr<TemporaryFolder> TemporaryFolder::Create() {
  std::error_code error;
  std::string path = (std::filesystem::temp_directory_path(error) / "calotype-XXXXXX").string();
  if (error || mkdtemp(path.data()) == nullptr) {
    return ErrnoStatus(error ? error.value() : errno, "cannot make a temporary folder");
  }
  return TemporaryFolder(path);
}

TemporaryFolder::~TemporaryFolder() {
  if (!path_.empty()) {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
}

}  // namespace calotype
