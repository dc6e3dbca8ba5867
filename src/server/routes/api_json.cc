#include "server/routes/api_json.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <variant>

#include "absl/strings/escaping.h"
#include "app/findings_json.h"
#include "pipeline/scan_progress_json.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

Json OrNull(int64_t value) { return value == 0 ? Json(nullptr) : Json(value); }
Json OrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

std::string Base64(const std::vector<uint8_t>& bytes) {
  return absl::Base64Escape({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
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
          {"present", model.present}, {"problem", OrNull(model.problem)}};
}

}  // namespace

Json ToApiJson(const PhotoRow& row) {
  return {{"photo", row.id},
          {"path", row.path},
          {"taken_at", OrNull(row.taken_at)},
          {"sha256", row.sha256.Hex()},
          {"width", OrNull(row.width)},
          {"height", OrNull(row.height)},
          {"thumb_hash", row.thumb_hash.empty() ? Json(nullptr) : Json(Base64(row.thumb_hash))}};
}

Json ToApiJson(const PhotoRecord& photo) {
  Json json = {{"photo", photo.id}};
  json.update(PhotoToJson(photo));
  json["gone"] = photo.present_paths == 0;
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
  return json;
}

Json ToApiJson(const SimilarPhoto& photo) {
  return {{"photo", photo.photo}, {"path", photo.path}, {"cosine", photo.cosine}, {"gone", photo.gone}};
}

Json ToApiJson(const PersonRecord& person) {
  return {{"person", person.id},
          {"name", OrNull(person.name)},
          {"hidden", person.hidden},
          {"faces", person.faces},
          {"photos", person.photos},
          {"cover_face", OrNull(person.cover)},
          {"cover_path", OrNull(person.cover_path)}};
}

Json ToApiJson(const PersonFace& face) {
  const Box& box = face.face.box;
  return {{"face", face.face.id},
          {"photo", face.face.photo},
          {"path", face.path},
          {"score", face.face.score},
          {"box", {box.x, box.y, box.width, box.height}},
          {"decided", face.face.decided}};
}

Json ToApiJson(const Job& job) {
  return {{"job", job.id},
          {"kind", JobKindName(job.request.kind)},
          {"state", JobStateName(job.state)},
          {"error", OrNull(job.error)},
          {"counts", job.counts.empty() ? Json::object() : Json(job.counts)},
          {"file", OrNull(job.file)},
          {"progress", job.progress.has_value() ? calotype::ToJson(*job.progress) : Json(nullptr)},
          {"step", OrNull(job.step)},
          {"submitted", job.submitted},
          {"started", OrNull(job.started)},
          {"ended", OrNull(job.ended)}};
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
