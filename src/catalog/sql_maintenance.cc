// MaintenanceCatalog: what was backed up, and the rules that rows obey.
#include <fmt/format.h>

#include <array>
#include <string_view>

#include "catalog/library_keys.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

struct Rule {
  std::string_view what;
  std::string_view query;  // counts the rows that break it
};
constexpr std::array kRules = {
    Rule{"rows of the full-text index without a text",
         "SELECT count(*) FROM text_fts WHERE rowid NOT IN (SELECT photo_id FROM text_line)"},
    Rule{"embeddings of an invalid size",
         "SELECT count(*) FROM embedding WHERE length(vector) % 2 <> 0 OR length(vector) = 0"},
    Rule{"perceptual hashes that are not 32 bytes long", "SELECT count(*) FROM pdq WHERE length(hash) <> 32"},
    Rule{"photos without a valid SHA-256", "SELECT count(*) FROM photo WHERE length(sha256) <> 32"},
    Rule{
        "findings of photos that do not exist",
        "SELECT count(*) FROM (SELECT photo_id FROM object UNION ALL SELECT photo_id FROM tag UNION ALL SELECT photo_id"
        " FROM embedding UNION ALL SELECT photo_id FROM text_line UNION ALL SELECT photo_id FROM pdq) AS found"
        " WHERE NOT EXISTS (SELECT 1 FROM photo WHERE id = photo_id)"},
    Rule{"findings with labels that do not exist",
         "SELECT count(*) FROM (SELECT label_id FROM object UNION ALL SELECT label_id FROM tag) AS found"
         " WHERE NOT EXISTS (SELECT 1 FROM label WHERE id = label_id)"},
    Rule{"analyses in an unknown state", "SELECT count(*) FROM analysis WHERE state NOT IN (0, 2, 3, 4)"},
    Rule{"claims of photos or in chunks that do not exist",
         "SELECT count(*) FROM claim WHERE chunk_id NOT IN (SELECT id FROM chunk) OR NOT EXISTS"
         " (SELECT 1 FROM photo WHERE id = photo_id)"},
    Rule{"chunks of owners that do not exist",
         "SELECT count(*) FROM chunk WHERE owner_id NOT IN (SELECT id FROM work_owner)"},
    Rule{"merged people that point to nobody",
         "SELECT count(*) FROM merged_person WHERE into_id NOT IN (SELECT id FROM person)"},
};

}  // namespace

StatusOr<std::vector<std::string>> SqlCatalog::Backups() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database_->Query("SELECT path FROM backup ORDER BY path"));
  return ReadRows(std::move(rows), [](const Statement& row) { return row.Text(0); });
}

StatusOr<bool> SqlCatalog::MustErase() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const auto key, ReadKey(*database_, kEraseKey));
  return key.has_value();
}

StatusOr<std::vector<std::string>> SqlCatalog::Check() {
  const MutexLock lock(&mutex_);
  std::vector<std::string> problems;
  CALOTYPE_ASSIGN_OR_RETURN(const bool readable, CheckDatabase(problems));
  if (!readable) {
    return problems;
  }
  for (const Rule& rule : kRules) {
    CALOTYPE_ASSIGN_OR_RETURN(const auto count, database_->QueryInt(rule.query));
    if (count.value_or(0) > 0) {
      problems.push_back(fmt::format("{} {}", *count, rule.what));
    }
  }
  return problems;
}

}  // namespace calotype
