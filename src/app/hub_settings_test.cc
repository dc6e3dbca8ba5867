#include "app/hub_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace calotype {
namespace {

using ::testing::HasSubstr;

StatusOr<HubSettings> Read(const std::map<std::string, std::string>& environment, const Settings& settings = {},
                           const std::string& folder = "") {
  return ReadHubSettings(settings, folder, [&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

TEST(HubSettingsTest, TheSettingOverridesTheEnvironment) {
  EXPECT_EQ(Read({})->endpoint, kHubEndpoint);
  EXPECT_EQ(Read({{"HF_ENDPOINT", "http://mirror.test//"}})->endpoint, "http://mirror.test");
  Settings settings;
  settings.hub = "https://own.test/hub";
  EXPECT_EQ(Read({{"HF_ENDPOINT", "http://mirror.test"}}, settings)->endpoint, "https://own.test/hub");
}

TEST(HubSettingsTest, ATokenIsTrimmedAndMustBeOneWord) {
  EXPECT_EQ(Read({{"HF_TOKEN", "hf_abc\n"}})->token, "hf_abc");
  EXPECT_THAT(Message(Read({{"HF_TOKEN", "a\r\nHost: b"}}).status()), HasSubstr("HF_TOKEN"));
}

TEST(HubSettingsTest, ErrorsNameTheSetting) {
  EXPECT_THAT(Message(Read({{"HF_ENDPOINT", "ftp://a"}}).status()), HasSubstr("'ftp://a' (models.hub, HF_ENDPOINT)"));
  EXPECT_THAT(Message(Read({}, {}, "/no/such/folder").status()), HasSubstr("--from /no/such/folder is not a folder"));
}

}  // namespace
}  // namespace calotype
