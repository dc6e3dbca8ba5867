// Lists and verifies model packs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/app.h"
#include "base/status.h"
#include "models/known_packs.h"

namespace calotype {

struct ListedModel {
  std::string name;
  std::string task;
  std::string family;
  std::string choice;        // its name among the models of the pack for this task
  bool only_choice = true;   // the pack has no other model for this task
  bool chosen = false;       // the pack, with the choices in the settings, uses this model for the task
  std::string file;          // path of the model file
  int64_t bytes = 0;         // of the model file; 0: not known before it is downloaded
  int64_t bytes_of_all = 0;  // of all its files, as far as they are known
  std::string sha256;        // of the model file, in hexadecimal; empty: not known before it is downloaded
  std::string licence;
  std::string licence_terms;  // what the licence forbids; may be empty
  std::string notice;         // what the licence does not say; may be empty
  bool present = false;       // the pack is installed and all files of the model have the right size
  std::string problem;        // why an installed model is not present
};

struct ListedPack {
  std::string name;
  std::string summary;
  std::string folder;  // where it is installed, or would be
  bool installed = false;
  bool in_use = false;
  std::vector<ListedModel> models;
};

struct ModelsList {
  struct Places {
    std::size_t count = 0;
    std::string version;
  };

  std::string folder;                 // of all packs
  std::vector<ListedPack> packs;      // installed ones first, by name; then those that can be downloaded
  std::vector<std::string> problems;  // of installed packs whose manifest cannot be read
  bool any_installed = false;         // readable or not
  std::optional<Places> places;       // the names of places that are installed; nullopt: none
};

// Reads manifests and sizes of files, not their content.
StatusOr<ModelsList> ListModels(const App& app);

struct VerifiedFile {
  std::string pack;
  std::string model;
  std::string file;
  Status status;  // OK when size and SHA-256 are as the manifest states
};

// Compares every file of every installed pack with its SHA-256, which reads all of them, and calls `on_file` after
// each. Returns how many differ. The error is that of a manifest that cannot be read.
StatusOr<int> VerifyModels(const App& app, const std::function<void(const VerifiedFile&)>& on_file);

}  // namespace calotype
