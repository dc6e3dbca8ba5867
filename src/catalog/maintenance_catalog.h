// The role of maintenance: backup, check, and deletion of what has been missing for long.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"

namespace calotype {

class MaintenanceCatalog {
 public:
  virtual ~MaintenanceCatalog() = default;

  // Writes a copy of the catalogue to the file `target`. The copy is of one instant even while others write, and is
  // complete or does not exist. kAlreadyExists when `target` exists; kUnimplemented for a catalogue on a server, whose
  // own tools make backups.
  virtual Status BackUp(const std::filesystem::path& target) = 0;
  // The files that BackUp() wrote, as absolute paths, by path; also those that are gone meanwhile.
  virtual StatusOr<std::vector<std::string>> Backups() = 0;
  // True after a deletion that must leave no bytes (ForgetPerson), until EraseDeleted() succeeds.
  virtual StatusOr<bool> MustErase() = 0;
  // Writes the catalogue's files anew, so that they have no byte of what was deleted or replaced. Needs as much free
  // disk space as the catalogue has, and one or two seconds for each 100 MB; others cannot write meanwhile.
  //   kUnavailable         another process reads the catalogue; its log still has the bytes
  //   kResourceExhausted   the disk is full
  //   kFailedPrecondition  a transaction is open on this connection
  virtual Status EraseDeleted() = 0;
  // Reads everything and returns one line for each fault: damaged pages, rows that refer to nothing, findings without a
  // photo. Empty when there is none.
  virtual StatusOr<std::vector<std::string>> Check() = 0;
  // Deletes files that have been missing since before `before` (seconds since 1970), photos that have no file left, and
  // everything that was found in them. People without a name are deleted with their last face. Returns the number of
  // photos.
  virtual StatusOr<int64_t> DeleteMissing(int64_t before) = 0;
};

}  // namespace calotype
