#include "app/models_import.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <system_error>

#include "analysis/model_binding.h"
#include "app/open_models.h"
#include "base/file.h"
#include "base/text.h"
#include "models/manifest_writer.h"
#include "models/partial_file.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// "My Model.onnx" becomes "my-model".
std::string NameFrom(const fs::path& file) {
  std::string name = file.stem().string();
  std::ranges::transform(name, name.begin(), [](unsigned char c) {
    return std::isalnum(c) != 0 ? ToLowerAscii(static_cast<char>(c)) : '-';
  });
  return name;
}

bool IsPlainName(const std::string& name) {
  return !name.empty() && name[0] != '.' && fs::path(name).filename() == name;
}

// Copies `from` into `folder` as `name`, completely or not at all, and adds the copy to `copied`. Does nothing if the
// same file is already there.
StatusOr<PackFile> CopyFile(const fs::path& from, const fs::path& folder, const std::string& name,
                            std::vector<fs::path>& copied) {
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file, OpenForReading(from));
  CALOTYPE_ASSIGN_OR_RETURN(const Sha256Digest sha256, Sha256OfFile(file.get()));
  std::error_code error;
  const auto bytes = static_cast<int64_t>(fs::file_size(from, error));
  PackFile copy{.name = name, .sha256 = sha256, .bytes = bytes, .hub = std::nullopt, .commit = {}};
  if (fs::exists(folder / name, error)) {
    if (VerifyFile(folder / name, copy, true).ok()) {
      return copy;
    }
    return absl::AlreadyExistsError(fmt::format(
        "{} exists and is another file; give the model another name with --name NAME", (folder / name).string()));
  }
  CALOTYPE_RETURN_IF_ERROR(CheckFreeSpace(folder, bytes));
  const fs::path partial = folder / (name + ".partial");
  fs::copy_file(from, partial, fs::copy_options::overwrite_existing, error);
  Status status = error ? absl::ResourceExhaustedError(
                              fmt::format("cannot copy {} to {}: {}", from.string(), partial.string(), error.message()))
                        : VerifyFile(partial, copy, true);
  status = status.ok() ? PartialFile::Place(folder / name) : status;
  if (!status.ok()) {
    fs::remove(partial, error);
    return status;
  }
  copied.push_back(folder / name);
  return copy;
}

StatusOr<std::vector<PackFile>> CopyFiles(const ImportRequest& request, const fs::path& folder,
                                          std::vector<fs::path>& copied) {
  std::vector<PackFile> files;
  CALOTYPE_ASSIGN_OR_RETURN(files.emplace_back(), CopyFile(request.file, folder, request.name + ".onnx", copied));
  for (const std::string& extra : request.extra) {
    CALOTYPE_ASSIGN_OR_RETURN(files.emplace_back(),
                              CopyFile(extra, folder, fs::path(extra).filename().string(), copied));
  }
  return files;
}

std::vector<TensorDescription> Describe(const std::vector<TensorInfo>& tensors) {
  std::vector<TensorDescription> described;
  std::ranges::transform(tensors, std::back_inserter(described), [](const TensorInfo& tensor) {
    return TensorDescription{
        .name = tensor.name, .type = std::string(ElementTypeName(tensor.type)), .shape = tensor.shape};
  });
  return described;
}

// Makes what uses the model. That reads the parameters of the family and opens the files that belong to the model.
Status CreateDriver(const Pack& pack, const ModelSpec& model, ModelCache& cache, std::shared_ptr<void>& driver) {
  if (model.task == "embed.text") {
    CALOTYPE_ASSIGN_OR_RETURN(driver, CreateTextEncoder(model, cache));
    return absl::OkStatus();
  }
  // Recognising text takes two models, and the other one may be imported later.
  if (model.task.starts_with("ocr.") && (pack.Find("ocr.detect") == nullptr || pack.Find("ocr.recognise") == nullptr)) {
    driver = std::make_shared<ModelBinding>(model, cache, ModelProbe{});
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(auto analysers, CreateAnalysers(pack, cache));
  driver = std::make_shared<std::vector<std::unique_ptr<Analyser>>>(std::move(analysers));
  return absl::OkStatus();
}

// Loads the model from the pack as it will be with `manifest`, which is not written yet.
StatusOr<ImportedModelReport> TryModel(const App& app, const std::string& manifest, const fs::path& folder,
                                       const ImportRequest& request) {
  CALOTYPE_ASSIGN_OR_RETURN(Pack pack, ParseManifest(manifest, request.pack, folder));
  const auto model = std::ranges::find(pack.models, request.name, &ModelSpec::name);
  if (pack.Choices(model->task).size() > 1) {
    CALOTYPE_RETURN_IF_ERROR(pack.Choose(model->task, model->choice));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto models, OpenModels(app, std::move(pack), {.threads = App::Cores()}));
  const ModelSpec& spec = *std::ranges::find(models->pack.models, request.name, &ModelSpec::name);
  std::shared_ptr<void> driver;
  CALOTYPE_RETURN_IF_ERROR(CreateDriver(models->pack, spec, *models->cache, driver));
  CALOTYPE_ASSIGN_OR_RETURN(const auto session, models->cache->Get(spec.name));
  return ImportedModelReport{.name = spec.name,
                             .pack = request.pack,
                             .task = spec.task,
                             .inputs = Describe(session->inputs()),
                             .outputs = Describe(session->outputs())};
}

Status CheckRequest(ImportRequest& request) {
  if (std::ranges::find(kModelTasks, request.task) == kModelTasks.end()) {
    return absl::InvalidArgumentError(
        fmt::format("--task '{}': tasks are {}", request.task, fmt::join(kModelTasks, ", ")));
  }
  if (request.family.empty()) {
    return absl::InvalidArgumentError("--family is missing; docs/packs.md lists the families of each task");
  }
  if (request.name.empty()) {
    request.name = NameFrom(request.file);
  }
  for (const auto& [option, name] : {std::pair("--name", request.name), std::pair("--into", request.pack)}) {
    if (!IsPlainName(name)) {
      return absl::InvalidArgumentError(fmt::format("{} '{}' cannot be the name of a file", option, name));
    }
  }
  return absl::OkStatus();
}

// Copies the files, tries the model, and writes the manifest.
StatusOr<ImportedModelReport> Install(const App& app, const ImportRequest& request, const fs::path& folder,
                                      const std::string& installed, std::vector<fs::path>& copied) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<PackFile> files, CopyFiles(request, folder, copied));
  const ImportedModel model{.name = request.name,
                            .task = request.task,
                            .choice = request.choice,
                            .family = request.family,
                            .files = std::move(files),
                            .params = request.params};
  CALOTYPE_ASSIGN_OR_RETURN(const std::string manifest, AddImportedModel(request.pack, installed, model));
  CALOTYPE_ASSIGN_OR_RETURN(ImportedModelReport report, TryModel(app, manifest, folder, request));
  CALOTYPE_RETURN_IF_ERROR(WriteFileAtomically(folder / kManifestName,
                                               {reinterpret_cast<const uint8_t*>(manifest.data()), manifest.size()}));
  return report;
}

}  // namespace

StatusOr<ImportedModelReport> ImportModel(const App& app, ImportRequest request) {
  CALOTYPE_RETURN_IF_ERROR(CheckRequest(request));
  const fs::path folder = fs::path(app.settings().models_folder) / request.pack;
  CALOTYPE_ASSIGN_OR_RETURN(const FileLock lock, LockPack(folder));
  const StatusOr<Pack> before = LoadPack(folder);
  if (!before.ok() && !absl::IsNotFound(before.status())) {
    return before.status();
  }
  const std::string installed = before.ok() ? ReadTextFile(folder / kManifestName).value_or("") : "";
  std::vector<fs::path> copied;
  StatusOr<ImportedModelReport> result = Install(app, request, folder, installed, copied);
  if (!result.ok()) {
    std::error_code error;
    for (const fs::path& file : copied) {
      fs::remove(file, error);
    }
    fs::remove(folder, error);  // removes an empty folder only, that is, one made for this model
  }
  return result;
}

}  // namespace calotype
