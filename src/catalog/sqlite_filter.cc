// SearchCatalog::FindPhotos().
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>
#include <string_view>

#include "catalog/row_values.h"
#include "catalog/sqlite_catalog.h"

namespace calotype {
namespace {

constexpr std::string_view kPresent =
    "SELECT id FROM photo WHERE EXISTS (SELECT 1 FROM file WHERE file.photo_id = photo.id AND missing = 0)";

// A condition on a row of `photo`; ?1 is the text.
struct Condition {
  std::string PhotoFilter::* text;
  std::string_view sql;
};

// Times are ISO 8601 text, so the order of text is the order of time, and a prefix compares as the start of its time.
constexpr std::array kConditions = {
    Condition{&PhotoFilter::camera, "instr(lower(camera), lower(?1)) > 0"},
    Condition{&PhotoFilter::lens, "instr(lower(lens), lower(?1)) > 0"},
    Condition{&PhotoFilter::taken_from, "taken_at <> '' AND taken_at >= ?1"},
    Condition{&PhotoFilter::taken_before, "taken_at <> '' AND taken_at < ?1"},
    Condition{&PhotoFilter::taken_on, "substr(taken_at, 1, length(?1)) = ?1"},
    Condition{&PhotoFilter::person,
              "id IN (SELECT photo_id FROM face JOIN person ON person.id = person_id WHERE name = ?1 COLLATE NOCASE"
              " UNION SELECT photo_id FROM named_region WHERE name = ?1 COLLATE NOCASE AND imported = 0)"},
    Condition{&PhotoFilter::name,
              "id IN (SELECT photo_id FROM file WHERE missing = 0 AND"
              " instr(lower(replace(path, rtrim(path, replace(path, '/', '')), '')), lower(?1)) > 0)"},
    Condition{&PhotoFilter::place,
              "city = ?1 COLLATE NOCASE OR region = ?1 COLLATE NOCASE OR country = ?1 COLLATE NOCASE"},
    Condition{&PhotoFilter::keyword, "id IN (SELECT photo_id FROM keyword WHERE name = ?1 COLLATE NOCASE)"},
};

constexpr double kEarthRadius = 6371.0088;  // mean, in kilometres (IUGG)
constexpr double kDegree = std::numbers::pi / 180;

// The distance on the sphere, by the haversine formula.
double Kilometres(double latitude, double longitude, const PositionFilter& from) {
  const double up = std::sin((latitude - from.latitude) * kDegree / 2);
  const double across = std::sin((longitude - from.longitude) * kDegree / 2);
  const double h = up * up + std::cos(latitude * kDegree) * std::cos(from.latitude * kDegree) * across * across;
  return 2 * kEarthRadius * std::asin(std::min(1.0, std::sqrt(h)));
}

// Both are ordered by id.
void Keep(std::vector<PhotoId>& photos, bool& is_all, std::vector<PhotoId> others) {
  if (is_all) {
    photos = std::move(others);
    is_all = false;
    return;
  }
  std::vector<PhotoId> both;
  std::ranges::set_intersection(photos, others, std::back_inserter(both));
  photos = std::move(both);
}

std::string Sql(std::string_view condition) {
  return std::string(kPresent) + " AND (" + std::string(condition) + ") ORDER BY id";
}

StatusOr<std::vector<PhotoId>> InFolder(Database& database, std::string folder) {
  while (folder.size() > 1 && folder.ends_with('/')) {
    folder.pop_back();
  }
  const bool absolute = folder.starts_with('/');
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      absolute ? database.Query(Sql("id IN (SELECT photo_id FROM file WHERE missing = 0 AND path > ?1 AND path < ?2)"),
                                folder == "/" ? folder : folder + "/", folder == "/" ? "0" : folder + "0")
               : database.Query(Sql("id IN (SELECT photo_id FROM file WHERE missing = 0 AND"
                                    " instr(lower(path), lower(?1)) > 0)"),
                                "/" + folder + "/"));
  return PhotoIds(std::move(rows));
}

// The index selects by latitude, the formula by distance.
StatusOr<std::vector<PhotoId>> Near(Database& database, const PositionFilter& near) {
  const double degrees = near.kilometres / (kEarthRadius * kDegree) + 1e-9;
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows, database.Query("SELECT id, latitude, longitude FROM photo WHERE latitude BETWEEN ?1 AND ?2 AND"
                                     " EXISTS (SELECT 1 FROM file WHERE file.photo_id = photo.id AND missing = 0)",
                                     near.latitude - degrees, near.latitude + degrees));
  std::vector<PhotoId> ids;
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&](const Statement& row) {
    if (Kilometres(row.Real(1), row.Real(2), near) <= near.kilometres) {
      ids.push_back(row.Int(0));
    }
  }));
  std::ranges::sort(ids);
  return ids;
}

}  // namespace

StatusOr<std::vector<PhotoId>> SqliteCatalog::FindPhotos(const PhotoFilter& filter) {
  const MutexLock lock(&mutex_);
  std::vector<PhotoId> photos;
  bool is_all = true;
  for (const Condition& condition : kConditions) {
    if (const std::string& text = filter.*condition.text; !text.empty()) {
      CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database_->Query(Sql(condition.sql), text));
      CALOTYPE_ASSIGN_OR_RETURN(std::vector<PhotoId> found, PhotoIds(std::move(rows)));
      Keep(photos, is_all, std::move(found));
    }
  }
  if (!filter.folder.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<PhotoId> found, InFolder(*database_, filter.folder));
    Keep(photos, is_all, std::move(found));
  }
  if (filter.near.has_value()) {
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<PhotoId> found, Near(*database_, *filter.near));
    Keep(photos, is_all, std::move(found));
  }
  if (filter.rating.has_value()) {
    CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database_->Query(Sql("rating >= ?1"), *filter.rating));
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<PhotoId> found, PhotoIds(std::move(rows)));
    Keep(photos, is_all, std::move(found));
  }
  if (filter.format.has_value()) {
    CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database_->Query(Sql("format = ?1"), static_cast<int>(*filter.format)));
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<PhotoId> found, PhotoIds(std::move(rows)));
    Keep(photos, is_all, std::move(found));
  }
  if (is_all) {
    CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database_->Query(std::string(kPresent) + " ORDER BY id"));
    return PhotoIds(std::move(rows));
  }
  return photos;
}

}  // namespace calotype
