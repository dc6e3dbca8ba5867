#include "app/client/remote_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "app/api_json.h"
#include "app/client/followed_job.h"
#include "app/client/read_answer.h"
#include "app/jobs.h"
#include "app/status_json.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxPage = 1000;  // hits, of the API
constexpr std::chrono::milliseconds kRestorePoll{200};

std::string_view OrderName(SortOrder order) {
  return order == SortOrder::kNewest ? "newest" : order == SortOrder::kOldest ? "oldest" : "relevance";
}

std::string PathOf(PersonId person, std::string_view action = "") {
  return fmt::format("/people/{}{}", person, action);
}

Json FacesBody(std::span<const FaceId> faces) { return {{"faces", std::vector<FaceId>(faces.begin(), faces.end())}}; }

}  // namespace

StatusOr<SearchAnswer> RemoteClient::Search(const std::string& query, const SearchOptions& options) {
  SearchAnswer all;
  std::optional<SearchCursor> after = options.after;
  for (int missing = options.limit; missing > 0;) {
    ApiConnection::Values values = {{"q", query},
                                    {"limit", std::to_string(std::min(missing, kMaxPage))},
                                    {"sort", std::string(OrderName(options.sort))},
                                    {"confident", options.confident_only ? "true" : "false"}};
    if (after.has_value()) {
      values.emplace_back("cursor", FormatCursor(*after));
    }
    CALOTYPE_ASSIGN_OR_RETURN(SearchAnswer page, ReadAnswer(api_->Get("/search", values), SearchAnswerFrom));
    missing -= static_cast<int>(page.result.hits.size());
    after = page.result.next;
    std::vector<Hit> hits = std::move(all.result.hits);
    std::ranges::move(page.result.hits, std::back_inserter(hits));
    all = std::move(page);
    all.result.hits = std::move(hits);
    if (!after.has_value()) {
      break;
    }
  }
  CALOTYPE_RETURN_IF_ERROR(CheckScannedIf(all.result.hits.empty()));
  return all;
}

StatusOr<LibraryStatus> RemoteClient::GetStatus() {
  CALOTYPE_ASSIGN_OR_RETURN(LibraryStatus status, ReadAnswer(api_->Get("/status"), StatusFromJson));
  if (!status.scanned) {
    return absl::FailedPreconditionError("nothing was scanned yet; run: calotype scan FOLDER");
  }
  return status;
}

Status RemoteClient::CheckScannedIf(bool empty) { return empty ? GetStatus().status() : absl::OkStatus(); }

StatusOr<std::optional<ScanNews>> RemoteClient::News() {
  CALOTYPE_ASSIGN_OR_RETURN(const LibraryStatus status, GetStatus());
  return status.scan;
}

StatusOr<std::vector<std::string>> RemoteClient::Folders() {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> folders, ReadAnswer(api_->Get("/folders"), [](const Json& json) {
                              return json.at("folders").get<std::vector<std::string>>();
                            }));
  CALOTYPE_RETURN_IF_ERROR(CheckScannedIf(folders.empty()));
  return folders;
}

StatusOr<ScanReport> RemoteClient::Scan(const ScanRequest& request, const EventHandler& on_event,
                                        const std::stop_token& stop) {
  return FollowScan(*api_, request, on_event, stop);
}

StatusOr<PeopleAnswer> RemoteClient::People(const PeopleRequest& request) {
  const std::array values = {std::pair<std::string, std::string>("hidden", request.hidden ? "true" : "false")};
  CALOTYPE_ASSIGN_OR_RETURN(PeopleAnswer people, ReadAnswer(api_->Get("/people", values), [](const Json& json) {
                              PeopleAnswer answer{.faces = json.at("faces").get<int64_t>()};
                              for (const Json& person : json.at("people")) {
                                answer.people.push_back(PersonRecordFrom(person));
                              }
                              return answer;
                            }));
  CALOTYPE_RETURN_IF_ERROR(CheckScannedIf(people.people.empty()));
  return people;
}

StatusOr<std::vector<PersonFace>> RemoteClient::Faces(PersonId person) {
  return ReadAnswer(api_->Get(PathOf(person, "/faces")), [](const Json& json) {
    std::vector<PersonFace> faces;
    for (const Json& face : json.at("faces")) {
      faces.push_back(PersonFaceFrom(face));
    }
    return faces;
  });
}

StatusOr<KnownPerson> RemoteClient::Person(PersonId number) {
  return ReadAnswer(api_->Get(PathOf(number)), [number](const Json& json) { return KnownPersonFrom(json, number); });
}

StatusOr<Namesakes> RemoteClient::Others(PersonId person, std::string_view name) {
  if (name.empty()) {
    return Namesakes();  // nobody has the empty name, and the API does not take it
  }
  const std::array values = {std::pair<std::string, std::string>("name", name)};
  return ReadAnswer(api_->Get(PathOf(person, "/namesakes"), values), NamesakesFrom);
}

StatusOr<std::vector<NamedSuggestion>> RemoteClient::Suggestions(int limit) {
  const std::array values = {std::pair<std::string, std::string>("limit", std::to_string(limit))};
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<NamedSuggestion> suggestions,
                            ReadAnswer(api_->Get("/people/suggestions", values), [](const Json& json) {
                              std::vector<NamedSuggestion> read;
                              for (const Json& suggestion : json.at("suggestions")) {
                                read.push_back(NamedSuggestionFrom(suggestion));
                              }
                              return read;
                            }));
  CALOTYPE_RETURN_IF_ERROR(CheckScannedIf(suggestions.empty()));
  return suggestions;
}

Status RemoteClient::ChangePerson(PersonId person, const PersonChange& change) {
  Json body = Json::object();
  if (change.name.has_value()) {
    body["name"] = *change.name;
    body["same_name"] = true;
  }
  if (change.hidden.has_value()) {
    body["hidden"] = *change.hidden;
  }
  if (change.cover.has_value()) {
    body["cover_face"] = *change.cover;
  }
  return api_->Send("PATCH", PathOf(person), body).status();
}

Status RemoteClient::Merge(PersonId into, std::span<const PersonId> others) {
  return api_->Send("POST", PathOf(into, "/merge"), {{"people", std::vector<PersonId>(others.begin(), others.end())}})
      .status();
}

StatusOr<PersonId> RemoteClient::Split(std::span<const FaceId> faces) {
  return ReadAnswer(api_->Send("POST", "/faces/split", FacesBody(faces)),
                    [](const Json& json) { return json.at("person").get<PersonId>(); });
}

Status RemoteClient::Confirm(PersonId person, std::span<const FaceId> faces) {
  return api_->Send("POST", PathOf(person, "/confirm"), FacesBody(faces)).status();
}

Status RemoteClient::Reject(PersonId person, std::span<const FaceId> faces) {
  return api_->Send("POST", PathOf(person, "/reject"), FacesBody(faces)).status();
}

StatusOr<ForgottenPerson> RemoteClient::Forget(PersonId person) {
  return ReadAnswer(api_->Send("POST", PathOf(person, "/forget"), nullptr), ForgottenPersonFrom);
}

StatusOr<DecisionPage> RemoteClient::Decisions(std::optional<DecisionId> before, int limit) {
  ApiConnection::Values values = {{"limit", std::to_string(limit)}};
  if (before.has_value()) {
    values.emplace_back("cursor", FormatDecisionCursor(*before));
  }
  CALOTYPE_ASSIGN_OR_RETURN(DecisionPage page, ReadAnswer(api_->Get("/decisions", values), DecisionPageFrom));
  CALOTYPE_RETURN_IF_ERROR(CheckScannedIf(page.decisions.empty()));
  return page;
}

StatusOr<DecisionRecord> RemoteClient::Undo(DecisionId decision) {
  return ReadAnswer(api_->Send("POST", fmt::format("/decisions/{}/undo", decision), nullptr), DecisionRecordFrom);
}

StatusOr<RestoredCatalogue> RemoteClient::Restore(const std::string& backup) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Job job, ReadAnswer(api_->Send("POST", "/jobs", {{"kind", "restore"}, {"backup", backup}}), JobFrom));
  while (!HasEnded(job)) {
    std::this_thread::sleep_for(kRestorePoll);
    CALOTYPE_ASSIGN_OR_RETURN(job, ReadAnswer(api_->Get(fmt::format("/jobs/{}", job.id)), JobFrom));
  }
  if (job.state != JobState::kDone) {
    return absl::FailedPreconditionError(job.error.empty() ? "the job was cancelled" : job.error);
  }
  return RestoredCatalogue{.replaced =
                               job.file.empty() ? std::nullopt : std::optional<std::filesystem::path>(job.file)};
}

}  // namespace calotype
