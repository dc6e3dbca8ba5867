#include "models/manifest_writer.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>

#include "base/file.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLicenceFile = "licences.toml";
constexpr std::string_view kHead = "# Written by calotype models, which overwrites this file.\n";

std::string ToText(const toml::table& table) {
  std::ostringstream text;
  text << kHead << toml::toml_formatter(table) << "\n";
  return text.str();
}

StatusOr<toml::table> Parse(const std::string& text, const std::string& what) {
  try {
    return toml::parse(text, what);
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(fmt::format("{}: {}", what, std::string(error.description())));
  }
}

std::string TextOf(const toml::table& table, const char* key) { return table[key].value_or(std::string()); }

// Calls `function` with each model's table.
template <typename Function>
void ForEachModel(toml::table& root, Function function) {
  toml::array* const models = root["model"].as_array();
  for (std::size_t i = 0; models != nullptr && i < models->size(); ++i) {
    if (toml::table* const model = models->get_as<toml::table>(i)) {
      function(*model);
    }
  }
}

void RecordFile(toml::table& entry, const char* key, const std::map<std::string, Downloaded>& files) {
  const auto found = files.find(TextOf(entry, key));
  if (found == files.end()) {
    return;
  }
  entry.insert_or_assign("sha256", found->second.sha256.Hex());
  entry.insert_or_assign("bytes", found->second.bytes);
  toml::table* const hub = entry["hub"].as_table();
  if (hub != nullptr && !found->second.commit.empty()) {
    hub->insert_or_assign("commit", found->second.commit);
  }
}

void RecordFiles(toml::table& model, const std::map<std::string, Downloaded>& files) {
  RecordFile(model, "file", files);
  toml::array* const extra = model["extra_files"].as_array();
  for (std::size_t i = 0; extra != nullptr && i < extra->size(); ++i) {
    if (toml::table* const entry = extra->get_as<toml::table>(i)) {
      RecordFile(*entry, "path", files);
    }
  }
}

// For each task with several models: the installed manifest's default if that model still exists, else the source's,
// else the first model's.
toml::table DefaultChoices(toml::table& root, const toml::table& installed, const toml::table& source) {
  std::map<std::string, std::vector<std::string>> choices;
  ForEachModel(root, [&](const toml::table& model) {
    choices[TextOf(model, "task")].push_back(model["choice"].value_or(std::string(kOnlyChoice)));
  });
  toml::table defaults;
  for (const auto& [task, names] : choices) {
    std::string chosen = names.front();
    for (const toml::table* const from : {&source, &installed}) {
      const std::string wish = (*from)["default_choice"][task].value_or(std::string());
      chosen = std::ranges::find(names, wish) == names.end() ? chosen : wish;
    }
    if (names.size() > 1 || chosen != kOnlyChoice) {
      defaults.insert(task, chosen);
    }
  }
  return defaults;
}

std::set<std::string> ModelNames(toml::table& root) {
  std::set<std::string> names;
  ForEachModel(root, [&](const toml::table& model) { names.insert(TextOf(model, "name")); });
  return names;
}

toml::table FileTable(const PackFile& file, const char* key) {
  toml::table table;
  table.insert(key, file.name);
  table.insert("sha256", file.sha256->Hex());
  table.insert("bytes", *file.bytes);
  return table;
}

StatusOr<toml::table> ParamsTable(const std::vector<std::string>& params) {
  toml::table table;
  for (const std::string& param : params) {
    const StatusOr<toml::table> parsed = Parse(param, param);
    if (!parsed.ok() || parsed->size() != 1) {
      return absl::InvalidArgumentError(
          fmt::format("--param {}: expected KEY=VALUE with a TOML value (0.5, true, \"text\", [1, 2])", param));
    }
    for (const auto& [key, value] : *parsed) {
      table.insert_or_assign(key.str(), value);
    }
  }
  return table;
}

}  // namespace

StatusOr<FileLock> LockPack(const fs::path& pack_folder) {
  std::error_code error;
  fs::create_directories(pack_folder, error);
  if (error) {
    return absl::PermissionDeniedError(fmt::format("cannot create {}: {}", pack_folder.string(), error.message()));
  }
  StatusOr<FileLock> lock = FileLock::Take(pack_folder.string() + ".pull.lock", "pull of this pack");
  if (lock.ok()) {
    RemoveUnfinishedWrites(pack_folder);
  }
  return lock;
}

StatusOr<std::string> WriteInstalledManifest(const std::string& source, const std::string& installed,
                                             const std::vector<std::string>& models,
                                             const std::map<std::string, Downloaded>& files) {
  CALOTYPE_ASSIGN_OR_RETURN(toml::table from, Parse(source, "the manifest"));
  CALOTYPE_ASSIGN_OR_RETURN(toml::table before, Parse(installed, "the installed manifest"));
  toml::array kept;
  ForEachModel(from, [&](toml::table& model) {
    if (std::ranges::find(models, TextOf(model, "name")) != models.end()) {
      RecordFiles(model, files);
      kept.push_back(model);
    }
  });
  const std::set<std::string> known = ModelNames(from);
  ForEachModel(before, [&](const toml::table& model) {
    const std::string name = TextOf(model, "name");
    const bool replaced = std::ranges::find(models, name) != models.end();
    if (!replaced && (known.contains(name) || model["imported"].value_or(false))) {
      kept.push_back(model);
    }
  });
  toml::table root = from;
  root.insert_or_assign("model", std::move(kept));
  root.insert_or_assign("default_choice", DefaultChoices(root, before, from));
  return ToText(root);
}

StatusOr<std::string> AddImportedModel(const std::string& pack, const std::string& installed,
                                       const ImportedModel& model) {
  CALOTYPE_ASSIGN_OR_RETURN(toml::table root, Parse(installed, "the installed manifest"));
  if (root.empty()) {
    root.insert("format", 1);
    root.insert("name", pack);
    root.insert("summary", "Your own models.");
  }
  toml::table table = FileTable(model.files[0], "file");
  table.insert("name", model.name);
  table.insert("task", model.task);
  table.insert("family", model.family);
  table.insert("imported", true);
  table.insert("licence", "not stated");
  if (!model.choice.empty()) {
    table.insert("choice", model.choice);
  }
  toml::array extra;
  for (std::size_t i = 1; i < model.files.size(); ++i) {
    extra.push_back(FileTable(model.files[i], "path"));
  }
  table.insert("extra_files", std::move(extra));
  CALOTYPE_ASSIGN_OR_RETURN(toml::table params, ParamsTable(model.params));
  table.insert("params", std::move(params));
  if (!root.contains("model")) {
    root.insert("model", toml::array());
  }
  root["model"].as_array()->push_back(std::move(table));
  std::string text = ToText(root);
  CALOTYPE_RETURN_IF_ERROR(ParseManifest(text, pack, "/").status());
  return text;
}

StatusOr<std::vector<AcceptedLicence>> ReadAcceptedLicences(const fs::path& pack_folder) {
  const StatusOr<std::string> text = ReadTextFile(pack_folder / kLicenceFile);
  if (absl::IsNotFound(text.status())) {
    return std::vector<AcceptedLicence>();
  }
  CALOTYPE_RETURN_IF_ERROR(text.status());
  CALOTYPE_ASSIGN_OR_RETURN(const toml::table root, Parse(*text, (pack_folder / kLicenceFile).string()));
  std::vector<AcceptedLicence> licences;
  const toml::array* const tables = root["accepted"].as_array();
  for (std::size_t i = 0; tables != nullptr && i < tables->size(); ++i) {
    const toml::table* const table = tables->get_as<toml::table>(i);
    if (table == nullptr) {
      continue;
    }
    AcceptedLicence& licence = licences.emplace_back();
    licence = {.licence = TextOf(*table, "licence"),
               .terms = TextOf(*table, "terms"),
               .models = {},
               .date = TextOf(*table, "date")};
    const toml::array* const models = (*table)["models"].as_array();
    for (std::size_t j = 0; models != nullptr && j < models->size(); ++j) {
      licence.models.push_back(models->get(j)->value_or(std::string()));
    }
  }
  return licences;
}

Status WriteAcceptedLicences(const fs::path& pack_folder, const std::vector<AcceptedLicence>& licences) {
  toml::array tables;
  for (const AcceptedLicence& licence : licences) {
    toml::array models;
    for (const std::string& model : licence.models) {
      models.push_back(model);
    }
    tables.push_back(toml::table{
        {"licence", licence.licence}, {"terms", licence.terms}, {"models", std::move(models)}, {"date", licence.date}});
  }
  toml::table root;
  root.insert("accepted", std::move(tables));
  const std::string text = ToText(root);
  return WriteFileAtomically(pack_folder / kLicenceFile, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

}  // namespace calotype
