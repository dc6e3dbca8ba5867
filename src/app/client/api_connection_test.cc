#include "app/client/api_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace calotype {
namespace {

using testing::Contains;
using testing::HasSubstr;

// Answers every request alike and remembers the last one.
struct ServedAnswer {
  int status = 200;
  std::string body = R"({"folders":[]})";
  Status failure;
  HttpClientRequest request;
};

class OneAnswerHttp final : public HttpClient {
 public:
  explicit OneAnswerHttp(ServedAnswer& served) : served_(served) {}
  StatusOr<HttpClientResponse> Send(const HttpClientRequest& request, const HttpHandlers& handlers,
                                    const std::stop_token& /*stop*/) override {
    served_.request = request;
    CALOTYPE_RETURN_IF_ERROR(served_.failure);
    HttpClientResponse response{.status = served_.status, .headers = {}};
    CALOTYPE_RETURN_IF_ERROR(handlers.on_response(response));
    CALOTYPE_RETURN_IF_ERROR(
        handlers.on_body({reinterpret_cast<const uint8_t*>(served_.body.data()), served_.body.size()}));
    return response;
  }

 private:
  ServedAnswer& served_;
};

class ApiConnectionTest : public testing::Test {
 protected:
  StatusOr<std::unique_ptr<ApiConnection>> Open(const std::string& url, const std::string& token = "") {
    return ApiConnection::Open(std::make_unique<OneAnswerHttp>(served_),
                               {.url = url, .token = token, .certificates = ""});
  }
  std::string Error(const std::string& token = "") {
    return Message((*Open("http://photos:4280", token))->Get("/folders").status());
  }

  ServedAnswer served_;
};

TEST_F(ApiConnectionTest, RequestsHaveTheTokenAndEscapedValues) {
  const auto api = Open("https://photos.example/base/", "calotype_1");
  ASSERT_TRUE(api.ok()) << api.status();
  const ApiConnection::Values query = {{"q", "a dog&cat"}, {"limit", "2"}};
  EXPECT_TRUE((*api)->Get("/search", query).ok());
  EXPECT_EQ(served_.request.url, "https://photos.example/base/api/v1/search?q=a%20dog%26cat&limit=2");
  EXPECT_THAT(served_.request.headers, Contains("Authorization: Bearer calotype_1"));
  EXPECT_TRUE((*api)->Send("PATCH", "/people/1", {{"name", "Ada"}}).ok());
  EXPECT_EQ(served_.request.method, "PATCH");
  EXPECT_EQ(served_.request.body, R"({"name":"Ada"})");
}

TEST_F(ApiConnectionTest, OtherUrlsAreRefused) {
  for (const char* url : {"photos:4280", "ftp://photos", "http://", "http://me:secret@photos", "http://photos/?q=1"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Open(url).status())) << url;
  }
}

TEST_F(ApiConnectionTest, ErrorsSayWhatToDo) {
  served_.body = R"({"type":"about:blank","title":"","status":401,"detail":"no","request_id":"7f"})";
  served_.status = 401;
  EXPECT_THAT(Error(), HasSubstr("needs a token; put a token into CALOTYPE_TOKEN"));
  EXPECT_THAT(Error("calotype_1"), HasSubstr("does not know this token"));
  served_.status = 403;
  EXPECT_EQ(Error(), "no");
  served_.status = 500;
  EXPECT_THAT(Error(), HasSubstr("request 7f"));
  served_.status = 404;
  served_.body = "<html>";
  EXPECT_THAT(Error(), HasSubstr("http://photos:4280 is not the API of Calotype"));
  served_.status = 200;
  EXPECT_THAT(Error(), HasSubstr("not the API of Calotype"));
  served_.failure = absl::UnavailableError("refused");
  EXPECT_THAT(Error(), HasSubstr("is calotype serve running?"));
  served_.failure = absl::FailedPreconditionError("self-signed");
  EXPECT_THAT(Error(), HasSubstr("client.certificates"));
}

}  // namespace
}  // namespace calotype
