// LoadPack: the manifest of a pack, from TOML.
#include <fmt/format.h>

#include <set>
#include <utility>

#include "base/file.h"
#include "base/toml_error.h"
#include "models/pack.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kFormat = 1;

// One table of the manifest with what its error messages need.
class TableReader {
 public:
  TableReader(const toml::table& table, std::string_view file, std::string_view what)
      : table_(table), file_(file), what_(what) {}

  // `target` takes the value of `key`, which must be there and of T's type.
  template <typename T>
  Status Read(const char* key, T* target) const {
    const std::optional<T> value = table_[key].value_exact<T>();
    if (!value.has_value()) {
      return TomlError(file_, table_.source(), fmt::format("{}: '{}' is missing or of another type", what_, key));
    }
    *target = *value;
    return absl::OkStatus();
  }

  // The strings of the array `key`; none when it is not there.
  Status ReadStrings(const char* key, std::vector<std::string>* target) const {
    return ReadArray<std::string>(
        key, "strings", [&](const toml::node& item) { return item.value_exact<std::string>(); }, target);
  }

  // The numbers of the array `key`; none when it is not there.
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
        return TomlError(file_, node->source(), fmt::format("{}: '{}' must hold {} alone", what_, key, wanted));
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
                     fmt::format("{}: a parameter is a boolean, a number, a string or an array of numbers", what));
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

StatusOr<std::optional<SelfTestSpec>> ReadSelfTest(const toml::table& model, const fs::path& folder,
                                                   std::string_view file, std::string_view what) {
  const toml::table* const table = model["self_test"].as_table();
  if (table == nullptr) {
    return std::nullopt;
  }
  const TableReader reader(*table, file, what);
  SelfTestSpec test;
  if (const auto photo = (*table)["photo"].value_exact<std::string>()) {
    test.photo = folder / *photo;
  }
  test.text = (*table)["text"].value_or(std::string());
  std::vector<std::string> more_photos;
  CALOTYPE_RETURN_IF_ERROR(reader.ReadStrings("more_photos", &more_photos));
  for (const std::string& more : more_photos) {
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
    return TomlError(file, table->source(), fmt::format("{}: a self-test has a photo or a text", what));
  }
  return test;
}

StatusOr<ModelSpec> ReadModel(const toml::table& table, const fs::path& folder, std::string_view file) {
  ModelSpec model;
  CALOTYPE_RETURN_IF_ERROR(TableReader(table, file, "model").Read("name", &model.name));
  const std::string what = "model " + model.name;
  const TableReader reader(table, file, what);
  std::string file_name;
  std::string sha256;
  CALOTYPE_RETURN_IF_ERROR(reader.Read("task", &model.task));
  CALOTYPE_RETURN_IF_ERROR(reader.Read("family", &model.family));
  CALOTYPE_RETURN_IF_ERROR(reader.Read("file", &file_name));
  CALOTYPE_RETURN_IF_ERROR(reader.Read("sha256", &sha256));
  CALOTYPE_RETURN_IF_ERROR(reader.Read("bytes", &model.bytes));
  CALOTYPE_RETURN_IF_ERROR(reader.Read("licence", &model.licence));
  model.notice = table["notice"].value_or(std::string());
  model.path = folder / file_name;
  model.folder = folder;
  StatusOr<Sha256Digest> digest = ParseSha256(sha256);
  if (!digest.ok()) {
    return TomlError(file, table["sha256"].node()->source(), Message(digest.status()));
  }
  model.sha256 = *digest;
  CALOTYPE_ASSIGN_OR_RETURN(model.params, ReadParams(table, file, model.name));
  CALOTYPE_ASSIGN_OR_RETURN(model.self_test, ReadSelfTest(table, folder, file, what));
  return model;
}

StatusOr<Pack> ReadPack(const toml::table& root, const fs::path& folder, std::string_view file) {
  Pack pack{.folder = folder};
  const TableReader reader(root, file, "pack");
  int64_t format = 0;
  CALOTYPE_RETURN_IF_ERROR(reader.Read("format", &format));
  if (format != kFormat) {
    return TomlError(file, root["format"].node()->source(),
                     fmt::format("the manifest has format {}; this Calotype reads format {}", format, kFormat));
  }
  CALOTYPE_RETURN_IF_ERROR(reader.Read("name", &pack.name));
  pack.summary = root["summary"].value_or(std::string());
  const toml::array* const models = root["model"].as_array();
  std::set<std::string> names;
  for (std::size_t i = 0; models != nullptr && i < models->size(); ++i) {
    const toml::table* const table = models->get_as<toml::table>(i);
    if (table == nullptr) {
      return TomlError(file, models->source(), "each 'model' must be a table");
    }
    CALOTYPE_ASSIGN_OR_RETURN(ModelSpec model, ReadModel(*table, folder, file));
    if (!names.insert(model.name).second) {
      return TomlError(file, table->source(), fmt::format("two models are called '{}'", model.name));
    }
    pack.models.push_back(std::move(model));
  }
  return pack;
}

}  // namespace

StatusOr<Pack> LoadPack(const fs::path& folder) {
  const fs::path manifest = folder / kManifestName;
  CALOTYPE_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(manifest));
  try {
    return ReadPack(toml::parse(text, manifest.string()), folder, manifest.string());
  } catch (const toml::parse_error& error) {
    return TomlError(manifest.string(), error.source(), error.description());
  }
}

}  // namespace calotype
