#include "catalog/findings_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/half.h"
#include "catalog/codec.h"
#include "catalog/forgotten_faces.h"
#include "catalog/row_values.h"

namespace calotype {
namespace {

// IoU from which two boxes are the same face; detection benchmarks count a hit likewise (PASCAL VOC).
constexpr float kSameFaceOverlap = 0.5F;

StatusOr<int64_t> LabelId(Database& database, std::string_view name) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto known, database.QueryInt("SELECT id FROM label WHERE name = ?1", name));
  if (known.has_value()) {
    return *known;
  }
  return database.Insert("INSERT INTO label(name) VALUES (?1)", name);
}

Status WriteObjects(Database& database, PhotoId photo, const Findings& findings, std::string_view /*version*/) {
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM object WHERE photo_id = ?1", photo));
  for (const ObjectFinding& object : *findings.objects) {
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t label, LabelId(database, object.label));
    CALOTYPE_RETURN_IF_ERROR(
        database.Execute("INSERT INTO object(photo_id, label_id, score, x, y, width, height)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                         photo, label, object.score, object.box.x, object.box.y, object.box.width, object.box.height));
  }
  return absl::OkStatus();
}

Status WriteTags(Database& database, PhotoId photo, std::span<const Tag> tags) {
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM tag WHERE photo_id = ?1", photo));
  for (const Tag& tag : tags) {
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t label, LabelId(database, tag.label));
    CALOTYPE_RETURN_IF_ERROR(database.Execute(
        "INSERT INTO tag(photo_id, label_id, score) VALUES (?1, ?2, ?3)"
        " ON CONFLICT(photo_id, label_id) DO UPDATE SET score = excluded.score WHERE tag.score < excluded.score",
        photo, label, tag.score));
  }
  return absl::OkStatus();
}

Status WriteEmbedding(Database& database, PhotoId photo, const Findings& findings, std::string_view version) {
  const EmbeddingFinding& embedding = *findings.embedding;
  const std::vector<uint16_t> halves = ToHalf(embedding.vector);
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM embedding WHERE photo_id = ?1", photo));
  CALOTYPE_RETURN_IF_ERROR(
      database.Execute("INSERT INTO embedding(space, photo_id, version, vector) VALUES (?1, ?2, ?3, ?4)",
                       embedding.space, photo, version, AsBlob(std::span(halves))));
  return WriteTags(database, photo, embedding.tags);
}

Status WriteText(Database& database, PhotoId photo, const Findings& findings, std::string_view /*version*/) {
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM text_line WHERE photo_id = ?1", photo));
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM text_fts WHERE rowid = ?1", photo));
  std::string body;
  int position = 0;
  for (const TextFinding& line : *findings.text) {
    CALOTYPE_RETURN_IF_ERROR(
        database.Execute("INSERT INTO text_line(photo_id, position, text, score, quad, page)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                         photo, position, line.text, line.score, PointsBlob(line.quad), line.page));
    body += (position++ == 0 ? "" : "\n") + database.dialect().indexed_line(line.text);
  }
  return body.empty() ? absl::OkStatus()
                      : database.Execute("INSERT INTO text_fts(rowid, body) VALUES (?1, ?2)", photo, body);
}

struct KnownFace {
  FaceId id = 0;
  Box box;
  std::optional<PersonId> person;
  int64_t decided = 0;
};

StatusOr<std::vector<KnownFace>> KnownFaces(Database& database, PhotoId photo) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query("SELECT id, x, y, width, height, person_id, decided FROM face WHERE photo_id = ?1", photo));
  return ReadRows(std::move(rows), [](const Statement& row) {
    return KnownFace{.id = row.Int(0), .box = BoxFromRow(row, 1), .person = OptionalInt(row, 5), .decided = row.Int(6)};
  });
}

// Removes the face that `box` shows from `known`, and returns it.
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

// ?11 is the id that the face keeps; a new one gets the next.
constexpr std::string_view kInsertKnownFace =
    "INSERT INTO face(photo_id, position, score, x, y, width, height, landmarks, person_id, decided, id)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
constexpr std::string_view kInsertNewFace =
    "INSERT INTO face(photo_id, position, score, x, y, width, height, landmarks, person_id, decided)"
    " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 WHERE ?11 = 0";

Status WriteFaces(Database& database, PhotoId photo, const Findings& findings, std::string_view /*version*/) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<KnownFace> known, KnownFaces(database, photo));
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM face WHERE photo_id = ?1", photo));
  int position = 0;
  for (const FaceFinding& face : *findings.faces) {
    const std::optional<KnownFace> same = TakeSameFace(known, face.box);
    const auto person = same.has_value() ? same->person : std::nullopt;
    CALOTYPE_RETURN_IF_ERROR(database.Execute(same.has_value() ? kInsertKnownFace : kInsertNewFace, photo, position++,
                                              face.score, face.box.x, face.box.y, face.box.width, face.box.height,
                                              PointsBlob(face.landmarks), person, same.has_value() ? same->decided : 0,
                                              same.has_value() ? same->id : 0));
  }
  return absl::OkStatus();
}

Status WriteFaceEmbeddings(Database& database, PhotoId photo, const Findings& findings, std::string_view /*version*/) {
  std::vector<FaceFinding> faces = *findings.faces;
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Box> forgotten, ForgottenPlaces(database, photo));
  DropForgotten(forgotten, faces);
  CALOTYPE_ASSIGN_OR_RETURN(const auto stored,
                            database.QueryInt("SELECT count(*) FROM face WHERE photo_id = ?1", photo));
  if (stored != std::ssize(faces)) {
    return absl::InvalidArgumentError(fmt::format(
        "photo {}: faces.recognise has {} faces, but the catalogue {}; store the result of faces.detect with it", photo,
        faces.size(), stored.value_or(0)));
  }
  int position = 0;
  for (const FaceFinding& face : faces) {
    const std::vector<uint16_t> halves = ToHalf(face.embedding);
    const auto blob = halves.empty() ? std::nullopt : std::optional(AsBlob(std::span(halves)));
    const std::optional<double> sharpness = face.sharpness;
    CALOTYPE_RETURN_IF_ERROR(
        database.Execute("UPDATE face SET embedding = ?3, sharpness = ?4 WHERE photo_id = ?1 AND position = ?2", photo,
                         position++, blob, sharpness));
  }
  return absl::OkStatus();
}

Status WritePdq(Database& database, PhotoId photo, const Findings& findings, std::string_view /*version*/) {
  const PdqFinding& pdq = *findings.pdq;
  return database.Execute(
      "INSERT INTO pdq(photo_id, hash, quality) VALUES (?1, ?2, ?3) ON CONFLICT(photo_id) DO"
      " UPDATE SET hash = excluded.hash, quality = excluded.quality",
      photo, AsBlob(std::span(pdq.hash)), pdq.quality);
}

Status ReadObjects(Database& database, PhotoId photo, Findings& findings) {
  auto& objects = findings.objects.emplace();
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database.Query("SELECT name, score, x, y, width, height FROM object JOIN label"
                                           " ON label.id = object.label_id WHERE photo_id = ?1 ORDER BY object.id",
                                           photo));
  return rows.ForEach([&objects](const Statement& row) {
    objects.push_back({.label = row.Text(0), .score = row.Float(1), .box = BoxFromRow(row, 2)});
  });
}

Status ReadEmbedding(Database& database, PhotoId photo, Findings& findings) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement row,
                            database.Query("SELECT space, vector FROM embedding WHERE photo_id = ?1", photo));
  CALOTYPE_ASSIGN_OR_RETURN(const bool found, row.Step());
  EmbeddingFinding& embedding = findings.embedding.emplace();
  if (found) {
    embedding.space = row.Text(0);
    embedding.vector = ToFloat(FromBlob<uint16_t>(row.Bytes(1)));
  }
  CALOTYPE_ASSIGN_OR_RETURN(Statement tags,
                            database.Query("SELECT name, score FROM tag JOIN label ON label.id = tag.label_id"
                                           " WHERE photo_id = ?1 ORDER BY score DESC, name",
                                           photo));
  return tags.ForEach(
      [&embedding](const Statement& tag) { embedding.tags.push_back({.label = tag.Text(0), .score = tag.Float(1)}); });
}

Status ReadText(Database& database, PhotoId photo, Findings& findings) {
  auto& lines = findings.text.emplace();
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query("SELECT text, score, quad, page FROM text_line WHERE photo_id = ?1 ORDER BY position", photo));
  return rows.ForEach([&lines](const Statement& row) {
    lines.push_back({.text = row.Text(0),
                     .score = row.Float(1),
                     .quad = PointsFromBlob<4>(row.Bytes(2)),
                     .page = static_cast<int>(row.Int(3))});
  });
}

Status ReadFaceRows(Database& database, PhotoId photo, bool with_embeddings, Findings& findings) {
  auto& faces = findings.faces.emplace();
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows, database.Query("SELECT score, x, y, width, height, landmarks, embedding, sharpness FROM face"
                                     " WHERE photo_id = ?1 ORDER BY position",
                                     photo));
  return rows.ForEach([&](const Statement& row) {
    faces.push_back({.score = row.Float(0),
                     .box = BoxFromRow(row, 1),
                     .landmarks = PointsFromBlob<5>(row.Bytes(5)),
                     .embedding = {},
                     .sharpness = OptionalFloat(row, 7)});
    if (with_embeddings && !row.IsNull(6)) {
      faces.back().embedding = ToFloat(FromBlob<uint16_t>(row.Bytes(6)));
    }
  });
}

Status ReadFaces(Database& database, PhotoId photo, Findings& findings) {
  return ReadFaceRows(database, photo, false, findings);
}

Status ReadFaceEmbeddings(Database& database, PhotoId photo, Findings& findings) {
  return ReadFaceRows(database, photo, true, findings);
}

Status ReadPdq(Database& database, PhotoId photo, Findings& findings) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement row, database.Query("SELECT hash, quality FROM pdq WHERE photo_id = ?1", photo));
  CALOTYPE_ASSIGN_OR_RETURN(const bool found, row.Step());
  findings.pdq = found ? PdqFromRow(row, 0) : PdqFinding();
  return absl::OkStatus();
}

// Deletes what is replaced. Most photos are new and have nothing there.
Status DeleteEarlier(Database& database, std::string_view table, std::span<const FindingsOfPhoto> all) {
  std::vector<PhotoId> photos;
  for (const FindingsOfPhoto& one : all) {
    if (one.has_earlier) {
      photos.push_back(one.photo);
    }
  }
  return photos.empty()
             ? absl::OkStatus()
             : database.Execute(fmt::format("DELETE FROM {} WHERE photo_id {}", table, database.dialect().is_one_of),
                                Ints(photos));
}

std::vector<PhotoId> PhotosOf(std::span<const FindingsOfPhoto> all) {
  std::vector<PhotoId> photos;
  photos.reserve(all.size());
  for (const FindingsOfPhoto& one : all) {
    photos.push_back(one.photo);
  }
  return photos;
}

// LabelId() that asks once for each label.
class Labels {
 public:
  explicit Labels(Database& database) : database_(database) {}

  StatusOr<int64_t> IdOf(const std::string& name) {
    if (const auto known = ids_.find(name); known != ids_.end()) {
      return known->second;
    }
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t id, LabelId(database_, name));
    ids_.emplace(name, id);
    return id;
  }

 private:
  Database& database_;
  std::map<std::string, int64_t> ids_;
};

Status WriteAllObjects(Database& database, std::span<const FindingsOfPhoto> all) {
  CALOTYPE_RETURN_IF_ERROR(DeleteEarlier(database, "object", all));
  Labels labels(database);
  std::vector<int64_t> photos;
  std::vector<int64_t> label_ids;
  std::array<std::vector<double>, 5> numbers;  // score, x, y, width, height
  for (const FindingsOfPhoto& one : all) {
    for (const ObjectFinding& object : *one.findings->objects) {
      CALOTYPE_ASSIGN_OR_RETURN(const int64_t label, labels.IdOf(object.label));
      photos.push_back(one.photo);
      label_ids.push_back(label);
      const std::array values = {object.score, object.box.x, object.box.y, object.box.width, object.box.height};
      for (std::size_t i = 0; i < values.size(); ++i) {
        numbers[i].push_back(values[i]);
      }
    }
  }
  return photos.empty() ? absl::OkStatus()
                        : database.Execute(
                              "INSERT INTO object(photo_id, label_id, score, x, y, width, height)"
                              " SELECT * FROM unnest(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                              Ints(photos), Ints(label_ids), Reals(numbers[0]), Reals(numbers[1]), Reals(numbers[2]),
                              Reals(numbers[3]), Reals(numbers[4]));
}

Status WriteAllTags(Database& database, std::span<const FindingsOfPhoto> all) {
  CALOTYPE_RETURN_IF_ERROR(DeleteEarlier(database, "tag", all));
  Labels labels(database);
  std::map<std::pair<PhotoId, int64_t>, double> best;
  for (const FindingsOfPhoto& one : all) {
    for (const Tag& tag : one.findings->embedding->tags) {
      CALOTYPE_ASSIGN_OR_RETURN(const int64_t label, labels.IdOf(tag.label));
      double& score = best.try_emplace({one.photo, label}, tag.score).first->second;
      score = std::max(score, static_cast<double>(tag.score));
    }
  }
  std::vector<int64_t> photos;
  std::vector<int64_t> label_ids;
  std::vector<double> scores;
  for (const auto& [key, score] : best) {
    photos.push_back(key.first);
    label_ids.push_back(key.second);
    scores.push_back(score);
  }
  return best.empty() ? absl::OkStatus()
                      : database.Execute("INSERT INTO tag(photo_id, label_id, score) SELECT * FROM unnest(?1, ?2, ?3)",
                                         Ints(photos), Ints(label_ids), Reals(scores));
}

Status WriteAllEmbeddings(Database& database, std::span<const FindingsOfPhoto> all) {
  CALOTYPE_RETURN_IF_ERROR(DeleteEarlier(database, "embedding", all));
  std::vector<std::string> spaces;
  std::vector<std::string> versions;
  std::vector<std::vector<uint16_t>> halves;
  std::vector<Blob> vectors;
  halves.reserve(all.size());
  for (const FindingsOfPhoto& one : all) {
    spaces.push_back(one.findings->embedding->space);
    versions.emplace_back(one.version);
    halves.push_back(ToHalf(one.findings->embedding->vector));
    vectors.push_back(AsBlob(std::span(std::as_const(halves).back())));
  }
  CALOTYPE_RETURN_IF_ERROR(
      database.Execute("INSERT INTO embedding(space, photo_id, version, vector) SELECT * FROM unnest(?1, ?2, ?3, ?4)",
                       Texts(spaces), Ints(PhotosOf(all)), Texts(versions), Blobs(vectors)));
  return WriteAllTags(database, all);
}

Status WriteAllPdq(Database& database, std::span<const FindingsOfPhoto> all) {
  std::vector<Blob> hashes;
  std::vector<int64_t> qualities;
  for (const FindingsOfPhoto& one : all) {
    hashes.push_back(AsBlob(std::span(one.findings->pdq->hash)));
    qualities.push_back(one.findings->pdq->quality);
  }
  return database.Execute(
      "INSERT INTO pdq(photo_id, hash, quality) SELECT * FROM unnest(?1, ?2, ?3) ON CONFLICT(photo_id) DO"
      " UPDATE SET hash = excluded.hash, quality = excluded.quality",
      Ints(PhotosOf(all)), Blobs(hashes), Ints(qualities));
}

constexpr std::array kTables = {
    FindingsTable{"objects", [](const Findings& f) { return f.objects.has_value(); }, WriteObjects, ReadObjects,
                  WriteAllObjects},
    FindingsTable{"embedding", [](const Findings& f) { return f.embedding.has_value(); }, WriteEmbedding, ReadEmbedding,
                  WriteAllEmbeddings},
    FindingsTable{"text", [](const Findings& f) { return f.text.has_value(); }, WriteText, ReadText},
    FindingsTable{"faces.detect", [](const Findings& f) { return f.faces.has_value(); }, WriteFaces, ReadFaces},
    FindingsTable{"faces.recognise", [](const Findings& f) { return f.faces.has_value(); }, WriteFaceEmbeddings,
                  ReadFaceEmbeddings},
    FindingsTable{"pdq", [](const Findings& f) { return f.pdq.has_value(); }, WritePdq, ReadPdq, WriteAllPdq},
};

}  // namespace

std::span<const FindingsTable> FindingsTables() { return kTables; }

const FindingsTable* FindFindingsTable(std::string_view analysis) {
  const auto found = std::ranges::find(kTables, analysis, &FindingsTable::analysis);
  return found == kTables.end() ? nullptr : &*found;
}

}  // namespace calotype
