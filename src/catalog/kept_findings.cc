#include "catalog/kept_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/half.h"
#include "catalog/codec.h"
#include "catalog/findings_tables.h"
#include "catalog/forgotten_faces.h"
#include "catalog/photo_change.h"
#include "catalog/row_values.h"

namespace calotype {
namespace {

using Json = nlohmann::json;
using Bytes = std::vector<uint8_t>;

Json FromVector(const std::vector<float>& vector) {
  const std::vector<uint16_t> halves = ToHalf(vector);
  const Blob blob = AsBlob(std::span(halves));
  return Json::binary(Bytes(blob.begin(), blob.end()));
}

std::vector<float> ToVector(const Json& json) { return ToFloat(FromBlob<uint16_t>(json.get_binary())); }

template <std::size_t kCount>
Json FromPoints(const std::array<Point, kCount>& points) {
  const Blob blob = PointsBlob(points);
  return Json::binary(Bytes(blob.begin(), blob.end()));
}

Json FromBox(const Box& box) { return {box.x, box.y, box.width, box.height}; }

Box ToBox(const Json& json) {
  return {json.at(0).get<float>(), json.at(1).get<float>(), json.at(2).get<float>(), json.at(3).get<float>()};
}

Json FromObjects(const Findings& findings) {
  Json json = Json::array();
  for (const ObjectFinding& object : *findings.objects) {
    json.push_back({object.label, object.score, FromBox(object.box)});
  }
  return json;
}

void ToObjects(const Json& json, Findings& findings) {
  auto& objects = findings.objects.emplace();
  for (const Json& object : json) {
    objects.push_back({.label = object.at(0), .score = object.at(1), .box = ToBox(object.at(2))});
  }
}

Json FromEmbedding(const Findings& findings) {
  Json tags = Json::array();
  for (const Tag& tag : findings.embedding->tags) {
    tags.push_back({tag.label, tag.score});
  }
  return {findings.embedding->space, FromVector(findings.embedding->vector), std::move(tags)};
}

void ToEmbedding(const Json& json, Findings& findings) {
  EmbeddingFinding& embedding = findings.embedding.emplace();
  embedding.space = json.at(0);
  embedding.vector = ToVector(json.at(1));
  for (const Json& tag : json.at(2)) {
    embedding.tags.push_back({.label = tag.at(0), .score = tag.at(1)});
  }
}

Json FromText(const Findings& findings) {
  Json json = Json::array();
  for (const TextFinding& line : *findings.text) {
    json.push_back({line.text, line.score, FromPoints(line.quad)});
    if (line.page != 1) {
      json.back().push_back(line.page);
    }
  }
  return json;
}

void ToText(const Json& json, Findings& findings) {
  auto& text = findings.text.emplace();
  for (const Json& line : json) {
    text.push_back({.text = line.at(0),
                    .score = line.at(1),
                    .quad = PointsFromBlob<4>(line.at(2).get_binary()),
                    .page = line.size() > 3 ? line.at(3).get<int>() : 1});
  }
}

Json FromFaces(const Findings& findings) {
  Json json = Json::array();
  for (const FaceFinding& face : *findings.faces) {
    json.push_back({face.score, FromBox(face.box), FromPoints(face.landmarks), FromVector(face.embedding)});
    if (face.sharpness.has_value()) {
      json.back().push_back(*face.sharpness);
    }
  }
  return json;
}

void ToFaces(const Json& json, Findings& findings) {
  auto& faces = findings.faces.emplace();
  for (const Json& face : json) {
    faces.push_back({.score = face.at(0),
                     .box = ToBox(face.at(1)),
                     .landmarks = PointsFromBlob<5>(face.at(2).get_binary()),
                     .embedding = ToVector(face.at(3)),
                     .sharpness = face.size() > 4 ? std::optional(face.at(4).get<float>()) : std::nullopt});
  }
}

Json FromPdq(const Findings& findings) {
  return {Json::binary(Bytes(findings.pdq->hash.begin(), findings.pdq->hash.end())), findings.pdq->quality};
}

void ToPdq(const Json& json, Findings& findings) {
  PdqFinding& pdq = findings.pdq.emplace();
  const auto& hash = json.at(0).get_binary();
  std::copy_n(hash.begin(), std::min(hash.size(), pdq.hash.size()), pdq.hash.begin());
  pdq.quality = json.at(1);
}

struct FindingsCodec {
  std::string_view analysis;
  Json (*from)(const Findings&);
  void (*to)(const Json&, Findings&);
};
constexpr std::array kCodecs = {
    FindingsCodec{"objects", FromObjects, ToObjects},
    FindingsCodec{"embedding", FromEmbedding, ToEmbedding},
    FindingsCodec{"text", FromText, ToText},
    FindingsCodec{"faces.detect", FromFaces, ToFaces},
    FindingsCodec{"faces.recognise", FromFaces, ToFaces},
    FindingsCodec{"pdq", FromPdq, ToPdq},
};

const FindingsCodec* FindCodec(std::string_view analysis) {
  const auto found = std::ranges::find(kCodecs, analysis, &FindingsCodec::analysis);
  return found == kCodecs.end() ? nullptr : &*found;
}

// An analysis of a photo, with kept findings that will be shown.
struct Change {
  const FindingsTable* table = nullptr;
  std::string shown;   // version
  std::string wanted;  // version
  Findings kept;
  std::vector<std::optional<PersonId>> people;  // of kept faces
};

StatusOr<Change> ReadChange(const Statement& row) {
  Change change{.table = FindFindingsTable(row.Text(0)), .shown = row.Text(1), .wanted = row.Text(2)};
  if (change.table == nullptr) {
    return absl::DataLossError(fmt::format(
        "the table \"kept\" has findings of the analysis '{}', which this version does not know", row.Text(0)));
  }
  CALOTYPE_ASSIGN_OR_RETURN(change.kept, UnpackFindings(change.table->analysis, row.Bytes(3)));
  for (const int64_t person : FromBlob<int64_t>(row.Bytes(4))) {
    change.people.push_back(person == 0 ? std::nullopt : std::optional(person));
  }
  return change;
}

StatusOr<std::vector<Change>> ReadChanges(Database& database, PhotoId photo) {
  std::vector<Change> changes;
  for (const FindingsTable& table : FindingsTables()) {
    CALOTYPE_ASSIGN_OR_RETURN(Statement row,
                              database.Query("SELECT analysis, found_version, version, findings, people FROM analysis"
                                             " JOIN kept USING (photo_id, analysis, version)"
                                             " WHERE photo_id = ?1 AND analysis = ?2 AND found_version <> version",
                                             photo, table.analysis));
    CALOTYPE_ASSIGN_OR_RETURN(const bool found, row.Step());
    if (found) {
      CALOTYPE_ASSIGN_OR_RETURN(Change change, ReadChange(row));
      changes.push_back(std::move(change));
    }
  }
  return changes;
}

bool IsFaces(std::string_view analysis) { return analysis.starts_with("faces."); }

// The person of each shown face, 0 for nobody, ordered as the faces.
StatusOr<std::vector<int64_t>> ReadPeople(Database& database, PhotoId photo) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query("SELECT coalesce(person_id, 0) FROM face WHERE photo_id = ?1 ORDER BY position", photo));
  return ReadRows(std::move(rows), [](const Statement& row) { return row.Int(0); });
}

Status InsertKept(Database& database, PhotoId photo, std::string_view analysis, std::string_view version,
                  const Findings& findings, const std::vector<int64_t>& people) {
  const Bytes bytes = PackFindings(analysis, findings);
  return database.Execute(
      "INSERT INTO kept(photo_id, analysis, version, findings, people) VALUES (?1, ?2, ?3, ?4, ?5)"
      " ON CONFLICT(photo_id, analysis, version) DO UPDATE SET findings = excluded.findings, people = excluded.people",
      photo, analysis, version, Blob(bytes), AsBlob(std::span(people)));
}

Status KeepShown(Database& database, PhotoId photo, const Change& change) {
  Findings shown;
  CALOTYPE_RETURN_IF_ERROR(change.table->read(database, photo, shown));
  std::vector<int64_t> people;
  if (IsFaces(change.table->analysis)) {
    CALOTYPE_ASSIGN_OR_RETURN(people, ReadPeople(database, photo));
  }
  return InsertKept(database, photo, change.table->analysis, change.shown, shown, people);
}

// Only to faces without a person: newer decisions win.
Status RestorePeople(Database& database, PhotoId photo, const Change& change) {
  for (std::size_t i = 0; i < change.people.size(); ++i) {
    if (change.people[i].has_value()) {
      CALOTYPE_RETURN_IF_ERROR(
          database.Execute("UPDATE face SET person_id = ?3 WHERE photo_id = ?1 AND position = ?2 AND person_id IS NULL"
                           " AND EXISTS (SELECT 1 FROM person WHERE id = ?3) AND NOT EXISTS"
                           " (SELECT 1 FROM face_not_person WHERE face_id = face.id AND person_id = ?3)",
                           photo, static_cast<int64_t>(i), *change.people[i]));
    }
  }
  return absl::OkStatus();
}

Status Show(Database& database, PhotoId photo, const Change& change) {
  if (change.table->analysis == "faces.recognise") {
    // Embeddings belong to the faces from which they were computed.
    CALOTYPE_RETURN_IF_ERROR(FindFindingsTable("faces.detect")->write(database, photo, change.kept, change.wanted));
  }
  CALOTYPE_RETURN_IF_ERROR(change.table->write(database, photo, change.kept, change.wanted));
  CALOTYPE_RETURN_IF_ERROR(RestorePeople(database, photo, change));
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM kept WHERE photo_id = ?1 AND analysis = ?2 AND version = ?3",
                                            photo, change.table->analysis, change.wanted));
  return database.Execute("UPDATE analysis SET found_version = ?3 WHERE photo_id = ?1 AND analysis = ?2", photo,
                          change.table->analysis, change.wanted);
}

}  // namespace

std::vector<uint8_t> PackFindings(std::string_view analysis, const Findings& findings) {
  const FindingsCodec* const codec = FindCodec(analysis);
  return Json::to_cbor(codec == nullptr ? Json(nullptr) : codec->from(findings));
}

StatusOr<Findings> UnpackFindings(std::string_view analysis, Blob bytes) {
  const FindingsCodec* const codec = FindCodec(analysis);
  Findings findings;
  try {
    if (codec != nullptr) {
      codec->to(Json::from_cbor(bytes.begin(), bytes.end()), findings);
    }
    return findings;
  } catch (const std::exception& error) {
    return absl::DataLossError(fmt::format("kept findings of {} cannot be read: {}", analysis, error.what()));
  }
}

Status KeepFindings(Database& database, PhotoId photo, const AnalysisOutcome& outcome, const Findings& findings) {
  Findings kept = findings;
  if (IsFaces(outcome.analysis) && kept.faces.has_value()) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Box> forgotten, ForgottenPlaces(database, photo));
    DropForgotten(forgotten, *kept.faces);
  }
  return InsertKept(database, photo, outcome.analysis, outcome.version, kept, {});
}

Status ShowKept(Database& database, PhotoId photo) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Change> changes, ReadChanges(database, photo));
  // Keep all old findings before showing the first new ones: new faces delete the embeddings of the old ones.
  for (const Change& change : changes) {
    CALOTYPE_RETURN_IF_ERROR(KeepShown(database, photo, change));
  }
  for (const Change& change : changes) {
    CALOTYPE_RETURN_IF_ERROR(Show(database, photo, change));
  }
  return RecordChange(database, photo);
}

StatusOr<std::vector<PhotoId>> PhotosThatWait(Database& database) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows, database.Query("SELECT DISTINCT photo_id FROM analysis WHERE found_version <> version AND EXISTS"
                                     " (SELECT 1 FROM kept WHERE kept.photo_id = analysis.photo_id AND"
                                     " kept.analysis = analysis.analysis AND kept.version = analysis.version)"
                                     " ORDER BY photo_id"));
  return PhotoIds(std::move(rows));
}

}  // namespace calotype
