#include "server/http/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::Pair;

HttpRequest Parsed(std::string target) {
  HttpRequest request{.target = std::move(target)};
  EXPECT_TRUE(ParseTarget(request)) << request.target;
  return request;
}

TEST(HttpTest, TheTargetIsSplitIntoPathAndQuery) {
  const HttpRequest request = Parsed("/api/v1/search?q=a%20dog+on%2Ba&limit=5&empty&also=");
  EXPECT_EQ(request.path, "/api/v1/search");
  EXPECT_THAT(request.query,
              ElementsAre(Pair("q", "a dog on+a"), Pair("limit", "5"), Pair("empty", ""), Pair("also", "")));
  EXPECT_EQ(Parsed("/a+b").path, "/a+b") << "a plus is a space in a query only";
  EXPECT_EQ(Parsed("/caf%C3%A9").path, "/café");
}

TEST(HttpTest, TargetsThatCouldLeaveAFolderAreMalformed) {
  for (const char* target : {"/../etc/passwd", "/a/%2e%2e/b", "/a/..", "/./a", "/%2E", "relative", "", "/a%00b",
                             "/a%0d%0ab", "/%zz", "/%4", "/?a=%", "/?%zz=1", "/?a=%00"}) {
    HttpRequest request{.target = target};
    EXPECT_FALSE(ParseTarget(request)) << target;
  }
}

TEST(HttpTest, HeadersAreFoundByTheirLowerCaseNames) {
  const HttpRequest request{.headers = {{"host", "a"}, {"x", "1"}, {"x", "2"}}};
  EXPECT_EQ(request.Header("x"), "1");
  EXPECT_EQ(request.Header("y"), "");
  EXPECT_EQ(request.CountHeader("x"), 2U);
}

}  // namespace
}  // namespace calotype
