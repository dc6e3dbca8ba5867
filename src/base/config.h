// Settings. Each part of the program has a struct whose members hold the defaults and registers them here once. Then a
// file (config.toml), the environment (CALOTYPE_*) and the command line (--set KEY=VALUE) overwrite them, in this
// order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"

namespace calotype {

// One setting. The key "scan.workers" is `workers` in the table [scan] of the file and CALOTYPE_SCAN_WORKERS in the
// environment. Tables may be nested.
struct ConfigField {
  using Target = std::variant<bool*, int64_t*, std::string*, std::vector<std::string>*>;

  std::string key;
  Target target;
  std::string help;
  int64_t minimum = 0;  // only for integers
  int64_t maximum = 0;
  std::vector<std::string> choices;  // only for text: the allowed values; empty: any
  // What set the value: a configuration file with its line, an environment variable, or "the command line"; empty: the
  // default.
  std::string source;

  std::string EnvironmentName() const;
  // The current value in TOML syntax.
  std::string Value() const;
  // What it may be: "true or false", "a whole number from 0 to 256", "text or json", "a text", "a list of texts".
  std::string Allowed() const;
  // The current value as "scan.workers=4", which ApplyAssignment() can read.
  std::string Assignment() const;
};

// Not thread-safe: register and apply all settings before starting threads. The targets must outlive the registry.
class ConfigRegistry {
 public:
  void AddBool(std::string key, bool* target, std::string help);
  void AddInteger(std::string key, int64_t* target, int64_t minimum, int64_t maximum, std::string help);
  void AddText(std::string key, std::string* target, std::string help);
  // A text that must be one of `choices`.
  void AddChoice(std::string key, std::string* target, std::vector<std::string> choices, std::string help);
  // In the file: an array of strings, or one string for a list of one. Elsewhere: words separated by commas.
  void AddList(std::string key, std::vector<std::string>* target, std::string help);

  // Reads a TOML file; a missing file is not an error. Returns kInvalidArgument for an unknown key or a bad value; the
  // message names the file, the line, what was found and what is allowed.
  Status ApplyFile(const std::filesystem::path& file);
  // Reads the environment variable of every registered setting through `get` (std::getenv in the program).
  Status ApplyEnvironment(const std::function<const char*(const char*)>& get);
  // For those of the environment's variable `names` that start with "CALOTYPE_" and belong to no setting and to none of
  // `others`: a sentence for each, with the nearest known name. The program ignores such variables.
  std::vector<std::string> UnknownVariables(std::span<const std::string> names,
                                            std::span<const std::string_view> others) const;
  // Applies one setting from text such as "scan.workers=4".
  Status ApplyAssignment(std::string_view assignment);

  // kInvalidArgument for a setting that does not exist; the message names the nearest ones, or those of its table.
  StatusOr<const ConfigField*> Get(std::string_view key) const;
  const std::vector<ConfigField>& fields() const { return fields_; }

 private:
  // Null if there is none.
  ConfigField* Find(std::string_view key);
  // An error for a setting that does not exist: names the nearest ones, or those of the same table.
  Status UnknownKey(std::string_view key) const;
  // `table` is a toml::table. It is passed as void* to keep that type out of the header.
  Status ApplyTable(const std::string& prefix, const void* table, const std::string& file);

  std::vector<ConfigField> fields_;
};

}  // namespace calotype
