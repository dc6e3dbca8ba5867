#include "storage/photo_storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "base/temporary_folder.h"

namespace calotype {
namespace {

using Variables = std::map<std::string, std::string>;

StatusOr<S3Settings> Complete(const S3Settings& settings, const Variables& variables) {
  return CompleteS3Settings(settings, [&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST(S3SettingsTest, TheEnvironmentCompletesThem) {
  EXPECT_EQ(Complete({}, {})->endpoint, "https://s3.us-east-1.amazonaws.com");
  EXPECT_EQ(Complete({}, {{"AWS_DEFAULT_REGION", "eu-central-1"}})->endpoint, "https://s3.eu-central-1.amazonaws.com");
  const Variables both = {{"AWS_ENDPOINT_URL", "http://one:9000"}, {"AWS_ENDPOINT_URL_S3", "http://two:9000/"}};
  EXPECT_EQ(Complete({}, both)->endpoint, "http://two:9000");
  EXPECT_EQ(Complete({.endpoint = "https://own", .region = "r"}, both)->endpoint, "https://own");
}

TEST(S3SettingsTest, WhatIsNoEndpointIsRefused) {
  for (const char* const endpoint : {"localhost:9000", "ftp://host", "http://host/path", "http://host?a", "http://"}) {
    const Status status = Complete({.endpoint = endpoint, .region = {}}, {}).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << endpoint;
    EXPECT_THAT(Message(status), ::testing::HasSubstr("storage.endpoint")) << endpoint;
  }
}

TEST(PhotoStorageTest, AFileIsOpenedAsItIs) {
  const StatusOr<TemporaryFolder> folder = TemporaryFolder::Create();
  const std::string path = folder->path() / "a.jpg";
  std::ofstream(path) << "12345";
  const StatusOr<StoredPhoto> photo = OpenStoredPhoto(path);
  ASSERT_TRUE(photo.ok());
  EXPECT_EQ(photo->stamp, *StampOfStoredPhoto(path));
  EXPECT_EQ(photo->stamp.size, 5);
  EXPECT_FALSE(photo->is_copy);
  EXPECT_TRUE(*StoredFolderExists(folder->path()));
  EXPECT_FALSE(*StoredFolderExists(folder->path() / "not"));
  EXPECT_TRUE(absl::IsNotFound(OpenStoredPhoto(path + "x").status()));
}

TEST(StoredFilesTest, AreWrittenReadFromTheMiddleAndRemoved) {
  const StatusOr<TemporaryFolder> folder = TemporaryFolder::Create();
  const std::string text = "a file of Calotype's own";
  std::ofstream(folder->path() / "from") << text;
  const UniqueFd from = *OpenForReading(folder->path() / "from");
  const std::string path = (folder->path() / "new/folder/file").string();
  ASSERT_TRUE(StoredFiles::Write(path, from, static_cast<int64_t>(text.size()), "", {}).ok());
  std::string read;
  const auto sink = [&read](std::span<const uint8_t> bytes) {
    read.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return absl::OkStatus();
  };
  ASSERT_TRUE(StoredFiles::Read(path, 7, sink, {}).ok());
  EXPECT_EQ(read, text.substr(7));
  EXPECT_EQ(StoredFiles::Read(path, 0, [](std::span<const uint8_t>) { return absl::InternalError("full"); }, {}).code(),
            absl::StatusCode::kInternal);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(absl::IsCancelled(StoredFiles::Write(path + "2", from, 0, "", stop.get_token())));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder->path() / "new/folder"), {}), 1)
      << "no part is left";
  EXPECT_TRUE(StoredFiles::Remove(path, {}).ok());
  EXPECT_TRUE(StoredFiles::Remove(path, {}).ok());
  EXPECT_TRUE(absl::IsNotFound(StoredFiles::Read(path, 0, sink, {})));
}

}  // namespace
}  // namespace calotype
