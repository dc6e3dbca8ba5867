// Settings: a struct per part with its defaults in the members, registered once here; then a file (config.toml), the
// environment (CALOTYPE_*) and the command line (--set KEY=VALUE) write into them, in this order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"

namespace calotype {

// One setting: the key "scan.workers" is `workers` in the file's table [scan] and CALOTYPE_SCAN_WORKERS in the
// environment; tables may lie in tables.
struct ConfigField {
  using Target = std::variant<bool*, int64_t*, std::string*, std::vector<std::string>*>;

  std::string key;
  Target target;
  std::string help;
  int64_t minimum = 0;  // of an integer
  int64_t maximum = 0;

  std::string EnvironmentName() const;
  // The value now, as TOML writes it.
  std::string Value() const;
  // "scan.workers=4": what ApplyAssignment() reads back.
  std::string Assignment() const;
};

// Not thread-safe: filled and applied before anything starts. Targets must outlive it.
class ConfigRegistry {
 public:
  void AddBool(std::string key, bool* target, std::string help);
  void AddInteger(std::string key, int64_t* target, int64_t minimum, int64_t maximum, std::string help);
  void AddText(std::string key, std::string* target, std::string help);
  // In the file an array of strings, or one string for a list of one; elsewhere words with commas between them.
  void AddList(std::string key, std::vector<std::string>* target, std::string help);

  // Reads a TOML file; one that is not there is no error. kInvalidArgument names the file, the line, what was seen and
  // what is allowed, for a key that is not known as for a value that does not fit.
  Status ApplyFile(const std::filesystem::path& file);
  // Reads the variables of every registered field through `get` (std::getenv in the program).
  Status ApplyEnvironment(const std::function<const char*(const char*)>& get);
  // "scan.workers=4".
  Status ApplyAssignment(std::string_view assignment);

  const std::vector<ConfigField>& fields() const { return fields_; }

 private:
  const ConfigField* Find(std::string_view key) const;
  std::string KnownKeys() const;
  // `table` is a toml::table; the type stays in the .cc.
  Status ApplyTable(const std::string& prefix, const void* table, const std::string& file);

  std::vector<ConfigField> fields_;
};

}  // namespace calotype
