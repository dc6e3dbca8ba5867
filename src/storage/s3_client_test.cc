#include "storage/s3_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/fake_http_client.h"

namespace calotype {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kList = R"(<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>photos</Name><EncodingType>url</EncodingType>
<IsTruncated>true</IsTruncated><NextContinuationToken>more/1=</NextContinuationToken>
<Contents><Key>a+b%26%C3%A4.jpg</Key><LastModified>2024-05-06T07:08:09.123Z</LastModified><ETag>&quot;e1&quot;</ETag><Size>12</Size></Contents>
<Contents><Key>c.jpg</Key><LastModified>2024-05-06T07:08:09Z</LastModified><ETag>"e2"</ETag><Size>0</Size></Contents>
</ListBucketResult>)";
constexpr int64_t kListedTime = 1'714'979'289;  // seconds since 1970

const ObjectPath kObject{.bucket = "photos", .key = "2024/a.jpg"};

class S3ClientTest : public ::testing::Test {
 protected:
  FakeHttpClient::Answer& Answer(int status, const std::string& body = "") {
    return http_.answers.emplace_back(
        FakeHttpClient::Answer{.response = {.status = status,
                                            .headers = {{"etag", "\"e\""},
                                                        {"content-length", std::to_string(body.size())},
                                                        {"last-modified", "Mon, 06 May 2024 07:08:09 GMT"}}},
                               .body = body});
  }
  StatusOr<FileStamp> Read() {
    return client_.Read(kObject, start_,
                        [this](std::span<const uint8_t> bytes) {
                          text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                          return sink_;
                        },
                        {});
  }

  FakeHttpClient http_;
  CredentialFinder credentials_{http_, [](const char* name) {
                                  return std::string_view(name) == "AWS_ACCESS_KEY_ID" ||
                                                 std::string_view(name) == "AWS_SECRET_ACCESS_KEY"
                                             ? "key"
                                             : nullptr;
                                }};
  S3Client client_{{.endpoint = "http://localhost:9000",
                    .region = "eu-west-1",
                    .tries = 3,
                    .retry_delay = std::chrono::milliseconds(0)},
                   http_,
                   credentials_};
  std::string text_;
  int64_t start_ = 0;
  Status sink_;
};

TEST(ObjectListTest, KeysAreDecodedAndStampsComplete) {
  const StatusOr<ObjectList> list = ParseObjectList(kList);
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->next, "more/1=");
  ASSERT_EQ(list->objects.size(), 2U);
  EXPECT_EQ(list->objects[0].key, "a b&ä.jpg");
  EXPECT_EQ(list->objects[0].stamp, ObjectStamp(12, kListedTime, "e1"));
  EXPECT_NE(list->objects[0].stamp.inode, list->objects[1].stamp.inode) << "another ETag";
}

// A gateway to a folder has no ETag for files that were not written through it.
TEST(ObjectListTest, AnObjectMayHaveNoETag) {
  const StatusOr<ObjectList> list = ParseObjectList(
      "<ListBucketResult><Contents><Key>a</Key><LastModified>2024-05-06T07:08:09Z</LastModified><ETag></ETag>"
      "<Size>12</Size></Contents></ListBucketResult>");
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->objects.size(), 1U);
  EXPECT_EQ(list->objects[0].stamp, ObjectStamp(12, kListedTime, ""));
  EXPECT_NE(list->objects[0].stamp.inode, ObjectStamp(12, kListedTime, "e1").inode) << "written through it later";
}

TEST(ObjectListTest, WhatIsNoListIsAnError) {
  for (const char* const text :
       {"", "<html>", "{}", "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"}) {
    EXPECT_TRUE(absl::IsUnavailable(ParseObjectList(text).status())) << text;
  }
}

TEST_F(S3ClientTest, ListsAFolder) {
  Answer(200, std::string(kList));
  ASSERT_TRUE(client_.List({.bucket = "photos", .key = "20 24"}, "more/1=", {}).ok());
  EXPECT_EQ(
      http_.asked[0].url,
      "http://localhost:9000/photos?continuation-token=more%2F1%3D&encoding-type=url&list-type=2&prefix=20%2024%2F");
  EXPECT_THAT(http_.asked[0].headers, Contains(HasSubstr("/eu-west-1/s3/aws4_request")));
}

// The stamp of a list and that of the object are equal, so that nothing is read again.
TEST_F(S3ClientTest, AnObjectHasTheStampOfTheList) {
  Answer(200, "123456789012");
  const StatusOr<FileStamp> stamp = client_.Stamp(kObject, {});
  ASSERT_TRUE(stamp.ok());
  EXPECT_EQ(*stamp, ObjectStamp(12, kListedTime, "e"));
  EXPECT_TRUE(http_.asked[0].head);
  EXPECT_EQ(http_.asked[0].url, "http://localhost:9000/photos/2024/a.jpg");
}

TEST_F(S3ClientTest, ABrokenConnectionIsContinued) {
  Answer(200, "12345").end = absl::UnavailableError("reset by peer");
  Answer(503, "<Error><Code>SlowDown</Code><Message>slow down</Message></Error>");
  Answer(206, "678");
  const StatusOr<FileStamp> stamp = Read();
  ASSERT_TRUE(stamp.ok()) << stamp.status();
  EXPECT_EQ(text_, "12345678");
  EXPECT_EQ(stamp->size, 8);
  EXPECT_THAT(http_.asked[2].headers, Contains("Range: bytes=5-"));
  EXPECT_THAT(http_.asked[2].headers, Contains("If-Match: \"e\""));
}

TEST_F(S3ClientTest, AnObjectThatIsReplacedMeanwhileIsNotMixed) {
  for (const int status : {412, 200}) {
    text_.clear();
    Answer(200, "12345").end = absl::UnavailableError("reset by peer");
    Answer(status, "67890");
    EXPECT_TRUE(absl::IsAborted(Read().status())) << status;
    EXPECT_EQ(text_, "12345");
  }
}

TEST_F(S3ClientTest, AnObjectWithoutAnETagIsContinuedWhileItsTimeIsTheSame) {
  for (const bool changed : {false, true}) {
    text_.clear();
    FakeHttpClient::Answer& first = Answer(200, "12345");
    first.response.headers.erase("etag");
    first.end = absl::UnavailableError("reset by peer");
    FakeHttpClient::Answer& second = Answer(206, "678");
    second.response.headers.erase("etag");
    if (changed) {
      second.response.headers["last-modified"] = "Mon, 06 May 2024 07:08:10 GMT";
    }
    const StatusOr<FileStamp> stamp = Read();
    EXPECT_EQ(text_, changed ? "12345" : "12345678");
    EXPECT_EQ(stamp.status().code(), changed ? absl::StatusCode::kAborted : absl::StatusCode::kOk);
    EXPECT_TRUE(changed || *stamp == ObjectStamp(8, kListedTime, ""));
    EXPECT_THAT(http_.asked.back().headers, Not(Contains(StartsWith("If-Match"))));
  }
}

TEST_F(S3ClientTest, ReadsTheRestOfAnObject) {
  start_ = 5;
  Answer(206, "67").end = absl::UnavailableError("reset by peer");
  Answer(206, "8");
  const StatusOr<FileStamp> stamp = Read();
  ASSERT_TRUE(stamp.ok()) << stamp.status();
  EXPECT_EQ(text_, "678");
  EXPECT_EQ(stamp->size, 8);
  EXPECT_THAT(http_.asked[0].headers, Contains("Range: bytes=5-"));
  EXPECT_THAT(http_.asked[0].headers, Not(Contains(StartsWith("If-Match"))));
  EXPECT_THAT(http_.asked[1].headers, Contains("Range: bytes=7-"));
  Answer(200, "12345678");
  EXPECT_TRUE(absl::IsAborted(Read().status())) << "a server that ignores the range";
}

TEST_F(S3ClientTest, WritesAFileAndTriesAgain) {
  const std::string hash(64, 'a');
  Answer(503);
  Answer(200);
  ASSERT_TRUE(client_.Write(kObject, {.descriptor = 3, .bytes = 12}, hash, {}).ok());
  ASSERT_EQ(http_.asked.size(), 2U);
  for (const HttpClientRequest& asked : http_.asked) {
    ASSERT_TRUE(asked.file.has_value());
    EXPECT_EQ(asked.file->bytes, 12);
    EXPECT_THAT(asked.headers, Contains("x-amz-content-sha256: " + hash));
    EXPECT_THAT(asked.headers, Contains("Expect:"));
  }
  Answer(403);
  EXPECT_TRUE(absl::IsPermissionDenied(client_.Write(kObject, {.descriptor = 3, .bytes = 12}, hash, {})));
}

TEST_F(S3ClientTest, RemovesAnObjectThatMayBeGone) {
  Answer(204);
  Answer(404);
  Answer(403);
  EXPECT_TRUE(client_.Remove(kObject, {}).ok());
  EXPECT_TRUE(client_.Remove(kObject, {}).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(client_.Remove(kObject, {})));
  EXPECT_EQ(http_.asked[0].method, "DELETE");
}

TEST_F(S3ClientTest, GivesUpAfterTriesWithoutProgress) {
  for (int i = 0; i < 3; ++i) {
    Answer(500);
  }
  const Status status = Read().status();
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(Message(status), HasSubstr("gave up after 3 tries (storage.tries)"));
}

TEST_F(S3ClientTest, AnErrorOfTheSinkEndsTheCall) {
  Answer(200, "12345");
  sink_ = absl::ResourceExhaustedError("the disk is full");
  EXPECT_EQ(Read().status(), sink_);
  EXPECT_EQ(http_.asked.size(), 1U);
}

TEST_F(S3ClientTest, RefusalsSayWhatToDo) {
  Answer(403, "<Error><Code>SignatureDoesNotMatch</Code><Message>check your key</Message></Error>");
  const Status refused = Read().status();
  EXPECT_TRUE(absl::IsPermissionDenied(refused));
  EXPECT_THAT(Message(refused), StartsWith("http://localhost:9000 refused access"));
  EXPECT_THAT(Message(refused), HasSubstr("SignatureDoesNotMatch: check your key"));

  Answer(404, "<Error><Code>NoSuchKey</Code></Error>");
  EXPECT_THAT(Message(Read().status()), HasSubstr("there is no such object"));
  Answer(404, "<Error><Code>NoSuchBucket</Code></Error>");
  EXPECT_THAT(Message(client_.List({.bucket = "photos", .key = {}}, "", {}).status()), HasSubstr("no such bucket"));

  Answer(301).response.headers["x-amz-bucket-region"] = "us-west-2";
  const Status elsewhere = Read().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(elsewhere));
  EXPECT_THAT(Message(elsewhere), HasSubstr("set storage.region to us-west-2"));
}

}  // namespace
}  // namespace calotype
