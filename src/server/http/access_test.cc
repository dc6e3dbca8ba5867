#include "server/http/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/test_data.h"

namespace calotype {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

class AccessTest : public testing::Test {
 protected:
  AccessTest() : tokens_(folder_.path() / "tokens.json") {}

  static HttpRequest RequestWith(Headers headers, std::string method = "GET") {
    if (std::ranges::find(headers, "host", &std::pair<std::string, std::string>::first) == headers.end()) {
      headers.emplace_back("host", "localhost:4280");
    }
    return {.method = std::move(method),
            .path = "/",
            .headers = std::move(headers),
            .client = "127.0.0.1",
            .from_loopback = true};
  }
  static int StatusOf(Access& access, HttpRequest request) {
    const std::optional<Refusal> refusal = access.Check(request);
    return refusal.has_value() ? refusal->status : 200;
  }
  static Scope ScopeOf(Access& access, HttpRequest request) {
    EXPECT_FALSE(access.Check(request).has_value());
    return request.scope;
  }

  TempFolder folder_;
  TokenStore tokens_;
};

TEST_F(AccessTest, OnlyItsOwnNamesAreAnswered) {
  Access access({.tokens_required = false, .hosts = {"photos.example"}}, tokens_);
  for (const char* host : {"localhost", "localhost:4280", "127.0.0.1:4280", "[::1]:4280", "192.168.1.5",
                           "photos.example", "PHOTOS.example:80"}) {
    EXPECT_EQ(StatusOf(access, RequestWith({{"host", host}})), 200) << host;
  }
  for (const char* host :
       {"evil.example", "localhost.evil.example", "photos.example.evil", "", "127.0.0.1.evil.example"}) {
    EXPECT_EQ(StatusOf(access, RequestWith({{"host", host}})), 421) << host;
  }
  EXPECT_EQ(StatusOf(access, RequestWith({{"host", "localhost"}, {"host", "evil.example"}})), 400);
}

TEST_F(AccessTest, NamesProxiesAndRatesCanBeReloaded) {
  Access access({.tokens_required = false, .hosts = {"old.example"}, .requests_per_minute = 0}, tokens_);
  HttpRequest request = RequestWith({{"host", "new.example"}, {"x-forwarded-for", "203.0.113.9"}});
  request.client = "10.0.0.1";
  request.from_loopback = false;
  EXPECT_EQ(StatusOf(access, request), 421);
  access.Reload({.tokens_required = true,
                 .hosts = {"new.example"},
                 .trusted_proxies = Value(Networks::Parse({"10.0.0.0/8"}, "server.trusted_proxies")),
                 .requests_per_minute = 6});
  EXPECT_EQ(StatusOf(access, RequestWith({{"host", "old.example"}})), 421);
  EXPECT_EQ(ScopeOf(access, request), Scope::kAdmin) << "whether tokens are needed does not change";
  EXPECT_EQ(StatusOf(access, request), 429);
  request.headers.back().second = "203.0.113.10";
  EXPECT_EQ(StatusOf(access, request), 200) << "another client behind the proxy";
}

TEST_F(AccessTest, RequestsFromPagesOfOtherSitesAreRefused) {
  Access access({.tokens_required = false}, tokens_);
  EXPECT_EQ(StatusOf(access, RequestWith({{"origin", "http://localhost:4280"}}, "POST")), 200);
  EXPECT_EQ(StatusOf(access, RequestWith({{"sec-fetch-site", "same-origin"}}, "POST")), 200);
  EXPECT_EQ(StatusOf(access, RequestWith({{"origin", "http://evil.example"}}, "POST")), 403);
  EXPECT_EQ(StatusOf(access, RequestWith({{"origin", "http://localhost:9999"}}, "POST")), 403) << "another server here";
  EXPECT_EQ(StatusOf(access, RequestWith({{"origin", "null"}}, "POST")), 403);
  EXPECT_EQ(StatusOf(access, RequestWith({{"sec-fetch-site", "cross-site"}}, "DELETE")), 403);
  EXPECT_EQ(StatusOf(access, RequestWith({{"sec-fetch-site", "cross-site"}}, "GET")), 200) << "somebody follows a link";
}

TEST_F(AccessTest, ATokenGivesItsScope) {
  Access access({.tokens_required = true}, tokens_);
  const std::string token = Value(tokens_.Create("app", Scope::kWrite));
  EXPECT_EQ(ScopeOf(access, RequestWith({{"authorization", "Bearer " + token}})), Scope::kWrite);
  EXPECT_EQ(ScopeOf(access, RequestWith({})), Scope::kNone);
  EXPECT_EQ(StatusOf(access, RequestWith({{"authorization", "Bearer " + token + "0"}})), 401);
  Access open({.tokens_required = false}, tokens_);
  EXPECT_EQ(ScopeOf(open, RequestWith({})), Scope::kAdmin);
  EXPECT_EQ(ScopeOf(open, RequestWith({{"authorization", "Bearer " + token}})), Scope::kWrite)
      << "whoever shows a token wants its limits";
}

TEST_F(AccessTest, WrongTokensAreSoonNotLookedAt) {
  Access access({.tokens_required = true}, tokens_);
  const std::string token = Value(tokens_.Create("app", Scope::kRead));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(StatusOf(access, RequestWith({{"authorization", "Bearer guess"}})), 401);
  }
  EXPECT_EQ(StatusOf(access, RequestWith({{"authorization", "Bearer guess"}})), 429);
  EXPECT_EQ(StatusOf(access, RequestWith({{"authorization", "Bearer " + token}})), 429) << "from the same address";
}

TEST_F(AccessTest, ClientsBeyondThisMachineAreLimited) {
  Access access({.tokens_required = false, .requests_per_minute = 60}, tokens_);
  HttpRequest remote = RequestWith({{"host", "10.0.0.1"}});
  remote.client = "10.0.0.9";
  remote.from_loopback = false;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(StatusOf(access, remote), 200) << i;
  }
  EXPECT_EQ(StatusOf(access, remote), 429);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(StatusOf(access, RequestWith({})), 200);
  }
}

TEST_F(AccessTest, OnlyTrustedProxiesSayWhoTheClientIs) {
  Access access({.tokens_required = true, .trusted_proxies = *Networks::Parse({"127.0.0.1", "10.0.0.0/8"}, "x")},
                tokens_);
  HttpRequest request =
      RequestWith({{"x-forwarded-for", "6.6.6.6, 8.8.8.8, 10.0.0.2"}, {"x-forwarded-proto", "https"}});
  EXPECT_FALSE(access.Check(request).has_value());
  EXPECT_EQ(request.client, "8.8.8.8") << "what the client itself claims (6.6.6.6) does not count";
  EXPECT_FALSE(request.from_loopback);
  EXPECT_TRUE(request.secure);

  HttpRequest spoofed = RequestWith({{"x-forwarded-for", "127.0.0.1"}});
  spoofed.client = "9.9.9.9";
  spoofed.from_loopback = false;
  EXPECT_FALSE(access.Check(spoofed).has_value());
  EXPECT_EQ(spoofed.client, "9.9.9.9");
  EXPECT_FALSE(spoofed.from_loopback);
}

TEST_F(AccessTest, ALoginCodeWorksOnce) {
  Access access({.tokens_required = true}, tokens_);
  const std::string code = access.NewLoginCode(Scope::kAdmin);
  EXPECT_EQ(access.Login("guess", false), std::nullopt);
  const std::string cookie = access.Login(code, /*secure=*/true).value();
  EXPECT_THAT(cookie, testing::HasSubstr("HttpOnly; SameSite=Strict"));
  EXPECT_THAT(cookie, testing::HasSubstr("; Secure"));
  EXPECT_EQ(access.Login(code, false), std::nullopt);

  const std::string pair = cookie.substr(0, cookie.find(';'));
  HttpRequest request = RequestWith({{"cookie", "other=1; " + pair}});
  EXPECT_EQ(ScopeOf(access, request), Scope::kAdmin);
  EXPECT_EQ(ScopeOf(access, RequestWith({{"cookie", pair + "0"}})), Scope::kNone);
  access.Logout(request);
  EXPECT_EQ(ScopeOf(access, request), Scope::kNone);
}

}  // namespace
}  // namespace calotype
