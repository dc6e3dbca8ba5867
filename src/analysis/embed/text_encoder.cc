// The text encoder turns text into a vector in the space of the image encoder.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/embed/encoder_graph.h"
#include "analysis/embed/encoder_inputs.h"
#include "analysis/embed/photo_preparation.h"
#include "analysis/embed/tokenizer.h"
#include "analysis/model_binding.h"
#include "analysis/self_test.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// The differences between the families.
struct Family {
  std::string_view name;
  std::span<const std::string_view> outputs;  // possible names of the vector; the first one found is used
  int max_tokens = 0;                         // 0: the manifest must set it
  bool fills = false;                         // every row has the full length of the model's context
  TextCleaning cleaning = TextCleaning::kNone;
  // The cosine from which a match counts as confident; 0: the manifest must set it. The values for CLIP and SigLIP are
  // where cosines of captions with their photos usually begin; they are not measured by this project.
  double confident_score = 0;
};

constexpr std::array<std::string_view, 1> kBertOutputs = {"text_embedding"};
constexpr std::array<std::string_view, 5> kContrastiveOutputs = {"text_embeds", "embedding", "text_embedding",
                                                                 "text_features", "pooler_output"};
constexpr std::array<Family, 3> kFamilies = {
    {{.name = "bert", .outputs = kBertOutputs},
     // CLIP's pooled vector is not projected into the space of photos, so it cannot be used.
     {.name = "clip", .outputs = std::span(kContrastiveOutputs).first<4>(), .max_tokens = 77, .confident_score = 0.25},
     {.name = "siglip",
      .outputs = kContrastiveOutputs,
      .max_tokens = 64,
      .fills = true,
      .cleaning = TextCleaning::kCanonical,
      .confident_score = 0.1}}};

struct Settings {
  std::unique_ptr<const Tokenizer> tokenizer;
  Family family;
  std::optional<int64_t> padding_id;
  int max_tokens = 0;
  int photo_side = kUsualSide;  // of the image that the graph requires too
  int dimension = 0;
  std::string space;
  float confident_score = 0;
};

// One tokenized text, as a row for the graph.
struct TokenRow {
  std::vector<int64_t> ids;
  std::size_t used = 0;  // number of tokens before the padding
};

// Tokenizes `text` into a row of `length` tokens (0: as many as there are). If the tokenizer allows more than `length`,
// the row is truncated but keeps the end token.
StatusOr<TokenRow> MakeRow(std::string_view text, std::size_t length, const Settings& settings) {
  TokenRow row{.ids = settings.tokenizer->Encode(text), .used = 0};
  if (length > 0 && row.ids.size() > length) {
    const int64_t end = row.ids.back();
    row.ids.resize(length);
    row.ids.back() = end;
  }
  row.used = row.ids.size();
  if (row.ids.size() < length) {
    // CLIP uses the first end token and ignores everything after it; SigLIP uses the last token.
    const std::optional<int64_t> padding =
        settings.padding_id || settings.family.fills ? settings.padding_id : row.ids.back();
    if (!padding) {
      return absl::InvalidArgumentError(
          "the padding token is unknown: the tokenizer's files have no pad_token; set pad_id");
    }
    row.ids.resize(length, *padding);
  }
  return row;
}

StatusOr<Tensor> InputTensor(const TensorInfo& input, const TokenRow& row, const Settings& settings) {
  CALOTYPE_ASSIGN_OR_RETURN(const InputRole role, RoleOf(input));
  switch (role) {
    case InputRole::kPixels:
      return FillerTensor(input, settings.photo_side);
    case InputRole::kIds:
      return RowTensor(input, row.ids);
    case InputRole::kTypes:
      return RowTensor(input, std::vector<int64_t>(row.ids.size(), 0));
    case InputRole::kMask:
      break;
  }
  // A model trained to read its padding takes no mask; existing mask inputs must not hide the padding.
  std::vector<int64_t> mask(row.ids.size(), settings.family.fills ? 1 : 0);
  std::fill_n(mask.begin(), row.used, 1);
  return RowTensor(input, mask);
}

StatusOr<std::vector<float>> EncodeText(Session& session, std::string_view text, const Settings& settings) {
  CALOTYPE_ASSIGN_OR_RETURN(const TensorInfo* const ids, FindInput(session, InputRole::kIds));
  CALOTYPE_ASSIGN_OR_RETURN(const std::size_t index, ChooseOutput(session.outputs(), settings.family.outputs));
  const int own = TokenCount(*ids);
  const int length = own > 0 ? own : settings.family.fills ? settings.max_tokens : 0;
  CALOTYPE_ASSIGN_OR_RETURN(const TokenRow row, MakeRow(text, static_cast<std::size_t>(length), settings));
  std::vector<Tensor> inputs;
  for (const TensorInfo& input : session.inputs()) {
    CALOTYPE_ASSIGN_OR_RETURN(Tensor tensor, InputTensor(input, row, settings));
    inputs.push_back(std::move(tensor));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, RunGraph(session, inputs));
  return UnitVector(outputs[index], session.outputs()[index].name, settings.dimension);
}

// Returns the tokenizer's file, in the model's folder or in the pack's. Without a name, tries the usual ones.
StatusOr<fs::path> FindTokenizer(const ModelSpec& encoder) {
  const char* const key = encoder.params.Has("tokenizer") ? "tokenizer" : "vocab";
  std::vector<std::string> names = {"tokenizer.json", "vocab.json", "vocab.txt"};
  if (encoder.params.Has(key)) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::string name, encoder.params.Text(key));
    if (name.empty() || fs::path(name).filename() != name) {
      return absl::InvalidArgumentError(fmt::format("{} is \"{}\"; it must be a file in the pack's folder", key, name));
    }
    names = {name};
  }
  for (const fs::path& folder : {encoder.path.parent_path(), encoder.folder}) {
    for (const std::string& name : names) {
      std::error_code error;
      if (fs::exists(folder / name, error)) {
        return folder / name;
      }
    }
  }
  return absl::NotFoundError(
      fmt::format("no tokenizer found: {} has no {}", encoder.path.parent_path().string(), fmt::join(names, ", ")));
}

StatusOr<TextCleaning> ReadCleaning(const ModelParams& params, TextCleaning fallback) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::string name,
                            params.TextOr("clean", fallback == TextCleaning::kNone ? "none" : "canonicalize"));
  if (name != "none" && name != "canonicalize") {
    return absl::InvalidArgumentError(fmt::format("clean is \"{}\"; it must be none or canonicalize", name));
  }
  return name == "none" ? TextCleaning::kNone : TextCleaning::kCanonical;
}

// The manifest's value, else the family's; the manifest must set it when the family has none.
StatusOr<int> MaxTokens(const ModelParams& params, const Family& family) {
  return family.max_tokens > 0 ? params.IntOr("max_tokens", family.max_tokens) : params.Int("max_tokens");
}

StatusOr<double> ConfidentScore(const ModelParams& params, const Family& family) {
  return family.confident_score > 0 ? params.DoubleOr("confident_score", family.confident_score)
                                    : params.Double("confident_score");
}

StatusOr<std::unique_ptr<Tokenizer>> ReadTokenizer(const ModelSpec& encoder, const Family& family, int max_tokens) {
  TokenizerOptions options{.max_tokens = max_tokens};
  CALOTYPE_ASSIGN_OR_RETURN(options.lower_case, encoder.params.BoolOr("lower_case", true));
  CALOTYPE_ASSIGN_OR_RETURN(options.cleaning, ReadCleaning(encoder.params, family.cleaning));
  CALOTYPE_ASSIGN_OR_RETURN(const fs::path file, FindTokenizer(encoder));
  return LoadTokenizer(file, options);
}

StatusOr<std::optional<int64_t>> ReadPadding(const ModelParams& params, const Tokenizer& tokenizer) {
  if (!params.Has("pad_id")) {
    return tokenizer.padding_id();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const int id, params.Int("pad_id"));
  return id;
}

StatusOr<Settings> Read(const ModelSpec& encoder, const Family& family) {
  const ModelParams& params = encoder.params;
  Settings settings{.tokenizer = nullptr, .family = family};
  CALOTYPE_ASSIGN_OR_RETURN(settings.max_tokens, MaxTokens(params, family));
  CALOTYPE_ASSIGN_OR_RETURN(settings.tokenizer, ReadTokenizer(encoder, family, settings.max_tokens));
  CALOTYPE_ASSIGN_OR_RETURN(settings.padding_id, ReadPadding(params, *settings.tokenizer));
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoPreparation photos, ReadPreparation(encoder, {}));
  settings.photo_side = photos.size > 0 ? photos.size : kUsualSide;
  CALOTYPE_ASSIGN_OR_RETURN(settings.dimension, params.IntOr("dimension", 0));
  CALOTYPE_ASSIGN_OR_RETURN(settings.space, params.Text("space"));
  CALOTYPE_ASSIGN_OR_RETURN(const double confident_score, ConfidentScore(params, family));
  settings.confident_score = static_cast<float>(confident_score);
  return settings;
}

// The probe shares `settings` with the encoder, since a vocabulary is too large to hold twice.
ModelProbe EncoderProbe(const ModelSpec& encoder, std::shared_ptr<const Settings> settings) {
  if (!encoder.self_test || encoder.self_test->text.empty()) {
    return {};
  }
  std::vector<std::string> texts = {encoder.self_test->text};
  texts.insert(texts.end(), encoder.self_test->more_texts.begin(), encoder.self_test->more_texts.end());
  const auto ask = [texts = std::move(texts),
                    settings = std::move(settings)](Session& session) -> StatusOr<ProbeAnswer> {
    ProbeAnswer answer;
    for (const std::string& text : texts) {
      CALOTYPE_ASSIGN_OR_RETURN(std::vector<float> vector, EncodeText(session, text, *settings));
      answer.vectors.push_back(std::move(vector));
    }
    return answer;
  };
  return {.answer = ask, .expect = [test = *encoder.self_test, name = encoder.name](const ProbeAnswer& answer) {
            return ExpectVector(answer.vectors[0], test, name);
          }};
}

class GraphTextEncoder final : public TextEncoder {
 public:
  GraphTextEncoder(const ModelSpec& encoder, const std::shared_ptr<const Settings>& settings, ModelCache& cache)
      : settings_(settings), model_(encoder, cache, EncoderProbe(encoder, settings)) {}

  std::string_view space() const override { return settings_->space; }
  float confident_score() const override { return settings_->confident_score; }

  StatusOr<std::vector<float>> Encode(std::string_view text) override {
    CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, model_.Get());
    return EncodeText(*session, text, *settings_);
  }

 private:
  const std::shared_ptr<const Settings> settings_;
  ModelBinding model_;
};

}  // namespace

StatusOr<std::unique_ptr<TextEncoder>> CreateTextEncoder(const ModelSpec& encoder, ModelCache& cache) {
  const auto family = std::ranges::find(kFamilies, encoder.family, &Family::name);
  if (family == kFamilies.end()) {
    return absl::InvalidArgumentError(fmt::format(
        "model {}: unknown family {} for text embeddings; known: bert, clip, siglip", encoder.name, encoder.family));
  }
  StatusOr<Settings> settings = Read(encoder, *family);
  if (!settings.ok()) {
    return Annotate(settings.status(), fmt::format("model {}", encoder.name));
  }
  return std::make_unique<GraphTextEncoder>(encoder, std::make_shared<const Settings>(*std::move(settings)), cache);
}

}  // namespace calotype
