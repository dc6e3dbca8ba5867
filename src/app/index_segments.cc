#include "app/index_segments.h"

#include <chrono>

#include "base/log.h"
#include "base/stoppable_sleep.h"

namespace calotype {
namespace {

constexpr std::chrono::seconds kFollowEvery{5};

Status Follow(Library& library, const std::stop_token& stop) {
  const StatusOr<CatalogLease> catalog = library.Catalogue();
  if (absl::IsFailedPrecondition(catalog.status())) {
    return absl::OkStatus();  // nothing was scanned yet
  }
  CALOTYPE_RETURN_IF_ERROR(catalog.status());
  return library.segments()->Follow(**catalog, stop);
}

}  // namespace

StatusOr<std::vector<BuiltSegments>> BuildIndexSegments(Library& library, const std::stop_token& stop) {
  const App& app = library.app();
  if (app.settings().search_segments.empty()) {
    return absl::FailedPreconditionError(
        "search.segments is empty; set it to the folder or s3://BUCKET/FOLDER in which all machines share the index");
  }
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> spaces, catalog->Spaces());
  std::vector<BuiltSegments> built;
  for (const std::string& space : spaces) {
    CALOTYPE_ASSIGN_OR_RETURN(const SegmentBuild build,
                              BuildSegments(*catalog, space, SegmentStore(app.settings().search_segments),
                                            app.folders().cache / "segments-work", SegmentBuildOptions(), stop));
    built.push_back({.space = space, .build = build});
  }
  return built;
}

SegmentThread::SegmentThread(Library& library) {
  if (library.segments() != nullptr) {
    thread_ = std::jthread([&library](const std::stop_token& stop) { Run(library, stop); });
  }
}

void SegmentThread::Run(Library& library, const std::stop_token& stop) {
  std::string said;
  do {
    const Status status = Follow(library, stop);
    if (!status.ok() && !stop.stop_requested() && said != Message(status)) {
      LogWarning("index segments: {}", Message(status));
    }
    said = Message(status);
  } while (SleepUnlessStopped(kFollowEvery, stop));
}

}  // namespace calotype
