// Packs: the available models, their sources and licences, and how each is used. A pack is a TOML manifest
// (docs/packs.md) in a folder with its model files.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/sha256.h"
#include "base/status.h"

namespace calotype {

// The family-specific parameters of a model: `[model.params]`. For a missing key or another type, the getters return
// kInvalidArgument with the model, the key and the expected type. Double() also accepts an integer.
class ModelParams {
 public:
  using Value = std::variant<bool, int64_t, double, std::string, std::vector<double>>;

  ModelParams() = default;
  ModelParams(std::string model, std::map<std::string, Value> values);

  StatusOr<int> Int(std::string_view key) const;
  StatusOr<double> Double(std::string_view key) const;
  StatusOr<bool> Bool(std::string_view key) const;
  StatusOr<std::string> Text(std::string_view key) const;
  // Requires exactly `count` numbers.
  StatusOr<std::vector<float>> Floats(std::string_view key, std::size_t count) const;

  // Returns `fallback` when the key is missing. A value of another type is still an error.
  StatusOr<int> IntOr(std::string_view key, int fallback) const;
  StatusOr<double> DoubleOr(std::string_view key, double fallback) const;
  StatusOr<bool> BoolOr(std::string_view key, bool fallback) const;
  StatusOr<std::string> TextOr(std::string_view key, std::string_view fallback) const;
  // Requires as many numbers as `fallback` has.
  StatusOr<std::vector<float>> FloatsOr(std::string_view key, std::span<const float> fallback) const;

  bool Has(std::string_view key) const { return values_.contains(std::string(key)); }

  // Adds a parameter or replaces it.
  void Set(std::string_view key, Value value) { values_.insert_or_assign(std::string(key), std::move(value)); }

 private:
  std::string model_;
  std::map<std::string, Value> values_;
};

// The input that a model gets when it is first loaded, and the expected output: `[model.self_test]`. The task decides
// which expectations are set.
struct SelfTestSpec {
  std::filesystem::path photo;  // absolute path; empty when `text` is the input
  // Have no expected output; devices must agree on them too.
  std::vector<std::filesystem::path> more_photos;
  std::vector<std::string> more_texts;
  std::string text;
  std::vector<std::string> expect_labels;  // objects: all must be found
  std::vector<float> expect_vector;        // embeddings: the first components
  std::vector<std::string> expect_text;    // ocr.recognise: the lines
  std::optional<int> expect_lines;         // ocr.detect
  std::optional<int> expect_faces;         // faces.detect
  std::optional<int> expect_degrees;       // ocr.orient
  double tolerance = 0.02;                 // for each component of expect_vector
};

// The source of a file: ENDPOINT/REPOSITORY/resolve/REVISION/PATH, the protocol of the Hugging Face hub.
struct HubFile {
  std::string repository;  // "owner/name"
  std::string revision;    // a commit, or a branch such as "main"
  std::string path;

  // Returns "owner/name@revision/path", for messages.
  std::string ToString() const;
  auto operator<=>(const HubFile&) const = default;
};

// A file of a model. In an installed pack, sha256 is always set.
struct PackFile {
  std::string name;                    // relative to the pack's folder
  std::optional<Sha256Digest> sha256;  // of its bytes
  std::optional<int64_t> bytes;
  std::optional<HubFile> hub;  // nullopt: cannot be downloaded
  std::string commit;          // the commit of the revision at download time; may be empty
};

// The choice of a model that is the only one for its task.
inline constexpr std::string_view kOnlyChoice = "default";

struct ModelSpec {
  std::string name;              // unique in its pack
  std::string task;              // one of kModelTasks
  std::string choice;            // unique per task: "fast", "balanced", "accurate"
  std::string family;            // which code runs it: "detr", "bert", "scrfd" ...; listed in docs/packs.md
  std::filesystem::path path;    // of the model file; absolute
  std::filesystem::path folder;  // of the pack; contains the files that params name (labels, vocabularies)
  Sha256Digest sha256;
  int64_t bytes = 0;
  std::vector<PackFile> files;  // the model itself first, then labels, vocabularies and external weights
  std::string licence;
  std::string licence_terms;  // restrictions to accept before downloading; mostly empty
  std::string notice;         // extra information about the licence; may be empty
  ModelParams params;
  std::optional<SelfTestSpec> self_test;

  // "centernet-1a2b3c4d": identifies the exact weights; part of the version of every finding.
  std::string VersionTag() const;
  // The name that people know, and what it does: "InsightFace detection", "CLIP image encoder". For a family without a
  // usual name, the family.
  std::string Title() const;
};

// Every task that a model can have.
inline constexpr std::array<std::string_view, 8> kModelTasks = {"objects",      "embed.image",    "embed.text",
                                                                "ocr.detect",   "ocr.recognise",  "ocr.orient",
                                                                "faces.detect", "faces.recognise"};

struct Pack {
  std::string name;
  std::string summary;
  std::filesystem::path folder;
  std::vector<ModelSpec> models;
  std::map<std::string, std::string> chosen;  // by task, for tasks with several models

  // Returns the chosen model for a task; null when the pack has none.
  const ModelSpec* Find(std::string_view task) const;
  // Returns the choices for a task, in the manifest's order.
  std::vector<std::string> Choices(std::string_view task) const;
  // Makes Find(task) return the model with this choice. kInvalidArgument lists the existing choices.
  Status Choose(const std::string& task, const std::string& choice);
};

// The file name of the manifest in an installed pack's folder.
inline constexpr std::string_view kManifestName = "pack.toml";

// Reads the manifest in `folder` without opening the model files. Returns kNotFound when there is no manifest,
// kInvalidArgument with file and line for an invalid one, and when a link in the folder leads out of it: whatever a
// manifest or a model names is in the pack.
StatusOr<Pack> LoadPack(const std::filesystem::path& folder);

// Parses the text of a manifest whose files may not be downloaded yet: SHA-256 and sizes may be missing. `file` is its
// name for messages; `folder` is the folder of the files, now or later.
StatusOr<Pack> ParseManifest(const std::string& text, const std::string& file, const std::filesystem::path& folder);

// The installed packs, sorted by folder name. A pack that cannot be read has an entry with its error.
struct InstalledPack {
  std::string name;
  StatusOr<Pack> pack;
};
std::vector<InstalledPack> ListPacks(const std::filesystem::path& models_folder);

// OK when the file at `path` exists, has the size in `expected` (if set) and, with `hash`, the SHA-256 in it.
Status VerifyFile(const std::filesystem::path& path, const PackFile& expected, bool hash);

// OK when the model's files are there, have the stated sizes and, if `hash`, the stated SHA-256.
Status VerifyModel(const ModelSpec& model, bool hash);

}  // namespace calotype
