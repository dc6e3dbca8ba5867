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
  // `url` is "sqlite:PATH", a bare path, or "postgresql://...". What a catalogue on a server has in files is in a
  // folder of this machine, one for each address: ~/.local/share/calotype/servers/ADDRESS.
  //   kInvalidArgument  another kind of catalogue, or an empty path
  static StatusOr<CatalogFiles> Of(const std::string& url);

  // For messages: the database's path, or the server's address without a password.
  const std::string& name() const { return name_; }
  // The version of the tables that this program writes there.
  int64_t schema_version() const;
  // False when nothing was scanned yet; a server is not asked.
  bool MayExist() const;
  bool on_server() const { return on_server_; }
  // The database itself; there is no such file when it is on a server. SQLite keeps files named "-wal" and "-shm"
  // beside it while it is open.
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
  CatalogFiles(std::filesystem::path database, std::string name, bool on_server)
      : database_(std::move(database)), name_(std::move(name)), on_server_(on_server) {}
  std::filesystem::path Beside(std::string_view suffix) const;

  std::filesystem::path database_;
  std::string name_;
  bool on_server_;
};

}  // namespace calotype
