#include "app/export.h"

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "app/export_table.h"
#include "app/findings_json.h"
#include "app/open_catalog.h"
#include "app/partial_output.h"
#include "base/file.h"
#include "photo/sidecar.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

Status WriteTable(Catalog& catalog, std::span<const PhotoId> photos, TableFormat format,
                  const std::function<Status(std::string_view)>& write) {
  if (format == TableFormat::kCsv) {
    CALOTYPE_RETURN_IF_ERROR(write(CsvHead()));
  }
  for (const PhotoId id : photos) {
    CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord photo, catalog.GetPhoto(id));
    CALOTYPE_RETURN_IF_ERROR(write(format == TableFormat::kCsv ? CsvRow(photo) : JsonLine(PhotoToJson(photo))));
  }
  return absl::OkStatus();
}

// True when the sidecar of `path` was written; false when it has all of `additions` already, or there are none.
StatusOr<bool> WriteSidecar(const fs::path& path, const XmpAdditions& additions) {
  if (additions.keywords.empty() && additions.regions.empty()) {
    return false;
  }
  const std::vector<fs::path> known = SidecarsOf(path);
  const fs::path sidecar = known.empty() ? fs::path(path.string() + ".xmp") : known.front();
  std::string before;
  if (!known.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(before, ReadTextFile(sidecar));
  }
  const StatusOr<std::string> packet = AddToXmp(before, additions);
  if (!packet.ok()) {
    return Annotate(packet.status(), sidecar.string());
  }
  if (*packet == before) {
    return false;
  }
  CALOTYPE_RETURN_IF_ERROR(
      WriteFileAtomically(sidecar, {reinterpret_cast<const uint8_t*>(packet->data()), packet->size()}));
  return true;
}

}  // namespace

Status ExportTable(const App& app, std::span<const PhotoId> photos, TableFormat format,
                   const std::function<Status(std::string_view)>& write) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, /*create=*/false));
  return WriteTable(*catalog, photos, format, write);
}

Status ExportTableToFile(const App& app, std::span<const PhotoId> photos, TableFormat format, const std::string& file) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, /*create=*/false));
  CALOTYPE_RETURN_IF_ERROR(CheckIsNoPhoto(*catalog, file));
  CALOTYPE_ASSIGN_OR_RETURN(PartialOutput output, PartialOutput::Open(file));
  CALOTYPE_RETURN_IF_ERROR(
      WriteTable(*catalog, photos, format, [&](std::string_view text) { return output.Write(text); }));
  return output.Finish();
}

StatusOr<ExportedSidecars> ExportSidecars(const App& app, std::span<const ChosenPhoto> chosen,
                                          const std::function<void(const Status&)>& on_failure) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, /*create=*/false));
  ExportedSidecars exported;
  for (const ChosenPhoto& one : chosen) {
    CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord photo, catalog->GetPhoto(one.photo));
    const XmpAdditions additions = XmpOf(photo);
    for (const std::string& path : one.paths) {
      const StatusOr<bool> written = WriteSidecar(path, additions);
      if (!written.ok()) {
        on_failure(written.status());
        ++exported.failed;
      } else {
        ++(*written ? exported.written : exported.unchanged);
      }
    }
  }
  return exported;
}

}  // namespace calotype
