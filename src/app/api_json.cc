#include "app/api_json.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <variant>

#include "app/findings_json.h"
#include "app/load_places.h"
#include "base/text.h"
#include "pipeline/scan_progress_json.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

Json NumberOrNull(int64_t value) { return value == 0 ? Json(nullptr) : Json(value); }
Json TextOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }
// The inverse: 0 and "" for null.
int64_t NumberOrZero(const Json& json) { return json.is_null() ? 0 : json.get<int64_t>(); }
std::string TextOrEmpty(const Json& json) { return json.is_null() ? std::string() : json.get<std::string>(); }

Hit HitFrom(const Json& json) {
  return {.photo = json.at("photo").get<PhotoId>(),
          .path = json.at("path").get<std::string>(),
          .gone = json.at("gone").get<bool>(),
          .score = json.at("score").get<double>(),
          .confident = json.at("confident").get<bool>(),
          .why = json.at("why").get<std::vector<std::string>>()};
}

Json ToJson(const Hit& hit) {
  return {{"photo", hit.photo},         {"path", hit.path}, {"score", hit.score},
          {"confident", hit.confident}, {"why", hit.why},   {"gone", hit.gone}};
}

Json ToJson(const ListedModel& model) {
  return {{"name", model.name},       {"task", model.task},
          {"family", model.family},   {"choice", model.choice},
          {"chosen", model.chosen},   {"bytes", model.bytes_of_all},
          {"licence", model.licence}, {"terms", model.licence_terms},
          {"present", model.present}, {"problem", TextOrNull(model.problem)}};
}

// What a list needs to draw a photo.
Json LooksOf(const PhotoRow& row) {
  return {{"taken_at", TextOrNull(row.taken_at)},
          {"sha256", row.id == 0 ? Json(nullptr) : Json(row.sha256.Hex())},
          {"width", NumberOrNull(row.width)},
          {"height", NumberOrNull(row.height)},
          {"thumb_hash", row.thumb_hash.empty() ? Json(nullptr) : Json(Base64(row.thumb_hash))}};
}

Json ToJson(const AnalysisOutcome& outcome) {
  const bool ran = !outcome.device.empty();
  return {{"analysis", outcome.analysis},
          {"state", AnalysisStateName(outcome.state)},
          {"reason", TextOrNull(outcome.reason)},
          {"version", TextOrNull(outcome.version)},
          {"device", TextOrNull(outcome.device)},
          {"ms", ran ? Json(std::round(outcome.milliseconds * 10) / 10) : Json(nullptr)}};
}

}  // namespace

Json ToApiJson(const PhotoRow& row) {
  Json json = {{"photo", row.id}, {"path", row.path}};
  json.update(LooksOf(row));
  return json;
}

void AddRows(std::span<const PhotoRow> rows, Json& items) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    items.at(i).update(LooksOf(rows[i]));
  }
}

Json ToApiJson(const PhotoRecord& photo) {
  Json json = {{"photo", photo.id}};
  json.update(PhotoToJson(photo));
  json["gone"] = photo.present_paths == 0;
  json["analyses"] = Json::array();
  for (std::size_t i = 0; i < photo.outcomes.size(); ++i) {
    Json& analysis = json["analyses"].emplace_back(ToJson(photo.outcomes[i]));
    analysis["next_try"] = photo.next_tries[i] > 0 ? Json(photo.next_tries[i]) : Json(nullptr);
  }
  return json;
}

Json ToApiJson(const SearchAnswer& answer) {
  const SearchResult& result = answer.result;
  Json json = {{"hits", Json::array()},
               {"total", result.total},
               {"total_is_minimum", result.total_is_minimum},
               {"less_certain", result.less_certain},
               {"next", result.next.has_value() ? Json(FormatCursor(*result.next)) : Json(nullptr)},
               {"notes", answer.notes}};
  for (const Hit& hit : result.hits) {
    json["hits"].push_back(ToJson(hit));
  }
  if (answer.places_missing) {
    json["notes"].push_back(kNoPlaces);
  }
  return json;
}

SearchAnswer SearchAnswerFrom(const Json& json) {
  SearchAnswer answer{.notes = json.at("notes").get<std::vector<std::string>>()};
  SearchResult& result = answer.result;
  for (const Json& hit : json.at("hits")) {
    result.hits.push_back(HitFrom(hit));
  }
  result.total = json.at("total").get<int64_t>();
  result.total_is_minimum = json.at("total_is_minimum").get<bool>();
  result.less_certain = json.at("less_certain").get<int64_t>();
  result.next = ParseCursor(TextOrEmpty(json.at("next")));
  return answer;
}

Json ToApiJson(const SimilarPhoto& photo) {
  return {{"photo", photo.photo}, {"path", photo.path}, {"cosine", photo.cosine}, {"gone", photo.gone}};
}

Json ToApiJson(const PersonRecord& person) {
  return {{"person", person.id},
          {"name", TextOrNull(person.name)},
          {"hidden", person.hidden},
          {"faces", person.faces},
          {"photos", person.photos},
          {"cover_face", NumberOrNull(person.cover)},
          {"cover_path", TextOrNull(person.cover_path)}};
}

PersonRecord PersonRecordFrom(const Json& json) {
  return {.id = json.at("person").get<PersonId>(),
          .name = TextOrEmpty(json.at("name")),
          .faces = json.at("faces").get<int64_t>(),
          .photos = json.at("photos").get<int64_t>(),
          .hidden = json.at("hidden").get<bool>(),
          .cover = NumberOrZero(json.at("cover_face")),
          .cover_path = TextOrEmpty(json.at("cover_path"))};
}

Json ToApiJson(const KnownPerson& person) { return {{"person", person.id}, {"name", TextOrNull(person.name)}}; }

KnownPerson KnownPersonFrom(const Json& json, PersonId number) {
  const PersonId person = json.at("person").get<PersonId>();
  return {.id = person, .name = TextOrEmpty(json.at("name")), .merged = person != number};
}

Json ToApiJson(const Namesakes& others) { return {{"people", others.people}, {"text", others.text}}; }

Namesakes NamesakesFrom(const Json& json) {
  return {.people = json.at("people").get<std::vector<PersonId>>(), .text = json.at("text").get<std::string>()};
}

Json ToApiJson(const PersonFace& face) {
  const Box& box = face.face.box;
  return {{"face", face.face.id},
          {"photo", face.face.photo},
          {"path", face.path},
          {"score", face.face.score},
          {"box", {box.x, box.y, box.width, box.height}},
          {"decided", face.face.decided},
          {"named_in_photo", face.face.from_region}};
}

PersonFace PersonFaceFrom(const Json& json) {
  PersonFace face{.path = json.at("path").get<std::string>()};
  face.face.id = json.at("face").get<FaceId>();
  face.face.photo = json.at("photo").get<PhotoId>();
  face.face.score = json.at("score").get<float>();
  const auto box = json.at("box").get<std::array<float, 4>>();
  face.face.box = {.x = box[0], .y = box[1], .width = box[2], .height = box[3]};
  face.face.decided = json.at("decided").get<bool>();
  face.face.from_region = json.at("named_in_photo").get<bool>();
  return face;
}

Json ToApiJson(const Decided& decision) {
  return {{"decision", decision.has_value() ? Json(*decision) : Json(nullptr)}};
}

Json ToApiJson(const DecisionRecord& decision) {
  return {{"decision", decision.id},
          {"kind", DecisionKindName(decision.kind)},
          {"text", decision.text},
          {"made_at", decision.made_at},
          {"undone_at", decision.undone_at.has_value() ? Json(*decision.undone_at) : Json(nullptr)},
          {"can_undo", decision.obstacle.empty()},
          {"obstacle", TextOrNull(decision.obstacle)}};
}

Json ToApiJson(const ForgottenPerson& forgotten) {
  return {{"faces", forgotten.faces},
          {"photos", forgotten.photos},
          {"sidecars", forgotten.sidecars},
          {"named_photos", forgotten.named_photos},
          {"backups", forgotten.backups},
          {"not_erased", forgotten.erased.ok() ? Json(nullptr) : Json(Message(forgotten.erased))}};
}

ForgottenPerson ForgottenPersonFrom(const Json& json) {
  ForgottenPerson forgotten{.faces = json.at("faces").get<int64_t>(),
                            .photos = json.at("photos").get<int64_t>(),
                            .sidecars = json.at("sidecars").get<std::vector<std::string>>(),
                            .named_photos = json.at("named_photos").get<std::vector<std::string>>(),
                            .backups = json.at("backups").get<std::vector<std::string>>()};
  if (!json.at("not_erased").is_null()) {
    forgotten.erased = absl::FailedPreconditionError(json.at("not_erased").get<std::string>());
  }
  return forgotten;
}

DecisionRecord DecisionRecordFrom(const Json& json) {
  DecisionRecord decision{.id = json.at("decision").get<DecisionId>()};
  decision.kind = ParseDecisionKind(json.at("kind").get<std::string>()).value_or(DecisionKind::kChange);
  decision.text = json.at("text").get<std::string>();
  decision.made_at = json.at("made_at").get<int64_t>();
  if (!json.at("undone_at").is_null()) {
    decision.undone_at = json.at("undone_at").get<int64_t>();
  }
  decision.obstacle = TextOrEmpty(json.at("obstacle"));
  return decision;
}

Json ToApiJson(const DecisionPage& page) {
  Json json = {{"decisions", Json::array()},
               {"next", page.next.has_value() ? Json(FormatDecisionCursor(*page.next)) : Json(nullptr)}};
  for (const DecisionRecord& decision : page.decisions) {
    json["decisions"].push_back(ToApiJson(decision));
  }
  return json;
}

DecisionPage DecisionPageFrom(const Json& json) {
  DecisionPage page{.next = ParseDecisionCursor(TextOrEmpty(json.at("next")))};
  for (const Json& decision : json.at("decisions")) {
    page.decisions.push_back(DecisionRecordFrom(decision));
  }
  return page;
}

Json ToApiJson(const NamedSuggestion& suggestion) {
  Json json = {{"person", suggestion.person.has_value() ? Json(*suggestion.person) : Json(nullptr)},
               {"faces", suggestion.faces},
               {"shown", Json::array()},
               {"suggested", suggestion.suggested.id},
               {"name", suggestion.suggested.name},
               {"similarity", suggestion.likeness}};
  for (const PersonFace& face : suggestion.shown) {
    json["shown"].push_back(ToApiJson(face));
  }
  return json;
}

NamedSuggestion NamedSuggestionFrom(const Json& json) {
  NamedSuggestion suggestion;
  if (!json.at("person").is_null()) {
    suggestion.person = json.at("person").get<PersonId>();
  }
  suggestion.faces = json.at("faces").get<int64_t>();
  for (const Json& face : json.at("shown")) {
    suggestion.shown.push_back(PersonFaceFrom(face));
  }
  suggestion.suggested = {.id = json.at("suggested").get<PersonId>(), .name = json.at("name").get<std::string>()};
  suggestion.likeness = json.at("similarity").get<float>();
  return suggestion;
}

Json ToApiJson(const Job& job) {
  return {{"job", job.id},
          {"kind", JobKindName(job.request.kind)},
          {"state", JobStateName(job.state)},
          {"error", TextOrNull(job.error)},
          {"counts", job.counts.empty() ? Json::object() : Json(job.counts)},
          {"file", TextOrNull(job.file)},
          {"progress", job.progress.has_value() ? calotype::ToJson(*job.progress) : Json(nullptr)},
          {"step", TextOrNull(job.step)},
          {"submitted", job.submitted},
          {"started", NumberOrNull(job.started)},
          {"ended", NumberOrNull(job.ended)}};
}

Job JobFrom(const Json& json) {
  Job job{.id = json.at("job").get<int64_t>()};
  job.request.kind = ParseJobKind(json.at("kind").get<std::string>()).value_or(JobKind::kScan);
  job.state = ParseJobState(json.at("state").get<std::string>()).value_or(JobState::kQueued);
  job.error = TextOrEmpty(json.at("error"));
  job.counts = json.at("counts").get<std::map<std::string, int64_t>>();
  job.file = TextOrEmpty(json.at("file"));
  job.step = TextOrEmpty(json.at("step"));
  if (!json.at("progress").is_null()) {
    job.progress = ScanProgressFrom(json.at("progress"));
  }
  job.submitted = json.at("submitted").get<int64_t>();
  job.started = NumberOrZero(json.at("started"));
  job.ended = NumberOrZero(json.at("ended"));
  return job;
}

Json ToApiJson(const ListedPack& pack) {
  Json json = {{"pack", pack.name},
               {"summary", pack.summary},
               {"installed", pack.installed},
               {"in_use", pack.in_use},
               {"models", Json::array()}};
  for (const ListedModel& model : pack.models) {
    json["models"].push_back(ToJson(model));
  }
  return json;
}

std::string ToServerSentEvent(std::string_view name, const Json& data) {
  return fmt::format("event: {}\ndata: {}\n", name, JsonLine(data));
}

std::string ToServerSentEvent(const Event& event) {
  return std::visit(
      [](const auto& value) -> std::string {
        using Type = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Type, ScanProgress>) {
          return ToServerSentEvent("scan.progress", calotype::ToJson(value));
        } else if constexpr (std::is_same_v<Type, ScanFailure>) {
          return ToServerSentEvent("scan.failure",
                                   {{"path", value.path}, {"analysis", value.analysis}, {"reason", value.reason}});
        } else if constexpr (std::is_same_v<Type, ScanWaiting>) {
          return ToServerSentEvent("scan.waiting", {{"reason", value.reason}});
        } else if constexpr (std::is_same_v<Type, DeviceMeasurement>) {
          return value.finished
                     ? ""
                     : ToServerSentEvent("devices.measuring",
                                         {{"model", value.name}, {"number", value.model}, {"models", value.models}});
        } else {
          return "";  // the change of the job's state says it
        }
      },
      event);
}

std::optional<Event> EventFrom(std::string_view name, const Json& data) {
  if (name == "scan.progress") {
    return ScanProgressFrom(data);
  }
  if (name == "scan.failure") {
    return ScanFailure{.path = data.at("path").get<std::string>(),
                       .analysis = data.at("analysis").get<std::string>(),
                       .reason = data.at("reason").get<std::string>()};
  }
  if (name == "scan.waiting") {
    return ScanWaiting{.reason = data.at("reason").get<std::string>()};
  }
  if (name == "devices.measuring") {
    return DeviceMeasurement{.model = data.at("number").get<int64_t>(),
                             .models = data.at("models").get<int64_t>(),
                             .name = data.at("model").get<std::string>()};
  }
  return std::nullopt;
}

std::string FormatDecisionCursor(DecisionId decision) { return std::to_string(decision); }

std::optional<DecisionId> ParseDecisionCursor(std::string_view text) {
  DecisionId decision = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), decision);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number && decision > 0 ? std::optional(decision) : std::nullopt;
}

std::string FormatMark(const PhotoMark& mark) { return fmt::format("{}_{}", mark.id, mark.taken_at); }

std::optional<PhotoMark> ParseMark(std::string_view text) {
  const std::size_t end_of_id = text.find('_');
  if (end_of_id == std::string_view::npos) {
    return std::nullopt;
  }
  PhotoMark mark{.taken_at = std::string(text.substr(end_of_id + 1))};
  const auto [end, error] = std::from_chars(text.data(), text.data() + end_of_id, mark.id);
  return error == std::errc() && end == text.data() + end_of_id ? std::optional(mark) : std::nullopt;
}

}  // namespace calotype
