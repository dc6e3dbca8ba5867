#include "app/webhooks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "app/fake_library.h"
#include "app/scan.h"

namespace calotype {
namespace {

using ::testing::HasSubstr;

// What arrives at the target, which several clients share.
class Target {
 public:
  // Answers with the statuses of `statuses` in order, then with 200.
  std::vector<int> statuses;
  std::map<std::string, std::string> headers;
  std::string address = "203.0.114.1";

  int Receive(const HttpClientRequest& request) {
    const MutexLock lock(&mutex_);
    received_.push_back(request);
    if (statuses.empty()) {
      return 200;
    }
    const int status = statuses.front();
    statuses.erase(statuses.begin());
    return status;
  }
  std::vector<HttpClientRequest> Await(std::size_t count) {
    const MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout([&] { return received_.size() >= count; }, std::chrono::seconds(10));
    return received_;
  }

 private:
  Mutex mutex_;
  std::vector<HttpClientRequest> received_;
};

class TargetClient final : public HttpClient {
 public:
  explicit TargetClient(Target& target) : target_(target) {}
  StatusOr<HttpClientResponse> Send(const HttpClientRequest& request, const HttpHandlers& /*handlers*/,
                                    const std::stop_token& /*stop*/) override {
    CALOTYPE_RETURN_IF_ERROR(request.check_address(target_.address));
    return HttpClientResponse{.status = target_.Receive(request), .headers = target_.headers};
  }

 private:
  Target& target_;
};

class WebhooksTest : public ::testing::Test {
 protected:
  WebhooksTest() { Scan(3); }

  void Scan(int photos) {
    library_.AddPhotos(photos);
    ASSERT_TRUE(scans_.Start({.folders = {library_.photos().string()}}).ok());
    ASSERT_TRUE(scans_.Wait().ok());
  }
  // A service with the webhooks of the one before.
  WebhookService& Restart(const std::vector<std::string>& allowed = {}) {
    service_.reset();
    service_ = std::make_unique<WebhookService>(*library_, File(),
                                                WebhookOptions{.allowed = *Networks::Parse(allowed, "networks"),
                                                               .retry = std::chrono::milliseconds(1),
                                                               .look = std::chrono::milliseconds(1)},
                                                std::make_unique<TargetClient>(target_));
    return *service_;
  }
  std::filesystem::path File() const { return library_.photos().parent_path() / "webhooks.json"; }
  static nlohmann::json Data(const HttpClientRequest& request) {
    return nlohmann::json::parse(request.body.value_or(""))["data"];
  }
  static std::string HeaderOf(const HttpClientRequest& request, const std::string& name) {
    for (const std::string& header : request.headers) {
      if (header.starts_with(name + ": ")) {
        return header.substr(name.size() + 2);
      }
    }
    return "";
  }
  Webhook AwaitWebhook(const std::function<bool(const Webhook&)>& condition) {
    for (int i = 0; i < 5000; ++i) {
      if (Webhook webhook = service_->List().at(0); condition(webhook)) {
        return webhook;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    ADD_FAILURE() << "it does not come to this";
    return service_->List().at(0);
  }

  FakeLibrary library_;
  ScanService scans_{*library_};
  Target target_;
  std::unique_ptr<WebhookService> service_;
};

TEST_F(WebhooksTest, ChangesArriveAndThePlaceIsKept) {
  Restart().Start();
  const StatusOr<Webhook> webhook = service_->Create("https://app.example/hook", false);
  ASSERT_TRUE(webhook.ok()) << webhook.status();
  Scan(2);
  std::set<int64_t> photos;
  std::size_t messages = 0;
  while (photos.size() < 2) {
    const std::vector<HttpClientRequest> received = target_.Await(messages + 1);
    ASSERT_GT(received.size(), messages);
    for (; messages < received.size(); ++messages) {
      const nlohmann::json data = Data(received[messages]);
      for (const auto& change : data["changes"]) {
        photos.insert(change["photo"].get<int64_t>());
      }
    }
  }
  EXPECT_EQ(photos.size(), 2U) << "only what changed later";
  const std::vector<HttpClientRequest> received = target_.Await(1);
  EXPECT_EQ(received[0].url, "https://app.example/hook");
  EXPECT_EQ(HeaderOf(received[0], "Content-Type"), "application/json");
  EXPECT_EQ(Data(received[0])["since"], webhook->since);
  const std::string now = ReadChanges(*library_, kChangesFromNow, 1)->next;
  EXPECT_GT(AwaitWebhook([&now](const Webhook& one) { return one.since == now; }).delivered, 0);
  Restart();
  EXPECT_EQ(service_->List().at(0).since, now);
  EXPECT_EQ(service_->List().at(0).secret, webhook->secret);
  EXPECT_EQ(std::filesystem::status(File()).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(WebhooksTest, AFailedMessageIsRepeatedWithTheSameIdAlsoAfterARestart) {
  target_.statuses = {500, 302};
  Restart();
  ASSERT_TRUE(service_->Create("http://app.example", true).ok());
  service_->Start();
  const std::vector<HttpClientRequest> received = target_.Await(3);
  ASSERT_GE(received.size(), 3U);
  EXPECT_TRUE(Data(received[0])["since"].is_null());
  EXPECT_EQ(Data(received[0])["changes"].size(), 3U);
  for (const HttpClientRequest& one : {received[1], received[2]}) {
    EXPECT_EQ(one.body, received[0].body);
    EXPECT_EQ(HeaderOf(one, "webhook-id"), HeaderOf(received[0], "webhook-id"));
  }
  const Webhook done = AwaitWebhook([](const Webhook& one) { return one.delivered == 1; });
  EXPECT_EQ(done.failures, 0);
  EXPECT_EQ(done.error, "");
  service_->Stop();
  target_.statuses = std::vector<int>(1000, 503);
  Scan(1);
  Restart().Start();
  EXPECT_THAT(AwaitWebhook([](const Webhook& one) { return one.failures > 1; }).error, HasSubstr("503"));
  service_->Stop();
  target_.statuses.clear();
  Restart().Start();
  EXPECT_EQ(AwaitWebhook([](const Webhook& one) { return one.failures == 0; }).error, "");
}

TEST_F(WebhooksTest, InternalTargetsAreRefusedUnlessTheyAreAllowed) {
  target_.address = "10.1.2.3";
  Restart();
  const int64_t id = service_->Create("http://app.example", false)->id;
  EXPECT_THAT(Message(service_->Test(id)), HasSubstr("10.1.2.3; the setting server.webhook_networks"));
  EXPECT_TRUE(target_.Await(0).empty());
  Restart({"10.0.0.0/8"});
  EXPECT_TRUE(service_->Test(id).ok());
  EXPECT_THAT(*target_.Await(1).at(0).body, HasSubstr(R"("type":"test")"));
}

TEST_F(WebhooksTest, ATargetThatIsGoneGetsNoMore) {
  target_.statuses = {410};
  Restart().Start();
  ASSERT_TRUE(service_->Create("http://app.example", true).ok());
  AwaitWebhook([](const Webhook& one) { return one.stopped; });
  Scan(1);
  Restart().Start();
  EXPECT_TRUE(service_->List().at(0).stopped);
  EXPECT_EQ(target_.Await(1).size(), 1U);
}

TEST_F(WebhooksTest, ACursorOfAnotherCatalogueBeginsAnew) {
  Restart();
  ASSERT_TRUE(service_->Create("http://app.example", false).ok());
  service_.reset();
  std::string text = *ReadTextFile(File());
  const std::size_t at = text.find("\"since\": \"") + 10;
  text.replace(at, 24, "000000000000000000000000");
  ASSERT_TRUE(WriteFileAtomically(File(), {reinterpret_cast<const uint8_t*>(text.data()), text.size()}).ok());
  Restart().Start();
  const std::vector<HttpClientRequest> received = target_.Await(1);
  ASSERT_FALSE(received.empty());
  EXPECT_TRUE(Data(received[0])["since"].is_null());
  EXPECT_EQ(Data(received[0])["changes"].size(), 3U);
}

TEST_F(WebhooksTest, MistakesAreExplained) {
  Restart().Start();
  for (const char* wrong : {"", "app.example", "ftp://app.example", "file:///etc/passwd"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(service_->Create(wrong, false).status())) << wrong;
  }
  EXPECT_TRUE(absl::IsNotFound(service_->Remove(1)));
  EXPECT_TRUE(absl::IsNotFound(service_->Test(1)));
  for (std::size_t i = 0; i < WebhookService::kMaxWebhooks; ++i) {
    EXPECT_TRUE(service_->Create("https://app.example", false).ok());
  }
  EXPECT_TRUE(absl::IsResourceExhausted(service_->Create("https://app.example", false).status()));
  EXPECT_TRUE(service_->Remove(1).ok());
  EXPECT_EQ(service_->Create("https://app.example", false)->id, 17) << "numbers are not used again";
}

}  // namespace
}  // namespace calotype
