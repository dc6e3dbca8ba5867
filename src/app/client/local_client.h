// The library of this machine.
#pragma once

#include "app/client/library_client.h"
#include "app/library.h"

namespace calotype {

class LocalClient final : public LibraryClient {
 public:
  // `app` must outlive it.
  explicit LocalClient(const App& app) : library_(app) {}

  StatusOr<SearchAnswer> Search(const std::string& query, const SearchOptions& options) override;
  StatusOr<LibraryStatus> GetStatus() override { return ReadStatus(library_); }
  StatusOr<std::optional<ScanNews>> News() override { return ReadScanNews(library_); }
  StatusOr<std::vector<std::string>> Folders() override;
  StatusOr<ScanReport> Scan(const ScanRequest& request, const EventHandler& on_event,
                            const std::stop_token& stop) override;
  StatusOr<PeopleAnswer> People(const PeopleRequest& request) override { return ListPeople(library_, request); }
  StatusOr<std::vector<PersonFace>> Faces(PersonId person) override { return ListFaces(library_, person); }
  StatusOr<KnownPerson> Person(PersonId number) override { return FindPerson(library_, number); }
  StatusOr<Namesakes> Others(PersonId person, std::string_view name) override {
    return FindNamesakes(library_, person, name);
  }
  StatusOr<std::vector<NamedSuggestion>> Suggestions(int limit) override { return ListSuggestions(library_, limit); }
  Status ChangePerson(PersonId person, const PersonChange& change) override {
    return calotype::ChangePerson(library_, person, change).status();
  }
  Status Merge(PersonId into, std::span<const PersonId> others) override {
    return MergePeople(library_, into, others).status();
  }
  StatusOr<PersonId> Split(std::span<const FaceId> faces) override;
  Status Confirm(PersonId person, std::span<const FaceId> faces) override {
    return ConfirmFaces(library_, person, faces).status();
  }
  Status Reject(PersonId person, std::span<const FaceId> faces) override {
    return RejectFaces(library_, person, faces).status();
  }
  StatusOr<ForgottenPerson> Forget(PersonId person) override { return ForgetPerson(library_, person); }
  StatusOr<DecisionPage> Decisions(std::optional<DecisionId> before, int limit) override {
    return ListDecisions(library_, before, limit);
  }
  StatusOr<DecisionRecord> Undo(DecisionId decision) override { return UndoDecision(library_, decision); }
  StatusOr<RestoredCatalogue> Restore(const std::string& backup) override { return RestoreCatalogue(library_, backup); }

 private:
  Library library_;
};

}  // namespace calotype
