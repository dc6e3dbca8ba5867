#include "server/immich/listener.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "app/fake_predict.h"

namespace calotype {
namespace {

using testing::HasSubstr;

class ImmichListenerTest : public testing::Test {
 protected:
  static HttpRequest RequestFor(std::string method, std::string path) {
    return {.method = std::move(method), .path = std::move(path), .client = "10.0.0.9"};
  }
  // A form as Node's FormData writes it.
  static HttpRequest Form(const std::vector<std::pair<std::string, std::string>>& fields) {
    HttpRequest request = RequestFor("POST", "/predict");
    request.headers = {{"content-type", "multipart/form-data; boundary=----formdata-undici-0123"}};
    for (const auto& [name, value] : fields) {
      const std::string_view file =
          name == "image" ? "; filename=\"blob\"\r\nContent-Type: application/octet-stream" : "";
      request.body +=
          fmt::format("------formdata-undici-0123\r\nContent-Disposition: form-data; name=\"{}\"{}\r\n\r\n{}\r\n", name,
                      file, value);
    }
    request.body += "------formdata-undici-0123--\r\n";
    return request;
  }
  int Refused(ImmichListener& listener, HttpRequest request) {
    const Admission admission = listener.Admit(request);
    return admission.refusal.has_value() ? admission.refusal->status : 0;
  }

  FakePredict fake_;
  ServerMetrics metrics_;
  ImmichListener listener_{fake_.service(), metrics_, {}};
};

TEST_F(ImmichListenerTest, TheNetworksOfClientsCanChange) {
  EXPECT_EQ(Refused(listener_, RequestFor("GET", "/ping")), 0);
  listener_.Allow(*Networks::Parse({"192.168.0.0/16"}, "server.immich_networks"));
  EXPECT_EQ(Refused(listener_, RequestFor("GET", "/ping")), 403);
  listener_.Allow(*Networks::Parse({"10.0.0.9"}, "server.immich_networks"));
  EXPECT_EQ(Refused(listener_, RequestFor("GET", "/ping")), 0);
}

TEST_F(ImmichListenerTest, HealthIsAnsweredWithoutAModel) {
  EXPECT_EQ(listener_.Handle(RequestFor("GET", "/ping")).body, "pong");
  EXPECT_EQ(listener_.Handle(RequestFor("GET", "/ml/ping")).body, "pong");
  EXPECT_EQ(listener_.Handle(RequestFor("GET", "/")).body, R"({"message":"Immich ML"})");
  HttpRequest ping = RequestFor("GET", "/ping");
  EXPECT_EQ(listener_.Admit(ping).lane, Lane::kInline) << "also while all workers are busy";
}

TEST_F(ImmichListenerTest, OnlyThreePathsAreServed) {
  EXPECT_EQ(Refused(listener_, RequestFor("POST", "/predict")), 0);
  EXPECT_EQ(Refused(listener_, RequestFor("POST", "/ml/predict")), 0);
  EXPECT_EQ(Refused(listener_, RequestFor("GET", "/predict")), 405);
  EXPECT_EQ(Refused(listener_, RequestFor("POST", "/ping")), 405);
  EXPECT_EQ(Refused(listener_, RequestFor("GET", "/api/v1/photos")), 404);
  EXPECT_EQ(Refused(listener_, RequestFor("GET", "/docs")), 404);
}

TEST_F(ImmichListenerTest, WebPagesAndOtherNetworksAreRefused) {
  HttpRequest page = RequestFor("POST", "/predict");
  page.headers = {{"origin", "http://evil.example"}};
  EXPECT_EQ(Refused(listener_, page), 403);
  ImmichListener strict(fake_.service(), metrics_, {.allowed = *Networks::Parse({"172.16.0.0/12"}, "x")});
  EXPECT_EQ(Refused(strict, RequestFor("GET", "/ping")), 403);
  HttpRequest inside = RequestFor("GET", "/ping");
  inside.client = "172.18.0.4";
  EXPECT_EQ(Refused(strict, inside), 0);
}

TEST_F(ImmichListenerTest, TextsDoNotWaitBehindPhotos) {
  HttpRequest text = RequestFor("POST", "/predict");
  text.headers = {{"content-length", "400"}};
  EXPECT_EQ(listener_.Admit(text).lane, Lane::kQuick);
  HttpRequest photo = RequestFor("POST", "/predict");
  photo.headers = {{"content-length", "400000"}};
  EXPECT_EQ(listener_.Admit(photo).lane, Lane::kModels);
  HttpRequest chunked = RequestFor("POST", "/predict");
  EXPECT_EQ(listener_.Admit(chunked).lane, Lane::kModels);
}

TEST_F(ImmichListenerTest, AFormIsAnswered) {
  const HttpResponse photo = listener_.Handle(
      Form({{"entries", R"({"clip":{"visual":{"modelName":"good"}}})"}, {"image", "\xff\xd8\r\n--x"}}));
  EXPECT_EQ(photo.status, 200);
  EXPECT_THAT(photo.body, HasSubstr("\"clip\":\"["));
  const HttpResponse text =
      listener_.Handle(Form({{"entries", R"({"clip":{"textual":{"modelName":"good"}}})"}, {"text", "a photo"}}));
  EXPECT_EQ(text.status, 200);
  EXPECT_THAT(text.body, HasSubstr("\"clip\":\"["));
}

TEST_F(ImmichListenerTest, MistakesHaveImmichsForm) {
  EXPECT_EQ(listener_.Handle(Form({{"image", "x"}})).status, 422);
  EXPECT_EQ(listener_.Handle(Form({{"entries", "{"}, {"text", "x"}})).body, R"({"detail":"Invalid request format."})");
  EXPECT_EQ(listener_.Handle(Form({{"entries", R"({"clip":{"textual":{"modelName":"good"}}})"}})).status, 400);
  HttpRequest json = RequestFor("POST", "/predict");
  json.headers = {{"content-type", "application/json"}};
  json.body = "{}";
  EXPECT_EQ(listener_.Handle(json).status, 422);
}

}  // namespace
}  // namespace calotype
