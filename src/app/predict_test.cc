#include "app/predict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <barrier>
#include <string>
#include <thread>
#include <vector>

#include "app/fake_predict.h"
#include "base/log.h"
#include "base/source_dir.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::array<uint8_t, 3> kBytes{1, 2, 3};
const PredictInput kPhoto = std::span<const uint8_t>(kBytes);

PredictRequest FacesRequest(float min_score = 0.7F) {
  PredictRequest request;
  request.face_detection = {.model = "good", .min_score = min_score};
  request.face_recognition = "good";
  return request;
}

PredictRequest TextRequest() {
  PredictRequest request;
  request.text_detection = {.model = "good"};
  request.text_recognition = {.model = "good", .min_score = 0.7};
  return request;
}

PredictRequest EmbeddingRequest(const std::string& model = "good") {
  PredictRequest request;
  request.image_embedding = model;
  return request;
}

TEST(PredictServiceTest, EmbedsAPhotoAsItsFileStoresIt) {
  FakePredict fake;
  const StatusOr<PredictAnswer> answer = fake.service().Predict(EmbeddingRequest(), kPhoto);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(*answer->embedding, ElementsAre(FloatEq(0.6F), FloatEq(0.8F)));
  EXPECT_EQ(answer->image_width, 640);
  EXPECT_EQ(answer->image_height, 480);
  EXPECT_FALSE(answer->faces || answer->lines);
  EXPECT_TRUE(fake.reader().as_stored);
  EXPECT_GT(fake.reader().target_long_side, 1'000'000);
}

TEST(PredictServiceTest, EmbedsATextWithSingleSpaces) {
  FakePredict fake;
  PredictRequest request;
  request.text_embedding = {.model = "good", .language = "de"};
  // [CLS] a photo [SEP]; the space between is a no-break one.
  const StatusOr<PredictAnswer> answer =
      fake.service().Predict(request, std::string_view(" \t a\n\xC2\xA0 photo\xFF "));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_NEAR((*answer->embedding)[1] / (*answer->embedding)[0], 4, 1e-5);
  EXPECT_EQ(answer->image_width, 0);
}

TEST(PredictServiceTest, FacesAreNeitherClippedNorNormalised) {
  FakePredict fake;
  const StatusOr<PredictAnswer> answer = fake.service().Predict(FacesRequest(), kPhoto);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_THAT(*answer->faces, SizeIs(1));
  const PredictedFace& face = answer->faces->front();
  // 640 x 480 pixels fit into 64 x 48, so a pixel of the input is ten pixels of the photo.
  EXPECT_THAT(face.corners, ElementsAre(-40, -40, 120, 120));
  EXPECT_FLOAT_EQ(face.score, 0.75F);
  EXPECT_FLOAT_EQ(face.landmarks[0].x, 40);
  EXPECT_THAT(face.embedding, ElementsAre(1, 2, 2));
}

TEST(PredictServiceTest, TheRequestSetsTheLeastScoreOfFaces) {
  FakePredict fake;
  const StatusOr<PredictAnswer> answer = fake.service().Predict(FacesRequest(0.76F), kPhoto);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(*answer->faces, IsEmpty());
  EXPECT_EQ(fake.loads(), 1) << "without faces the recogniser is not needed";
}

TEST(PredictServiceTest, DetectsFacesAlone) {
  FakePredict fake;
  PredictRequest request = FacesRequest();
  request.face_recognition.reset();
  const StatusOr<PredictAnswer> answer = fake.service().Predict(request, kPhoto);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_THAT(*answer->faces, SizeIs(1));
  EXPECT_THAT(answer->faces->front().embedding, IsEmpty());
}

TEST(PredictServiceTest, ReadsTextWithoutEnlargingThePhoto) {
  FakePredict fake;
  const StatusOr<PredictAnswer> answer = fake.service().Predict(TextRequest(), kPhoto);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(fake.detector_input(), ElementsAre(1, 3, 480, 640));
  ASSERT_THAT(*answer->lines, SizeIs(1));
  const PredictedLine& line = answer->lines->front();
  EXPECT_EQ(line.text, "ab");
  EXPECT_FLOAT_EQ(line.text_score, 0.75F);
  EXPECT_GT(line.box_score, 0.5F);
  // The block of the map, grown by its area x 1.6 / its perimeter on each side.
  EXPECT_NEAR(line.quad[0].x, 32 - 10, 2);
  EXPECT_NEAR(line.quad[0].y, 32 - 10, 2);
  EXPECT_NEAR(line.quad[2].x, 96 + 10, 2);
  EXPECT_NEAR(line.quad[2].y, 48 + 10, 2);
}

TEST(PredictServiceTest, TheRequestSetsResolutionAndScoresOfText) {
  FakePredict fake;
  PredictRequest request = TextRequest();
  request.text_detection->max_resolution = 240;
  const StatusOr<PredictAnswer> smaller = fake.service().Predict(request, kPhoto);
  ASSERT_TRUE(smaller.ok()) << smaller.status();
  EXPECT_THAT(fake.detector_input(), ElementsAre(1, 3, 256, 320))
      << "240 is 7.5 times 32, and a half is rounded to the even number, 8";
  EXPECT_GT(smaller->lines->front().quad[2].x, 150) << "in pixels of the photo";
  request = TextRequest();
  request.text_recognition->min_score = 0.75;
  EXPECT_THAT(*fake.service().Predict(request, kPhoto)->lines, IsEmpty()) << "a score must be more than that";
  request = TextRequest();
  request.text_detection->min_score = 0.9;
  EXPECT_THAT(*fake.service().Predict(request, kPhoto)->lines, IsEmpty());
}

TEST(PredictServiceTest, TinyPhotosHaveNoText) {
  FakePredict fake;
  fake.reader().width = 31;
  const StatusOr<PredictAnswer> answer = fake.service().Predict(TextRequest(), kPhoto);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(*answer->lines, IsEmpty());
  EXPECT_EQ(fake.loads(), 0);
}

TEST(PredictServiceTest, AHugeResolutionIsRefused) {
  FakePredict fake;
  fake.reader().width = 5000;
  fake.reader().height = 5000;
  PredictRequest request = TextRequest();
  request.text_detection->max_resolution = 5000;
  EXPECT_TRUE(absl::IsResourceExhausted(fake.service().Predict(request, kPhoto).status()));
}

TEST(PredictServiceTest, AnswersSeveralTasksAtOnce) {
  FakePredict fake;
  PredictRequest request = FacesRequest();
  request.image_embedding = "good";
  request.text_detection = TextRequest().text_detection;
  const StatusOr<PredictAnswer> answer = fake.service().Predict(request, kPhoto);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(answer->embedding && answer->faces && answer->lines);
  EXPECT_EQ(answer->lines->front().text, "");
}

PredictRequest EverythingRequest() {
  PredictRequest request = FacesRequest();
  request.image_embedding = "good";
  request.text_detection = TextRequest().text_detection;
  request.text_recognition = TextRequest().text_recognition;
  return request;
}

TEST(PredictServiceTest, TasksOfARequestRunSideBySideOnFreeCores) {
  std::barrier all(3);
  FakePredict fake(3, [&all](const std::string& file) {
    if (file == "photos.onnx" || file == "faces.onnx" || file == "boxes.onnx") {
      all.arrive_and_wait();  // passes only when all three run at the same time
    }
  });
  const StatusOr<PredictAnswer> answer = fake.service().Predict(EverythingRequest(), kPhoto);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(*answer->embedding, SizeIs(2));
  EXPECT_THAT(answer->faces->front().embedding, SizeIs(3));
  EXPECT_EQ(answer->lines->front().text, "ab");
}

TEST(PredictServiceTest, WithoutAFreeCoreTasksRunOneAfterTheOther) {
  std::vector<std::string> runs;  // not guarded: there is one thread
  FakePredict fake(1, [&runs](const std::string& file) { runs.push_back(file); });
  ASSERT_TRUE(fake.service().Predict(EverythingRequest(), kPhoto).ok());
  EXPECT_THAT(runs, ElementsAre("photos.onnx", "faces.onnx", "vectors.onnx", "boxes.onnx", "lines.onnx"));
}

TEST(PredictServiceTest, AFailedTaskFailsTheRequestWhereverItRuns) {
  SetLogSink([](LogLevel, std::string_view) {});
  for (const int cores : {1, 3}) {
    FakePredict fake(cores);
    PredictRequest request = EverythingRequest();
    request.text_recognition->model = "broken";
    EXPECT_TRUE(absl::IsUnavailable(fake.service().Predict(request, kPhoto).status())) << cores;
    request.text_recognition->model = "good";
    EXPECT_TRUE(fake.service().Predict(request, kPhoto).ok()) << cores;
  }
  SetLogSink({});
}

TEST(PredictServiceTest, SaysWhatIsWrong) {
  FakePredict fake;
  SetLogSink([](LogLevel, std::string_view) {});
  const Status absent = fake.service().Predict(EmbeddingRequest("absent"), kPhoto).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(absent));
  EXPECT_THAT(Message(absent), HasSubstr("install it"));
  const Status broken = fake.service().Predict(EmbeddingRequest("broken"), kPhoto).status();
  EXPECT_TRUE(absl::IsUnavailable(broken));
  EXPECT_EQ(Message(broken), "Failed to load model 'broken'");
  SetLogSink({});
  EXPECT_TRUE(absl::IsInvalidArgument(fake.service().Predict(EmbeddingRequest(), std::string_view("cat")).status()));
  PredictRequest text;
  text.text_embedding = {.model = "good", .language = ""};
  EXPECT_TRUE(absl::IsInvalidArgument(fake.service().Predict(text, kPhoto).status()));
  PredictRequest recognition;
  recognition.face_recognition = "good";
  EXPECT_TRUE(absl::IsInvalidArgument(fake.service().Predict(recognition, kPhoto).status()));
  // A recogniser that is not installed is reported also when there is no face.
  PredictRequest faces = FacesRequest(0.9F);
  faces.face_recognition = "absent";
  EXPECT_TRUE(absl::IsFailedPrecondition(fake.service().Predict(faces, kPhoto).status()));
}

TEST(PredictServiceTest, PhotosMustBeWhole) {
  FakePredict fake;
  fake.reader().damage = "half of it is missing";
  EXPECT_TRUE(absl::IsInvalidArgument(fake.service().Predict(EmbeddingRequest(), kPhoto).status()));
  fake.reader().damage = "";
  fake.reader().height = 0;
  EXPECT_TRUE(absl::IsOutOfRange(fake.service().Predict(EmbeddingRequest(), kPhoto).status()));
  fake.reader().failure = absl::InvalidArgumentError("not a photo");
  EXPECT_EQ(Message(fake.service().Predict(EmbeddingRequest(), kPhoto).status()), "not a photo");
}

TEST(PredictServiceTest, ConcurrentFirstRequestsLoadAModelOnce) {
  FakePredict fake;
  std::vector<Status> statuses(8);
  {
    std::vector<std::jthread> threads;
    for (Status& status : statuses) {
      threads.emplace_back([&] { status = fake.service().Predict(EmbeddingRequest(), kPhoto).status(); });
    }
  }
  for (const Status& status : statuses) {
    EXPECT_TRUE(status.ok()) << status;
  }
  EXPECT_EQ(fake.loads(), 1);
}

TEST(PredictServiceTest, PreloadsWhatCanBeLoaded) {
  FakePredict fake;
  const std::vector<PredictModelName> models = {{PredictRole::kFaceDetection, "absent"},
                                                {PredictRole::kFaceDetection, "good"}};
  EXPECT_TRUE(absl::IsFailedPrecondition(fake.service().Preload(models)));
  EXPECT_EQ(fake.loads(), 1);
  EXPECT_TRUE(fake.service().Preload(std::span(models).subspan(1)).ok());
  EXPECT_EQ(fake.loads(), 1);
}

}  // namespace
}  // namespace calotype
