// The manifest of an installed pack, written, and the right to do so.
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

// For whoever writes in the pack's folder, one process at a time: makes the folder, and clears what one that was killed
// has left there half written. kPermissionDenied when it cannot be made; else as FileLock::Take.
StatusOr<FileLock> LockPack(const std::filesystem::path& pack_folder);

// The manifest of a pack of which `models` (by name) are now installed: `source` without its other models, with what
// each file turned out to be (`files`, by PackFile::name). Models of `installed`, the manifest that is replaced
// (empty: none), stay when they were imported or when the source has them too. The default choices are those of
// `installed`, else the source's, else the first model's. `source` and `installed` must be right manifests.
StatusOr<std::string> WriteInstalledManifest(const std::string& source, const std::string& installed,
                                             const std::vector<std::string>& models,
                                             const std::map<std::string, Downloaded>& files);

// A model that comes from a file of the user's, with the files that go with it.
struct ImportedModel {
  std::string name;
  std::string task;
  std::string choice;
  std::string family;
  std::vector<PackFile> files;      // the model's own first; each with its SHA-256 and size
  std::vector<std::string> params;  // "KEY=VALUE", the value as TOML writes it
};

// The manifest of the pack `pack` with `model` in it; `installed` as above. kInvalidArgument for a parameter that is no
// KEY=VALUE, and when the outcome would be no right manifest (a name or a choice that is there already).
StatusOr<std::string> AddImportedModel(const std::string& pack, const std::string& installed,
                                       const ImportedModel& model);

// Licences that were accepted for a pack, kept in "licences.toml" beside its manifest.
struct AcceptedLicence {
  std::string licence;
  std::string terms;
  std::vector<std::string> models;
  std::string date;  // "2026-11-22"
};
StatusOr<std::vector<AcceptedLicence>> ReadAcceptedLicences(const std::filesystem::path& pack_folder);
Status WriteAcceptedLicences(const std::filesystem::path& pack_folder, const std::vector<AcceptedLicence>& licences);

}  // namespace calotype
