// The text encoder: words become a vector in the space of the image encoder.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "analysis/analyser.h"
#include "analysis/embed/encoder_graph.h"
#include "analysis/embed/wordpiece.h"
#include "analysis/model_binding.h"
#include "analysis/self_test.h"

namespace calotype {
namespace {

constexpr std::string_view kVectorOutput = "text_embedding";

struct Settings {
  WordPieceTokenizer tokenizer;
  int dimension = 0;
  std::string space;
  float confident_score = 0;
};

// Every input of a BERT graph and, as one text without padding is given, what is in it. Graphs differ in which of them
// they take, and in their order.
StatusOr<Tensor> InputTensor(const TensorInfo& input, std::span<const int64_t> ids) {
  if (input.type != ElementType::kInt64) {
    return absl::InvalidArgumentError(
        fmt::format("the input {} is {}; int64 is needed", input.name, ElementTypeName(input.type)));
  }
  Tensor tensor(ElementType::kInt64, {1, static_cast<int64_t>(ids.size())});
  const std::span<int64_t> values = tensor.data<int64_t>();
  if (input.name == "input_ids") {
    std::ranges::copy(ids, values.begin());
  } else if (input.name == "attention_mask") {
    std::ranges::fill(values, 1);
  } else if (input.name == "token_type_ids") {
    std::ranges::fill(values, 0);
  } else {
    return absl::InvalidArgumentError(fmt::format(
        "the graph takes {}; input_ids, attention_mask and token_type_ids are what can be given", input.name));
  }
  return tensor;
}

StatusOr<std::vector<float>> EncodeText(Session& session, std::string_view text, const Settings& settings) {
  CALOTYPE_RETURN_IF_ERROR(FindTensor(session.inputs(), "input_ids").status());
  CALOTYPE_ASSIGN_OR_RETURN(const std::size_t index, FindTensor(session.outputs(), kVectorOutput));
  const std::vector<int64_t> ids = settings.tokenizer.Encode(text);
  std::vector<Tensor> inputs;
  for (const TensorInfo& input : session.inputs()) {
    CALOTYPE_ASSIGN_OR_RETURN(Tensor tensor, InputTensor(input, ids));
    inputs.push_back(std::move(tensor));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, RunGraph(session, inputs));
  return UnitVector(outputs[index], kVectorOutput, settings.dimension);
}

StatusOr<WordPieceTokenizer> LoadTokenizer(const ModelSpec& encoder) {
  WordPieceOptions options;
  CALOTYPE_ASSIGN_OR_RETURN(options.lower_case, encoder.params.Bool("lower_case"));
  CALOTYPE_ASSIGN_OR_RETURN(options.max_tokens, encoder.params.Int("max_tokens"));
  CALOTYPE_ASSIGN_OR_RETURN(const std::string name, encoder.params.Text("vocab"));
  if (name.empty() || std::filesystem::path(name).filename() != name) {
    return absl::InvalidArgumentError(fmt::format("vocab is \"{}\"; it must be a file beside the model", name));
  }
  return WordPieceTokenizer::Load(encoder.folder / name, options);
}

StatusOr<Settings> Read(const ModelSpec& encoder) {
  CALOTYPE_ASSIGN_OR_RETURN(WordPieceTokenizer tokenizer, LoadTokenizer(encoder));
  CALOTYPE_ASSIGN_OR_RETURN(const int dimension, encoder.params.Int("dimension"));
  CALOTYPE_ASSIGN_OR_RETURN(std::string space, encoder.params.Text("space"));
  CALOTYPE_ASSIGN_OR_RETURN(const double confident_score, encoder.params.Double("confident_score"));
  return Settings{.tokenizer = std::move(tokenizer),
                  .dimension = dimension,
                  .space = std::move(space),
                  .confident_score = static_cast<float>(confident_score)};
}

// `settings` are shared with the encoder: a vocabulary is too large to keep twice.
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

class BertTextEncoder final : public TextEncoder {
 public:
  BertTextEncoder(const ModelSpec& encoder, const std::shared_ptr<const Settings>& settings, ModelCache& cache)
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
  if (encoder.family != "bert") {
    return absl::InvalidArgumentError(
        fmt::format("model {}: family {} embeds no text; bert does", encoder.name, encoder.family));
  }
  StatusOr<Settings> settings = Read(encoder);
  if (!settings.ok()) {
    return Annotate(settings.status(), fmt::format("model {}", encoder.name));
  }
  return std::make_unique<BertTextEncoder>(encoder, std::make_shared<const Settings>(*std::move(settings)), cache);
}

}  // namespace calotype
