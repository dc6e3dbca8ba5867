// The expected signatures are those of the examples in Amazon's documentation of Signature Version 4 for S3.
#include "storage/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calotype {
namespace {

using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::StartsWith;

const S3Credentials kExample{
    .key_id = "AKIAIOSFODNN7EXAMPLE", .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", .token = {}};
// 24 May 2013, 00:00 UTC
constexpr std::chrono::sys_seconds kExampleTime{std::chrono::seconds(1'369'353'600)};

std::vector<std::string> Sign(std::vector<std::pair<std::string, std::string>> query) {
  return SignatureHeaders({.host = "examplebucket.s3.amazonaws.com", .path = "/", .query = std::move(query)}, kExample,
                          "us-east-1", kExampleTime);
}

TEST(SignatureTest, EqualsThatOfTheDocumentation) {
  EXPECT_THAT(Sign({{"lifecycle", ""}}),
              Contains(EndsWith("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")));
  EXPECT_THAT(Sign({{"prefix", "J"}, {"max-keys", "2"}}),
              Contains(EndsWith("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")));
  EXPECT_THAT(Sign({}), Contains("x-amz-date: 20130524T000000Z"));
  EXPECT_THAT(Sign({}), Contains(StartsWith("Authorization: AWS4-HMAC-SHA256 "
                                            "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                                            "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=")));
}

TEST(SignatureTest, TheTokenOfTemporaryCredentialsIsSigned) {
  S3Credentials temporary = kExample;
  temporary.token = "abc";
  const std::vector<std::string> headers =
      SignatureHeaders({.host = "h", .path = "/", .query = {}}, temporary, "eu", kExampleTime);
  EXPECT_THAT(headers, Contains("x-amz-security-token: abc"));
  EXPECT_THAT(headers, Contains(::testing::HasSubstr(";x-amz-security-token, Signature=")));
}

TEST(SignatureTest, TheQueryIsSortedAndEncoded) {
  EXPECT_EQ(EncodedQuery({.host = "h", .path = "/", .query = {{"prefix", "a b/ä=&"}, {"list-type", "2"}, {"acl", ""}}}),
            "acl=&list-type=2&prefix=a%20b%2F%C3%A4%3D%26");
}

}  // namespace
}  // namespace calotype
