#include "models/hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calotype {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const HubFile kFile{.repository = "ada/clip", .revision = "main", .path = "visual/model.onnx"};

TEST(HubTest, MakesUrls) {
  EXPECT_EQ(HubUrl("https://hub.test/", kFile), "https://hub.test/ada/clip/resolve/main/visual/model.onnx");
  EXPECT_EQ(HubUrl("http://hub.test/mirror", {.repository = "a/b", .revision = "refs/pr/1", .path = "a b#?.onnx"}),
            "http://hub.test/mirror/a/b/resolve/refs%2Fpr%2F1/a%20b%23%3F.onnx");
}

TEST(HubTest, ReadsTheFileFactsOfARedirect) {
  const HubFacts facts = ReadHubFacts({.status = 302,
                                       .headers = {{"x-linked-etag", "\"" + kAbc + "\""},
                                                   {"x-linked-size", "1000"},
                                                   {"etag", "\"of the page\""},
                                                   {"content-length", "17"},
                                                   {"x-repo-commit", "c0ffee"}}});
  EXPECT_EQ(facts.etag, kAbc);
  EXPECT_EQ(facts.sha256->Hex(), kAbc);
  EXPECT_EQ(facts.bytes, 1000);
  EXPECT_EQ(facts.commit, "c0ffee");
}

TEST(HubTest, ReadsTheFileFactsOfADirectResponse) {
  const HubFacts facts = ReadHubFacts({.status = 200, .headers = {{"etag", "W/\"abc\""}, {"content-length", "17"}}});
  EXPECT_EQ(facts.etag, "abc");
  EXPECT_FALSE(facts.sha256.has_value());  // a hash of another kind
  EXPECT_EQ(facts.bytes, 17);
  const HubFacts relative = ReadHubFacts({.status = 307, .headers = {{"etag", "\"page\""}, {"content-length", "17"}}});
  EXPECT_EQ(relative.etag, "");
  EXPECT_FALSE(relative.bytes.has_value());
}

TEST(HubTest, ReadsContentRanges) {
  struct Case {
    const char* text;
    std::optional<int64_t> first;
    std::optional<int64_t> total;
  };
  const Case cases[] = {{"bytes 400-999/1000", 400, 1000},
                        {"bytes 400-999/*", 400, std::nullopt},
                        {"bytes */1000", 1000, 1000},
                        {"bytes */*", std::nullopt, {}},
                        {"", std::nullopt, {}},
                        {"bytes x-9/10", std::nullopt, {}},
                        {"items 0-1/2", std::nullopt, {}},
                        {"bytes 4/10", std::nullopt, {}}};
  for (const Case& one : cases) {
    const std::optional<ContentRange> range = ParseContentRange(one.text);
    ASSERT_EQ(range.has_value(), one.first.has_value()) << one.text;
    if (range) {
      EXPECT_EQ(range->first, one.first) << one.text;
      EXPECT_EQ(range->total, one.total) << one.text;
    }
  }
}

TEST(HubTest, RequestsTheRestOfTheSameFile) {
  EXPECT_THAT(RangeHeaders(0, "\"a\""), IsEmpty());
  EXPECT_THAT(RangeHeaders(5, "\"a\""), ElementsAre("Range: bytes=5-", "If-Range: \"a\""));
  EXPECT_THAT(RangeHeaders(5, "W/\"a\""), ElementsAre("Range: bytes=5-"));
  EXPECT_THAT(RangeHeaders(5, ""), ElementsAre("Range: bytes=5-"));
}

TEST(HubTest, ErrorsSayWhatToDo) {
  struct Case {
    int status;
    absl::StatusCode code;
    const char* says;
  };
  const Case cases[] = {{401, absl::StatusCode::kPermissionDenied, "set HF_TOKEN to an access token"},
                        {403, absl::StatusCode::kPermissionDenied, "https://hub.test/ada/clip"},
                        {404, absl::StatusCode::kNotFound, "ada/clip@main/visual/model.onnx"},
                        {400, absl::StatusCode::kInternal, "answers 400: Gone fishing"},
                        {408, absl::StatusCode::kUnavailable, "408"},
                        {429, absl::StatusCode::kUnavailable, "429"},
                        {503, absl::StatusCode::kUnavailable, "503"}};
  for (const Case& one : cases) {
    const Status error = HubError({.status = one.status, .headers = {{"x-error-message", "Gone fishing"}}}, kFile,
                                  "https://hub.test", false);
    EXPECT_EQ(error.code(), one.code) << one.status;
    EXPECT_THAT(Message(error), HasSubstr(one.says));
  }
  EXPECT_THAT(Message(HubError({.status = 401}, kFile, "https://hub.test", true)), HasSubstr("is not valid"));
}

TEST(HubTest, WaitsLongerEachTime) {
  using std::chrono::milliseconds;
  const milliseconds first(1000);
  EXPECT_EQ(RetryDelay(2, first, ""), milliseconds(1000));
  EXPECT_EQ(RetryDelay(3, first, ""), milliseconds(2000));
  EXPECT_EQ(RetryDelay(5, first, ""), milliseconds(8000));
  EXPECT_EQ(RetryDelay(100, first, ""), milliseconds(30'000));
  EXPECT_EQ(RetryDelay(2, first, "7"), milliseconds(7000));
  EXPECT_EQ(RetryDelay(2, first, "86400"), milliseconds(60'000));
  EXPECT_EQ(RetryDelay(2, first, "Wed, 21 Oct 2026 07:28:00 GMT"), milliseconds(1000));
  EXPECT_EQ(RetryDelay(9, milliseconds(0), ""), milliseconds(0));
}

TEST(HubTest, ListsThePlacesOfLocalFiles) {
  const auto places = LocalPlaces("/f", kFile, ParseSha256(kAbc).value());
  EXPECT_EQ(places[0], "/f/ada/clip/visual/model.onnx");
  EXPECT_THAT(places, Contains("/f/models--ada--clip/snapshots/main/visual/model.onnx"));
  EXPECT_THAT(places, Contains("/f/" + kAbc));
  EXPECT_EQ(LocalPlaces("/f", kFile, std::nullopt).size(), 2U);
}

TEST(HttpTest, ResolvesRedirects) {
  EXPECT_EQ(*ResolveUrl("https://hub.test/a/b", "/c?d=e"), "https://hub.test/c?d=e");
  EXPECT_EQ(*ResolveUrl("https://hub.test/a/b", "http://cdn.test/x"), "http://cdn.test/x");
  for (const char* const location : {"file:///etc/passwd", "ftp://a/b", "gopher://a"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ResolveUrl("https://hub.test/", location).status())) << location;
  }
}

TEST(HttpTest, DistinguishesHosts) {
  EXPECT_EQ(OriginOf("https://Hub.test/a"), OriginOf("https://hub.test:443/b"));
  EXPECT_NE(OriginOf("https://hub.test"), OriginOf("http://hub.test"));
  EXPECT_NE(OriginOf("https://hub.test"), OriginOf("https://hub.test:8443"));
  EXPECT_NE(OriginOf("https://hub.test"), OriginOf("https://hub.test.evil.test"));
  EXPECT_EQ(OriginOf("https://hub.test@evil.test/"), "https://evil.test:443");
}

}  // namespace
}  // namespace calotype
