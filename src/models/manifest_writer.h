// Writes the manifest of an installed pack.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/file_lock.h"
#include "base/status.h"
#include "models/download.h"
#include "models/pack.h"

namespace calotype {

// Call it before writing to a pack's folder: locks the pack against other processes, creates the folder and removes
// half-written files of a killed process. Returns kPermissionDenied when the folder cannot be created, else the errors
// of FileLock::Take().
StatusOr<FileLock> LockPack(const std::filesystem::path& pack_folder);

// Returns the manifest of a pack whose `models` (by name) are now installed: `source` with only those models, and with
// the SHA-256 and size of each file from `files` (by PackFile::name). Models of `installed`, the manifest that is
// replaced (empty: none), are kept when they were imported or when `source` also has them. Default choices are those of
// `installed`, else of `source`, else the first model. `source` and `installed` must be valid manifests.
StatusOr<std::string> WriteInstalledManifest(const std::string& source, const std::string& installed,
                                             const std::vector<std::string>& models,
                                             const std::map<std::string, Downloaded>& files);

// A model imported from the user's own files.
struct ImportedModel {
  std::string name;
  std::string task;
  std::string choice;
  std::string family;
  std::vector<PackFile> files;      // the model itself first; each with its SHA-256 and size
  std::vector<std::string> params;  // "KEY=VALUE", with the value in TOML syntax
};

// Returns the manifest of the pack `pack` with `model` added; `installed` as above. Returns kInvalidArgument for a
// parameter that is not KEY=VALUE, and when the result would not be a valid manifest (a duplicate name or choice).
StatusOr<std::string> AddImportedModel(const std::string& pack, const std::string& installed,
                                       const ImportedModel& model);

// The licences that the user accepted for a pack, stored in "licences.toml" in the pack's folder.
struct AcceptedLicence {
  std::string licence;
  std::string terms;
  std::vector<std::string> models;
  std::string date;  // "2026-11-22"
};
StatusOr<std::vector<AcceptedLicence>> ReadAcceptedLicences(const std::filesystem::path& pack_folder);
Status WriteAcceptedLicences(const std::filesystem::path& pack_folder, const std::vector<AcceptedLicence>& licences);

}  // namespace calotype
