#include "app/predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <future>
#include <limits>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "analysis/analyser.h"
#include "analysis/faces/face_models.h"
#include "analysis/model_binding.h"
#include "analysis/ocr/line_image.h"
#include "analysis/ocr/line_recogniser.h"
#include "analysis/ocr/probes.h"
#include "analysis/ocr/text_detector.h"
#include "base/file.h"
#include "base/log.h"
#include "base/unicode.h"

namespace calotype {
namespace {

// Immich finds no text in photos with a shorter side.
constexpr int kLeastSideForText = 32;
// A model that did not load is tried again after this time: its files may have been repaired, or memory freed.
constexpr std::chrono::minutes kTryAgain{1};

// As Python's " ".join(text.split()).
std::string WithSingleSpaces(std::string_view text) {
  std::string clean;
  bool space = false;
  while (!text.empty()) {
    const auto [value, size] = First(text);
    if (IsWhiteSpace(value)) {
      space = !clean.empty();
    } else {
      clean += space ? " " : "";
      clean += text.substr(0, size);
      space = false;
    }
    text.remove_prefix(size);
  }
  return clean;
}

PhotoView ViewOf(const Image& image) {
  return {.image = image, .full_width = image.width(), .full_height = image.height(), .reduction = std::nullopt};
}

bool AsksAboutPhoto(const PredictRequest& request) {
  return request.image_embedding || request.face_detection || request.text_detection;
}

// The whole picture, as its file stores it.
DecodeLimits AsStored(DecodeLimits limits) {
  limits.target_long_side = std::numeric_limits<int>::max();
  limits.as_stored = true;
  return limits;
}

PredictedFace MakeFace(const FaceFinding& face) {
  const Box& box = face.box;
  return {.corners = {std::nearbyint(box.x), std::nearbyint(box.y), std::nearbyint(box.x + box.width),
                      std::nearbyint(box.y + box.height)},
          .score = face.score,
          .landmarks = face.landmarks,
          .embedding = {}};
}

}  // namespace

// What a role needs; the other members are empty. Analysers and encoders have a binding of their own.
struct PredictService::Model {
  PredictModelName wanted;
  std::string name;  // in the cache
  Clock::time_point made = Clock::now();
  std::unique_ptr<Analyser> image_encoder;
  std::unique_ptr<TextEncoder> text_encoder;
  std::shared_ptr<const FaceDetectorModel> face_detector;
  std::shared_ptr<const FaceRecogniserModel> face_recogniser;
  DetectorSettings text_detector;
  std::unique_ptr<LineRecogniser> line_recogniser;
  std::unique_ptr<ModelBinding> binding;

  Status Read(const ModelSpec& spec, ModelCache& cache) {
    switch (wanted.role) {
      case PredictRole::kImageEmbedding: {
        CALOTYPE_ASSIGN_OR_RETURN(image_encoder, CreateEmbeddingAnalyser(spec, cache));
        return absl::OkStatus();
      }
      case PredictRole::kTextEmbedding: {
        CALOTYPE_ASSIGN_OR_RETURN(text_encoder, CreateTextEncoder(spec, cache));
        return absl::OkStatus();
      }
      case PredictRole::kFaceDetection: {
        CALOTYPE_ASSIGN_OR_RETURN(FaceDetectorParts parts, ReadFaceDetector(spec));
        face_detector = std::move(parts.model);
        return Bind(spec, cache, std::move(parts.probe));
      }
      case PredictRole::kFaceRecognition: {
        CALOTYPE_ASSIGN_OR_RETURN(FaceRecogniserParts parts, ReadFaceRecogniser(spec));
        face_recogniser = std::move(parts.model);
        return Bind(spec, cache, std::move(parts.probe));
      }
      case PredictRole::kTextDetection: {
        CALOTYPE_ASSIGN_OR_RETURN(text_detector, ReadDetectorSettings(spec));
        return Bind(spec, cache, TextDetectorProbe(spec, text_detector));
      }
      case PredictRole::kTextRecognition:
        break;
    }
    CALOTYPE_ASSIGN_OR_RETURN(RecogniserSettings settings, ReadRecogniserSettings(spec));
    ModelProbe probe = LineRecogniserProbe(spec, settings);
    line_recogniser = std::make_unique<LineRecogniser>(std::move(settings));
    return Bind(spec, cache, std::move(probe));
  }

  Status Bind(const ModelSpec& spec, ModelCache& cache, ModelProbe probe) {
    binding = std::make_unique<ModelBinding>(spec, cache, std::move(probe));
    return absl::OkStatus();
  }
};

PredictService::PredictService(PredictModelFinder find, ModelCache& cache, const PhotoReader& reader,
                               const DecodeLimits& limits, int cores)
    : find_(std::move(find)), cache_(cache), reader_(reader), limits_(AsStored(limits)), cores_(cores) {}

PredictService::PredictService(std::unique_ptr<Models> models, PredictModelFinder find, const DecodeLimits& limits)
    : owned_models_(std::move(models)),
      owned_reader_(CreatePhotoReader()),
      find_(std::move(find)),
      cache_(*owned_models_->cache),
      reader_(*owned_reader_),
      limits_(AsStored(limits)),
      cores_(App::Cores()) {}

PredictService::~PredictService() = default;

StatusOr<std::unique_ptr<PredictService>> PredictService::Open(const App& app, const PredictOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(std::unique_ptr<Models> models, OpenModels(app, Pack{.name = "immich"}, options.use));
  PredictModelFinder find = [&app, folder = options.models,
                             fetcher = options.fetcher](const PredictModelName& wanted) -> StatusOr<ModelSpec> {
    StatusOr<ModelSpec> model = FindPredictModel(app, folder, wanted);
    if (fetcher != nullptr && absl::IsFailedPrecondition(model.status())) {
      if (const std::optional<Status> coming = fetcher->Fetch(wanted); coming.has_value()) {
        return coming->ok() ? FindPredictModel(app, folder, wanted) : *coming;
      }
    }
    return model;
  };
  return std::unique_ptr<PredictService>(
      new PredictService(std::move(models), std::move(find), app.settings().Limits()));
}

StatusOr<std::shared_ptr<const PredictService::Model>> PredictService::Make(const PredictModelName& name) const {
  CALOTYPE_ASSIGN_OR_RETURN(const ModelSpec spec, find_(name));
  auto model = std::make_shared<Model>();
  model->wanted = name;
  model->name = spec.name;
  if (const Status read = model->Read(spec, cache_); !read.ok()) {
    return absl::FailedPreconditionError(fmt::format("the model {} cannot be used: {}", name.name, Message(read)));
  }
  return model;
}

StatusOr<std::shared_ptr<const PredictService::Model>> PredictService::Find(PredictRole role, const std::string& name) {
  const PredictModelName wanted{.role = role, .name = name};
  {
    const MutexLock lock(&mutex_);
    if (const auto found = models_.find(wanted); found != models_.end()) {
      return found->second;
    }
  }
  // Without the lock, since it reads files. Two requests may both come here; one of their models is dropped. The cache
  // loads the file once all the same.
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> made, Make(wanted));
  const MutexLock lock(&mutex_);
  return models_.try_emplace(wanted, made).first->second;
}

StatusOr<std::shared_ptr<Session>> PredictService::Load(const Model& model) {
  StatusOr<std::shared_ptr<Session>> session = cache_.Get(model.name);
  if (session.ok()) {
    return session;
  }
  LogWarning("{}", Message(session.status()));
  if (Clock::now() - model.made > kTryAgain) {
    const MutexLock lock(&mutex_);
    models_.erase(model.wanted);  // registering it again makes the cache forget the failure
  }
  return absl::UnavailableError(fmt::format("Failed to load model '{}'", model.wanted.name));
}

StatusOr<Image> PredictService::Decode(const PredictInput& input) const {
  const auto* const bytes = std::get_if<std::span<const uint8_t>>(&input);
  if (bytes == nullptr) {
    return absl::InvalidArgumentError("the models need an image, but the request has a text");
  }
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file, MakeMemoryFile("calotype-predict", *bytes));
  CALOTYPE_ASSIGN_OR_RETURN(DecodeAnswer decoded,
                            reader_.Decode({.photo = file.get(), .sidecars = {}, .limits = limits_}));
  DecodedPhoto& photo = decoded.photo.value();
  if (!photo.damage.empty()) {
    return absl::InvalidArgumentError(photo.damage);
  }
  if (photo.image.empty()) {
    return absl::OutOfRangeError("Image has zero width or height");
  }
  return std::move(photo.image);
}

StatusOr<PredictAnswer> PredictService::Predict(const PredictRequest& request, const PredictInput& input) {
  const bool detects =
      (request.face_detection || !request.face_recognition) && (request.text_detection || !request.text_recognition);
  if (!detects) {
    return absl::InvalidArgumentError("a recognition needs the detection of the same task");
  }
  PredictAnswer answer;
  Image image;
  if (std::holds_alternative<std::span<const uint8_t>>(input) || AsksAboutPhoto(request)) {
    CALOTYPE_ASSIGN_OR_RETURN(image, Decode(input));
    answer.image_width = image.width();
    answer.image_height = image.height();
  }
  std::vector<std::function<Status()>> tasks;
  if (request.image_embedding) {
    tasks.emplace_back([&]() -> Status {
      CALOTYPE_ASSIGN_OR_RETURN(answer.embedding, EmbedImage(*request.image_embedding, image));
      return absl::OkStatus();
    });
  }
  if (request.text_embedding) {
    tasks.emplace_back([&]() -> Status {
      CALOTYPE_ASSIGN_OR_RETURN(answer.embedding, EmbedText(*request.text_embedding, input));
      return absl::OkStatus();
    });
  }
  if (request.face_detection) {
    tasks.emplace_back([&]() -> Status {
      CALOTYPE_ASSIGN_OR_RETURN(answer.faces, FindFaces(request, image));
      return absl::OkStatus();
    });
  }
  if (request.text_detection) {
    tasks.emplace_back([&]() -> Status {
      CALOTYPE_ASSIGN_OR_RETURN(answer.lines, FindLines(request, image));
      return absl::OkStatus();
    });
  }
  CALOTYPE_RETURN_IF_ERROR(RunSideBySide(tasks));
  return answer;
}

// Runs the first task on this thread, and the others on threads of their own as far as cores are free.
Status PredictService::RunSideBySide(std::span<const std::function<Status()>> tasks) {
  const auto run_elsewhere = [this](const std::function<Status()>& task) {
    const absl::Cleanup done = [this] { --running_; };
    return task();
  };
  std::vector<std::future<Status>> elsewhere;  // its destructor waits for them
  std::vector<const std::function<Status()>*> here;
  ++running_;
  const absl::Cleanup done = [this] { --running_; };
  for (const std::function<Status()>& task : tasks) {
    if (!here.empty() && ++running_ <= cores_) {
      elsewhere.push_back(std::async(std::launch::async, run_elsewhere, std::cref(task)));
    } else {
      running_ -= here.empty() ? 0 : 1;
      here.push_back(&task);
    }
  }
  Status status;
  for (const std::function<Status()>* const task : here) {
    status.Update((*task)());
  }
  for (std::future<Status>& other : elsewhere) {
    status.Update(other.get());
  }
  return status;
}

StatusOr<std::vector<float>> PredictService::EmbedImage(const std::string& name, const Image& image) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto model, Find(PredictRole::kImageEmbedding, name));
  CALOTYPE_RETURN_IF_ERROR(Load(*model).status());
  Findings findings;
  CALOTYPE_RETURN_IF_ERROR(model->image_encoder->Analyse(ViewOf(image), findings));
  return std::move(findings.embedding->vector);
}

StatusOr<std::vector<float>> PredictService::EmbedText(const PredictRequest::TextEmbedding& wanted,
                                                       const PredictInput& input) {
  const auto* const text = std::get_if<std::string_view>(&input);
  if (text == nullptr) {
    return absl::InvalidArgumentError("the model needs a text, but the request has an image");
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto model, Find(PredictRole::kTextEmbedding, wanted.model));
  CALOTYPE_RETURN_IF_ERROR(Load(*model).status());
  return model->text_encoder->Encode(WithSingleSpaces(DropInvalidUtf8(*text, text->size())));
}

StatusOr<std::vector<PredictedFace>> PredictService::FindFaces(const PredictRequest& request, const Image& image) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto detector, Find(PredictRole::kFaceDetection, request.face_detection->model));
  std::shared_ptr<const Model> recogniser;
  if (request.face_recognition) {
    CALOTYPE_ASSIGN_OR_RETURN(recogniser, Find(PredictRole::kFaceRecognition, *request.face_recognition));
  }
  const PhotoView view = ViewOf(image);
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, Load(*detector));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<FaceFinding> found,
                            detector->face_detector->Detect(
                                *session, view, {.score_threshold = request.face_detection->min_score, .clip = false}));
  std::vector<PredictedFace> faces;
  std::ranges::transform(found, std::back_inserter(faces), MakeFace);
  if (recogniser == nullptr || found.empty()) {
    return faces;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> recognition, Load(*recogniser));
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::vector<float>> vectors,
                            recogniser->face_recogniser->Recognise(*recognition, view, found, false));
  for (std::size_t i = 0; i < faces.size(); ++i) {
    faces[i].embedding = std::move(vectors[i]);
  }
  return faces;
}

StatusOr<std::vector<PredictedLine>> PredictService::FindLines(const PredictRequest& request, const Image& image) {
  const PredictRequest::TextDetection& detection = *request.text_detection;
  CALOTYPE_ASSIGN_OR_RETURN(const auto detector, Find(PredictRole::kTextDetection, detection.model));
  std::shared_ptr<const Model> recogniser;
  if (request.text_recognition) {
    CALOTYPE_ASSIGN_OR_RETURN(recogniser, Find(PredictRole::kTextRecognition, request.text_recognition->model));
  }
  std::vector<PredictedLine> lines;
  if (std::min(image.width(), image.height()) < kLeastSideForText) {
    return lines;
  }
  DetectorSettings settings = detector->text_detector;
  settings.regions.box_threshold = detection.min_score;
  settings.regions.exact_growth = true;
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, Load(*detector));
  CALOTYPE_ASSIGN_OR_RETURN(
      const std::vector<TextRegion> regions,
      DetectTextAt(*session, image, PlanReduced({image.width(), image.height()}, detection.max_resolution), settings));
  for (const TextRegion& region : regions) {
    lines.push_back({.quad = region.quad, .box_score = region.score, .text = ""});
  }
  if (recogniser != nullptr && !lines.empty()) {
    CALOTYPE_RETURN_IF_ERROR(ReadLines(*recogniser, request.text_recognition->min_score, image, lines));
  }
  return lines;
}

// Drops the lines that score too little.
Status PredictService::ReadLines(const Model& model, double min_score, const Image& image,
                                 std::vector<PredictedLine>& lines) {
  std::vector<LineImage> cut;
  std::ranges::transform(lines, std::back_inserter(cut),
                         [&](const PredictedLine& line) { return CutLine(image, line.quad, WarpStyle::kPillow); });
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, Load(model));
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<ReadText> read, model.line_recogniser->Read(*session, cut));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    lines[i].text = std::move(read[i].text);
    lines[i].text_score = read[i].score;
  }
  std::erase_if(lines, [min_score](const PredictedLine& line) { return !(line.text_score > min_score); });
  return absl::OkStatus();
}

Status PredictService::Preload(std::span<const PredictModelName> models) {
  Status first;
  for (const PredictModelName& name : models) {
    const StatusOr<std::shared_ptr<const Model>> model = Find(name.role, name.name);
    const StatusOr<std::shared_ptr<Session>> session = model.ok() ? Load(**model) : model.status();
    if (session.ok()) {
      const MutexLock lock(&mutex_);
      kept_.push_back(*session);
    } else {
      first.Update(session.status());
    }
  }
  return first;
}

}  // namespace calotype
