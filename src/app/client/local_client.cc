#include "app/client/local_client.h"

#include <variant>

#include "app/folders.h"

namespace calotype {

StatusOr<SearchAnswer> LocalClient::Search(const std::string& query, const SearchOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(const Query read, ReadQuery(query));
  return SearchPhotos(library_, read, options);
}

StatusOr<std::vector<std::string>> LocalClient::Folders() { return ScannedFolders(library_); }

StatusOr<PersonId> LocalClient::Split(std::span<const FaceId> faces) {
  CALOTYPE_ASSIGN_OR_RETURN(const NewPerson created, SplitPerson(library_, faces));
  return created.person;
}

StatusOr<ScanReport> LocalClient::Scan(const ScanRequest& request, const EventHandler& on_event,
                                       const std::stop_token& stop) {
  ScanService scans(library_);
  const std::shared_ptr<EventQueue> events = scans.Subscribe();
  const std::stop_callback on_stop(stop, [&scans] { scans.Stop(); });
  CALOTYPE_RETURN_IF_ERROR(scans.Start(request));
  for (bool ended = false; !ended;) {
    if (const std::optional<Event> event = events->Next(); event.has_value()) {
      on_event(*event);
      ended = std::holds_alternative<ScanEnded>(*event);
    }
  }
  return scans.Wait();
}

}  // namespace calotype
