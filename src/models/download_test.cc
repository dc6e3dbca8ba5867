#include "models/download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "base/file.h"
#include "models/fake_http_client.h"
#include "models/partial_file.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class DownloadTest : public ::testing::Test {
 protected:
  void TearDown() override { fs::remove_all(folder_); }

  StatusOr<Downloaded> FetchFile() {
    return Fetch(download_, settings_, client_, [this](int64_t bytes) { seen_.push_back(bytes); }, {});
  }
  std::string Partial() const { return ReadTextFile(download_.target.string() + ".partial").value_or("none"); }

  static FakeHttpClient::Answer Redirect(const std::string& etag, const std::string& where = "https://cdn.test/x") {
    return {.response = {.status = 302, .headers = {{"location", where}, {"x-linked-etag", '"' + etag + '"'}}},
            .body = "a page"};
  }
  static FakeHttpClient::Answer Whole(const std::string& body, const std::string& etag) {
    return {.response = {.status = 200,
                         .headers = {{"etag", '"' + etag + '"'}, {"content-length", std::to_string(body.size())}}},
            .body = body};
  }
  static FakeHttpClient::Answer Rest(const std::string& body, int first, int total) {
    return {.response = {.status = 206,
                         .headers = {{"etag", "\"e\""},
                                     {"content-range", "bytes " + std::to_string(first) + "-" +
                                                           std::to_string(total - 1) + "/" + std::to_string(total)}}},
            .body = body};
  }
  static FakeHttpClient::Answer Refusal(int status, const std::string& content_range = "") {
    FakeHttpClient::Answer answer;
    answer.response.status = status;
    answer.response.headers["content-range"] = content_range;
    return answer;
  }
  // `whole`, but the connection breaks after `bytes` bytes.
  static FakeHttpClient::Answer Cut(FakeHttpClient::Answer whole, std::size_t bytes) {
    whole.body.resize(bytes);
    whole.end = absl::UnavailableError("reset by peer");
    return whole;
  }

  const fs::path folder_ = fs::temp_directory_path() / ("calotype_download_test_" + std::to_string(getpid()));
  Download download_{.source = {.repository = "a/b", .revision = "r", .path = "m.onnx"},
                     .target = folder_ / "pack" / "m.onnx",
                     .sha256 = std::nullopt,
                     .bytes = std::nullopt};
  HubSettings settings_{.endpoint = "https://hub.test",
                        .token = "t",
                        .folder = {},
                        .tries = 3,
                        .retry_delay = std::chrono::milliseconds(0)};
  FakeHttpClient client_;
  std::vector<int64_t> seen_;
  const std::string text_ = "what the model is";
  const std::string hash_ = Sha256({reinterpret_cast<const uint8_t*>(text_.data()), text_.size()}).Hex();
};

TEST_F(DownloadTest, FollowsTheRedirectWithoutTheToken) {
  client_.answers = {Redirect(hash_), Whole(text_, "e")};
  const StatusOr<Downloaded> result = FetchFile();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->sha256.Hex(), hash_);
  EXPECT_EQ(Partial(), text_);
  EXPECT_FALSE(fs::exists(download_.target));
  EXPECT_THAT(client_.asked[0].headers, Contains("Authorization: Bearer t"));
  EXPECT_EQ(client_.asked[1].url, "https://cdn.test/x");
  EXPECT_THAT(client_.asked[1].headers, Not(Contains(HasSubstr("Authorization"))));
  ASSERT_TRUE(PartialFile::Place(download_.target).ok());
  EXPECT_EQ(*ReadTextFile(download_.target), text_);
  EXPECT_EQ(std::distance(fs::directory_iterator(download_.target.parent_path()), {}), 1);
}

TEST_F(DownloadTest, NeverLeavesEncryptionForARedirect) {
  client_.answers = {Redirect(hash_, "http://cdn.test/x")};
  EXPECT_THAT(Message(FetchFile().status()), HasSubstr("which is not encrypted"));
}

TEST_F(DownloadTest, ResumesAfterABrokenConnection) {
  client_.answers = {Redirect(hash_), Cut(Whole(text_, "e"), 4), Redirect(hash_), Rest(text_.substr(4), 4, 17)};
  ASSERT_TRUE(FetchFile().ok());
  EXPECT_THAT(client_.asked[3].headers, Contains("Range: bytes=4-"));
  EXPECT_THAT(client_.asked[3].headers, Contains("If-Range: \"e\""));
  EXPECT_EQ(seen_, (std::vector<int64_t>{0, 4, 17}));
}

TEST_F(DownloadTest, ResumesWhereAnEarlierCallEnded) {
  settings_.tries = 1;
  client_.answers = {Redirect(hash_), Cut(Whole(text_, "e"), 4)};
  EXPECT_TRUE(absl::IsUnavailable(FetchFile().status()));
  EXPECT_EQ(Partial(), "what");
  client_.answers = {Redirect(hash_), Rest(text_.substr(4), 4, 17)};
  const StatusOr<Downloaded> result = FetchFile();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->sha256.Hex(), hash_);
}

TEST_F(DownloadTest, RestartsWhenTheHubHasAnotherFile) {
  settings_.tries = 1;
  client_.answers = {Redirect("of before"), Cut(Whole(text_, "e"), 4)};
  EXPECT_FALSE(FetchFile().ok());
  client_.answers = {Redirect(hash_), Whole(text_, "f")};
  ASSERT_TRUE(FetchFile().ok());
  EXPECT_THAT(client_.asked[3].headers, Not(Contains(HasSubstr("Range"))));
  EXPECT_EQ(Partial(), text_);
}

TEST_F(DownloadTest, RestartsAfterAnUnrequestedRange) {
  client_.answers = {Redirect(hash_), Cut(Whole(text_, "e"), 4), Redirect(hash_), Rest(text_.substr(6), 6, 17),
                     Redirect(hash_), Whole(text_, "e")};
  ASSERT_TRUE(FetchFile().ok());
  EXPECT_EQ(Partial(), text_);
}

TEST_F(DownloadTest, ACompleteFileNeedsNoRequest) {
  settings_.tries = 1;
  client_.answers = {Redirect(hash_), Whole(text_, "e")};
  ASSERT_TRUE(FetchFile().ok());
  download_.sha256 = ParseSha256(hash_).value();
  download_.bytes = 17;
  EXPECT_TRUE(FetchFile().ok());
  EXPECT_EQ(client_.asked.size(), 2U);
}

TEST_F(DownloadTest, ARangeBeyondTheEndMeansTheFileIsComplete) {
  client_.answers = {Redirect(hash_), Whole(text_, "e"), Redirect(hash_), Refusal(416, "bytes */17")};
  ASSERT_TRUE(FetchFile().ok());
  EXPECT_TRUE(FetchFile().ok());
}

TEST_F(DownloadTest, AWrongHashDeletesTheFile) {
  client_.answers = {Redirect(hash_), Whole("what the model was", "e")};
  const Status status = FetchFile().status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(Message(status), HasSubstr("expected SHA-256 " + hash_));
  EXPECT_TRUE(fs::is_empty(folder_ / "pack"));
}

TEST_F(DownloadTest, StopsWhenMoreBytesComeThanExpected) {
  FakeHttpClient::Answer endless = Whole(text_, "e");
  endless.body += text_;
  client_.answers = {Redirect(hash_), endless};
  EXPECT_THAT(Message(FetchFile().status()), HasSubstr("more than the expected 17 bytes"));
  EXPECT_TRUE(fs::is_empty(folder_ / "pack"));
}

TEST_F(DownloadTest, GivesUpWithoutProgress) {
  client_.answers.assign(9, Refusal(503));
  const Status status = FetchFile().status();
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(Message(status), HasSubstr("gave up after 3 tries"));
  EXPECT_EQ(client_.asked.size(), 3U);
}

TEST_F(DownloadTest, TakesFilesFromAFolder) {
  settings_.folder = folder_ / "carried";
  EXPECT_TRUE(absl::IsNotFound(FetchFile().status()));
  fs::create_directories(folder_ / "carried/a/b");
  std::ofstream(folder_ / "carried/a/b/m.onnx") << text_;
  download_.sha256 = ParseSha256(hash_).value();
  ASSERT_TRUE(FetchFile().ok());
  EXPECT_EQ(Partial(), text_);
  EXPECT_TRUE(client_.asked.empty());
}

}  // namespace
}  // namespace calotype
