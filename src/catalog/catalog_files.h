// The files of a catalogue. No other folder makes file names from the catalogue's path.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "catalog/work_owner.h"

namespace calotype {

class CatalogFiles {
 public:
  // `url` is "sqlite:PATH" or a bare path.
  //   kInvalidArgument  another kind of catalogue ("postgresql:..."), or an empty path
  static StatusOr<CatalogFiles> Of(const std::string& url);

  // The database itself. SQLite keeps files named "-wal" and "-shm" beside it while it is open.
  const std::filesystem::path& database() const { return database_; }
  // The folder that holds the database and all other files.
  std::filesystem::path folder() const { return database_.parent_path(); }

  // Locked by the running scan. It stays afterwards: a database of 0 bytes beside it is a damaged one, not a new one.
  std::filesystem::path scan_lock() const { return Beside(".scan.lock"); }
  // The progress of the running scan, for other programs (docs/json.md).
  std::filesystem::path progress() const { return Beside(".progress"); }
  // The photos that `owner` is working on right now; read by others after it died.
  std::filesystem::path in_flight(const WorkOwner& owner) const;
  // The folder of the vector indices, which can be rebuilt.
  std::filesystem::path vectors() const { return Beside(".vectors"); }
  // Locked while files are moved to the trash or back.
  std::filesystem::path trash_lock() const { return Beside(".trash.lock"); }
  // Locked by the running server.
  std::filesystem::path server_lock() const { return Beside(".server.lock"); }
  // The jobs of the server (app/jobs.h).
  std::filesystem::path jobs() const { return Beside(".jobs"); }
  // The webhooks of the server, with their secrets (app/webhooks.h).
  std::filesystem::path webhooks() const { return Beside(".webhooks"); }
  // A name for the database that Catalog::Restore() replaces. It ends in ".before-restore", or in ".before-restore-2"
  // and so on if earlier ones exist.
  std::filesystem::path NextBeforeRestore() const;
  // The databases that Catalog::Restore() replaced and that are still there, by name.
  std::vector<std::filesystem::path> ReplacedByRestore() const;
  // A file with a name of its own in the same folder, such as a log or a backup.
  std::filesystem::path InFolder(std::string_view name) const { return folder() / name; }

 private:
  explicit CatalogFiles(std::filesystem::path database) : database_(std::move(database)) {}
  std::filesystem::path Beside(std::string_view suffix) const;

  std::filesystem::path database_;
};

}  // namespace calotype
