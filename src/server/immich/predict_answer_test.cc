#include "server/immich/predict_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "app/fake_predict.h"
#include "base/log.h"

namespace calotype {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr char kFaces[] = R"({"facial-recognition":{"detection":{"modelName":"good","options":{"minScore":0.7}},)"
                          R"("recognition":{"modelName":"good"}}})";
constexpr char kText[] = R"({"ocr":{"detection":{"modelName":"good","options":{"minScore":0.5,"maxResolution":736}},)"
                         R"("recognition":{"modelName":"good","options":{"minScore":0.7}}}})";

class PredictAnswerTest : public ::testing::Test {
 protected:
  PredictAnswerTest() {
    SetLogSink([this](LogLevel, std::string_view message) { log_ += std::string(message) + "\n"; });
  }
  ~PredictAnswerTest() override { SetLogSink({}); }

  PredictHttpAnswer AskPhoto(const std::string& entries) {
    return AnswerPredict(fake_.service(), entries, std::span<const uint8_t>(bytes_), std::nullopt);
  }
  PredictHttpAnswer AskText(const std::string& entries, const std::string& text) {
    return AnswerPredict(fake_.service(), entries, std::nullopt, text);
  }

  static void ExpectAnswer(const PredictHttpAnswer& answer, int status, std::string_view body,
                           std::string_view type = "application/json") {
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.body, body);
    EXPECT_EQ(answer.content_type, type);
  }
  static void ExpectServerError(const PredictHttpAnswer& answer) {
    ExpectAnswer(answer, 500, "Internal Server Error", "text/plain; charset=utf-8");
  }

  FakePredict fake_;
  const std::array<uint8_t, 3> bytes_{1, 2, 3};
  std::string log_;
};

TEST_F(PredictAnswerTest, AnEmbeddingIsATextWithAnArray) {
  ExpectAnswer(AskPhoto(R"({"clip":{"visual":{"modelName":"good"}}})"), 200,
               R"({"clip":"[0.6,0.8]","imageHeight":480,"imageWidth":640})");
  ExpectAnswer(AskText(R"({"clip":{"textual":{"modelName":"good","options":{"language":"de"}}}})", "a photo"), 200,
               R"({"clip":"[0.24253562,0.9701425]"})");
}

TEST_F(PredictAnswerTest, FacesHaveBoxesScoresAndEmbeddings) {
  ExpectAnswer(AskPhoto(kFaces), 200,
               R"({"facial-recognition":[{"boundingBox":{"x1":-40.0,"y1":-40.0,"x2":120.0,"y2":120.0},)"
               R"("embedding":"[1.0,2.0,2.0]","score":0.75}],"imageHeight":480,"imageWidth":640})");
  ExpectAnswer(AskPhoto(R"({"facial-recognition":{"detection":{"modelName":"good","options":{"minScore":0.8}},)"
                        R"("recognition":{"modelName":"good"}}})"),
               200, R"({"facial-recognition":[],"imageHeight":480,"imageWidth":640})");
}

TEST_F(PredictAnswerTest, LinesOfTextAreFractionsOfThePhoto) {
  const PredictHttpAnswer answer = AskPhoto(kText);
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json json = Json::parse(answer.body);
  EXPECT_EQ(json["ocr"]["text"], Json({"ab"}));
  EXPECT_EQ(json["ocr"]["textScore"], Json({0.75}));
  EXPECT_EQ(json["ocr"]["boxScore"].size(), 1U);
  ASSERT_EQ(json["ocr"]["box"].size(), 8U);
  EXPECT_NEAR(json["ocr"]["box"][0].get<double>(), 22.0 / 640, 0.005);
  EXPECT_NEAR(json["ocr"]["box"][5].get<double>(), 58.0 / 480, 0.005);
  EXPECT_EQ(json["imageHeight"], 480);
  fake_.reader().width = 20;
  ExpectAnswer(AskPhoto(kText), 200,
               R"({"ocr":{"box":[],"text":[],"boxScore":[],"textScore":[]},"imageHeight":480,"imageWidth":20})");
}

TEST_F(PredictAnswerTest, ADetectionAloneIsRaw) {
  const PredictHttpAnswer faces = AskPhoto(R"({"facial-recognition":{"detection":{"modelName":"good"}}})");
  ExpectAnswer(
      faces, 200,
      R"({"facial-recognition":{"boxes":[[-40.0,-40.0,120.0,120.0]],"scores":[0.75],"landmarks":[[[40.0,40.0],)"
      R"([80.0,40.0],[60.0,60.0],[40.0,80.0],[80.0,80.0]]]},"imageHeight":480,"imageWidth":640})");
  const Json text = Json::parse(AskPhoto(R"({"ocr":{"detection":{"modelName":"good"}}})").body);
  EXPECT_EQ(text["ocr"]["boxes"][0].size(), 4U);
  EXPECT_EQ(text["ocr"]["boxes"][0][0].size(), 2U);
  EXPECT_EQ(text["ocr"]["scores"].size(), 1U);
}

TEST_F(PredictAnswerTest, AnswersAllTasksAndNone) {
  const Json both = Json::parse(AskPhoto(R"({"clip":{"visual":{"modelName":"good"}},)" + std::string(kFaces + 1)).body);
  EXPECT_EQ(both.size(), 4U) << both;
  ExpectAnswer(AskPhoto("{}"), 200, R"({"imageHeight":480,"imageWidth":640})");
  ExpectAnswer(AskText("{}", "cat"), 200, "{}");
}

TEST_F(PredictAnswerTest, TheImageWins) {
  const PredictHttpAnswer answer = AnswerPredict(fake_.service(), R"({"clip":{"visual":{"modelName":"good"}}})",
                                                 std::span<const uint8_t>(bytes_), "a text");
  EXPECT_EQ(answer.status, 200) << answer.body;
}

TEST_F(PredictAnswerTest, RefusesWhatIsNotARequest) {
  constexpr std::string_view kMissing =
      R"({"detail":[{"type":"missing","loc":["body","entries"],"msg":"Field required","input":null}]})";
  ExpectAnswer(AnswerPredict(fake_.service(), std::nullopt, std::span<const uint8_t>(bytes_), std::nullopt), 422,
               kMissing);
  ExpectAnswer(AskPhoto(""), 422, kMissing);
  ExpectAnswer(AskPhoto("{"), 422, R"({"detail":"Invalid request format."})");
  ExpectAnswer(AskPhoto(R"({"clip":{"visual":{}}})"), 422, R"({"detail":"Invalid request format."})");
}

TEST_F(PredictAnswerTest, RefusesARequestWithoutInput) {
  constexpr std::string_view kNothing = R"({"detail":"Either image or text must be provided"})";
  const std::string entries = R"({"clip":{"visual":{"modelName":"good"}}})";
  ExpectAnswer(AnswerPredict(fake_.service(), entries, std::nullopt, std::nullopt), 400, kNothing);
  ExpectAnswer(AskText(entries, ""), 400, kNothing);
}

TEST_F(PredictAnswerTest, RefusesARecognitionWithoutItsDetection) {
  ExpectAnswer(AskPhoto(R"({"facial-recognition":{"recognition":{"modelName":"good"}}})"), 400,
               "{\"detail\":\"Task facial-recognition of type recognition depends on output of (<ModelType.DETECTION: "
               "'detection'>, <ModelTask.FACIAL_RECOGNITION: 'facial-recognition'>)\"}");
  ExpectAnswer(AskPhoto(R"({"ocr":{"recognition":{"modelName":"good"}}})"), 400,
               "{\"detail\":\"Task ocr of type recognition depends on output of (<ModelType.DETECTION: 'detection'>, "
               "<ModelTask.OCR: 'ocr'>)\"}");
}

TEST_F(PredictAnswerTest, APhotoWithoutPixelsIsABadRequest) {
  fake_.reader().width = 0;
  ExpectAnswer(AskPhoto(kFaces), 400, R"({"detail":"Image has zero width or height"})");
}

TEST_F(PredictAnswerTest, OtherFailuresAreServerErrorsWithTheReasonInTheLog) {
  ExpectServerError(AskPhoto(R"({"clip":{"detection":{"modelName":"good"}}})"));
  ExpectServerError(AskText(kFaces, "cat"));
  ExpectServerError(AskPhoto(R"({"clip":{"textual":{"modelName":"good"}}})"));
  fake_.reader().failure = absl::InvalidArgumentError("not a photo");
  ExpectServerError(AskPhoto(kFaces));
  EXPECT_THAT(log_, HasSubstr("not a photo"));
}

TEST_F(PredictAnswerTest, SaysWhichModelIsMissingOrDamaged) {
  ExpectAnswer(AskPhoto(R"({"clip":{"visual":{"modelName":"other"}}})"), 500,
               R"({"detail":"the model other is not installed; install it"})");
  ExpectAnswer(AskPhoto(R"({"clip":{"visual":{"modelName":"broken"}}})"), 500,
               R"({"detail":"Failed to load model 'broken'"})");
  EXPECT_THAT(log_, HasSubstr("no such model"));
}

}  // namespace
}  // namespace calotype
