#include "analysis/labels.h"

#include <fmt/format.h>

#include <filesystem>
#include <sstream>

#include "base/file.h"
#include "base/printable.h"

namespace calotype {

StatusOr<std::vector<std::string>> ReadLabels(const ModelSpec& model, std::string_view key) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::string name, model.params.Text(key));
  if (name.empty() || std::filesystem::path(name).filename() != name) {
    return absl::InvalidArgumentError(
        fmt::format("model {}: {} is \"{}\"; it must be a file in the pack's folder", model.name, key, name));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(model.folder / name));
  std::istringstream stream(text);
  std::vector<std::string> labels;
  for (std::string line; std::getline(stream, line);) {
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    labels.push_back(Printable(line));
  }
  if (labels.empty()) {
    return absl::InvalidArgumentError(fmt::format("model {}: {} has no lines", model.name, name));
  }
  return labels;
}

}  // namespace calotype
