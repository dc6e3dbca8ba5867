#include "models/pack.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "base/file.h"

namespace calotype {

namespace fs = std::filesystem;

ModelParams::ModelParams(std::string model, std::map<std::string, Value> values)
    : model_(std::move(model)), values_(std::move(values)) {}

namespace {

Status MissingParam(const std::string& model, std::string_view key, std::string_view wanted) {
  return absl::InvalidArgumentError(
      fmt::format("model {}: params.{} is missing or of another type; it must be {}", model, key, wanted));
}

// Returns the value under `key` if it is a T, else null.
template <typename T>
const T* FindParam(const std::map<std::string, ModelParams::Value>& values, std::string_view key) {
  const auto found = values.find(std::string(key));
  return found == values.end() ? nullptr : std::get_if<T>(&found->second);
}

}  // namespace

StatusOr<int> ModelParams::Int(std::string_view key) const {
  const auto* const value = FindParam<int64_t>(values_, key);
  if (value == nullptr || *value < INT32_MIN || *value > INT32_MAX) {
    return MissingParam(model_, key, "a whole number");
  }
  return static_cast<int>(*value);
}

StatusOr<double> ModelParams::Double(std::string_view key) const {
  if (const auto* const whole = FindParam<int64_t>(values_, key)) {
    return static_cast<double>(*whole);
  }
  const auto* const value = FindParam<double>(values_, key);
  return value == nullptr ? StatusOr<double>(MissingParam(model_, key, "a number")) : *value;
}

StatusOr<bool> ModelParams::Bool(std::string_view key) const {
  const auto* const value = FindParam<bool>(values_, key);
  return value == nullptr ? StatusOr<bool>(MissingParam(model_, key, "true or false")) : *value;
}

StatusOr<std::string> ModelParams::Text(std::string_view key) const {
  const auto* const value = FindParam<std::string>(values_, key);
  return value == nullptr ? StatusOr<std::string>(MissingParam(model_, key, "a string")) : *value;
}

StatusOr<std::vector<float>> ModelParams::Floats(std::string_view key, std::size_t count) const {
  const auto* const value = FindParam<std::vector<double>>(values_, key);
  if (value == nullptr || value->size() != count) {
    return MissingParam(model_, key, fmt::format("an array of {} numbers", count));
  }
  return std::vector<float>(value->begin(), value->end());
}

StatusOr<int> ModelParams::IntOr(std::string_view key, int fallback) const {
  return Has(key) ? Int(key) : StatusOr<int>(fallback);
}

StatusOr<double> ModelParams::DoubleOr(std::string_view key, double fallback) const {
  return Has(key) ? Double(key) : StatusOr<double>(fallback);
}

StatusOr<bool> ModelParams::BoolOr(std::string_view key, bool fallback) const {
  return Has(key) ? Bool(key) : StatusOr<bool>(fallback);
}

StatusOr<std::string> ModelParams::TextOr(std::string_view key, std::string_view fallback) const {
  return Has(key) ? Text(key) : StatusOr<std::string>(std::string(fallback));
}

StatusOr<std::vector<float>> ModelParams::FloatsOr(std::string_view key, std::span<const float> fallback) const {
  return Has(key) ? Floats(key, fallback.size()) : std::vector<float>(fallback.begin(), fallback.end());
}

std::string ModelSpec::VersionTag() const { return fmt::format("{}-{}", name, sha256.Hex().substr(0, 8)); }

std::string ModelSpec::Title() const {
  using Names = std::pair<std::string_view, std::string_view>;
  static constexpr std::array<Names, 21> kFamilies = {{{"arcface", "InsightFace"},
                                                       {"bert", "BERT"},
                                                       {"blazeface", "BlazeFace"},
                                                       {"centernet", "CenterNet"},
                                                       {"clip", "CLIP"},
                                                       {"conditional-detr", "Conditional DETR"},
                                                       {"conse", "ConSE"},
                                                       {"ctc", "PaddleOCR"},
                                                       {"d-fine", "D-FINE"},
                                                       {"db", "PaddleOCR"},
                                                       {"deformable-detr", "Deformable DETR"},
                                                       {"detr", "DETR"},
                                                       {"face-chip", "Face"},
                                                       {"orient", "PaddleOCR"},
                                                       {"retinaface", "RetinaFace"},
                                                       {"rf-detr", "RF-DETR"},
                                                       {"rt-detr", "RT-DETR"},
                                                       {"scrfd", "InsightFace"},
                                                       {"sface", "SFace"},
                                                       {"siglip", "SigLIP"},
                                                       {"yunet", "YuNet"}}};
  static constexpr std::array<Names, kModelTasks.size()> kWork = {{{"objects", "object detection"},
                                                                   {"embed.image", "image encoder"},
                                                                   {"embed.text", "text encoder"},
                                                                   {"ocr.detect", "detection"},
                                                                   {"ocr.recognise", "recognition"},
                                                                   {"ocr.orient", "orientation"},
                                                                   {"faces.detect", "detection"},
                                                                   {"faces.recognise", "recognition"}}};
  const auto find = [](const auto& table, std::string_view key) {
    const auto found = std::ranges::find(table, key, &Names::first);
    return found == table.end() ? key : found->second;
  };
  return fmt::format("{} {}", find(kFamilies, family), find(kWork, task));
}

std::string HubFile::ToString() const { return fmt::format("{}@{}/{}", repository, revision, path); }

const ModelSpec* Pack::Find(std::string_view task) const {
  const auto choice = chosen.find(std::string(task));
  const auto found = std::ranges::find_if(models, [&](const ModelSpec& model) {
    return model.task == task && (choice == chosen.end() || choice->second == model.choice);
  });
  return found == models.end() ? nullptr : &*found;
}

std::vector<std::string> Pack::Choices(std::string_view task) const {
  std::vector<std::string> choices;
  for (const ModelSpec& model : models) {
    if (model.task == task) {
      choices.push_back(model.choice);
    }
  }
  return choices;
}

Status Pack::Choose(const std::string& task, const std::string& choice) {
  const std::vector<std::string> choices = Choices(task);
  if (std::ranges::find(choices, choice) == choices.end()) {
    return absl::InvalidArgumentError(
        fmt::format("the pack '{}' has no model '{}' for {}; it has {}", name, choice, task,
                    choices.empty() ? "none" : fmt::format("{}", fmt::join(choices, ", "))));
  }
  chosen[task] = choice;
  return absl::OkStatus();
}

std::vector<InstalledPack> ListPacks(const fs::path& models_folder) {
  std::vector<InstalledPack> packs;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(models_folder, error)) {
    if (fs::exists(entry.path() / kManifestName, error)) {
      packs.push_back({.name = entry.path().filename().string(), .pack = LoadPack(entry.path())});
    }
  }
  std::sort(packs.begin(), packs.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return packs;
}

Status VerifyFile(const fs::path& path, const PackFile& expected, bool hash) {
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file, OpenForReading(path));
  std::error_code error;
  const auto size = static_cast<int64_t>(fs::file_size(path, error));
  if (expected.bytes && (error || size != *expected.bytes)) {
    return absl::DataLossError(
        fmt::format("{} has {} bytes; its manifest says {}", path.string(), size, *expected.bytes));
  }
  if (!hash || !expected.sha256) {
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const Sha256Digest digest, Sha256OfFile(file.get()));
  if (digest != *expected.sha256) {
    return absl::DataLossError(
        fmt::format("{} has SHA-256 {}; its manifest says {}", path.string(), digest.Hex(), expected.sha256->Hex()));
  }
  return absl::OkStatus();
}

Status VerifyModel(const ModelSpec& model, bool hash) {
  for (const PackFile& file : model.files) {
    CALOTYPE_RETURN_IF_ERROR(VerifyFile(model.folder / file.name, file, hash));
  }
  return absl::OkStatus();
}

}  // namespace calotype
