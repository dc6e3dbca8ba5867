#include "server/http/file_response.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace calotype {
namespace {

std::string HeaderOf(const HttpResponse& response, std::string_view name) {
  const auto found = std::ranges::find(response.headers, name, &std::pair<std::string, std::string>::first);
  return found == response.headers.end() ? "" : found->second;
}

HttpResponse Serve(std::vector<std::pair<std::string, std::string>> headers) {
  const HttpRequest request{.id = "1", .headers = std::move(headers)};
  return FileResponse(
      request,
      {.file = UniqueFd(open("/dev/null", O_RDONLY)), .bytes = 100, .content_type = "image/jpeg", .etag = "\"v1\""});
}

TEST(FileResponseTest, RangesFollowTheStandard) {
  EXPECT_EQ(ParseRange("bytes=0-9", 100), (ByteRange{.first = 0, .bytes = 10}));
  EXPECT_EQ(ParseRange("bytes=90-", 100), (ByteRange{.first = 90, .bytes = 10}));
  EXPECT_EQ(ParseRange("bytes=90-500", 100), (ByteRange{.first = 90, .bytes = 10}));
  EXPECT_EQ(ParseRange("bytes=-30", 100), (ByteRange{.first = 70, .bytes = 30}));
  EXPECT_EQ(ParseRange("bytes=-300", 100), (ByteRange{.first = 0, .bytes = 100}));
  EXPECT_EQ(ParseRange("bytes=100-", 100)->bytes, 0U);
  EXPECT_EQ(ParseRange("bytes=-0", 100)->bytes, 0U);
  for (const char* ignored : {"", "bytes=", "bytes=-", "bytes=9-3", "bytes=a-b", "lines=0-1", "bytes=0-1,5-6",
                              "bytes=99999999999999999999-", "bytes=0-1x"}) {
    EXPECT_EQ(ParseRange(ignored, 100), std::nullopt) << ignored;
  }
}

TEST(FileResponseTest, WithoutARangeTheWholeFileIsSent) {
  const HttpResponse response = Serve({});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.file->bytes, 100U);
  EXPECT_EQ(HeaderOf(response, "ETag"), "\"v1\"");
  EXPECT_EQ(HeaderOf(response, "Cache-Control"), "private, max-age=31536000, immutable");
}

TEST(FileResponseTest, APartIsSentWithItsPlace) {
  const HttpResponse response = Serve({{"range", "bytes=10-19"}});
  EXPECT_EQ(response.status, 206);
  EXPECT_EQ(response.file->offset, 10U);
  EXPECT_EQ(HeaderOf(response, "Content-Range"), "bytes 10-19/100");
}

TEST(FileResponseTest, APartOfAnotherVersionIsNotSent) {
  EXPECT_EQ(Serve({{"range", "bytes=10-19"}, {"if-range", "\"v0\""}}).status, 200);
  EXPECT_EQ(Serve({{"range", "bytes=10-19"}, {"if-range", "\"v1\""}}).status, 206);
}

TEST(FileResponseTest, ARangeOutsideIsRefusedWithTheSize) {
  const HttpResponse response = Serve({{"range", "bytes=100-"}});
  EXPECT_EQ(response.status, 416);
  EXPECT_EQ(HeaderOf(response, "Content-Range"), "bytes */100");
}

TEST(FileResponseTest, AClientThatHasTheFileGetsNone) {
  EXPECT_EQ(Serve({{"if-none-match", "\"v1\""}}).status, 304);
  EXPECT_EQ(Serve({{"if-none-match", "\"v0\", W/\"v1\""}}).status, 304);
  EXPECT_EQ(Serve({{"if-none-match", "*"}}).status, 304);
  EXPECT_EQ(Serve({{"if-none-match", "\"v0\""}}).status, 200);
}

}  // namespace
}  // namespace calotype
