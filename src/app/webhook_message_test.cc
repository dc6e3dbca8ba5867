#include "app/webhook_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace calotype {
namespace {

// The example of the specification's reference libraries.
TEST(WebhookMessageTest, TheSignatureIsThatOfTheSpecification) {
  const StatusOr<std::string> signature = SignMessage(
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})");
  EXPECT_EQ(signature.value_or(""), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookMessageTest, SecretsAreNewAndCanSign) {
  const std::string secret = NewWebhookSecret();
  EXPECT_TRUE(secret.starts_with("whsec_"));
  EXPECT_EQ(secret.size(), 6U + 44U) << "32 bytes";
  EXPECT_NE(secret, NewWebhookSecret());
  EXPECT_TRUE(SignMessage(secret, "msg_1", 1, "{}").ok());
  for (const std::string_view wrong : {"", "whsec_", "whsec_!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(SignMessage(wrong, "msg_1", 1, "{}").status())) << wrong;
  }
}

TEST(WebhookMessageTest, TheIdIsThatOfTheBody) {
  EXPECT_EQ(MessageId(1, "a"), MessageId(1, "a"));
  EXPECT_NE(MessageId(1, "a"), MessageId(1, "b"));
  EXPECT_NE(MessageId(1, "a"), MessageId(2, "a"));
}

TEST(WebhookMessageTest, TheBodyHasTheChanges) {
  const ChangePage page{.changes = {{.number = 7, .photo = 3, .path = "/a\xff.jpg"},
                                    {.number = 9, .photo = 4, .presence = PhotoPresence::kDeleted}},
                        .next = "abc_9",
                        .more = true};
  const auto json = nlohmann::json::parse(ChangesMessage(page, "abc_6"));
  EXPECT_EQ(json["type"], "photos.changed");
  const auto& data = json["data"];
  EXPECT_EQ(data["since"], "abc_6");
  EXPECT_EQ(data["next"], "abc_9");
  EXPECT_EQ(data["more"], true);
  EXPECT_EQ(data["changes"][0]["photo"], 3);
  EXPECT_EQ(data["changes"][0]["state"], "present");
  EXPECT_EQ(data["changes"][0]["path"], "/a\uFFFD.jpg");
  EXPECT_EQ(data["changes"][1]["state"], "deleted");
  EXPECT_TRUE(data["changes"][1]["path"].is_null());
  EXPECT_TRUE(data["changes"][1]["sha256"].is_null());
  EXPECT_TRUE(nlohmann::json::parse(ChangesMessage(page, ""))["data"]["since"].is_null());
}

}  // namespace
}  // namespace calotype
