// Parses the TOML manifest of a pack.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/printable.h"
#include "base/toml_error.h"
#include "models/pack.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kFormat = 1;

// A table of the manifest, with the file and name for error messages.
class TableReader {
 public:
  TableReader(const toml::table& table, std::string_view file, std::string_view what)
      : table_(table), file_(file), what_(what) {}

  // Reads the required `key` of type T into `target`.
  template <typename T>
  Status Read(const char* key, T* target) const {
    const std::optional<T> value = table_[key].value_exact<T>();
    if (!value.has_value()) {
      return TomlError(file_, table_.source(), fmt::format("{}: '{}' is missing or of another type", what_, key));
    }
    *target = *value;
    return absl::OkStatus();
  }

  // Reads the array of strings `key`; empty when it is missing.
  Status ReadStrings(const char* key, std::vector<std::string>* target) const {
    return ReadArray<std::string>(
        key, "strings", [&](const toml::node& item) { return item.value_exact<std::string>(); }, target);
  }

  // Reads the array of numbers `key`; empty when it is missing.
  Status ReadFloats(const char* key, std::vector<float>* target) const {
    return ReadArray<float>(key, "numbers", [&](const toml::node& item) { return item.value<float>(); }, target);
  }

  const toml::table& table() const { return table_; }

 private:
  template <typename T, typename Convert>
  Status ReadArray(const char* key, std::string_view wanted, Convert convert, std::vector<T>* target) const {
    const toml::node* const node = table_.get(key);
    if (node == nullptr) {
      return absl::OkStatus();
    }
    const toml::array* const array = node->as_array();
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
      std::optional<T> value = convert(*array->get(i));
      if (!value.has_value()) {
        return TomlError(file_, node->source(), fmt::format("{}: '{}' must contain only {}", what_, key, wanted));
      }
      target->push_back(*std::move(value));
    }
    return array != nullptr ? absl::OkStatus()
                            : TomlError(file_, node->source(), fmt::format("{}: '{}' must be an array", what_, key));
  }

  const toml::table& table_;
  std::string_view file_;
  std::string_view what_;
};

StatusOr<ModelParams::Value> ReadParam(const toml::node& node, std::string_view file, std::string_view what) {
  if (node.is_boolean()) {
    return **node.as_boolean();
  }
  if (node.is_integer()) {
    return **node.as_integer();
  }
  if (node.is_floating_point()) {
    return **node.as_floating_point();
  }
  if (node.is_string()) {
    return **node.as_string();
  }
  const toml::array* const array = node.as_array();
  std::vector<double> numbers;
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    if (const std::optional<double> number = array->get(i)->value<double>()) {
      numbers.push_back(*number);
    }
  }
  if (array == nullptr || numbers.size() != array->size()) {
    return TomlError(file, node.source(),
                     fmt::format("{}: a parameter must be a boolean, a number, a string or an array of numbers", what));
  }
  return numbers;
}

StatusOr<ModelParams> ReadParams(const toml::table& model, std::string_view file, const std::string& name) {
  std::map<std::string, ModelParams::Value> values;
  if (const toml::table* const params = model["params"].as_table()) {
    for (const auto& [key, node] : *params) {
      CALOTYPE_ASSIGN_OR_RETURN(values[std::string(key.str())], ReadParam(node, file, "model " + name));
    }
  }
  return ModelParams(name, std::move(values));
}

// A file name must stay below the pack's folder.
bool IsSafeName(const fs::path& name) {
  return !name.empty() && name.is_relative() && name.has_filename() &&
         std::ranges::none_of(name, [](const fs::path& part) { return part == ".." || part == "."; });
}

// Checks a path that a field of the manifest names.
Status CheckPath(const std::string& name, const toml::source_region& source, std::string_view file,
                 std::string_view what) {
  return IsSafeName(name)
             ? absl::OkStatus()
             : TomlError(file, source, fmt::format("{}: '{}' must be a file below the pack's folder", what, name));
}

// No link in the folder may lead out of it. Only the folder itself may be one.
Status CheckLinks(const fs::path& folder) {
  std::error_code error;
  const fs::path real_folder = fs::canonical(folder, error);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, error)) {
    if (!entry.is_symlink(error)) {
      continue;
    }
    const fs::path target = fs::weakly_canonical(entry.path(), error);
    if (error || !IsAtOrBelow(target, real_folder)) {
      return absl::InvalidArgumentError(
          fmt::format("{} is a link out of the pack's folder; put the file itself there", entry.path().string()));
    }
  }
  return absl::OkStatus();
}

StatusOr<std::optional<SelfTestSpec>> ReadSelfTest(const toml::table& model, const fs::path& folder,
                                                   std::string_view file, std::string_view what) {
  const toml::table* const table = model["self_test"].as_table();
  if (table == nullptr) {
    return std::nullopt;
  }
  const TableReader reader(*table, file, what);
  SelfTestSpec test;
  if (const auto photo = (*table)["photo"].value_exact<std::string>()) {
    CALOTYPE_RETURN_IF_ERROR(CheckPath(*photo, table->source(), file, what));
    test.photo = folder / *photo;
  }
  test.text = (*table)["text"].value_or(std::string());
  std::vector<std::string> more_photos;
  CALOTYPE_RETURN_IF_ERROR(reader.ReadStrings("more_photos", &more_photos));
  for (const std::string& more : more_photos) {
    CALOTYPE_RETURN_IF_ERROR(CheckPath(more, table->source(), file, what));
    test.more_photos.push_back(folder / more);
  }
  CALOTYPE_RETURN_IF_ERROR(reader.ReadStrings("more_texts", &test.more_texts));
  CALOTYPE_RETURN_IF_ERROR(reader.ReadStrings("expect_labels", &test.expect_labels));
  CALOTYPE_RETURN_IF_ERROR(reader.ReadStrings("expect_text", &test.expect_text));
  CALOTYPE_RETURN_IF_ERROR(reader.ReadFloats("expect_vector", &test.expect_vector));
  test.expect_lines = (*table)["expect_lines"].value<int>();
  test.expect_faces = (*table)["expect_faces"].value<int>();
  test.expect_degrees = (*table)["expect_degrees"].value<int>();
  test.tolerance = (*table)["tolerance"].value_or(test.tolerance);
  if (test.photo.empty() == test.text.empty()) {
    return TomlError(file, table->source(), fmt::format("{}: a self-test needs either a photo or a text", what));
  }
  return test;
}

StatusOr<std::optional<HubFile>> ReadHub(const toml::table& table, std::string_view file, std::string_view what) {
  const toml::node* const node = table.get("hub");
  if (node == nullptr) {
    return std::nullopt;
  }
  if (!node->is_table()) {
    return TomlError(file, node->source(), fmt::format("{}: 'hub' is {{repository, revision, path}}", what));
  }
  HubFile hub;
  const std::string place = fmt::format("{}: hub", what);
  const TableReader reader(*node->as_table(), file, place);
  CALOTYPE_RETURN_IF_ERROR(reader.Read("repository", &hub.repository));
  CALOTYPE_RETURN_IF_ERROR(reader.Read("revision", &hub.revision));
  CALOTYPE_RETURN_IF_ERROR(reader.Read("path", &hub.path));
  if (!IsSafeName(hub.repository) || !IsSafeName(hub.path) || hub.revision.empty()) {
    return TomlError(file, node->source(), fmt::format("{}: '{}' is not a file of a hub", what, hub.ToString()));
  }
  return hub;
}

// Reads the file named under `key`. In an installed pack it must have a SHA-256 and, for the model's own file, a size.
StatusOr<PackFile> ReadFileEntry(const toml::table& table, const char* key, bool installed, std::string_view file,
                                 std::string_view what) {
  const TableReader reader(table, file, what);
  PackFile entry;
  CALOTYPE_RETURN_IF_ERROR(reader.Read(key, &entry.name));
  CALOTYPE_RETURN_IF_ERROR(CheckPath(entry.name, table[key].node()->source(), file, what));
  CALOTYPE_ASSIGN_OR_RETURN(entry.hub, ReadHub(table, file, what));
  entry.commit = table["hub"]["commit"].value_or(std::string());
  if (installed || table.contains("sha256")) {
    std::string sha256;
    CALOTYPE_RETURN_IF_ERROR(reader.Read("sha256", &sha256));
    const StatusOr<Sha256Digest> digest = ParseSha256(sha256);
    if (!digest.ok()) {
      return TomlError(file, table["sha256"].node()->source(), Message(digest.status()));
    }
    entry.sha256 = *digest;
  }
  if (table.contains("bytes")) {
    entry.bytes = 0;
    CALOTYPE_RETURN_IF_ERROR(reader.Read("bytes", &*entry.bytes));
  }
  return entry;
}

StatusOr<std::vector<PackFile>> ReadFiles(const toml::table& model, bool installed, std::string_view file,
                                          std::string_view what) {
  std::vector<PackFile> files;
  CALOTYPE_ASSIGN_OR_RETURN(files.emplace_back(), ReadFileEntry(model, "file", installed, file, what));
  if (installed && !files[0].bytes) {
    return TomlError(file, model.source(), fmt::format("{}: 'bytes' is missing or of another type", what));
  }
  const toml::array* const extra = model["extra_files"].as_array();
  for (std::size_t i = 0; extra != nullptr && i < extra->size(); ++i) {
    const toml::table* const table = extra->get_as<toml::table>(i);
    if (table == nullptr) {
      return TomlError(file, extra->source(), fmt::format("{}: each of 'extra_files' must be a table", what));
    }
    CALOTYPE_ASSIGN_OR_RETURN(files.emplace_back(), ReadFileEntry(*table, "path", installed, file, what));
  }
  return files;
}

// Names are shown in many places, also in tables, so they have only characters that a terminal shows as they are.
Status CheckName(const std::string& name, const toml::source_region& source, std::string_view file) {
  return Printable(name) == name ? absl::OkStatus()
                                 : TomlError(file, source, fmt::format("'{}' is not a name", Printable(name)));
}

StatusOr<ModelSpec> ReadModel(const toml::table& table, const fs::path& folder, bool installed, std::string_view file) {
  ModelSpec model;
  CALOTYPE_RETURN_IF_ERROR(TableReader(table, file, "model").Read("name", &model.name));
  CALOTYPE_RETURN_IF_ERROR(CheckName(model.name, table.source(), file));
  const std::string what = "model " + model.name;
  const TableReader reader(table, file, what);
  CALOTYPE_RETURN_IF_ERROR(reader.Read("task", &model.task));
  if (std::ranges::find(kModelTasks, model.task) == kModelTasks.end()) {
    return TomlError(file, table["task"].node()->source(),
                     fmt::format("{}: unknown task '{}'; known: {}", what, model.task, fmt::join(kModelTasks, ", ")));
  }
  CALOTYPE_RETURN_IF_ERROR(reader.Read("family", &model.family));
  CALOTYPE_RETURN_IF_ERROR(CheckName(model.family, table.source(), file));
  CALOTYPE_ASSIGN_OR_RETURN(model.files, ReadFiles(table, installed, file, what));
  CALOTYPE_RETURN_IF_ERROR(reader.Read("licence", &model.licence));
  model.licence = Printable(model.licence);
  model.choice = table["choice"].value_or(std::string(kOnlyChoice));
  CALOTYPE_RETURN_IF_ERROR(CheckName(model.choice, table.source(), file));
  model.licence_terms = PrintableLines(table["licence_terms"].value_or(std::string()));
  model.notice = PrintableLines(table["notice"].value_or(std::string()));
  model.path = folder / model.files[0].name;
  model.folder = folder;
  model.sha256 = model.files[0].sha256.value_or(Sha256Digest{});
  model.bytes = model.files[0].bytes.value_or(0);
  CALOTYPE_ASSIGN_OR_RETURN(model.params, ReadParams(table, file, model.name));
  CALOTYPE_ASSIGN_OR_RETURN(model.self_test, ReadSelfTest(table, folder, file, what));
  return model;
}

Status CheckNames(const Pack& pack, const toml::array& tables, std::string_view file) {
  std::set<std::string> names;
  std::set<std::string> choices;
  for (std::size_t i = 0; i < pack.models.size(); ++i) {
    const ModelSpec& model = pack.models[i];
    const toml::source_region& source = tables.get(i)->source();
    if (!names.insert(model.name).second) {
      return TomlError(file, source, fmt::format("two models have the name '{}'", model.name));
    }
    if (!choices.insert(model.task + " " + model.choice).second) {
      return TomlError(file, source,
                       fmt::format("model {}: another model already has the choice '{}' for {}", model.name,
                                   model.choice, model.task));
    }
  }
  return absl::OkStatus();
}

// Reads `[default_choice]`. A task without an entry uses its first model.
Status ReadDefaultChoices(const toml::table& root, std::string_view file, Pack& pack) {
  for (const ModelSpec& model : pack.models) {
    if (pack.Choices(model.task).size() > 1) {
      pack.chosen.try_emplace(model.task, model.choice);
    }
  }
  const toml::table* const table = root["default_choice"].as_table();
  if (table == nullptr) {
    return absl::OkStatus();
  }
  for (const auto& [task, node] : *table) {
    const Status chosen = pack.Choose(std::string(task.str()), node.value_or(std::string()));
    if (!chosen.ok()) {
      return TomlError(file, node.source(), "default_choice: " + Message(chosen));
    }
  }
  return absl::OkStatus();
}

StatusOr<Pack> ReadPack(const toml::table& root, const fs::path& folder, bool installed, std::string_view file) {
  Pack pack;
  pack.folder = folder;
  const TableReader reader(root, file, "pack");
  int64_t format = 0;
  CALOTYPE_RETURN_IF_ERROR(reader.Read("format", &format));
  if (format != kFormat) {
    return TomlError(
        file, root["format"].node()->source(),
        fmt::format("the manifest has format {}; this version of Calotype reads format {}", format, kFormat));
  }
  CALOTYPE_RETURN_IF_ERROR(reader.Read("name", &pack.name));
  CALOTYPE_RETURN_IF_ERROR(CheckName(pack.name, root.source(), file));
  pack.summary = Printable(root["summary"].value_or(std::string()));
  const toml::array* const models = root["model"].as_array();
  for (std::size_t i = 0; models != nullptr && i < models->size(); ++i) {
    const toml::table* const table = models->get_as<toml::table>(i);
    if (table == nullptr) {
      return TomlError(file, models->source(), "each 'model' must be a table");
    }
    CALOTYPE_ASSIGN_OR_RETURN(pack.models.emplace_back(), ReadModel(*table, folder, installed, file));
  }
  if (models != nullptr) {
    CALOTYPE_RETURN_IF_ERROR(CheckNames(pack, *models, file));
  }
  CALOTYPE_RETURN_IF_ERROR(ReadDefaultChoices(root, file, pack));
  return pack;
}

StatusOr<Pack> Parse(const std::string& text, const std::string& file, const fs::path& folder, bool installed) {
  try {
    return ReadPack(toml::parse(text, file), folder, installed, file);
  } catch (const toml::parse_error& error) {
    return TomlError(file, error.source(), error.description());
  }
}

}  // namespace

StatusOr<Pack> LoadPack(const fs::path& folder) {
  const fs::path manifest = folder / kManifestName;
  CALOTYPE_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(manifest));
  CALOTYPE_RETURN_IF_ERROR(CheckLinks(folder));
  return Parse(text, manifest.string(), folder, /*installed=*/true);
}

StatusOr<Pack> ParseManifest(const std::string& text, const std::string& file, const fs::path& folder) {
  return Parse(text, file, folder, /*installed=*/false);
}

}  // namespace calotype
