// The library of a server.
#pragma once

#include <memory>
#include <utility>

#include "app/client/api_connection.h"
#include "app/client/library_client.h"

namespace calotype {

class RemoteClient final : public LibraryClient {
 public:
  explicit RemoteClient(std::unique_ptr<ApiConnection> api) : api_(std::move(api)) {}

  StatusOr<SearchAnswer> Search(const std::string& query, const SearchOptions& options) override;
  StatusOr<LibraryStatus> GetStatus() override;
  StatusOr<std::optional<ScanNews>> News() override;
  StatusOr<std::vector<std::string>> Folders() override;
  // Submits a job and follows its events. `stop` cancels the job. If the connection breaks, the job goes on.
  StatusOr<ScanReport> Scan(const ScanRequest& request, const EventHandler& on_event,
                            const std::stop_token& stop) override;
  StatusOr<PeopleAnswer> People(const PeopleRequest& request) override;
  StatusOr<std::vector<PersonFace>> Faces(PersonId person) override;
  StatusOr<KnownPerson> Person(PersonId number) override;
  StatusOr<Namesakes> Others(PersonId person, std::string_view name) override;
  StatusOr<std::vector<NamedSuggestion>> Suggestions(int limit) override;
  Status ChangePerson(PersonId person, const PersonChange& change) override;
  Status Merge(PersonId into, std::span<const PersonId> others) override;
  StatusOr<PersonId> Split(std::span<const FaceId> faces) override;
  Status Confirm(PersonId person, std::span<const FaceId> faces) override;
  Status Reject(PersonId person, std::span<const FaceId> faces) override;
  StatusOr<ForgottenPerson> Forget(PersonId person) override;
  StatusOr<DecisionPage> Decisions(std::optional<DecisionId> before, int limit) override;
  StatusOr<DecisionRecord> Undo(DecisionId decision) override;
  // Submits a job and waits for its end.
  StatusOr<RestoredCatalogue> Restore(const std::string& backup) override;

 private:
  // The API calls a library that nothing was scanned into empty, LocalClient fails. If an answer is empty, fails alike.
  Status CheckScannedIf(bool empty);

  const std::unique_ptr<ApiConnection> api_;
};

}  // namespace calotype
