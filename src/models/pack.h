// Packs: which models there are, where they come from, under which licence, and how each is fed and read. A pack is a
// TOML manifest (docs/packs.md) beside its model files.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/sha256.h"
#include "base/status.h"

namespace calotype {

// Family-specific numbers of a model: `[model.params]`. Getters answer kInvalidArgument that names the model, the key
// and what was seen when it is missing or of another type; a whole number is also a Double.
class ModelParams {
 public:
  using Value = std::variant<bool, int64_t, double, std::string, std::vector<double>>;

  ModelParams() = default;
  ModelParams(std::string model, std::map<std::string, Value> values);

  StatusOr<int> Int(std::string_view key) const;
  StatusOr<double> Double(std::string_view key) const;
  StatusOr<bool> Bool(std::string_view key) const;
  StatusOr<std::string> Text(std::string_view key) const;
  // Exactly `count` numbers.
  StatusOr<std::vector<float>> Floats(std::string_view key, std::size_t count) const;

  // `fallback` when there is no such key. A value of another type stays an error.
  StatusOr<int> IntOr(std::string_view key, int fallback) const;
  StatusOr<double> DoubleOr(std::string_view key, double fallback) const;
  StatusOr<bool> BoolOr(std::string_view key, bool fallback) const;
  StatusOr<std::string> TextOr(std::string_view key, std::string_view fallback) const;
  // As many numbers as `fallback` has.
  StatusOr<std::vector<float>> FloatsOr(std::string_view key, std::span<const float> fallback) const;

  bool Has(std::string_view key) const { return values_.contains(std::string(key)); }

 private:
  std::string model_;
  std::map<std::string, Value> values_;
};

// What is given to a model when it is first loaded, and the answer that it must give: `[model.self_test]`. Which of the
// expectations is set depends on the task.
struct SelfTestSpec {
  std::filesystem::path photo;  // absolute; empty when `text` is the input
  // Nothing is expected of these: devices must agree on them too.
  std::vector<std::filesystem::path> more_photos;
  std::vector<std::string> more_texts;
  std::string text;
  std::vector<std::string> expect_labels;  // objects: each is found
  std::vector<float> expect_vector;        // embeddings: the first components
  std::vector<std::string> expect_text;    // ocr.recognise: the lines
  std::optional<int> expect_lines;         // ocr.detect
  std::optional<int> expect_faces;         // faces.detect
  std::optional<int> expect_degrees;       // ocr.orient
  double tolerance = 0.02;                 // of each component of expect_vector
};

// Where a file is fetched from: ENDPOINT/REPOSITORY/resolve/REVISION/PATH, the protocol of the Hugging Face hub.
struct HubFile {
  std::string repository;  // "owner/name"
  std::string revision;    // a commit, or a branch such as "main"
  std::string path;

  // "owner/name@revision/path": what messages call it.
  std::string ToString() const;
  auto operator<=>(const HubFile&) const = default;
};

// A file of a model. In an installed pack the SHA-256 is always there.
struct PackFile {
  std::string name;                    // relative to the pack's folder
  std::optional<Sha256Digest> sha256;  // of its bytes
  std::optional<int64_t> bytes;
  std::optional<HubFile> hub;  // nullopt: it cannot be fetched
  std::string commit;          // that the revision was when it was fetched; may be empty
};

// What a pack calls a model of which there is no other for the same task.
inline constexpr std::string_view kOnlyChoice = "default";

struct ModelSpec {
  std::string name;              // unique in its pack
  std::string task;              // one of kModelTasks
  std::string choice;            // among the pack's models for this task: "fast", "balanced", "accurate"
  std::string family;            // how it is fed and read: "detr", "bert", "scrfd" ...; docs/packs.md names them all
  std::filesystem::path path;    // of the model file; absolute
  std::filesystem::path folder;  // of the pack: files that params name (labels, vocabularies) lie here
  Sha256Digest sha256;
  int64_t bytes = 0;
  std::vector<PackFile> files;  // the model's own first, then labels, vocabularies, weights beside the graph
  std::string licence;
  std::string licence_terms;  // what the licence forbids: to be accepted before it is fetched; mostly empty
  std::string notice;         // what the licence does not say; may be empty
  ModelParams params;
  std::optional<SelfTestSpec> self_test;

  // "centernet-1a2b3c4d": names the exact weights; part of every finding's version.
  std::string VersionTag() const;
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
  std::map<std::string, std::string> chosen;  // by task, of those with several models

  // The chosen model for a task; null when the pack has none.
  const ModelSpec* Find(std::string_view task) const;
  // The names of the models for a task, in the manifest's order.
  std::vector<std::string> Choices(std::string_view task) const;
  // From now on Find(task) answers the model that the pack calls `choice`; kInvalidArgument names those that there are.
  Status Choose(const std::string& task, const std::string& choice);
};

// The name of the manifest in an installed pack's folder.
inline constexpr std::string_view kManifestName = "pack.toml";

// Reads the manifest in `folder`. kNotFound when there is none, kInvalidArgument with file and line for a wrong one.
// Model files are not opened.
StatusOr<Pack> LoadPack(const std::filesystem::path& folder);

// Reads the text of a manifest whose files may still have to be fetched: SHA-256 and sizes may be missing. `file` names
// it in messages; `folder` is where the files are, or will be.
StatusOr<Pack> ParseManifest(const std::string& text, const std::string& file, const std::filesystem::path& folder);

// The installed packs, by folder name; a pack that cannot be read is an entry with its error.
struct InstalledPack {
  std::string name;
  StatusOr<Pack> pack;
};
std::vector<InstalledPack> ListPacks(const std::filesystem::path& models_folder);

// OK when the file at `path` is there, has the size that `expected` states, if it states one, and, if `hash`, its
// SHA-256.
Status VerifyFile(const std::filesystem::path& path, const PackFile& expected, bool hash);

// OK when the model's files are there, have the stated sizes and, if `hash`, the stated SHA-256.
Status VerifyModel(const ModelSpec& model, bool hash);

}  // namespace calotype
