// The reader of the program, whose child processes run tests/misbehaving_reader: it reads photos as usual, and does
// what a file "misbehave: ..." asks for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/file.h"
#include "photo/encode.h"
#include "photo/photo_reader.h"
#include "photo/reader_settings.h"
#include "photo/sandbox/confinement.h"
#include "photo/stopped.h"
#include "photo/test_data.h"
#include "photo/text_image.h"

namespace calotype {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

// Children that run keep their settings, so each test uses those that it needs from the first request on.
class SandboxedReaderTest : public testing::Test {
 protected:
  static ReaderSettings Settings() {
    const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "../../misbehaving_reader";
    return {.program = program.lexically_normal().string()};
  }

  SandboxedReaderTest() { SetReaderSettings(Settings()); }

  StatusOr<DecodeAnswer> Decode(std::string_view name) {
    const UniqueFd file = *MakeMemoryFile("photo", TestData(name));
    return reader_->Decode({.photo = file.get()});
  }

  // The error of a photo that makes its decoder misbehave.
  Status Misbehave(std::string_view deed, std::stop_token stop = {}) {
    const std::string text = "misbehave: " + std::string(deed) + "\n";
    const UniqueFd file =
        *MakeMemoryFile("photo", std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
    return reader_->Decode({.photo = file.get(), .stop = std::move(stop)}).status();
  }

  void ExpectStopped(std::string_view deed, std::string_view message) {
    EXPECT_EQ(Message(Misbehave(deed)), message);
    EXPECT_TRUE(Decode("quarters.png").ok()) << "the next photo has a new decoder";
  }

  const std::unique_ptr<PhotoReader> reader_ = CreatePhotoReader();
};

TEST_F(SandboxedReaderTest, EveryFormatIsRead) {
  struct Sample {
    const char* name;
    PhotoFormat format;
    int tolerance;  // of lossy formats, and of developing
  };
  for (const Sample& sample :
       {Sample{"orientation_6.jpg", PhotoFormat::kJpeg, 4}, Sample{"quarters.png", PhotoFormat::kPng, 0},
        Sample{"quarters.webp", PhotoFormat::kWebp, 0}, Sample{"quarters.tif", PhotoFormat::kTiff, 0},
        Sample{"quarters.gif", PhotoFormat::kGif, 0}, Sample{"quarters.heic", PhotoFormat::kHeic, 4},
        Sample{"quarters.avif", PhotoFormat::kAvif, 4}, Sample{"quarters.jxl", PhotoFormat::kJpegXl, 0},
        Sample{"sensor.dng", PhotoFormat::kRaw, 30}}) {
    SCOPED_TRACE(sample.name);
    const UniqueFd file = *MakeMemoryFile("photo", TestData(sample.name));
    const StatusOr<DecodeAnswer> answer = reader_->Decode({.photo = file.get()});
    ASSERT_TRUE(answer.ok()) << Message(answer.status());
    EXPECT_EQ(answer->photo->format, sample.format);
    EXPECT_LE(LargestDifference(MiddlesOfQuarters(answer->photo->image), kQuarters), sample.tolerance);
    EXPECT_EQ(reader_->DetectFormat(file.get()), sample.format);
    EXPECT_TRUE(reader_->ReadFacts({.photo = file.get()}).ok());
  }
  EXPECT_EQ(Decode("orientation_6.jpg")->photo->facts.orientation, 6);
}

TEST_F(SandboxedReaderTest, ErrorsOfThePhotoArriveWithTheirCode) {
  const UniqueFd empty = *MakeMemoryFile("photo", {});
  EXPECT_EQ(reader_->Decode({.photo = empty.get()}).status(), absl::InvalidArgumentError("the file is empty"));
  const UniqueFd file = *MakeMemoryFile("photo", TestData("quarters.png"));
  const Status status = reader_->Decode({.photo = file.get(), .limits = {.max_pixels = 10}}).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << Message(status);
  EXPECT_THAT(Message(status), HasSubstr("limits.pixels"));
  EXPECT_FALSE(reader_->Decode({.photo = file.get(), .max_memory = 1})->photo.has_value());
}

TEST_F(SandboxedReaderTest, SidecarsTextsAndPicturesAreMadeInTheChild) {
  const StatusOr<XmpChange> change = reader_->AddToSidecar(-1, {.keywords = {"sea"}});
  ASSERT_TRUE(change.ok()) << Message(change.status());
  EXPECT_THAT(change->packet, HasSubstr("sea"));
  const StatusOr<TextImage> text = DrawText("Zoë", 30);
  ASSERT_TRUE(text.ok()) << Message(text.status());
  EXPECT_GT(text->width, 20);
  Image image(300, 200);
  std::ranges::fill(image.pixels(), uint8_t{90});
  const std::vector<uint8_t> jpeg = *EncodeJpeg(image, 90);
  const StatusOr<DecodedPhoto> decoded = DecodePhoto(jpeg, {});
  ASSERT_TRUE(decoded.ok()) << Message(decoded.status());
  EXPECT_EQ(decoded->image.width(), 300);
  EXPECT_EQ(decoded->image.pixels()[0], 90);
  for (const PhotoFormat format : {PhotoFormat::kJpeg, PhotoFormat::kWebp, PhotoFormat::kAvif}) {
    const StatusOr<std::vector<uint8_t>> small = EncodeThumbnail(image.Clone(), 100, format);
    EXPECT_TRUE(small.ok()) << Message(small.status());
  }
}

TEST_F(SandboxedReaderTest, PixelsMayBeChanged) {
  StatusOr<DecodeAnswer> answer = Decode("quarters.png");
  ASSERT_TRUE(answer.ok());
  answer->photo->image.pixels()[0] = 7;
  EXPECT_EQ(answer->photo->image.pixels()[0], 7);
}

TEST_F(SandboxedReaderTest, ACrashEndsOnlyTheChild) {
  if (kSanitized) {
    GTEST_SKIP() << "a sanitizer reports crashes itself";
  }
  ExpectStopped("crash", "decoder stopped: SIGSEGV in PNG");
  ExpectStopped("abort", "decoder stopped: SIGABRT in PNG");
  ExpectStopped("stack", "decoder stopped: SIGSEGV (stack overflow) in PNG");
  ExpectStopped("nonsense", "decoder stopped: wrong answer: a field");
}

TEST_F(SandboxedReaderTest, ForbiddenCallsAreNamed) {
  if (kSanitized) {
    GTEST_SKIP() << "sanitizers run without seccomp";
  }
  ExpectStopped("stdout", "decoder stopped: forbidden system call write in PNG");
  ExpectStopped("socket", "decoder stopped: forbidden system call socket in PNG");
  ExpectStopped("open", "decoder stopped: forbidden system call openat in PNG");
  ExpectStopped("create", "decoder stopped: forbidden system call openat in PNG");
  ExpectStopped("ptrace", "decoder stopped: forbidden system call ptrace in PNG");
  ExpectStopped("fork", "decoder stopped: forbidden system call clone in PNG");
  ExpectStopped("fork without signals", "decoder stopped: forbidden system call in PNG");
  ExpectStopped("exec", "decoder stopped: forbidden system call execve in PNG");
  ExpectStopped("kill", "decoder stopped: forbidden system call kill in PNG");
  EXPECT_EQ(Message(Misbehave("thread")), "nothing stopped it: thread") << "threads are allowed";
}

TEST_F(SandboxedReaderTest, MemoryIsLimited) {
  if (kSanitized) {
    GTEST_SKIP() << "sanitizers run without a limit of memory";
  }
  ReaderSettings settings = Settings();
  settings.memory_mb = 1000;
  SetReaderSettings(settings);
  EXPECT_FALSE(Misbehave("nonsense").ok()) << "so the next child has these settings";
  for (const std::string_view deed : {"8 GB", "all memory"}) {
    const Status status = Misbehave(deed);
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << Message(status);
    EXPECT_THAT(Message(status), HasSubstr("limits.decoder_memory_mb"));
  }
}

TEST_F(SandboxedReaderTest, ADeadlineEndsAPhotoThatHangs) {
  ReaderSettings settings = Settings();
  settings.decode_s = 1;
  SetReaderSettings(settings);
  const auto start = Clock::now();
  const Status status = Misbehave("loop");
  EXPECT_EQ(status, absl::DeadlineExceededError("decoder stopped: no answer in PNG after 1 s (limits.decode_s)"));
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(5));
}

TEST_F(SandboxedReaderTest, AStopEndsAPhotoThatHangsWithinASecond) {
  std::stop_source source;
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    source.request_stop();
  });
  const auto start = Clock::now();
  EXPECT_TRUE(absl::IsCancelled(Misbehave("loop", source.get_token())));
  EXPECT_LT(Clock::now() - start, std::chrono::milliseconds(1300));
}

TEST_F(SandboxedReaderTest, OlderKernelsHaveLessProtection) {
  if (kSanitized) {
    GTEST_SKIP() << "sanitizers run without seccomp";
  }
  for (const int newest : {0, 2, 1000}) {
    SCOPED_TRACE(newest);
    ReaderSettings settings = Settings();
    settings.newest_landlock = newest;
    SetReaderSettings(settings);
    EXPECT_FALSE(Misbehave("crash").ok()) << "so the next child has these settings";
    const StatusOr<ReaderReport> report = DescribeReader();
    ASSERT_TRUE(report.ok()) << Message(report.status());
    EXPECT_THAT(report->protections, Contains("seccomp"));
    const bool lacks =
        std::ranges::any_of(report->missing, [](const auto& one) { return one.starts_with("Landlock (Linux"); });
    EXPECT_EQ(lacks, newest == 0);
    EXPECT_TRUE(Decode("quarters.jxl").ok());
  }
}

TEST_F(SandboxedReaderTest, WithoutASandboxChildrenAreOnlyProcesses) {
  ReaderSettings settings = Settings();
  settings.sandbox = false;
  SetReaderSettings(settings);
  EXPECT_FALSE(Misbehave("nonsense").ok()) << "so the next child has these settings";
  EXPECT_EQ(Message(Misbehave("socket")), "nothing stopped it: socket");
  EXPECT_FALSE(Misbehave("crash").ok());
  EXPECT_THAT(DescribeReader()->missing, Contains(HasSubstr("scan.sandbox")));
  SetReaderSettings(Settings());
  EXPECT_FALSE(Misbehave("nonsense").ok()) << "later tests have a sandbox";
}

TEST_F(SandboxedReaderTest, AMissingProgramIsAnError) {
  ReaderSettings settings = Settings();
  settings.program = "/nowhere/calotype-reader";
  SetReaderSettings(settings);
  const Status status = Misbehave("nonsense");
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(Message(Decode("quarters.png").status()), HasSubstr("/nowhere/calotype-reader"));
}

TEST_F(SandboxedReaderTest, AnErrorSaysWhetherThePixelsWereInWork) {
  ReaderSettings settings = Settings();
  settings.decode_s = 1;
  SetReaderSettings(settings);
  const Status in_pixels = Misbehave("loop");
  const Status in_metadata = Misbehave("loop in metadata");
  EXPECT_EQ(Message(in_pixels), "decoder stopped: no answer in PNG after 1 s (limits.decode_s)");
  EXPECT_EQ(Message(in_metadata), Message(in_pixels));
  EXPECT_FALSE(IsStoppedBeforePixels(in_pixels));
  EXPECT_TRUE(IsStoppedBeforePixels(in_metadata));
  EXPECT_TRUE(IsStoppedBeforePixels(Misbehave("crash")));
}

}  // namespace
}  // namespace calotype
