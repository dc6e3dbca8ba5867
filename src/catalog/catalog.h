// What is known of a library and what is still to be done. SQLite behind it (docs/schema.md describes every table); no
// SQL leaves this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "catalog/types.h"
#include "catalog/work_source.h"

namespace calotype {

// The models that look at a library and answer for it.
struct ModelSet {
  std::string pack;          // by name
  std::string choices;       // "objects=accurate": models of the pack that it would not choose itself
  std::string text_encoder;  // the model of the pack that words are encoded with; empty when it has none

  bool operator==(const ModelSet&) const = default;
};

// A switch of models is under way while `wanted` and `shown` differ, or findings wait to be shown.
struct LibraryModels {
  std::optional<ModelSet> wanted;    // new findings are theirs; none before the first scan
  std::optional<ModelSet> shown;     // what is found and shown is theirs
  std::optional<ModelSet> previous;  // those before them: a switch back finds their findings kept
  int64_t switching = 0;             // photos whose findings are another version's than the one that is wanted
  int64_t ready = 0;                 // of these, photos of which nothing is pending
  int64_t behind = 0;                // of these, photos on which the wanted models failed: they show what others found
};

struct PendingPhoto {
  PhotoId id = 0;
  std::vector<std::string> paths;     // where its bytes were last seen; at least one
  std::vector<std::string> analyses;  // that are pending; may hold kDecodeAnalysis
};

// A RAW photo and the one that stands for it.
struct PhotoPair {
  PhotoId raw = 0;
  PhotoId shown = 0;
};

struct StateCounts {
  int64_t pending = 0;
  int64_t running = 0;
  int64_t done = 0;
  int64_t failed = 0;
  int64_t skipped = 0;
};

// Which failures are tried again.
struct RetryFilter {
  std::string reason;            // a part of it, case does not matter; empty: any
  std::optional<PhotoId> photo;  // this one only
  bool due = false;              // only those whose time has come (analysis.retry_at); their attempts go on counting
};

struct FailureGroup {
  std::string analysis;  // "read" for files that could not even be opened
  std::string reason;
  int64_t count = 0;
  std::vector<std::string> examples;  // paths, at most three
  int64_t next_try = 0;               // seconds since 1970, of the first that is tried again by itself; 0: none is
};

// Where an analysis ran last, and how long it takes.
struct DeviceUse {
  std::string device;       // of the latest one done: "onnxruntime 1.31.1 cpu f32"
  double milliseconds = 0;  // mean over the latest photos done, some hundred
};

struct CatalogStatus {
  int64_t photos = 0;   // distinct contents with a present file
  int64_t missing = 0;  // distinct contents without one
  std::map<std::string, StateCounts> analyses;
  std::map<std::string, DeviceUse> devices;  // by analysis
  std::vector<FailureGroup> failures;        // most frequent first
};

struct FaceRecord {
  FaceId id = 0;
  PhotoId photo = 0;
  float score = 0;
  std::optional<float> sharpness;  // nullopt: not known, of faces that were recognised before it was measured
  Box box;
  std::optional<PersonId> person;
  bool decided = false;              // a user said who it is
  std::vector<PersonId> not_people;  // of whom a user said that it is none of them
  std::vector<uint16_t> embedding;   // unit length, f16: there may be hundreds of thousands
  std::string version;               // of the faces.recognise that made the embedding; only equal ones can be compared
};

struct PersonRecord {
  PersonId id = 0;
  std::string name;  // empty until named
  int64_t faces = 0;
  int64_t photos = 0;
  bool hidden = false;
  FaceId cover = 0;        // the one that a user chose, else the largest and surest
  std::string cover_path;  // of a photo that shows the cover face
};

struct TextMatch {
  PhotoId photo = 0;
  double rank = 0;  // higher is better
};

struct LabelMatch {
  PhotoId photo = 0;
  int64_t count = 0;    // objects with a matching label; tags count as one
  float score = 0;      // of the best
  std::string label;    // of the best, as the model calls it
  bool is_tag = false;  // the best is a tag, not an object
};

// Photos taken at most so far from a place.
struct PositionFilter {
  double latitude = 0;   // degrees, north positive
  double longitude = 0;  // degrees, east positive
  double kilometres = 0;
};

// What metadata and people can restrict a search to; empty members do not. Of texts, upper and lower case of ASCII are
// the same.
struct PhotoFilter {
  std::string camera;         // a part of the camera's name, case does not matter
  std::string taken_from;     // "2024", "2024-05" or "2024-05-01": taken then or later, by the camera's clock
  std::string taken_before;   // the same: taken before that began
  std::string taken_on;       // the same: taken within it
  std::string person;         // the whole name of a person with a face in the photo
  std::string lens;           // a part of the lens's name
  std::string folder;         // absolute: at or below it; else the whole name of a folder that it lies in, at any depth
  std::string name;           // a part of the name of one of its files
  std::string place;          // the whole name of its city, region or country
  std::string keyword;        // the whole of one
  std::optional<int> rating;  // at least
  std::optional<PhotoFormat> format;
  std::optional<PositionFilter> near;
};

// Locked by the scan that runs; it stays when that ends.
std::filesystem::path ScanLockFile(const std::filesystem::path& catalog_file);

// What an index of vectors needs to know to be in step.
struct VectorChanges {
  std::string library;        // names the catalogue
  int64_t first = 0;          // the oldest change of any space that is kept
  int64_t last = 0;           // the newest one of this space; 0: none
  int64_t vectors = 0;        // at least so many there are
  std::size_t dimension = 0;  // of one of them
};

// One connection; its methods may be called from several threads (they take turns). A scanner, a writer and a reader
// each open their own and do not wait for each other's reads (WAL).
class Catalog {
 public:
  // Opens or creates the database file, migrates it forward if it is older. kFailedPrecondition when it was written by
  // a newer Calotype, kDataLoss when it is no database, a damaged one, or without a byte although scans were made with
  // it (ScanLockFile() is there); the message says what to do.
  static StatusOr<std::unique_ptr<Catalog>> Open(const std::filesystem::path& file);
  virtual ~Catalog() = default;

  // Writes a copy of the database to `target`, whole and of one instant, while others read and write; complete or not
  // there at all. kAlreadyExists when something is at `target`.
  virtual Status BackUp(const std::filesystem::path& target) = 0;
  // What is wrong with the database, one line each: damaged pages, rows that name what is not there, findings without
  // their photo. Empty: nothing is. Reads all of it.
  virtual StatusOr<std::vector<std::string>> Check() = 0;
  // Puts the catalogue `backup` in the place of the one at `file`, which is kept as "FILE.before-restore". `backup` is
  // opened and checked first, and only copied: it stays as it is. No process may have the catalogue open. The copy gets
  // a new name (library.id), so that files derived from the one before are not taken for its own.
  static Status Restore(const std::filesystem::path& backup, const std::filesystem::path& file);

  // --- Scanning.

  // Stamps of the files known at or below `root` (an absolute, normal path), by path, missing ones excluded.
  virtual StatusOr<std::unordered_map<std::string, FileStamp>> FilesUnder(std::string_view root) = 0;
  // How many these are.
  virtual StatusOr<int64_t> CountFilesUnder(std::string_view root) = 0;
  // Books that `path` holds these bytes. New bytes make a photo with a pending row for each analysis that the latest
  // RequireAnalyses named (by whichever process: it is stored); known bytes only a path (a moved or copied file costs
  // nothing). Clears an earlier read problem of that path.
  virtual StatusOr<PhotoId> AddFile(std::string_view path, const FileStamp& stamp, const Sha256Digest& sha256) = 0;
  // Books that `path` (a file or a folder) could not be read; replaced by the next AddFile of the path or
  // ClearProblems.
  virtual Status AddProblem(std::string_view path, std::string_view reason) = 0;
  // Forgets the read problems at or below `root`: a scan that starts looks at everything anew.
  virtual Status ClearProblems(std::string_view root) = 0;
  // Marks the files as missing since now; their photos and findings stay.
  virtual Status MarkMissing(std::span<const std::string> paths) = 0;
  // Forgets files that have been missing since before `before` (seconds since 1970), and photos that have no file left
  // with all that was found in them; people who were never named go with their last face. Answers how many photos.
  virtual StatusOr<int64_t> ForgetMissing(int64_t before) = 0;
  // Companions of the photos at or below `root`, by photo and path.
  virtual StatusOr<std::vector<Companion>> CompanionsUnder(std::string_view root) = 0;
  // Books a companion that is new or changed. A sidecar makes the facts of its photo pending.
  virtual Status PutCompanion(const Companion& companion) = 0;
  // Books that a companion is there no more; the same.
  virtual Status DropCompanion(const Companion& companion) = 0;
  // Books that a scan of `root` ended and found `files` photos.
  virtual Status RootScanned(std::string_view root, int64_t files) = 0;
  // Those that were scanned, by path; those that lie below another are not among them.
  virtual StatusOr<std::vector<std::string>> Roots() = 0;
  // Between Begin() and Commit() all calls are one transaction: a scanner books thousands of files at once.
  // kFailedPrecondition when one is open already, or none is: a full disk, for one, has then undone it.
  virtual Status Begin() = 0;
  virtual Status Commit() = 0;
  // Forgets all since Begin(); does nothing without one.
  virtual Status Rollback() = 0;

  // --- Work.

  // Puts back to pending what a process that died left running. Call it while holding the scan lock. A photo on which
  // a process crashed twice, or that it was at in five kills in a row, becomes failed, with that as the reason: it
  // would go on for ever. One that was there in a kill comes last from then on.
  virtual Status ResetRunning(std::span<const Casualty> casualties) = 0;
  // Books whose findings come from now on.
  virtual Status WantModels(const ModelSet& models) = 0;
  virtual StatusOr<std::optional<ModelSet>> WantedModels() = 0;
  // Makes one pending row for each present photo and each of `analyses` that has none, or has one of another version,
  // and for each photo that AddFile books from now on. Findings of the wanted version that are shown or kept already
  // are not asked for again. Earlier findings are shown until CompleteSwitch().
  virtual Status RequireAnalyses(std::span<const AnalysisVersion> analyses) = 0;
  // Takes up to `limit` photos with pending rows among `analyses` (names) that have a present file, and marks those
  // rows running: first those that somebody waits for, then new ones, then those that have findings of other models,
  // the oldest first.
  virtual StatusOr<std::vector<PendingPhoto>> ClaimPending(std::span<const std::string> analyses, int limit) = 0;
  // Writes findings, states and properties of several photos in one transaction: all or nothing. Findings of another
  // version than the photo's shown ones of that analysis are kept for CompleteSwitch(), the others are shown at once. A
  // face that is found
  // again (its box overlaps an earlier one by half) keeps its id and its person.
  //   kNotFound         a photo that the catalogue does not have
  //   kInvalidArgument  an analysis is said to be done, but its findings are absent; faces.recognise is done, but on
  //                     other faces than those stored
  virtual Status Store(std::span<const PhotoResult> results) = 0;
  // Shows all findings that were kept for it, in one transaction, once no present photo that has findings waits for new
  // ones; keeps those that it hides, and forgets what was kept before them. True when it did, or there was nothing to
  // do; false while something is pending.
  virtual StatusOr<bool> CompleteSwitch() = 0;
  virtual StatusOr<LibraryModels> Models() = 0;
  // Forgets what earlier models found and is kept for the way back, and that there is one; answers of how many photos.
  // What was found by models that are to be shown is left alone.
  virtual StatusOr<int64_t> ForgetPreviousModels() = 0;
  // Puts failed analyses that `filter` takes back to pending, and with them what was skipped on the same photos;
  // answers how many had failed.
  virtual StatusOr<int64_t> RetryFailed(const RetryFilter& filter) = 0;
  // Whether scans rest until further notice; kept until it is taken back.
  virtual Status SetPaused(bool paused) = 0;
  virtual StatusOr<bool> Paused() = 0;
  // What is pending of the photo comes first from now on: somebody looks at it.
  virtual Status Prioritise(PhotoId photo) = 0;

  // --- Reading.

  virtual StatusOr<CatalogStatus> GetStatus() = 0;
  // The photo at `path`; kNotFound.
  virtual StatusOr<PhotoId> FindByPath(std::string_view path) = 0;
  virtual StatusOr<PhotoRecord> GetPhoto(PhotoId id) = 0;
  // A present path of each photo, in the order of `ids`; empty text for one that is missing.
  virtual StatusOr<std::vector<std::string>> PathsOf(std::span<const PhotoId> ids) = 0;
  // Calls `visit` for the vector of each present photo in `space`, by rising id, without loading all of them at once.
  // Reads a thousand at a time and holds no lock while `visit` runs, so `visit` may call the catalogue; vectors that
  // are written meanwhile may or may not be seen.
  // With `absent_too` also those of photos that are not present.
  virtual Status ForEachEmbedding(std::string_view space, bool absent_too,
                                  const std::function<void(PhotoId, std::span<const uint16_t> halves)>& visit) = 0;
  // The vector of `photo` in `space`, f16; nullopt when it has none.
  virtual StatusOr<std::optional<std::vector<uint16_t>>> Embedding(std::string_view space, PhotoId photo) = 0;
  // How far the vectors of `space` have come; `vectors` is counted up to `enough` only.
  virtual StatusOr<VectorChanges> ChangesOfVectors(std::string_view space, int64_t enough) = 0;
  // The photos whose vector was added, replaced or removed after the change `since`, each once.
  virtual StatusOr<std::vector<PhotoId>> VectorsChangedSince(std::string_view space, int64_t since) = 0;
  // Photos without a present file.
  virtual StatusOr<std::vector<PhotoId>> AbsentPhotos() = 0;
  // Present photos whose recognised text has all of `words`, in any order, best first; at most `limit`. Case, accents
  // and punctuation do not matter; Chinese and Japanese characters match anywhere in a line. A last word that ends in *
  // is a prefix. Words without a letter or digit are passed over; nothing is found when no other is left. With `phrase`
  // the words stand one after the other, in one line.
  virtual StatusOr<std::vector<TextMatch>> SearchText(std::string_view words, bool phrase, int limit) = 0;
  // The line of the photo's recognised text for which SearchText finds it: of several, the one with the most matches.
  // Empty when it is not found, or no longer. Asked for the photos that are shown: a common word is in very many.
  virtual StatusOr<std::string> MatchingLine(PhotoId photo, std::string_view words, bool phrase) = 0;
  // The same as SearchText in the last names of the photos' paths (LastNames).
  virtual StatusOr<std::vector<TextMatch>> SearchNames(std::string_view words, int limit) = 0;
  // When the photos were taken (as PhotoFacts::taken_at has it), in the order of `ids`; empty where it is not known.
  virtual StatusOr<std::vector<std::string>> TakenAt(std::span<const PhotoId> ids) = 0;
  // Present photos with at least `min_count` objects of that label (case does not matter), best first.
  virtual StatusOr<std::vector<LabelMatch>> FindObjects(std::string_view label, int min_count) = 0;
  // Present photos with a tag or an object label that contains `word` (or several, in that order) as whole words, best
  // first. Case does not matter, nor does a plural (FoldPlural in labels.h).
  virtual StatusOr<std::vector<LabelMatch>> FindLabels(std::string_view word) = 0;
  // Present photos that pass all of `filter`, by rising id; an empty filter passes all.
  virtual StatusOr<std::vector<PhotoId>> FindPhotos(const PhotoFilter& filter) = 0;
  // Pairs of RAW and JPEG whose JPEG was decoded, by the RAW's id. A RAW is in one when each of its present files
  // stands beside its JPEG.
  virtual StatusOr<std::vector<PhotoPair>> Pairs() = 0;
  // Photos whose very same bytes lie at two present paths or more, by rising id.
  virtual StatusOr<std::vector<PhotoId>> PhotosWithCopies() = 0;
  // Hashes of present photos.
  struct HashRecord {
    PhotoId photo = 0;
    PdqFinding pdq;
  };
  virtual StatusOr<std::vector<HashRecord>> PdqHashes() = 0;
  // Present photos that say with which camera they were taken and when, to the second at least, by camera and time (as
  // the camera's clock had it).
  struct ShotRecord {
    PhotoId photo = 0;
    std::string camera;
    std::string taken_at;
  };
  virtual StatusOr<std::vector<ShotRecord>> Shots() = 0;
  // The spaces that present photos have vectors in.
  virtual StatusOr<std::vector<std::string>> Spaces() = 0;

  // --- People.

  // Every face of a present photo that has an embedding, by rising id.
  virtual StatusOr<std::vector<FaceRecord>> Faces() = 0;
  // How many these are.
  virtual StatusOr<int64_t> CountFaces() = 0;
  // What sorting faces into people left for its next run; empty at first. The catalogue does not read it.
  virtual StatusOr<std::string> PeopleMark() = 0;
  virtual Status SetPeopleMark(const std::string& mark) = 0;
  virtual StatusOr<PersonId> CreatePerson() = 0;
  // kNotFound when the person or one of the faces is not there; then none is assigned.
  virtual Status AssignFaces(PersonId person, std::span<const FaceId> faces) = 0;
  virtual Status NamePerson(PersonId person, std::string_view name) = 0;
  // What a user decides about people; clustering keeps to it. Each is kNotFound, and nothing is changed, when a person
  // or face is not there. `person` may be one that was merged into another: that one is meant.
  virtual Status MergePeople(PersonId into, std::span<const PersonId> people) = 0;  // `into` keeps or gets a name
  virtual StatusOr<PersonId> SplitPerson(std::span<const FaceId> faces) = 0;        // into a new person
  virtual Status SetNotPerson(PersonId person, std::span<const FaceId> faces) = 0;
  virtual Status DecideFaces(PersonId person, std::span<const FaceId> faces) = 0;  // they are this person
  virtual Status HidePerson(PersonId person, bool hidden) = 0;
  virtual Status SetCover(PersonId person, FaceId face) = 0;
  // Gives faces the names that regions of their photos carry (PhotoFacts::regions), each region once: what users decide
  // later stays. A face that lies where the region does (IoU at least 0.3) goes to the person of that name, who is
  // founded when there is none; a person without a name gets it instead. Faces of which a user said who they are, or
  // that they are not this person, are left alone. Answers how many faces got a name.
  virtual StatusOr<int64_t> ImportRegionNames() = 0;
  // The person, or the one that it was merged into.
  virtual StatusOr<PersonId> ResolvePerson(PersonId person) = 0;
  // The faces of a person in present photos, the surest and largest first; without embeddings.
  virtual StatusOr<std::vector<FaceRecord>> FacesOf(PersonId person) = 0;
  // Those with at least one face, most photos first.
  virtual StatusOr<std::vector<PersonRecord>> People() = 0;
};

}  // namespace calotype
