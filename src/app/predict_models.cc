#include "app/predict_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "app/model_choice.h"
#include "base/file.h"
#include "base/log.h"
#include "base/sha256.h"
#include "models/known_packs.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct RoleRow {
  PredictRole role;
  std::string_view immich_task;
  std::string_view immich_type;
  std::string_view task;    // of kModelTasks
  std::string_view family;  // of the files that Immich downloads
};
constexpr std::array kRoles = {
    RoleRow{PredictRole::kImageEmbedding, "clip", "visual", "embed.image", "clip"},
    RoleRow{PredictRole::kTextEmbedding, "clip", "textual", "embed.text", "clip"},
    RoleRow{PredictRole::kFaceDetection, "facial-recognition", "detection", "faces.detect", "scrfd"},
    RoleRow{PredictRole::kFaceRecognition, "facial-recognition", "recognition", "faces.recognise", "arcface"},
    RoleRow{PredictRole::kTextDetection, "ocr", "detection", "ocr.detect", "db"},
    RoleRow{PredictRole::kTextRecognition, "ocr", "recognition", "ocr.recognise", "ctc"},
};

const RoleRow& RowOf(PredictRole role) { return *std::ranges::find(kRoles, role, &RoleRow::role); }

// The account on the hub from which Immich downloads its models, each from a repository of the model's name, and the
// name of the file below the folder of its type.
constexpr std::string_view kOrganisation = "immich-app";
constexpr std::string_view kFile = "model.onnx";

// Model files that are Immich's models, wherever they were downloaded from.
struct KnownModel {
  PredictRole role;
  std::string_view name;
  std::string_view sha256;
};
constexpr auto kDetect = PredictRole::kTextDetection;
constexpr auto kRead = PredictRole::kTextRecognition;
constexpr std::array kKnownModels = {
    // The files of immich-app/ViT-B-32__laion2b-s34b-b79k and immich-app/buffalo_l in packs/standard.toml.
    KnownModel{PredictRole::kImageEmbedding, "ViT-B-32__laion2b-s34b-b79k",
               "b9ce24b91a8c62ef8d40ea786051709c93140104cbf2b6b4a2cc270df3838f9c"},
    KnownModel{PredictRole::kTextEmbedding, "ViT-B-32__laion2b-s34b-b79k",
               "48c25be37b352398f2533c9426dab6f9340535e14e46f884cc894236a5060722"},
    KnownModel{PredictRole::kFaceDetection, "buffalo_l",
               "5838f7fe053675b1c7a08b633df49e7af5495cee0493c7dcf6697200b85b5b91"},
    KnownModel{PredictRole::kFaceRecognition, "buffalo_l",
               "4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43"},
    // PaddlePaddle's own export of the weights (PaddlePaddle/PP-OCRv5_mobile_det_onnx and ..._rec_onnx).
    KnownModel{kDetect, "PP-OCRv5_mobile", "a431985659dc921974177a95adcfbb90fd9e51989a5e04d70d0b75f597b6e61d"},
    KnownModel{kRead, "PP-OCRv5_mobile", "da72dc72ca4dc220df0dfde68c1dedc31c58d3e76a25871122e5056227d50092"},
    // default_models.yaml of RapidOCR 3.10, from whose list Immich downloads.
    KnownModel{kDetect, "PP-OCRv5_mobile", "4d97c44a20d30a81aad087d6a396b08f786c4635742afc391f6621f5c6ae78ae"},
    KnownModel{kDetect, "PP-OCRv5_server", "0f8846b1d4bba223a2a2f9d9b44022fbc22cc019051a602b41a7fda9667e4cad"},
    KnownModel{kDetect, "PP-OCRv6_tiny", "f42c0fbd294d95eac1a550e131b277dac97462c8025fa4b6c3cec1b7894bd3d5"},
    KnownModel{kDetect, "PP-OCRv6_small", "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f"},
    KnownModel{kDetect, "PP-OCRv6_medium", "92078b7355007ccfffcd4c8cd441a3afd4538904d06881b29a155e1e679907c2"},
    KnownModel{kRead, "PP-OCRv5_mobile", "5825fc7ebf84ae7a412be049820b4d86d77620f204a041697b0494669b1742c5"},
    KnownModel{kRead, "PP-OCRv5_server", "e09385400eaaaef34ceff54aeb7c4f0f1fe014c27fa8b9905d4709b65746562a"},
    KnownModel{kRead, "EL__PP-OCRv5_mobile", "b4368bccd557123c702b7549fee6cd1e94b581337d1c9b65310f109131542b7f"},
    KnownModel{kRead, "EN__PP-OCRv5_mobile", "c3461add59bb4323ecba96a492ab75e06dda42467c9e3d0c18db5d1d21924be8"},
    KnownModel{kRead, "ESLAV__PP-OCRv5_mobile", "08705d6721849b1347d26187f15a5e362c431963a2a62bfff4feac578c489aab"},
    KnownModel{kRead, "KOREAN__PP-OCRv5_mobile", "cd6e2ea50f6943ca7271eb8c56a877a5a90720b7047fe9c41a2e541a25773c9b"},
    KnownModel{kRead, "LATIN__PP-OCRv5_mobile", "b20bd37c168a570f583afbc8cd7925603890efbcdc000a59e22c269d160b5f5a"},
    KnownModel{kRead, "TH__PP-OCRv5_mobile", "de541dd83161c241ff426f7ecfd602a0ba77d686cf3ab9a6c255ea82fd08006e"},
    KnownModel{kRead, "PP-OCRv6_tiny", "e16e242de5937ad92609223f19bc2aff3727ee40b095f996907c24749bad251b"},
    KnownModel{kRead, "PP-OCRv6_small", "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"},
    KnownModel{kRead, "PP-OCRv6_medium", "eef444829dbbe18d7fea59a3f6eb75647518d2b3a9568d27c92e42940204894b"},
};

// "LATIN__PP-OCRv5_mobile" detects text as "PP-OCRv5_mobile" does, and reads it with a model of its own. "CH" stands
// for the model without a prefix.
std::string NameInTable(const PredictModelName& wanted) {
  const std::size_t mark = wanted.name.find("__PP-OCR");
  const bool is_plain = wanted.role == kDetect || (wanted.role == kRead && wanted.name.starts_with("CH__"));
  return is_plain && mark != std::string::npos ? wanted.name.substr(mark + 2) : wanted.name;
}

bool IsImmichsFile(const PackFile& file, const RoleRow& row, std::string_view name) {
  return file.hub && file.hub->repository == fmt::format("{}/{}", kOrganisation, name) &&
         file.hub->path == fmt::format("{}/{}", row.immich_type, kFile);
}

bool IsWanted(const ModelSpec& model, const RoleRow& row, std::string_view name) {
  if (model.task != row.task || model.files.empty()) {
    return false;
  }
  const PackFile& file = model.files.front();
  return IsImmichsFile(file, row, name) || std::ranges::any_of(kKnownModels, [&](const KnownModel& known) {
           return known.role == row.role && known.name == name && file.sha256 && file.sha256->Hex() == known.sha256;
         });
}

// Crops as Immich does, whatever the library that the pack's parameters follow.
ModelSpec AsImmichUsesIt(ModelSpec model, PredictRole role) {
  if (role == PredictRole::kImageEmbedding) {
    model.params.Set("crop_rounding", std::string("down"));
  }
  return model;
}

// A model's files must not change while it is in use, so their size and time identify them. Hashing the content would
// delay the first request by seconds.
StatusOr<Sha256Digest> IdentityOf(const fs::path& file) {
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd open, OpenForReading(file));
  std::error_code error;
  const std::string text = fmt::format("{}\n{}\n{}", file.string(), fs::file_size(file, error),
                                       fs::last_write_time(file, error).time_since_epoch().count());
  return Sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

// What config.json says about the tokens of a text encoder.
Status ReadTextConfig(const fs::path& file, ModelParams& params) {
  const StatusOr<std::string> text = ReadTextFile(file);
  if (!text.ok()) {
    return absl::InvalidArgumentError(fmt::format("a text model needs its config.json: {}", Message(text.status())));
  }
  try {
    const Json text_config = Json::parse(*text).value("text_cfg", Json::object());
    params.Set("max_tokens", text_config.value("context_length", int64_t{77}));
    const Json tokenizer = text_config.value("tokenizer_kwargs", Json::object());
    const bool cleans = tokenizer.is_object() && tokenizer.value("clean", "") == "canonicalize";
    params.Set("clean", std::string(cleans ? "canonicalize" : "none"));
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(fmt::format("{}: {}", file.string(), error.what()));
  }
  return absl::OkStatus();
}

StatusOr<ModelSpec> ReadImmichModel(const fs::path& model_folder, const RoleRow& row, std::string_view name) {
  const fs::path folder = model_folder / row.immich_type;
  ModelSpec model{.name = fmt::format("immich/{}/{}/{}", row.immich_task, name, row.immich_type),
                  .task = std::string(row.task),
                  .choice = std::string(kOnlyChoice),
                  .family = std::string(row.family),
                  .path = folder / kFile,
                  .folder = folder};
  CALOTYPE_ASSIGN_OR_RETURN(model.sha256, IdentityOf(model.path));
  model.params = ModelParams(model.name, {});
  if (row.immich_task == "clip") {
    model.params.Set("space", fmt::format("immich/{}", name));
  }
  if (row.role == PredictRole::kTextEmbedding) {
    CALOTYPE_RETURN_IF_ERROR(ReadTextConfig(model_folder / "config.json", model.params));
  }
  std::error_code error;
  if (row.role == kRead && fs::exists(folder / "charset.txt", error)) {
    model.params.Set("characters", std::string("charset.txt"));
  }
  return model;
}

// The pack whose self-tests are used for models that have none.
constexpr char kPackWithTests[] = "standard";

// Writes the photo of a self-test to `folder` unless it is there, and returns its path.
StatusOr<fs::path> WriteTestPhoto(const fs::path& folder, const fs::path& name) {
  const std::optional<std::span<const uint8_t>> photo = KnownFile(name.string());
  if (!photo) {
    return absl::NotFoundError(fmt::format("no photo {}", name.string()));
  }
  fs::path file = folder / name;
  std::error_code error;
  if (fs::file_size(file, error) != photo->size() || error) {
    fs::create_directories(file.parent_path(), error);
    CALOTYPE_RETURN_IF_ERROR(WriteFileAtomically(file, *photo));
  }
  return file;
}

// Lets `model` run on other devices than the CPU: they are compared on the photos and texts with which the pack tests
// its model for the task. What that model should find says nothing about this one.
Status AddSelfTest(const fs::path& folder, ModelSpec& model) {
  CALOTYPE_ASSIGN_OR_RETURN(const PackSource source, FindPackSource(kPackWithTests));
  CALOTYPE_ASSIGN_OR_RETURN(const Pack pack, ParseManifest(source.text, source.file, ""));
  const ModelSpec* const known = pack.Find(model.task);
  if (known == nullptr || !known->self_test) {
    return absl::NotFoundError(fmt::format("the pack {} has no test for {}", kPackWithTests, model.task));
  }
  SelfTestSpec test{
      .photo = {}, .more_photos = {}, .more_texts = known->self_test->more_texts, .text = known->self_test->text};
  if (!known->self_test->photo.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(test.photo, WriteTestPhoto(folder, known->self_test->photo));
  }
  for (const fs::path& photo : known->self_test->more_photos) {
    CALOTYPE_ASSIGN_OR_RETURN(test.more_photos.emplace_back(), WriteTestPhoto(folder, photo));
  }
  model.self_test = std::move(test);
  return absl::OkStatus();
}

// How to get a model that is not installed.
std::string Advice(const ImmichModelFolder& folder, const PredictModelName& wanted) {
  for (const std::string_view name : KnownPackNames()) {
    const StatusOr<PackSource> source = FindPackSource(std::string(name));
    const StatusOr<Pack> pack = source.ok() ? ParseManifest(source->text, source->file, "") : source.status();
    if (pack.ok() && FindInPack(*pack, wanted) != nullptr) {
      return fmt::format("run: calotype models pull {}", name);
    }
  }
  const std::string file =
      fmt::format("{}/{}/{}/{}", ImmichTask(wanted.role), wanted.name, ImmichType(wanted.role), kFile);
  return folder.path.empty()
             ? fmt::format(
                   "set MACHINE_LEARNING_CACHE_FOLDER to the cache of Immich's machine-learning service, with the "
                   "file {} in it, or choose another model in Immich's settings",
                   file)
             : fmt::format("{} has no {}; put it there, or choose another model in Immich's settings",
                           folder.path.string(), file);
}

StatusOr<std::optional<ModelSpec>> FindInstalled(const App& app, const PredictModelName& wanted) {
  const std::string in_use = PackInUse(app).pack;
  std::optional<ModelSpec> found;
  for (const InstalledPack& installed : ListPacks(app.settings().models_folder)) {
    const ModelSpec* const model = installed.pack.ok() ? FindInPack(*installed.pack, wanted) : nullptr;
    if (model == nullptr) {
      continue;
    }
    if (installed.name == in_use) {
      return std::optional(*model);
    }
    if (!found) {
      found = *model;
      found->name = fmt::format("{}/{}", installed.name, model->name);
    }
  }
  return found;
}

}  // namespace

std::string_view ImmichTask(PredictRole role) { return RowOf(role).immich_task; }
std::string_view ImmichType(PredictRole role) { return RowOf(role).immich_type; }

const ModelSpec* FindInPack(const Pack& pack, const PredictModelName& wanted) {
  const RoleRow& row = RowOf(wanted.role);
  const std::string name = NameInTable(wanted);
  const auto found =
      std::ranges::find_if(pack.models, [&](const ModelSpec& model) { return IsWanted(model, row, name); });
  return found == pack.models.end() ? nullptr : &*found;
}

StatusOr<ModelSpec> FindInImmichFolder(const ImmichModelFolder& folder, const PredictModelName& wanted) {
  const RoleRow& row = RowOf(wanted.role);
  const bool is_name =
      !wanted.name.empty() && wanted.name.find_first_of(std::string_view("./\0", 3)) == std::string::npos;
  if (folder.path.empty() || !is_name) {
    return absl::NotFoundError("not in the folder of Immich's models");
  }
  for (const std::string& name : {wanted.name, NameInTable(wanted)}) {
    fs::path model = folder.path / row.immich_task / name;
    if (folder.revision != "main") {
      model /= folder.revision;
    }
    std::error_code error;
    if (fs::exists(model / row.immich_type / kFile, error)) {
      return ReadImmichModel(model, row, name);
    }
  }
  return absl::NotFoundError("not in the folder of Immich's models");
}

StatusOr<ModelSpec> FindPredictModel(const App& app, const ImmichModelFolder& folder, const PredictModelName& wanted) {
  const std::string what =
      fmt::format("the model {} ({} {})", wanted.name, ImmichTask(wanted.role), ImmichType(wanted.role));
  // Its text needs a mark of its language that the tokenizer cannot produce yet.
  if (wanted.role == PredictRole::kTextEmbedding && wanted.name.starts_with("nllb")) {
    return absl::FailedPreconditionError(
        fmt::format("{} is not supported; choose another model in Immich's settings", what));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<ModelSpec> installed, FindInstalled(app, wanted));
  if (installed) {
    return AsImmichUsesIt(*installed, wanted.role);
  }
  StatusOr<ModelSpec> stored = FindInImmichFolder(folder, wanted);
  if (absl::IsNotFound(stored.status())) {
    return absl::FailedPreconditionError(fmt::format("{} is not installed; {}", what, Advice(folder, wanted)));
  }
  if (!stored.ok()) {
    return absl::FailedPreconditionError(fmt::format("{} cannot be used: {}", what, Message(stored.status())));
  }
  if (const Status added = AddSelfTest(app.folders().cache, *stored); !added.ok()) {
    LogWarning("{} runs on the CPU only: {}", what, Message(added));
  }
  return AsImmichUsesIt(*std::move(stored), wanted.role);
}

}  // namespace calotype
