#include "photo/photo_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/temporary_folder.h"
#include "photo/test_data.h"

namespace calotype {
namespace {

using ::testing::HasSubstr;

constexpr const char* kSidecar =
    R"(<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">)"
    R"(<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="%"/></rdf:RDF></x:xmpmeta>)";

class PhotoReaderTest : public ::testing::Test {
 protected:
  static UniqueFd Open(const std::filesystem::path& path) {
    StatusOr<UniqueFd> file = OpenForReading(path);
    EXPECT_TRUE(file.ok()) << Message(file.status());
    return file.ok() ? *std::move(file) : UniqueFd();
  }

  UniqueFd Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_->path() / name) << text;
    return Open(folder_->path() / name);
  }

  UniqueFd WriteSidecar(const std::string& name, char rating) const {
    std::string text = kSidecar;
    text[text.find('%')] = rating;
    return Write(name, text);
  }

  const StatusOr<TemporaryFolder> folder_ = TemporaryFolder::Create();
  const std::unique_ptr<PhotoReader> reader_ = CreateInProcessReader();
  const UniqueFd photo_ = Open(TestDataPath("photo.jpg"));
};

TEST_F(PhotoReaderTest, DetectsTheFormatByContent) {
  EXPECT_EQ(reader_->DetectFormat(photo_.get()), PhotoFormat::kJpeg);
  EXPECT_EQ(reader_->DetectFormat(Open(TestDataPath("quarters.heic")).get()), PhotoFormat::kHeic);
  EXPECT_EQ(reader_->DetectFormat(Write("text.jpg", "not a photo").get()), PhotoFormat::kUnknown);
  EXPECT_EQ(reader_->DetectFormat(Write("empty.jpg", "").get()), PhotoFormat::kUnknown);
  EXPECT_EQ(reader_->DetectFormat(-1), PhotoFormat::kUnknown);
}

TEST_F(PhotoReaderTest, DecodesWhateverTheOffsetOfTheDescriptor) {
  ASSERT_EQ(lseek(photo_.get(), 100, SEEK_SET), 100);
  const StatusOr<DecodeAnswer> answer = reader_->Decode({.photo = photo_.get()});
  ASSERT_TRUE(answer.ok()) << Message(answer.status());
  EXPECT_EQ(answer->photo->format, PhotoFormat::kJpeg);
  EXPECT_GT(answer->photo->full_width, 0);
  EXPECT_EQ(answer->needed_memory, 0);
  EXPECT_EQ(lseek(photo_.get(), 0, SEEK_CUR), 100);
}

TEST_F(PhotoReaderTest, DoesNotDecodeWhatNeedsMoreMemoryThanAllowed) {
  const StatusOr<DecodeAnswer> refused = reader_->Decode({.photo = photo_.get(), .max_memory = 1});
  ASSERT_TRUE(refused.ok()) << Message(refused.status());
  EXPECT_FALSE(refused->photo.has_value());
  EXPECT_GT(refused->needed_memory, 1);
  const StatusOr<DecodeAnswer> decoded = reader_->Decode({.photo = photo_.get(), .max_memory = refused->needed_memory});
  ASSERT_TRUE(decoded.ok()) << Message(decoded.status());
  EXPECT_TRUE(decoded->photo.has_value());
}

TEST_F(PhotoReaderTest, TheFirstSidecarCountsAndABrokenOneIsReported) {
  const UniqueFd broken = Write("broken.xmp", "not XMP");
  const UniqueFd first = WriteSidecar("first.xmp", '4');
  const UniqueFd second = WriteSidecar("second.xmp", '2');
  const PhotoRequest request{.photo = photo_.get(), .sidecars = {broken.get(), first.get(), second.get()}};
  const StatusOr<FactsAnswer> facts = reader_->ReadFacts(request);
  ASSERT_TRUE(facts.ok()) << Message(facts.status());
  EXPECT_EQ(facts->facts.rating, 4);
  ASSERT_EQ(facts->problems.size(), 1U);
  EXPECT_EQ(facts->problems[0].sidecar, 0U);
  EXPECT_THAT(facts->problems[0].reason, HasSubstr("XMP"));
  const StatusOr<DecodeAnswer> decoded = reader_->Decode(request);
  ASSERT_TRUE(decoded.ok()) << Message(decoded.status());
  EXPECT_EQ(decoded->photo->facts.rating, 4);
  EXPECT_EQ(decoded->problems.size(), 1U);
}

TEST_F(PhotoReaderTest, ErrorsNameTheirCause) {
  const UniqueFd text = Write("text.jpg", "not a photo");
  EXPECT_TRUE(absl::IsInvalidArgument(reader_->Decode({.photo = text.get()}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(reader_->ReadFacts({.photo = text.get()}).status()));
  const Status large = reader_->Decode({.photo = photo_.get(), .limits = {.max_file_bytes = 10}}).status();
  EXPECT_TRUE(absl::IsResourceExhausted(large));
  EXPECT_THAT(Message(large), HasSubstr("limits.file_bytes"));
}

}  // namespace
}  // namespace calotype
