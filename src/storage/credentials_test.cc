#include "storage/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "base/temporary_folder.h"
#include "models/fake_http_client.h"

namespace calotype {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class CredentialFinderTest : public ::testing::Test {
 protected:
  StatusOr<S3Credentials> Find() { return finder_.Get({}); }
  void Answer(const std::string& body, int status = 200) {
    http_.answers.push_back({.response = {.status = status, .headers = {}}, .body = body});
  }

  const StatusOr<TemporaryFolder> home_ = TemporaryFolder::Create();
  std::map<std::string, std::string> variables_ = {{"HOME", home_->path().string()}};
  FakeHttpClient http_;
  CredentialFinder finder_{http_, [this](const char* name) {
                             const auto found = variables_.find(name);
                             return found == variables_.end() ? nullptr : found->second.c_str();
                           }};
};

TEST_F(CredentialFinderTest, VariablesComeFirst) {
  variables_.insert({{"AWS_ACCESS_KEY_ID", "id"}, {"AWS_SECRET_ACCESS_KEY", "secret"}, {"AWS_SESSION_TOKEN", "token"}});
  const StatusOr<S3Credentials> found = Find();
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->key_id, "id");
  EXPECT_EQ(found->secret, "secret");
  EXPECT_EQ(found->token, "token");
}

TEST_F(CredentialFinderTest, ThenTheProfileOfTheFile) {
  std::filesystem::create_directories(home_->path() / ".aws");
  std::ofstream(home_->path() / ".aws/credentials") << "# keys\n[default]\naws_access_key_id = one\n"
                                                       "aws_secret_access_key=s1\n\n[ work ]\nAWS_ACCESS_KEY_ID=two\n"
                                                       "aws_secret_access_key = s2\naws_session_token = t\n";
  EXPECT_EQ(Find()->key_id, "one");
  variables_["AWS_PROFILE"] = "work";
  EXPECT_EQ(Find()->key_id, "two");
  EXPECT_EQ(Find()->token, "t");
  variables_["AWS_PROFILE"] = "other";
  variables_["AWS_EC2_METADATA_DISABLED"] = "true";
  EXPECT_THAT(Message(Find().status()), HasSubstr("no key for the profile 'other'"));
}

TEST_F(CredentialFinderTest, TheRoleOfAContainer) {
  variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1:1/role";
  variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "let me in";
  Answer(R"({"AccessKeyId": "id", "SecretAccessKey": "s", "Token": "t", "Expiration": "2999-01-01T00:00:00Z"})");
  EXPECT_EQ(Find()->token, "t");
  EXPECT_EQ(Find()->key_id, "id") << "asked for once";
  ASSERT_EQ(http_.asked.size(), 1U);
  EXPECT_THAT(http_.asked[0].headers, Contains("Authorization: let me in"));
}

TEST_F(CredentialFinderTest, TheRoleOfAnInstanceIsAskedForAgainBeforeItExpires) {
  variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:1/";
  for (const char* const id : {"old", "new"}) {
    Answer("session");
    Answer("photos-role\n");
    Answer(std::string(R"({"AccessKeyId": ")") + id +
           R"(", "SecretAccessKey": "s", "Token": "t", "Expiration": "2001-01-01T00:00:00Z"})");
  }
  EXPECT_EQ(Find()->key_id, "old");
  EXPECT_EQ(Find()->key_id, "new");
  EXPECT_EQ(http_.asked[0].method, "PUT");
  EXPECT_EQ(http_.asked[2].url, "http://127.0.0.1:1/latest/meta-data/iam/security-credentials/photos-role");
  EXPECT_THAT(http_.asked[2].headers, Contains("X-aws-ec2-metadata-token: session"));
}

TEST_F(CredentialFinderTest, WithoutAnyTheErrorSaysWhereTheyWereLookedFor) {
  Answer("", 404);
  const Status status = Find().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(Message(status), HasSubstr("AWS_ACCESS_KEY_ID"));
  EXPECT_THAT(Message(status), HasSubstr(".aws/credentials"));
  EXPECT_THAT(Message(status), HasSubstr("/latest/api/token answered 404"));
}

}  // namespace
}  // namespace calotype
