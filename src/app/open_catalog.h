// Opens the catalogue that the settings name.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "app/app.h"
#include "base/status.h"
#include "catalog/catalog.h"

namespace calotype {

// The catalogue in use. When there is none, it is created if `create` is true, else the answer is kFailedPrecondition
// with the advice to scan first.
StatusOr<std::unique_ptr<Catalog>> OpenCatalog(const App& app, bool create);

// `path` absolute and normal, as the catalogue stores paths.
std::filesystem::path CatalogPath(const std::string& path);

// kInvalidArgument when the file `output`, which the caller is about to write, is a photo of the library (present or
// missing).
Status CheckIsNoPhoto(SearchCatalog& catalog, const std::string& output);

}  // namespace calotype
