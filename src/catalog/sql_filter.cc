// SearchCatalog: FindPhotos(), PathsThatPass() and PersonNames().
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numbers>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/unicode.h"
#include "catalog/path_matcher.h"
#include "catalog/path_range.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"

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
    Condition{&PhotoFilter::taken_from, "taken_at <> '' AND taken_at >= ?1"},
    Condition{&PhotoFilter::taken_before, "taken_at <> '' AND taken_at < ?1"},
    Condition{&PhotoFilter::taken_on, "substr(taken_at, 1, length(?1)) = ?1"},
};

// A fact with few different values, which are in the table `vocabulary` under `kind`.
struct Fact {
  std::string PhotoFilter::* text;
  std::string_view column;
  int kind;
};
constexpr std::array kFacts = {Fact{&PhotoFilter::camera, "camera", 1}, Fact{&PhotoFilter::lens, "lens", 2}};

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

void SortAndDropRepeats(std::vector<PhotoId>& photos) {
  std::ranges::sort(photos);
  photos.erase(std::ranges::unique(photos).begin(), photos.end());
}

std::string Sql(std::string_view condition) {
  return std::string(kPresent) + " AND (" + std::string(condition) + ") ORDER BY id";
}

// The folder by which the index of paths can select; empty when there is none. Accents have several forms.
std::string IndexedFolder(const PathFilter& filter) {
  const auto found = std::ranges::find_if(filter.folders, [](const std::string& folder) {
    return folder.starts_with('/') && std::ranges::all_of(folder, [](char c) { return (c & 0x80) == 0; });
  });
  return found == filter.folders.end() ? std::string() : *found;
}

StatusOr<std::vector<PhotoId>> WithFile(Database& database, const PathFilter& filter) {
  const PathRange range = RangeBelow(IndexedFolder(filter));
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      range.root.empty()
          ? database.Query("SELECT photo_id, path FROM file WHERE missing = 0")
          : database.Query("SELECT photo_id, path FROM file WHERE missing = 0 AND path > ?1 AND path < ?2",
                           PathBytes(range.first), PathBytes(range.end)));
  const PathMatcher matcher(filter);
  std::vector<PhotoId> photos;
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&](const Statement& row) {
    if (matcher.Matches(row.Text(1))) {
      photos.push_back(row.Int(0));
    }
  }));
  SortAndDropRepeats(photos);
  return photos;
}

StatusOr<std::vector<std::string>> NamesOfPeople(Database& database) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database.Query("SELECT name FROM person WHERE name <> '' UNION"
                                           " SELECT name FROM named_region WHERE imported = 0 ORDER BY name"));
  return ReadRows(std::move(rows), [](const Statement& row) { return row.Text(0); });
}

StatusOr<std::vector<PhotoId>> WithPerson(Database& database, std::string_view person) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesOfPeople(database));
  std::vector<PhotoId> photos;
  for (const std::string& name : NamesMatching(names, person)) {
    CALOTYPE_ASSIGN_OR_RETURN(
        Statement rows,
        database.Query(Sql("id IN (SELECT photo_id FROM face JOIN person ON person.id = person_id WHERE name = ?1"
                           " UNION SELECT photo_id FROM named_region WHERE name = ?1 AND imported = 0)"),
                       name));
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> found, PhotoIds(std::move(rows)));
    photos.insert(photos.end(), found.begin(), found.end());
  }
  SortAndDropRepeats(photos);
  return photos;
}

// The photos of which `condition` holds; {list} in it stands for the list of `values`.
StatusOr<std::vector<PhotoId>> WithOneOf(Database& database, std::string_view condition,
                                         std::span<const std::string> values) {
  std::vector<PhotoId> photos;
  constexpr std::size_t kMost = 1000;  // values in one statement
  for (std::size_t at = 0; at < values.size(); at += kMost) {
    const std::span<const std::string> some = values.subspan(at, std::min(kMost, values.size() - at));
    std::string list;
    for (std::size_t i = 1; i <= some.size(); ++i) {
      list += fmt::format("{}?{}", i == 1 ? "(" : ", ", i);
    }
    CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                              database.Query(Sql(fmt::format(fmt::runtime(condition), fmt::arg("list", list + ")")))));
    rows.BindTexts(1, some);
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> found, PhotoIds(std::move(rows)));
    photos.insert(photos.end(), found.begin(), found.end());
  }
  SortAndDropRepeats(photos);
  return photos;
}

// The values of some facts that pass. They are compared here, because databases do not fold accents as we do.
template <typename Passes>
StatusOr<std::vector<std::string>> ValuesThatPass(Statement rows, const Passes& passes) {
  std::vector<std::string> values;
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&](const Statement& row) {
    if (std::string value = row.Text(0); passes(FoldCaseAndAccents(value))) {
      values.push_back(std::move(value));
    }
  }));
  return values;
}

StatusOr<std::vector<PhotoId>> WithFact(Database& database, const Fact& fact, const std::string& part) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query("SELECT value FROM vocabulary WHERE kind = ?1", fact.kind));
  const auto has_part = [folded = FoldCaseAndAccents(part)](const std::string& value) {
    return value.find(folded) != std::string::npos;
  };
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> values, ValuesThatPass(std::move(rows), has_part));
  return WithOneOf(database, fmt::format("{} IN {{list}}", fact.column), values);
}

// A keyword is also found by one or several of its levels.
StatusOr<std::vector<PhotoId>> WithKeyword(Database& database, const std::string& keyword) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query(database.dialect().keywords));
  const auto has_levels = [folded = fmt::format("|{}|", FoldCaseAndAccents(keyword))](const std::string& name) {
    return fmt::format("|{}|", name).find(folded) != std::string::npos;
  };
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> names, ValuesThatPass(std::move(rows), has_levels));
  std::ranges::transform(names, names.begin(), [](const std::string& name) { return ToLowerAscii(name); });
  return WithOneOf(
      database,
      fmt::format("id IN (SELECT photo_id FROM keyword WHERE {} IN {{list}})", database.dialect().keyword_key), names);
}

StatusOr<std::vector<PhotoId>> AtPlace(Database& database, const std::vector<std::string>& names) {
  std::set<std::string> asked;
  for (const std::string& name : names) {
    asked.insert(FoldCaseAndAccents(name));
  }
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database.Query("SELECT DISTINCT value FROM vocabulary WHERE kind IN (3, 4, 5)"));
  const auto is_asked = [&asked](const std::string& name) { return asked.contains(name); };
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> values, ValuesThatPass(std::move(rows), is_asked));
  return WithOneOf(database, "city IN {list} OR region IN {list} OR country IN {list}", values);
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

StatusOr<std::vector<PhotoId>> SqlCatalog::FindPhotos(const PhotoFilter& filter) {
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
  for (const Fact& fact : kFacts) {
    if (const std::string& text = filter.*fact.text; !text.empty()) {
      CALOTYPE_ASSIGN_OR_RETURN(std::vector<PhotoId> found, WithFact(*database_, fact, text));
      Keep(photos, is_all, std::move(found));
    }
  }
  if (!filter.keyword.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<PhotoId> found, WithKeyword(*database_, filter.keyword));
    Keep(photos, is_all, std::move(found));
  }
  if (!filter.person.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<PhotoId> found, WithPerson(*database_, filter.person));
    Keep(photos, is_all, std::move(found));
  }
  if (!filter.places.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<PhotoId> found, AtPlace(*database_, filter.places));
    Keep(photos, is_all, std::move(found));
  }
  if (!filter.file.folders.empty() || !filter.file.names.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<PhotoId> found, WithFile(*database_, filter.file));
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
  if (filter.mark.has_value()) {
    CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                              database_->Query(Sql("id IN (SELECT photo_id FROM photo_mark WHERE mark = ?1)"),
                                               static_cast<int>(*filter.mark)));
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<PhotoId> found, PhotoIds(std::move(rows)));
    Keep(photos, is_all, std::move(found));
  }
  if (is_all) {
    CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database_->Query(std::string(kPresent) + " ORDER BY id"));
    return PhotoIds(std::move(rows));
  }
  return photos;
}

StatusOr<std::vector<std::vector<std::string>>> SqlCatalog::PathsThatPass(std::span<const PhotoId> ids,
                                                                          const PathFilter& filter) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database_->Query("SELECT path FROM file WHERE photo_id = ?1 AND missing = 0 ORDER BY path", nullptr));
  const PathMatcher matcher(filter);
  std::vector<std::vector<std::string>> paths;
  paths.reserve(ids.size());
  for (const PhotoId id : ids) {
    std::vector<std::string> present;
    std::vector<std::string>& passing = paths.emplace_back();
    CALOTYPE_RETURN_IF_ERROR(
        rows.Bind(id).ForEach([&present](const Statement& row) { present.push_back(row.Text(0)); }));
    std::ranges::copy_if(present, std::back_inserter(passing),
                         [&matcher](const std::string& path) { return matcher.Matches(path); });
    if (passing.empty()) {
      passing = std::move(present);
    }
  }
  return paths;
}

StatusOr<std::vector<std::string>> SqlCatalog::PersonNames() {
  const MutexLock lock(&mutex_);
  return NamesOfPeople(*database_);
}

}  // namespace calotype
