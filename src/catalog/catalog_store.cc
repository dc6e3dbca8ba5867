// What analysers found, written down: one function per analysis.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/half.h"
#include "catalog/codec.h"
#include "catalog/sqlite_catalog.h"
#include "catalog/text_query.h"

namespace calotype {
namespace {

// Two boxes are the same face when they overlap by half, as detection benchmarks count a hit (PASCAL VOC).
constexpr float kSameFaceOverlap = 0.5F;

StatusOr<int64_t> LabelId(Database& database, std::string_view name) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto known, database.QueryInt("SELECT id FROM label WHERE name = ?1", name));
  if (known.has_value()) {
    return *known;
  }
  CALOTYPE_RETURN_IF_ERROR(database.Execute("INSERT INTO label(name) VALUES (?1)", name));
  return database.last_insert_id();
}

Status WriteObjects(Database& database, const PhotoResult& result, std::string_view /*version*/) {
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM object WHERE photo_id = ?1", result.id));
  for (const ObjectFinding& object : *result.findings.objects) {
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t label, LabelId(database, object.label));
    CALOTYPE_RETURN_IF_ERROR(database.Execute(
        "INSERT INTO object(photo_id, label_id, score, x, y, width, height)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        result.id, label, object.score, object.box.x, object.box.y, object.box.width, object.box.height));
  }
  return absl::OkStatus();
}

Status WriteTags(Database& database, PhotoId photo, std::span<const Tag> tags) {
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM tag WHERE photo_id = ?1", photo));
  for (const Tag& tag : tags) {
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t label, LabelId(database, tag.label));
    CALOTYPE_RETURN_IF_ERROR(
        database.Execute("INSERT INTO tag(photo_id, label_id, score) VALUES (?1, ?2, ?3)"
                         " ON CONFLICT(photo_id, label_id) DO UPDATE SET score = max(score, excluded.score)",
                         photo, label, tag.score));
  }
  return absl::OkStatus();
}

Status WriteEmbedding(Database& database, const PhotoResult& result, std::string_view version) {
  const EmbeddingFinding& embedding = *result.findings.embedding;
  const std::vector<uint16_t> halves = ToHalf(embedding.vector);
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM embedding WHERE photo_id = ?1", result.id));
  CALOTYPE_RETURN_IF_ERROR(
      database.Execute("INSERT INTO embedding(space, photo_id, version, vector) VALUES (?1, ?2, ?3, ?4)",
                       embedding.space, result.id, version, AsBlob(std::span(halves))));
  return WriteTags(database, result.id, embedding.tags);
}

Status WriteText(Database& database, const PhotoResult& result, std::string_view /*version*/) {
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM text_line WHERE photo_id = ?1", result.id));
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM text_fts WHERE rowid = ?1", result.id));
  std::string body;
  int position = 0;
  for (const TextFinding& line : *result.findings.text) {
    CALOTYPE_RETURN_IF_ERROR(
        database.Execute("INSERT INTO text_line(photo_id, position, text, score, quad) VALUES (?1, ?2, ?3, ?4, ?5)",
                         result.id, position, line.text, line.score, PointsBlob(line.quad)));
    body += (position++ == 0 ? "" : "\n") + IndexedLine(line.text);
  }
  return body.empty() ? absl::OkStatus()
                      : database.Execute("INSERT INTO text_fts(rowid, body) VALUES (?1, ?2)", result.id, body);
}

struct KnownFace {
  FaceId id = 0;
  Box box;
  std::optional<PersonId> person;
};

StatusOr<std::vector<KnownFace>> KnownFaces(Database& database, PhotoId photo) {
  std::vector<KnownFace> faces;
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows, database.Query("SELECT id, x, y, width, height, person_id FROM face WHERE photo_id = ?1", photo));
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&faces](const Statement& row) {
    faces.push_back({.id = row.Int(0),
                     .box = {row.Float(1), row.Float(2), row.Float(3), row.Float(4)},
                     .person = row.IsNull(5) ? std::nullopt : std::optional(row.Int(5))});
  }));
  return faces;
}

// Takes the known face that `box` shows out of `known`.
std::optional<KnownFace> TakeSameFace(std::vector<KnownFace>& known, const Box& box) {
  const auto best = std::ranges::max_element(
      known, {}, [&box](const KnownFace& face) { return IntersectionOverUnion(face.box, box); });
  if (best == known.end() || IntersectionOverUnion(best->box, box) < kSameFaceOverlap) {
    return std::nullopt;
  }
  const KnownFace same = *best;
  known.erase(best);
  return same;
}

Status WriteFaces(Database& database, const PhotoResult& result, std::string_view /*version*/) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<KnownFace> known, KnownFaces(database, result.id));
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM face WHERE photo_id = ?1", result.id));
  int position = 0;
  for (const FaceFinding& face : *result.findings.faces) {
    const std::optional<KnownFace> same = TakeSameFace(known, face.box);
    const auto id = same.has_value() ? std::optional(same->id) : std::nullopt;
    const auto person = same.has_value() ? same->person : std::nullopt;
    CALOTYPE_RETURN_IF_ERROR(
        database.Execute("INSERT INTO face(id, photo_id, position, score, x, y, width, height, landmarks, person_id)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                         id, result.id, position++, face.score, face.box.x, face.box.y, face.box.width, face.box.height,
                         PointsBlob(face.landmarks), person));
  }
  return absl::OkStatus();
}

Status WriteFaceEmbeddings(Database& database, const PhotoResult& result, std::string_view /*version*/) {
  const std::vector<FaceFinding>& faces = *result.findings.faces;
  CALOTYPE_ASSIGN_OR_RETURN(const auto stored,
                            database.QueryInt("SELECT count(*) FROM face WHERE photo_id = ?1", result.id));
  if (stored != std::ssize(faces)) {
    return absl::InvalidArgumentError(fmt::format(
        "photo {}: faces.recognise looked at {} faces, the catalogue has {}; faces.detect must be stored with it",
        result.id, faces.size(), stored.value_or(0)));
  }
  int position = 0;
  for (const FaceFinding& face : faces) {
    const std::vector<uint16_t> halves = ToHalf(face.embedding);
    const auto blob = halves.empty() ? std::nullopt : std::optional(AsBlob(std::span(halves)));
    CALOTYPE_RETURN_IF_ERROR(database.Execute("UPDATE face SET embedding = ?3 WHERE photo_id = ?1 AND position = ?2",
                                              result.id, position++, blob));
  }
  return absl::OkStatus();
}

Status WritePdq(Database& database, const PhotoResult& result, std::string_view /*version*/) {
  const PdqFinding& pdq = *result.findings.pdq;
  return database.Execute("INSERT OR REPLACE INTO pdq(photo_id, hash, quality) VALUES (?1, ?2, ?3)", result.id,
                          AsBlob(std::span(pdq.hash)), pdq.quality);
}

struct FindingsWriter {
  std::string_view analysis;
  bool (*has_findings)(const Findings&);
  Status (*write)(Database&, const PhotoResult&, std::string_view version);
};

// In an order in which faces are there before their embeddings.
constexpr std::array kWriters = {
    FindingsWriter{"objects", [](const Findings& f) { return f.objects.has_value(); }, WriteObjects},
    FindingsWriter{"embedding", [](const Findings& f) { return f.embedding.has_value(); }, WriteEmbedding},
    FindingsWriter{"text", [](const Findings& f) { return f.text.has_value(); }, WriteText},
    FindingsWriter{"faces.detect", [](const Findings& f) { return f.faces.has_value(); }, WriteFaces},
    FindingsWriter{"faces.recognise", [](const Findings& f) { return f.faces.has_value(); }, WriteFaceEmbeddings},
    FindingsWriter{"pdq", [](const Findings& f) { return f.pdq.has_value(); }, WritePdq},
};

Status WriteFindings(Database& database, const PhotoResult& result) {
  for (const FindingsWriter& writer : kWriters) {
    const auto outcome = std::ranges::find(result.outcomes, writer.analysis, &AnalysisOutcome::analysis);
    if (outcome == result.outcomes.end() || outcome->state != AnalysisState::kDone) {
      continue;
    }
    if (!writer.has_findings(result.findings)) {
      return absl::InvalidArgumentError(
          fmt::format("photo {}: {} is said to be done, but its findings are absent", result.id, writer.analysis));
    }
    CALOTYPE_RETURN_IF_ERROR(writer.write(database, result, outcome->version));
  }
  return absl::OkStatus();
}

Status WriteProperties(Database& database, PhotoId photo, const PhotoProperties& properties) {
  const PhotoFacts& facts = properties.facts;
  const auto latitude = facts.gps.has_value() ? std::optional(facts.gps->latitude) : std::nullopt;
  const auto longitude = facts.gps.has_value() ? std::optional(facts.gps->longitude) : std::nullopt;
  const auto altitude = facts.gps.has_value() ? facts.gps->altitude : std::nullopt;
  return database.Execute(
      "UPDATE photo SET format = ?2, width = ?3, height = ?4, taken_at = ?5, camera = ?6, lens = ?7, orientation = ?8,"
      " latitude = ?9, longitude = ?10, altitude = ?11 WHERE id = ?1",
      photo, static_cast<int>(properties.format), properties.width, properties.height, facts.taken_at, facts.camera,
      facts.lens, facts.orientation, latitude, longitude, altitude);
}

Status WriteOutcome(Database& database, PhotoId photo, const AnalysisOutcome& outcome) {
  const auto found_version =
      outcome.state == AnalysisState::kDone ? std::optional<std::string>(outcome.version) : std::nullopt;
  return database.Execute(
      "INSERT INTO analysis(photo_id, analysis, version, state, reason, device, ms, attempts, updated_at, "
      "found_version)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, unixepoch(), ?8)"
      " ON CONFLICT(photo_id, analysis) DO UPDATE SET version = excluded.version, state = excluded.state,"
      " reason = excluded.reason, device = excluded.device, ms = excluded.ms, updated_at = excluded.updated_at,"
      " found_version = coalesce(excluded.found_version, found_version)",
      photo, outcome.analysis, outcome.version, static_cast<int>(outcome.state), outcome.reason, outcome.device,
      outcome.milliseconds, found_version);
}

Status StoreResult(Database& database, const PhotoResult& result) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto known, database.QueryInt("SELECT id FROM photo WHERE id = ?1", result.id));
  if (!known.has_value()) {
    return absl::NotFoundError(fmt::format("the catalogue {} has no photo {}", database.file().string(), result.id));
  }
  if (result.properties.has_value()) {
    CALOTYPE_RETURN_IF_ERROR(WriteProperties(database, result.id, *result.properties));
  }
  CALOTYPE_RETURN_IF_ERROR(WriteFindings(database, result));
  for (const AnalysisOutcome& outcome : result.outcomes) {
    CALOTYPE_RETURN_IF_ERROR(WriteOutcome(database, result.id, outcome));
  }
  return absl::OkStatus();
}

}  // namespace

Status SqliteCatalog::Store(std::span<const PhotoResult> results) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*database_));
  for (const PhotoResult& result : results) {
    CALOTYPE_RETURN_IF_ERROR(StoreResult(*database_, result));
  }
  return transaction.Commit();
}

}  // namespace calotype
