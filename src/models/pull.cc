#include "models/pull.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/file.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

std::set<std::string> Wanted(const Pack& pack, const std::string& task, const PullSelection& selection) {
  if (const auto chosen = selection.choices.find(task); chosen != selection.choices.end()) {
    return chosen->second;
  }
  return {pack.Find(task)->choice};
}

Status CheckChoices(Pack pack, const PullSelection& selection) {
  for (const auto& [task, choices] : selection.choices) {
    for (const std::string& choice : choices) {
      CALOTYPE_RETURN_IF_ERROR(pack.Choose(task, choice));
    }
  }
  return absl::OkStatus();
}

// Returns what an earlier pull recorded for the same file of the hub.
const PackFile* FindRecorded(const StatusOr<Pack>& installed, const PackFile& file) {
  if (!installed.ok()) {
    return nullptr;
  }
  for (const ModelSpec& model : installed->models) {
    const auto found = std::ranges::find_if(
        model.files, [&](const PackFile& other) { return other.name == file.name && other.hub == file.hub; });
    if (found != model.files.end()) {
      return &*found;
    }
  }
  return nullptr;
}

Status AddFile(PackFile file, const StatusOr<Pack>& installed, PullPlan& plan) {
  if (!file.hub) {
    return absl::InvalidArgumentError(
        fmt::format("{}: {} has no 'hub', so it cannot be downloaded", plan.source.file, file.name));
  }
  const PackFile* const recorded = FindRecorded(installed, file);
  if (recorded != nullptr && (!file.sha256 || file.sha256 == recorded->sha256)) {
    file = *recorded;
  }
  const auto same = std::ranges::find(plan.files, file.name, &PackFile::name);
  if (same == plan.files.end()) {
    plan.files.push_back(std::move(file));
    return absl::OkStatus();
  }
  return same->hub == file.hub ? absl::OkStatus()
                               : absl::InvalidArgumentError(fmt::format("{}: two different files have the name {}",
                                                                        plan.source.file, file.name));
}

Status AddPhotos(const ModelSpec& model, PullPlan& plan) {
  if (!model.self_test) {
    return absl::OkStatus();
  }
  std::vector<fs::path> photos = model.self_test->more_photos;
  if (!model.self_test->photo.empty()) {
    photos.push_back(model.self_test->photo);
  }
  for (const fs::path& photo : photos) {
    const std::string name = photo.lexically_relative(plan.pack.folder).string();
    std::error_code error;
    const bool beside = !plan.source.folder.empty() && fs::exists(plan.source.folder / name, error);
    if (name.starts_with("..") || (!beside && !KnownFile(name))) {
      return absl::NotFoundError(
          fmt::format("{}: model {}: the photo {} of its self-test is missing", plan.source.file, model.name, name));
    }
    if (std::ranges::find(plan.photos, name) == plan.photos.end()) {
      plan.photos.push_back(name);
    }
  }
  return absl::OkStatus();
}

void AddLicence(const ModelSpec& model, PullPlan& plan) {
  const auto accepted = [&](const AcceptedLicence& licence) {
    return licence.licence == model.licence && licence.terms == model.licence_terms;
  };
  if (model.licence_terms.empty() || std::ranges::any_of(plan.accepted, accepted)) {
    return;
  }
  const auto known = std::ranges::find_if(plan.to_accept, [&](const LicenceTerms& terms) {
    return terms.licence == model.licence && terms.terms == model.licence_terms;
  });
  if (known != plan.to_accept.end()) {
    known->models.push_back(model.name);
  } else {
    plan.to_accept.push_back({.licence = model.licence, .terms = model.licence_terms, .models = {model.name}});
  }
}

}  // namespace

int64_t PullPlan::bytes() const {
  int64_t sum = 0;
  for (const PackFile& file : files) {
    sum += file.bytes.value_or(0);
  }
  return sum;
}

StatusOr<PullPlan> PlanPull(PackSource source, const fs::path& models_folder, const PullSelection& selection) {
  PullPlan plan{.source = std::move(source)};
  CALOTYPE_ASSIGN_OR_RETURN(plan.pack, ParseManifest(plan.source.text, plan.source.file, models_folder));
  const std::string& name = plan.pack.name;
  if (name.empty() || name.starts_with('.') || fs::path(name).filename() != name) {
    return absl::InvalidArgumentError(fmt::format("{}: '{}' is not a valid name for a pack", plan.source.file, name));
  }
  // Parse again now that the name, and thus the folder, is known.
  CALOTYPE_ASSIGN_OR_RETURN(plan.pack, ParseManifest(plan.source.text, plan.source.file, models_folder / name));
  CALOTYPE_RETURN_IF_ERROR(CheckChoices(plan.pack, selection));
  CALOTYPE_ASSIGN_OR_RETURN(plan.accepted, ReadAcceptedLicences(plan.pack.folder));
  const StatusOr<Pack> installed = LoadPack(plan.pack.folder);
  for (const ModelSpec& model : plan.pack.models) {
    if (!selection.all && !Wanted(plan.pack, model.task, selection).contains(model.choice)) {
      continue;
    }
    plan.models.push_back(model);
    for (const PackFile& file : model.files) {
      CALOTYPE_RETURN_IF_ERROR(AddFile(file, installed, plan));
    }
    CALOTYPE_RETURN_IF_ERROR(AddPhotos(model, plan));
    AddLicence(model, plan);
  }
  return plan;
}

}  // namespace calotype
