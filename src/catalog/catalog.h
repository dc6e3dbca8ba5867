// The catalogue: everything that is known about a library of photos, and the work that is still to do.
//
// It is divided into roles; a function takes the role that it needs, not the whole Catalog:
//   ScannerCatalog      files and folders that a scan found
//   WorkCatalog         analyses to do, with a WorkSource for each worker
//   SearchCatalog       reads and finds photos (includes VectorCatalog, for the vector index)
//   BrowseCatalog       lists photos by time
//   ChangeCatalog       the photos that changed, in order
//   VocabularyCatalog   the values that filters can have
//   FaceCatalog         faces, for clustering
//   PeopleCatalog       people and users' decisions about them
//   DecisionCatalog     the journal of decisions, to undo them
//   MarkCatalog         what users mark photos for
//   TrashCatalog        the files that were moved to the trash
//   ModelsCatalog       the models whose findings are shown
//   ProcessCatalog      the processes that work for the library, and the one that leads
//   MaintenanceCatalog  backup, check, deletion
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "catalog/browse_catalog.h"
#include "catalog/catalog_files.h"
#include "catalog/change_catalog.h"
#include "catalog/decision_catalog.h"
#include "catalog/maintenance_catalog.h"
#include "catalog/mark_catalog.h"
#include "catalog/models_catalog.h"
#include "catalog/people_catalog.h"
#include "catalog/process_catalog.h"
#include "catalog/scanner_catalog.h"
#include "catalog/search_catalog.h"
#include "catalog/trash_catalog.h"
#include "catalog/vocabulary_catalog.h"
#include "catalog/work_catalog.h"

namespace calotype {

// One connection to a catalogue, in all its roles. Methods may be called from several threads; calls run one at a time.
// Threads that must not wait for each other need a connection each: then readers do not wait for a writer.
class Catalog : public ScannerCatalog,
                public WorkCatalog,
                public SearchCatalog,
                public BrowseCatalog,
                public ChangeCatalog,
                public VocabularyCatalog,
                public FaceCatalog,
                public PeopleCatalog,
                public DecisionCatalog,
                public MarkCatalog,
                public TrashCatalog,
                public ModelsCatalog,
                public ProcessCatalog,
                public MaintenanceCatalog {
 public:
  // Opens the catalogue at `url`: "sqlite:PATH", a bare path, or "postgresql://USER@HOST/DATABASE" (or "postgres://").
  // Creates the file if it does not exist (not its folder), or the tables in an empty database, and migrates an older
  // catalogue to the current schema. Of a server, the errors are the same kinds: unreachable (kUnavailable), no such
  // database (kNotFound), access refused (kPermissionDenied), wrong version (kFailedPrecondition).
  //   kInvalidArgument     another kind of URL
  //   kFailedPrecondition  the file is on NFS or CIFS, where SQLite's write-ahead log is not safe; or a newer
  //                        version of Calotype, or another program, wrote it
  //   kDataLoss            damaged, not a database, or empty although scans were made with it
  //   kPermissionDenied    the folder does not exist, or the file or its folder cannot be written
  //   kUnavailable         another process kept it locked for 10 s
  static StatusOr<std::unique_ptr<Catalog>> Open(const std::string& url);

  // Checks a copy of `backup` and replaces the catalogue at `url` with it. Returns the file to which the replaced
  // catalogue was moved (CatalogFiles::NextBeforeRestore()); nullopt if there was none. kUnimplemented for a catalogue
  // on a server, whose tools do it. The copy gets a new id, so that vector indices of the replaced catalogue are
  // rebuilt.
  // `close` is called when the copy was checked; an error of it is returned, and nothing is changed. From then on no
  // process may have the catalogue open; this is not checked.
  //   kNotFound   `backup` does not exist; nothing was changed
  //   kDataLoss   `backup` is damaged, empty or not a catalogue; nothing was changed
  static StatusOr<std::optional<std::filesystem::path>> Restore(
      const std::filesystem::path& backup, const std::string& url,
      const std::function<Status()>& close = [] { return absl::OkStatus(); });

  StatusOr<std::unique_ptr<Transaction>> BeginTransaction() override = 0;
};

}  // namespace calotype
