// ModelsCatalog: the models whose findings are shown, and the switch to others (model_switch.h has its rules).
#include <string>
#include <string_view>

#include "catalog/kept_findings.h"
#include "catalog/library_keys.h"
#include "catalog/model_switch.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

// Names of model sets in the table "library", with the keys NAME.pack, NAME.choices and NAME.text_encoder.
constexpr std::string_view kWanted = "wanted";
constexpr std::string_view kShown = "shown";
constexpr std::string_view kPrevious = "previous";

// Present photos whose shown findings have another version than the wanted one.
constexpr std::string_view kSwitching =
    " FROM analysis WHERE found_version <> version"
    " AND EXISTS (SELECT 1 FROM file WHERE file.photo_id = analysis.photo_id AND missing = 0)";

// Selects the kept findings that do not wait to be shown.
constexpr std::string_view kNotWanted =
    "NOT EXISTS (SELECT 1 FROM analysis WHERE analysis.photo_id = kept.photo_id AND analysis.analysis = kept.analysis"
    " AND analysis.version = kept.version)";

StatusOr<std::optional<ModelSet>> ReadModels(Database& database, std::string_view name) {
  const std::string prefix(name);
  CALOTYPE_ASSIGN_OR_RETURN(const auto pack, ReadKey(database, prefix + ".pack"));
  CALOTYPE_ASSIGN_OR_RETURN(const auto choices, ReadKey(database, prefix + ".choices"));
  CALOTYPE_ASSIGN_OR_RETURN(const auto encoder, ReadKey(database, prefix + ".text_encoder"));
  if (!pack.has_value()) {
    return std::nullopt;
  }
  return ModelSet{.pack = *pack, .choices = choices.value_or(""), .text_encoder = encoder.value_or("")};
}

Status WriteModels(Database& database, std::string_view name, const ModelSet& models) {
  const std::string prefix(name);
  CALOTYPE_RETURN_IF_ERROR(WriteKey(database, prefix + ".pack", models.pack));
  CALOTYPE_RETURN_IF_ERROR(WriteKey(database, prefix + ".choices", models.choices));
  return WriteKey(database, prefix + ".text_encoder", models.text_encoder);
}

StatusOr<SwitchState> ReadSwitchState(Database& database) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto pending,
                            database.QueryInt("SELECT 1" + std::string(kSwitching) + " AND state IN (0, 1) LIMIT 1"));
  CALOTYPE_ASSIGN_OR_RETURN(const auto required,
                            database.QueryInt("SELECT 1 FROM required WHERE analysis = 'embedding'"));
  CALOTYPE_ASSIGN_OR_RETURN(const auto vectors, database.QueryInt("SELECT 1 FROM embedding LIMIT 1"));
  return SwitchState{.pending = pending.has_value(),
                     .embedding_required = required.has_value(),
                     .has_embeddings = vectors.has_value()};
}

StatusOr<LibraryModels> ReadHistory(Database& database) {
  LibraryModels models;
  CALOTYPE_ASSIGN_OR_RETURN(models.wanted, ReadModels(database, kWanted));
  CALOTYPE_ASSIGN_OR_RETURN(models.shown, ReadModels(database, kShown));
  CALOTYPE_ASSIGN_OR_RETURN(models.previous, ReadModels(database, kPrevious));
  return models;
}

Status WriteHistory(Database& database, const ModelHistory& history) {
  if (history.previous.has_value()) {
    CALOTYPE_RETURN_IF_ERROR(WriteModels(database, kPrevious, *history.previous));
  }
  return WriteModels(database, kShown, *history.shown);
}

Status ShowAllKept(Database& database) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> photos, PhotosThatWait(database));
  const std::string outdated = "DELETE FROM kept WHERE photo_id = ?1 AND " + std::string(kNotWanted);
  for (const PhotoId photo : photos) {
    CALOTYPE_RETURN_IF_ERROR(database.Execute(outdated, photo));
    CALOTYPE_RETURN_IF_ERROR(ShowKept(database, photo));
  }
  return absl::OkStatus();
}

}  // namespace

Status SqlCatalog::WantModels(const ModelSet& models) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_RETURN_IF_ERROR(WriteModels(*database_, kWanted, models));
  return transaction.Commit();
}

StatusOr<std::optional<ModelSet>> SqlCatalog::WantedModels() {
  const MutexLock lock(&mutex_);
  return ReadModels(*database_, kWanted);
}

StatusOr<LibraryModels> SqlCatalog::Models() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(LibraryModels models, ReadHistory(*database_));
  const std::string count = "SELECT count(DISTINCT photo_id)" + std::string(kSwitching);
  CALOTYPE_ASSIGN_OR_RETURN(const auto switching, database_->QueryInt(count));
  CALOTYPE_ASSIGN_OR_RETURN(const auto pending, database_->QueryInt(count + " AND state IN (0, 1)"));
  CALOTYPE_ASSIGN_OR_RETURN(const auto behind, database_->QueryInt(count + " AND state IN (3, 4)"));
  models.behind = behind.value_or(0);
  models.switching = switching.value_or(0);
  models.ready = models.switching - pending.value_or(0);
  return models;
}

StatusOr<int64_t> SqlCatalog::DeletePreviousModels() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  const std::string earlier = " FROM kept WHERE " + std::string(kNotWanted);
  CALOTYPE_ASSIGN_OR_RETURN(const auto photos, database_->QueryInt("SELECT count(DISTINCT photo_id)" + earlier));
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("DELETE" + earlier));
  const std::string prefix = std::string(kPrevious) + ".";
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("DELETE FROM library WHERE substr(key, 1, length(?1)) = ?1", prefix));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return photos.value_or(0);
}

StatusOr<bool> SqlCatalog::CompleteSwitch() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const SwitchState state, ReadSwitchState(*database_));
  if (!CanComplete(state)) {
    return false;
  }
  CALOTYPE_RETURN_IF_ERROR(ShowAllKept(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const LibraryModels models, ReadHistory(*database_));
  if (const std::optional<ModelHistory> history = HistoryAfterSwitch(models, state); history.has_value()) {
    CALOTYPE_RETURN_IF_ERROR(WriteHistory(*database_, *history));
  }
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return true;
}

}  // namespace calotype
