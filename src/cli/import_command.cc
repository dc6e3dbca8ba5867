// calotype models import: a model file of the user's own becomes a model of a pack.
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
#include "cli/command.h"
#include "cli/terminal.h"
#include "models/manifest_writer.h"
#include "models/partial_file.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

struct ImportArguments {
  std::string file;
  std::string task;
  std::string family;
  std::string name;
  std::string choice;
  std::string pack = "local";
  std::vector<std::string> extra;
  std::vector<std::string> params;
};

// "My Model.onnx" becomes "my-model".
std::string NameFrom(const fs::path& file) {
  std::string name = file.stem().string();
  std::ranges::transform(name, name.begin(), [](unsigned char c) {
    return std::isalnum(c) != 0 ? static_cast<char>(std::tolower(c)) : '-';
  });
  return name;
}

bool IsPlainName(const std::string& name) {
  return !name.empty() && name[0] != '.' && fs::path(name).filename() == name;
}

// Copies `from` into `folder` as `name`, a whole file or none, and adds it to `copied`; one that is there already is
// left alone.
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
    return absl::AlreadyExistsError(
        fmt::format("{} is there already, and is another file; --name NAME gives the model another name",
                    (folder / name).string()));
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

StatusOr<std::vector<PackFile>> CopyFiles(const ImportArguments& arguments, const fs::path& folder,
                                          std::vector<fs::path>& copied) {
  std::vector<PackFile> files;
  CALOTYPE_ASSIGN_OR_RETURN(files.emplace_back(), CopyFile(arguments.file, folder, arguments.name + ".onnx", copied));
  for (const std::string& extra : arguments.extra) {
    CALOTYPE_ASSIGN_OR_RETURN(files.emplace_back(),
                              CopyFile(extra, folder, fs::path(extra).filename().string(), copied));
  }
  return files;
}

std::string ToText(std::string_view what, const std::vector<TensorInfo>& tensors) {
  std::string text;
  for (const TensorInfo& tensor : tensors) {
    text += fmt::format("  {:<8}{:<28}{} [{}]\n", what, tensor.name, ElementTypeName(tensor.type),
                        fmt::join(tensor.shape, ", "));
  }
  return text;
}

// What the family makes of the model: its parameters are read, and what it needs beside the model is opened.
Status CreateDriver(const Pack& pack, const ModelSpec& model, ModelCache& cache, std::shared_ptr<void>& driver) {
  if (model.task == "embed.text") {
    CALOTYPE_ASSIGN_OR_RETURN(driver, CreateTextEncoder(model, cache));
    return absl::OkStatus();
  }
  // Text takes two models; what is missing is not this one's fault.
  if (model.task.starts_with("ocr.") && (pack.Find("ocr.detect") == nullptr || pack.Find("ocr.recognise") == nullptr)) {
    driver = std::make_shared<ModelBinding>(model, cache, ModelProbe{});
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(auto analysers, CreateAnalysers(pack, cache));
  driver = std::make_shared<std::vector<std::unique_ptr<Analyser>>>(std::move(analysers));
  return absl::OkStatus();
}

// The pack as it would be is tried before it is.
StatusOr<std::string> TryModel(const App& app, const std::string& manifest, const fs::path& folder,
                               const ImportArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(Pack pack, ParseManifest(manifest, arguments.pack, folder));
  const auto model = std::ranges::find(pack.models, arguments.name, &ModelSpec::name);
  if (pack.Choices(model->task).size() > 1) {
    CALOTYPE_RETURN_IF_ERROR(pack.Choose(model->task, model->choice));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto models, OpenModels(app, std::move(pack), {.threads = App::Cores()}));
  const ModelSpec& spec = *std::ranges::find(models->pack.models, arguments.name, &ModelSpec::name);
  std::shared_ptr<void> driver;
  CALOTYPE_RETURN_IF_ERROR(CreateDriver(models->pack, spec, *models->cache, driver));
  CALOTYPE_ASSIGN_OR_RETURN(const auto session, models->cache->Get(spec.name));
  return ToText("input", session->inputs()) + ToText("output", session->outputs());
}

Status CheckArguments(ImportArguments& arguments) {
  if (std::ranges::find(kModelTasks, arguments.task) == kModelTasks.end()) {
    return absl::InvalidArgumentError(
        fmt::format("--task '{}': tasks are {}", arguments.task, fmt::join(kModelTasks, ", ")));
  }
  if (arguments.family.empty()) {
    return absl::InvalidArgumentError("--family is missing: docs/packs.md lists the families of each task");
  }
  if (arguments.name.empty()) {
    arguments.name = NameFrom(arguments.file);
  }
  for (const auto& [option, name] : {std::pair("--name", arguments.name), std::pair("--into", arguments.pack)}) {
    if (!IsPlainName(name)) {
      return absl::InvalidArgumentError(fmt::format("{} '{}' is no name for a file", option, name));
    }
  }
  return absl::OkStatus();
}

// Copies the files, tries the model, and writes the manifest.
CommandResult Install(const App& app, const ImportArguments& arguments, const fs::path& folder,
                      const std::string& installed, std::vector<fs::path>& copied) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<PackFile> files, CopyFiles(arguments, folder, copied));
  const ImportedModel model{.name = arguments.name,
                            .task = arguments.task,
                            .choice = arguments.choice,
                            .family = arguments.family,
                            .files = std::move(files),
                            .params = arguments.params};
  CALOTYPE_ASSIGN_OR_RETURN(const std::string manifest, AddImportedModel(arguments.pack, installed, model));
  CALOTYPE_ASSIGN_OR_RETURN(const std::string tensors, TryModel(app, manifest, folder, arguments));
  CALOTYPE_RETURN_IF_ERROR(WriteFileAtomically(folder / kManifestName,
                                               {reinterpret_cast<const uint8_t*>(manifest.data()), manifest.size()}));
  Print(fmt::format("{} is a model of the pack {} now, for {}:\n{}", model.name, arguments.pack, model.task, tensors));
  return 0;
}

CommandResult Import(const App& app, ImportArguments arguments) {
  CALOTYPE_RETURN_IF_ERROR(CheckArguments(arguments));
  const fs::path folder = fs::path(app.settings().models_folder) / arguments.pack;
  CALOTYPE_ASSIGN_OR_RETURN(const FileLock lock, LockPack(folder));
  const StatusOr<Pack> before = LoadPack(folder);
  if (!before.ok() && !absl::IsNotFound(before.status())) {
    return before.status();
  }
  const std::string installed = before.ok() ? ReadTextFile(folder / kManifestName).value_or("") : "";
  std::vector<fs::path> copied;
  CommandResult result = Install(app, arguments, folder, installed, copied);
  if (!result.ok()) {
    std::error_code error;
    for (const fs::path& file : copied) {
      fs::remove(file, error);
    }
    fs::remove(folder, error);  // when it is empty: then it was made for this
  }
  return result;
}

}  // namespace

void AddImportCommand(CommandLine& models, App& app) {
  CommandLine command = models.AddCommand("import", "Make an ONNX file of your own a model of a pack");
  const auto arguments = std::make_shared<ImportArguments>();
  command.AddArgument("FILE", arguments->file, "The model");
  command.AddOption("--task", arguments->task, "What it is for: objects, embed.image, ...");
  command.AddOption("--family", arguments->family, "How it is fed and read: detr, clip, ... (docs/packs.md)");
  command.AddOption("--name", arguments->name, "What it is called; else the file's name");
  command.AddOption("--choice", arguments->choice,
                    "Its name among the pack's models for the task, where there are others");
  command.AddOption("--into", arguments->pack, "The pack; made when it is not there (default: local)");
  command.AddList("--extra", arguments->extra, "A file that goes with it: a vocabulary, labels, weights");
  command.AddList("--param", arguments->params, "A parameter of the family, KEY=VALUE as TOML writes it");
  command.SetAction([=, &app] { return Import(app, *arguments); });
}

}  // namespace calotype
