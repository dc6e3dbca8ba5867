#include "photo/sandbox/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace calotype {
namespace {

using ::testing::HasSubstr;

// As a child answers a request to decode.
ReaderAnswer DecodedAnswer() {
  ReaderAnswer answer{.width = 40, .height = 30};
  DecodedPhoto& photo = answer.decode.photo.emplace();
  photo.full_width = 400;
  photo.full_height = 300;
  photo.format = PhotoFormat::kJpeg;
  photo.facts = {.taken_at = "2024-05-01T12:34:56",
                 .orientation = 6,
                 .gps = GpsPosition{.latitude = 48.1, .longitude = 11.5, .altitude = 520},
                 .title = "Zoë",
                 .rating = 4,
                 .keywords = {"sea", "Events|party"},
                 .regions = {{.name = "Ada", .box = {.x = 0.1F, .y = 0.2F, .width = 0.3F, .height = 0.4F}}}};
  answer.decode.problems = {{.sidecar = 0, .reason = "it is no XMP"}};
  return answer;
}

StatusOr<ReaderAnswer> Passed(const ReaderAnswer& answer) { return ReadAnswer(ToBytes(answer), {}, /*sidecars=*/1); }

TEST(Messages, AnAnswerArrivesAsItWasSent) {
  const StatusOr<ReaderAnswer> read = Passed(DecodedAnswer());
  ASSERT_TRUE(read.ok()) << Message(read.status());
  const DecodedPhoto& photo = *read->decode.photo;
  EXPECT_EQ(photo.full_width, 400);
  EXPECT_EQ(photo.facts.title, "Zoë");
  EXPECT_EQ(photo.facts.gps->altitude, 520);
  EXPECT_EQ(photo.facts.keywords, (std::vector<std::string>{"sea", "Events|party"}));
  EXPECT_EQ(photo.facts.regions.at(0).box.height, 0.4F);
  EXPECT_EQ(read->decode.problems.at(0).reason, "it is no XMP");
}

TEST(Messages, ARequestArrivesAsItWasSent) {
  ReaderRequest request{.operation = Operation::kAddToSidecar, .limits = {.max_pixels = 5, .as_stored = true}};
  request.additions = {.keywords = {"a"}, .labels = std::vector<std::string>{"object|dog"}, .width = 7};
  const StatusOr<ReaderRequest> read = ReadRequest(ToBytes(request));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->operation, Operation::kAddToSidecar);
  EXPECT_EQ(read->limits.max_pixels, 5);
  EXPECT_TRUE(read->limits.as_stored);
  EXPECT_EQ(read->additions.labels, request.additions.labels);
  EXPECT_EQ(read->additions.width, 7);
}

TEST(Messages, AnErrorOfTheChildIsReturned) {
  EXPECT_EQ(Passed({.code = absl::StatusCode::kInvalidArgument, .message = "the file is empty"}).status(),
            absl::InvalidArgumentError("the file is empty"));
}

struct Lie {
  const char* what;
  std::function<void(ReaderAnswer&)> tell;
};

TEST(Messages, WrongAnswersAreRefused) {
  const std::vector<Lie> lies = {
      {"the size of a photo", [](ReaderAnswer& answer) { answer.decode.photo->full_width = -1; }},
      {"the size of a photo", [](ReaderAnswer& answer) { answer.decode.photo->full_height = 2'000'000'000; }},
      {"the size of a picture", [](ReaderAnswer& answer) { answer.width = 0; }},
      {"the size of a picture", [](ReaderAnswer& answer) { answer.width = answer.height = 2'000'000'000; }},
      {"a reduction", [](ReaderAnswer& answer) { answer.decode.photo->reduction = NAN; }},
      {"a number of pages", [](ReaderAnswer& answer) { answer.decode.photo->pages = 0; }},
      {"a format", [](ReaderAnswer& answer) { answer.decode.photo->format = PhotoFormat(77); }},
      {"an orientation", [](ReaderAnswer& answer) { answer.decode.photo->facts.orientation = 9; }},
      {"a rating", [](ReaderAnswer& answer) { answer.decode.photo->facts.rating = 100; }},
      {"a position", [](ReaderAnswer& answer) { answer.decode.photo->facts.gps->latitude = NAN; }},
      {"a position", [](ReaderAnswer& answer) { answer.decode.photo->facts.gps->longitude = 1000; }},
      {"a region", [](ReaderAnswer& answer) { answer.decode.photo->facts.regions[0].box.x = INFINITY; }},
      {"a text", [](ReaderAnswer& answer) { answer.decode.photo->facts.title = "\xff"; }},
      {"a text", [](ReaderAnswer& answer) { answer.decode.photo->facts.keywords[0] = "\x1b[31m"; }},
      {"a sidecar", [](ReaderAnswer& answer) { answer.decode.problems[0].sidecar = 1; }},
      {"a drawn text", [](ReaderAnswer& answer) { answer.drawn.width = answer.drawn.height = 10; }},
      {"a code", [](ReaderAnswer& answer) { answer.code = absl::StatusCode(99); }},
  };
  for (const Lie& lie : lies) {
    ReaderAnswer answer = DecodedAnswer();
    lie.tell(answer);
    const Status status = Passed(answer).status();
    EXPECT_TRUE(IsWrongAnswer(status)) << lie.what;
    EXPECT_THAT(Message(status), HasSubstr(lie.what));
  }
}

TEST(Messages, DamagedBytesAreRefusedOrHarmless) {
  const std::vector<uint8_t> whole = ToBytes(DecodedAnswer());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_TRUE(IsWrongAnswer(ReadAnswer(std::span(whole).first(size), {}, 1).status())) << size;
  }
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<uint8_t> damaged = whole;
    for (int i = 0; i < 3; ++i) {
      damaged[random() % damaged.size()] = static_cast<uint8_t>(random());
    }
    static_cast<void>(ReadAnswer(damaged, {}, 1));  // neither crashes nor takes much memory
  }
}

}  // namespace
}  // namespace calotype
