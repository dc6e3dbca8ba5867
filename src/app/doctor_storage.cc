// Where the photos of the library lie: folders of this machine and object storage.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "app/doctor_checks.h"
#include "app/open_catalog.h"
#include "base/units.h"
#include "storage/object_path.h"
#include "storage/photo_storage.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

struct Trouble {
  std::string what;
  std::string remedy;
};

std::optional<Trouble> TroubleOfObjects(const std::string& root) {
  const StatusOr<StoredList> list = ListStoredFolder(root, "", {});
  if (list.ok()) {
    return std::nullopt;
  }
  Trouble trouble{.what = fmt::format("{}: {}", root, Message(list.status())), .remedy = "follow the message"};
  if (absl::IsUnavailable(list.status())) {
    trouble.remedy = "check that the storage runs, and storage.endpoint";
  } else if (absl::IsNotFound(list.status())) {
    trouble.remedy = "check the name of the bucket, and storage.endpoint";
  } else if (absl::IsPermissionDenied(list.status())) {
    trouble.remedy =
        "check the key (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile or role; docs/object-storage.md), "
        "and that it may list and read this bucket";
  }
  return trouble;
}

std::optional<Trouble> TroubleOfFolder(const std::string& root) {
  const fs::path local = LocalPath(root);
  const std::string name = local == root ? root : fmt::format("{} ({} here)", root, local.string());
  std::error_code error;
  const fs::file_status status = fs::status(local, error);
  if (!fs::exists(status)) {
    const bool denied = error == std::errc::permission_denied;
    return denied ? Trouble{.what = fmt::format("{}: {}", name, error.message()),
                            .remedy = "let the user of Calotype read it"}
                  : Trouble{.what = fmt::format("{} is not there", name),
                            .remedy =
                                "mount its disk; if it lies elsewhere on this machine, set storage.paths; if it "
                                "was deleted: calotype folders remove"};
  }
  if (!fs::is_directory(status)) {
    return std::nullopt;  // a single file
  }
  const fs::directory_iterator first(local, error);
  if (error) {
    return Trouble{.what = fmt::format("{}: {}", name, error.message()), .remedy = "let the user of Calotype read it"};
  }
  if (first == fs::directory_iterator()) {
    return Trouble{.what = fmt::format("{} is empty", name), .remedy = "mount its disk; or set storage.paths"};
  }
  return std::nullopt;
}

}  // namespace

DoctorCheck CheckStorage(const App& app) {
  DoctorCheck check{.name = "storage"};
  if (!app.catalog_files().MayExist()) {
    check.ok = true;
    check.detail = "no folder was scanned yet";
    return check;
  }
  const auto catalog = OpenCatalog(app, /*create=*/false);
  const StatusOr<std::vector<std::string>> roots = catalog.ok() ? (*catalog)->Roots() : catalog.status();
  if (!roots.ok()) {
    check.detail = "not tried: the catalogue does not say where the photos lie";
    check.remedy = "first correct what the check of the catalogue found";
    return check;
  }
  std::vector<std::string> troubles;
  std::vector<std::string> remedies;
  for (const std::string& root : *roots) {
    const std::optional<Trouble> trouble = IsObjectPath(root) ? TroubleOfObjects(root) : TroubleOfFolder(root);
    if (trouble.has_value()) {
      troubles.push_back(trouble->what);
      if (std::ranges::find(remedies, trouble->remedy) == remedies.end()) {
        remedies.push_back(trouble->remedy);
      }
    }
  }
  check.ok = troubles.empty();
  check.detail = check.ok ? (roots->empty() ? "no folder was scanned yet"
                                            : fmt::format("{} can be read", Counted(std::ssize(*roots), "folder")))
                          : fmt::format("{}", fmt::join(troubles, "; "));
  check.remedy = fmt::format("{}", fmt::join(remedies, "; "));
  return check;
}

}  // namespace calotype
