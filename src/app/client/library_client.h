// A library as a command uses it: that of this machine, or that of a server. Both answer alike.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "app/app.h"
#include "app/backup.h"
#include "app/decisions.h"
#include "app/events.h"
#include "app/forget_person.h"
#include "app/library_status.h"
#include "app/people.h"
#include "app/people_suggestions.h"
#include "app/scan.h"
#include "app/search.h"
#include "base/status.h"

namespace calotype {

// For one thread. The methods are those of the services with these names; errors are theirs too. A server adds
//   kUnavailable        it cannot be reached, or is busy
//   kUnauthenticated    it needs a token, or does not know this one
//   kPermissionDenied   the token's scope is too low, or the server does not allow it
//   kInternal           it failed, or what answers is no Calotype server
class LibraryClient {
 public:
  virtual ~LibraryClient() = default;

  // `query` is text that ReadQuery() can read. Paths in it are those of the library's machine.
  virtual StatusOr<SearchAnswer> Search(const std::string& query, const SearchOptions& options) = 0;
  virtual StatusOr<LibraryStatus> GetStatus() = 0;
  virtual StatusOr<std::optional<ScanNews>> News() = 0;
  virtual StatusOr<std::vector<std::string>> Folders() = 0;
  // Scans until the end, or until `stop` is requested, which stops the scan without loss. Calls `on_event` on this
  // thread. A server knows neither ScanRequest::models nor ScanRequest::watch.
  virtual StatusOr<ScanReport> Scan(const ScanRequest& request, const EventHandler& on_event,
                                    const std::stop_token& stop) = 0;

  virtual StatusOr<PeopleAnswer> People(const PeopleRequest& request) = 0;
  virtual StatusOr<std::vector<PersonFace>> Faces(PersonId person) = 0;
  virtual StatusOr<KnownPerson> Person(PersonId number) = 0;
  virtual StatusOr<Namesakes> Others(PersonId person, std::string_view name) = 0;
  virtual StatusOr<std::vector<NamedSuggestion>> Suggestions(int limit) = 0;
  // Changes. `person` is nobody who was merged (Person()).
  virtual Status ChangePerson(PersonId person, const PersonChange& change) = 0;
  virtual Status Merge(PersonId into, std::span<const PersonId> others) = 0;
  virtual StatusOr<PersonId> Split(std::span<const FaceId> faces) = 0;
  virtual Status Confirm(PersonId person, std::span<const FaceId> faces) = 0;
  virtual Status Reject(PersonId person, std::span<const FaceId> faces) = 0;

  virtual StatusOr<ForgottenPerson> Forget(PersonId person) = 0;

  virtual StatusOr<DecisionPage> Decisions(std::optional<DecisionId> before, int limit) = 0;
  virtual StatusOr<DecisionRecord> Undo(DecisionId decision) = 0;

  // Replaces the catalogue with a backup. A server restores only those in the folder of its catalogue, while it serves.
  virtual StatusOr<RestoredCatalogue> Restore(const std::string& backup) = 0;
};

// The library of this machine if `server` is empty, else that of the server with this URL. The token for it is in the
// environment variable CALOTYPE_TOKEN, or in the file that client.token_file names. `app` must outlive the client.
//   kInvalidArgument  no http or https URL, or one with a user or password, or the file with the token is empty
StatusOr<std::unique_ptr<LibraryClient>> OpenLibraryClient(const App& app, const std::string& server);

}  // namespace calotype
