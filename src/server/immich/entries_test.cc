#include "server/immich/entries.h"

#include <gtest/gtest.h>

#include <string>

namespace calotype {
namespace {

PredictRequest Parsed(std::string_view entries) {
  auto parsed = ParseEntries(entries);
  if (const auto* const refusal = std::get_if<PredictHttpAnswer>(&parsed)) {
    ADD_FAILURE() << entries << ": " << refusal->status << " " << refusal->body;
    return {};
  }
  return std::get<PredictRequest>(parsed);
}

// The status of the refusal, 0 when the entries are valid.
int RefusalOf(std::string_view entries) {
  const auto parsed = ParseEntries(entries);
  const auto* const refusal = std::get_if<PredictHttpAnswer>(&parsed);
  if (refusal != nullptr) {
    EXPECT_EQ(refusal->body,
              refusal->status == 422 ? R"({"detail":"Invalid request format."})" : "Internal Server Error");
    EXPECT_EQ(refusal->content_type, refusal->status == 422 ? "application/json" : "text/plain; charset=utf-8");
  }
  return refusal == nullptr ? 0 : refusal->status;
}

// The four requests of Immich's server.
TEST(EntriesTest, ReadsWhatImmichSends) {
  const PredictRequest visual = Parsed(R"({"clip":{"visual":{"modelName":"ViT-B-32__openai"}}})");
  EXPECT_EQ(visual.image_embedding, "ViT-B-32__openai");
  EXPECT_FALSE(visual.text_embedding || visual.face_detection || visual.face_recognition || visual.text_detection ||
               visual.text_recognition);

  const PredictRequest textual =
      Parsed(R"({"clip":{"textual":{"modelName":"ViT-B-32__openai","options":{"language":"pt-BR"}}}})");
  EXPECT_EQ(textual.text_embedding->model, "ViT-B-32__openai");
  EXPECT_EQ(textual.text_embedding->language, "pt-BR");

  const PredictRequest faces =
      Parsed(R"({"facial-recognition":{"detection":{"modelName":"buffalo_l","options":{"minScore":0.25}},)"
             R"("recognition":{"modelName":"buffalo_l"}}})");
  EXPECT_EQ(faces.face_detection->model, "buffalo_l");
  EXPECT_FLOAT_EQ(faces.face_detection->min_score, 0.25F);
  EXPECT_EQ(faces.face_recognition, "buffalo_l");

  const PredictRequest ocr =
      Parsed(R"({"ocr":{"detection":{"modelName":"PP-OCRv5_mobile","options":{"minScore":0.4,"maxResolution":1000}},)"
             R"("recognition":{"modelName":"LATIN__PP-OCRv5_mobile","options":{"minScore":0.6}}}})");
  EXPECT_EQ(ocr.text_detection->model, "PP-OCRv5_mobile");
  EXPECT_DOUBLE_EQ(ocr.text_detection->min_score, 0.4);
  EXPECT_EQ(ocr.text_detection->max_resolution, 1000);
  EXPECT_EQ(ocr.text_recognition->model, "LATIN__PP-OCRv5_mobile");
  EXPECT_DOUBLE_EQ(ocr.text_recognition->min_score, 0.6);
}

TEST(EntriesTest, MissingOptionsHaveImmichsDefaults) {
  EXPECT_EQ(Parsed(R"({"clip":{"textual":{"modelName":"M"}}})").text_embedding->language, "");
  EXPECT_EQ(Parsed(R"({"clip":{"textual":{"modelName":"M","options":{"language":null}}}})").text_embedding->language,
            "");
  EXPECT_FLOAT_EQ(Parsed(R"({"facial-recognition":{"detection":{"modelName":"M"}}})").face_detection->min_score, 0.7F);
  const PredictRequest ocr = Parsed(R"({"ocr":{"detection":{"modelName":"M"},"recognition":{"modelName":"M"}}})");
  EXPECT_DOUBLE_EQ(ocr.text_detection->min_score, 0.5);
  EXPECT_EQ(ocr.text_detection->max_resolution, 736);
  EXPECT_DOUBLE_EQ(ocr.text_recognition->min_score, 0.9);
}

TEST(EntriesTest, SeveralTasksAndUnknownOptionsAreFine) {
  const PredictRequest both = Parsed(
      R"({"clip":{"visual":{"modelName":"A","options":{"x":1}}},"facial-recognition":{"detection":{"modelName":"B"}}})");
  EXPECT_EQ(both.image_embedding, "A");
  EXPECT_EQ(both.face_detection->model, "B");
  EXPECT_EQ(RefusalOf("{}"), 0);
  EXPECT_EQ(RefusalOf(R"({"ocr":{"detection":{"modelName":"M","options":{"scoreMode":"fast"}}}})"), 0);
}

TEST(EntriesTest, RefusesWhatIsNotARequest) {
  for (const std::string_view entries :
       {"",
        "{",
        "no json",
        "[]",
        "1",
        "null",
        R"("clip")",
        R"({"clip":1})",
        R"({"clip":[]})",
        R"({"clip":{"visual":1}})",
        R"({"clip":{"visual":null}})",
        R"({"clip":{"visual":{}}})",
        R"({"clip":{"visual":{"modelName":1}}})",
        R"({"clip":{"visual":{"modelName":null}}})",
        R"({"clip":{"visual":{"modelName":"M","options":[]}}})",
        R"({"clip":{"visual":{"modelName":"M","options":null}}})",
        R"({"clip":{"textual":{"modelName":"M","options":{"language":7}}}})",
        R"({"facial-recognition":{"detection":{"modelName":"M","options":{"minScore":"high"}}}})",
        R"({"facial-recognition":{"detection":{"modelName":"M","options":{"minScore":true}}}})",
        R"({"ocr":{"detection":{"modelName":"M","options":{"maxResolution":0}}}})",
        R"({"ocr":{"detection":{"modelName":"M","options":{"maxResolution":-5}}}})",
        R"({"ocr":{"detection":{"modelName":"M","options":{"maxResolution":1e300}}}})",
        R"({"ocr":{"detection":{"modelName":"M","options":{"maxResolution":736.5}}}})",
        R"({"ocr":{"detection":{"modelName":"M","options":{"scoreMode":"slow"}}}})",
        R"({"ocr":{"recognition":{"modelName":"M","options":{"minScore":[]}}}})"}) {
    EXPECT_EQ(RefusalOf(entries), 422) << entries;
  }
}

TEST(EntriesTest, SurvivesDeepNesting) {
  EXPECT_EQ(RefusalOf(std::string(1'000'000, '[')), 422);
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_EQ(RefusalOf(R"({"clip":{"visual":{"modelName":"M","options":{"x":)" + deep + "}}}}"), 0);
}

TEST(EntriesTest, UnknownTasksAndTypesAreServerErrors) {
  EXPECT_EQ(RefusalOf(R"({"clip":{"detection":{"modelName":"M"}}})"), 500);
  EXPECT_EQ(RefusalOf(R"({"weather":{"visual":{"modelName":"M"}}})"), 500);
}

TEST(EntriesTest, CleansNames) {
  EXPECT_EQ(CleanModelName("ViT-B-32::openai"), "ViT-B-32__openai");
  EXPECT_EQ(CleanModelName("M-CLIP/LABSE-Vit-L-14"), "LABSE-Vit-L-14");
  EXPECT_EQ(CleanModelName("a/b\\c:d.e"), "b_c_de");
  EXPECT_EQ(CleanModelName("../../etc/passwd"), "passwd");
  EXPECT_EQ(CleanModelName(".."), "");
  EXPECT_EQ(CleanModelName(""), "");
  EXPECT_EQ(Parsed(R"({"clip":{"visual":{"modelName":"immich-app/ViT-B-32::openai"}}})").image_embedding,
            "ViT-B-32__openai");
}

}  // namespace
}  // namespace calotype
