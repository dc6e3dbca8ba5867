// The roles of the catalogue in SQL that both databases understand; the methods are in sql_*.cc, by role. What is not
// here is in sqlite_catalog.h and postgres_catalog.h. Only this folder and its tests include it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "catalog/catalog.h"
#include "catalog/sql.h"

namespace calotype {

class SqlCatalog : public Catalog {
 public:
  // `database` is open and has the current schema.
  explicit SqlCatalog(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  // ScannerCatalog
  StatusOr<std::unordered_map<std::string, FileStamp>> FilesUnder(std::string_view root) override;
  StatusOr<int64_t> CountFilesUnder(std::string_view root) override;
  StatusOr<PhotoId> AddFile(std::string_view path, const FileStamp& stamp, const Sha256Digest& sha256) override;
  Status UpdateFileStamp(std::string_view path, const FileStamp& stamp) override;
  Status AddProblem(std::string_view path, std::string_view reason) override;
  Status ClearProblems(std::string_view root) override;
  StatusOr<FilesOfPhoto> FilesLike(std::string_view path) override;
  Status MarkMissing(std::span<const std::string> paths) override;
  StatusOr<std::vector<Companion>> CompanionsUnder(std::string_view root) override;
  Status PutCompanion(const Companion& companion) override;
  Status UpdateCompanionStamp(const Companion& companion) override;
  Status DropCompanion(const Companion& companion) override;
  Status FinishRoot(std::string_view root, int64_t files) override;
  StatusOr<std::vector<std::string>> Roots() override;
  Status RemoveRoot(std::string_view root) override;
  StatusOr<std::unique_ptr<Transaction>> BeginTransaction() override;

  // WorkCatalog
  Status RequireAnalyses(std::span<const AnalysisVersion> analyses) override;
  StatusOr<std::unique_ptr<WorkSource>> OpenWork(WorkOwner owner, CasualtyReader casualties) override;
  Status Store(std::span<const PhotoResult> results) override;
  StatusOr<int64_t> RetryFailed(const RetryFilter& filter) override;
  Status SetPaused(bool paused) override;
  StatusOr<bool> Paused() override;
  Status Prioritise(PhotoId photo) override;
  StatusOr<CatalogStatus> GetStatus() override;

  // SearchCatalog
  StatusOr<PhotoId> FindByPath(std::string_view path) override;
  StatusOr<PhotoRecord> GetPhoto(PhotoId id) override;
  StatusOr<std::vector<std::string>> PathsOf(std::span<const PhotoId> ids) override;
  StatusOr<std::vector<std::vector<std::string>>> PathsThatPass(std::span<const PhotoId> ids,
                                                                const PathFilter& filter) override;
  StatusOr<std::vector<std::string>> PersonNames() override;
  StatusOr<std::vector<std::string>> TakenAt(std::span<const PhotoId> ids) override;
  StatusOr<std::vector<LabelMatch>> FindObjects(std::string_view label, int min_count) override;
  StatusOr<std::vector<LabelMatch>> FindLabels(std::string_view word) override;
  StatusOr<std::vector<PhotoId>> FindPhotos(const PhotoFilter& filter) override;
  StatusOr<std::vector<PhotoPair>> Pairs() override;
  StatusOr<std::vector<PhotoId>> PhotosWithCopies() override;
  StatusOr<std::vector<HashRecord>> PdqHashes() override;
  StatusOr<std::vector<ShotRecord>> Shots() override;

  // BrowseCatalog
  StatusOr<std::vector<PhotoRow>> ListPhotos(const PhotoPage& page) override;
  Status SetThumbHash(PhotoId photo, std::span<const uint8_t> thumb_hash) override;
  StatusOr<std::vector<PhotoRow>> PhotoRows(std::span<const PhotoId> photos) override;
  StatusOr<std::vector<DateCount>> CountByDate(DatePart part) override;

  // ChangeCatalog
  StatusOr<PhotoChanges> ChangesSince(int64_t since, int limit) override;

  // VocabularyCatalog
  StatusOr<std::vector<VocabularyWord>> Words(Vocabulary kind) override;
  StatusOr<int64_t> CountUses(Vocabulary kind, std::string_view word, int64_t enough) override;

  // VectorCatalog
  StatusOr<std::vector<std::string>> Spaces() override;
  StatusOr<std::optional<std::vector<uint16_t>>> Embedding(std::string_view space, PhotoId photo) override;
  Status ForEachEmbedding(std::string_view space, bool absent_too,
                          const std::function<void(PhotoId, std::span<const uint16_t> halves)>& visit) override;
  StatusOr<VectorChanges> ChangesOfVectors(std::string_view space, int64_t enough) override;
  StatusOr<std::vector<PhotoId>> VectorsChangedSince(std::string_view space, int64_t since) override;
  StatusOr<std::vector<PhotoId>> AbsentPhotos() override;
  StatusOr<std::optional<std::string>> SegmentManifest(std::string_view space) override;
  StatusOr<bool> ReplaceSegmentManifest(std::string_view space, const std::optional<std::string>& former,
                                        std::string_view next) override;
  StatusOr<std::vector<std::string>> SegmentSpaces() override;

  // FaceCatalog
  StatusOr<std::vector<FaceRecord>> Faces() override;
  StatusOr<int64_t> CountFaces() override;
  StatusOr<std::string> PeopleMark() override;
  Status SetPeopleMark(const std::string& mark) override;
  StatusOr<PersonId> CreatePerson() override;
  Status AssignFaces(PersonId person, std::span<const FaceId> faces) override;
  StatusOr<int64_t> ImportRegionNames() override;

  // PeopleCatalog
  StatusOr<std::vector<PersonRecord>> People() override;
  StatusOr<std::vector<FaceRecord>> FacesOf(PersonId person) override;
  StatusOr<PhotoId> PhotoOfFace(FaceId face) override;
  StatusOr<PersonId> ResolvePerson(PersonId person) override;
  StatusOr<std::string> NameOf(PersonId person) override;
  StatusOr<std::vector<PersonId>> PeopleNamed(std::string_view name) override;
  StatusOr<std::vector<PhotoId>> PhotosNaming(std::string_view name) override;
  StatusOr<Decided> ChangePerson(PersonId person, const PersonChange& change) override;
  StatusOr<Decided> MergePeople(PersonId into, std::span<const PersonId> people) override;
  StatusOr<NewPerson> SplitPerson(std::span<const FaceId> faces) override;
  StatusOr<Decided> DecideFaces(PersonId person, std::span<const FaceId> faces) override;
  StatusOr<Decided> SetNotPerson(PersonId person, std::span<const FaceId> faces) override;
  StatusOr<std::vector<ForgottenFace>> ForgetPerson(PersonId person) override;

  // DecisionCatalog
  StatusOr<std::vector<DecisionRecord>> Decisions(std::optional<DecisionId> before, int limit) override;
  StatusOr<DecisionRecord> Decision(DecisionId decision) override;
  StatusOr<DecisionRecord> UndoDecision(DecisionId decision) override;

  // MarkCatalog
  StatusOr<Decided> MarkPhotos(UserMark mark, std::span<const PhotoId> photos, bool set) override;
  StatusOr<std::vector<PhotoId>> PhotosWithMark(UserMark mark, PhotoId after, int limit) override;
  StatusOr<int64_t> CountMarked(UserMark mark) override;

  // TrashCatalog
  StatusOr<DecisionId> PlanTrash(std::span<const TrashMove> moves, int64_t photos) override;
  Status CompleteTrash(DecisionId decision) override;
  Status PlanReturn(DecisionId decision) override;
  Status CompleteReturn(DecisionId decision, std::span<const TrashMove> left) override;
  StatusOr<std::vector<TrashMove>> TrashMoves(DecisionId decision) override;
  StatusOr<std::vector<DecisionId>> UnfinishedTrash() override;

  // ModelsCatalog
  StatusOr<LibraryModels> Models() override;
  Status WantModels(const ModelSet& models) override;
  StatusOr<std::optional<ModelSet>> WantedModels() override;
  StatusOr<bool> CompleteSwitch() override;
  StatusOr<int64_t> DeletePreviousModels() override;

  // ProcessCatalog
  Status ReportProcess(const WorkOwner& owner, ProcessRole role, const ProcessFigures& figures,
                       int64_t lease_s) override;
  Status EndProcess(const WorkOwner& owner) override;
  StatusOr<std::vector<ProcessRecord>> Processes() override;
  StatusOr<std::optional<int64_t>> Lead(const WorkOwner& owner) override;
  Status WriteOnlyAsLeader(int64_t number) override;

  // MaintenanceCatalog
  StatusOr<std::vector<std::string>> Backups() override;
  StatusOr<bool> MustErase() override;
  StatusOr<std::vector<std::string>> Check() override;
  StatusOr<int64_t> DeleteMissing(int64_t before) override;

  // The connection, without its lock: for tests that break things, and for a catalogue that no other thread uses.
  Database& unlocked_database() ABSL_NO_THREAD_SAFETY_ANALYSIS { return *database_; }

 protected:
  // Adds the faults that the database itself finds, for Check(). False when its pages are damaged, so that looking at
  // rows would report nonsense.
  virtual StatusOr<bool> CheckDatabase(std::vector<std::string>& problems) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;

  Mutex mutex_;
  const std::unique_ptr<Database> database_ ABSL_PT_GUARDED_BY(mutex_);

 private:
  class ConnectionTransaction;

  Status Commit();
  void Rollback();
};

}  // namespace calotype
