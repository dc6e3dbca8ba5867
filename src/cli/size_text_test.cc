#include "cli/size_text.h"

#include <gmock/gmock.h>

namespace calotype {
namespace {

TEST(SizeText, AsPeopleWriteIt) {
  struct Case {
    std::string_view text;
    int64_t megabytes;
  };
  for (const Case& wanted : {Case{"1G", 1000}, Case{"800M", 800}, Case{"1.5g", 1500}, Case{"512MB", 512},
                             Case{"2gb", 2000}, Case{"1M", 1}}) {
    const StatusOr<int64_t> size = ParseMegabytes("--memory", wanted.text);
    ASSERT_TRUE(size.ok()) << wanted.text;
    EXPECT_EQ(*size, wanted.megabytes) << wanted.text;
  }
}

TEST(SizeText, WhatIsNoSizeIsNamed) {
  for (const std::string_view text :
       {"", "G", "1", "-1G", "0M", "1T", "1 G", "nanG", "infG", "1GBs", "9999999999999G"}) {
    const Status status = ParseMegabytes("--memory", text).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
    EXPECT_THAT(Message(status), testing::HasSubstr(std::string("--memory is '") + std::string(text) + "'"));
  }
}

}  // namespace
}  // namespace calotype
