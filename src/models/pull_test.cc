#include "models/pull.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kHead = "format = 1\nname = \"tiny\"\n";

std::string Model(const std::string& name, const std::string& more = "") {
  return "[[model]]\nname = \"" + name + "\"\ntask = \"objects\"\nfamily = \"detr\"\nfile = \"" + name +
         ".onnx\"\nlicence = \"MIT\"\nhub = {repository = \"a/" + name +
         "\", revision = \"main\", path = \"m.onnx\"}\n" + more;
}

class PullTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_ / "tiny"); }
  void TearDown() override { fs::remove_all(folder_); }

  StatusOr<PullPlan> Plan(const std::string& models, const PullSelection& selection = {}) const {
    return PlanPull({.file = "tiny.toml", .text = kHead + models, .folder = {}}, folder_, selection);
  }
  static std::vector<std::string> Names(const PullPlan& plan) {
    std::vector<std::string> names;
    std::ranges::transform(plan.models, std::back_inserter(names), &ModelSpec::name);
    return names;
  }

  const fs::path folder_ = fs::temp_directory_path() / ("calotype_pull_test_" + std::to_string(getpid()));
  const std::string two_ = Model("one", "choice = \"fast\"\n") + Model("two", "choice = \"slow\"\n");
};

TEST_F(PullTest, TheKnownPacksAreValid) {
  for (const std::string_view name : KnownPackNames()) {
    const StatusOr<PackSource> source = FindPackSource(std::string(name));
    ASSERT_TRUE(source.ok()) << source.status();
    for (const bool all : {false, true}) {
      const StatusOr<PullPlan> plan = PlanPull(*source, folder_, {.choices = {}, .all = all});
      ASSERT_TRUE(plan.ok()) << plan.status();
      EXPECT_EQ(plan->pack.name, name);
      EXPECT_EQ(plan->to_accept.empty(), name == "standard-free");
      for (const std::string_view task : kModelTasks) {
        EXPECT_EQ(plan->pack.Find(task) == nullptr, task == "ocr.orient") << name << " " << task;
      }
      for (const PackFile& file : plan->files) {
        // Only the hashes of DETR-R50 and of the small face recogniser are unknown.
        const bool is_unknown =
            file.hub->repository == "Xenova/detr-resnet-50" || file.hub->repository == "immich-app/buffalo_s";
        EXPECT_EQ(file.sha256.has_value(), !is_unknown) << file.name;
      }
    }
  }
}

TEST_F(PullTest, InstallsTheDefaultChoiceOrTheSelection) {
  EXPECT_THAT(Names(*Plan(two_)), ElementsAre("one"));
  EXPECT_THAT(Names(*Plan("[default_choice]\nobjects = \"slow\"\n" + two_)), ElementsAre("two"));
  EXPECT_THAT(Names(*Plan(two_, {.choices = {{"objects", {"slow"}}}})), ElementsAre("two"));
  EXPECT_THAT(Names(*Plan(two_, {.choices = {{"objects", {"slow", "fast"}}}})), ElementsAre("one", "two"));
  EXPECT_THAT(Names(*Plan(two_, {.choices = {}, .all = true})), ElementsAre("one", "two"));
  EXPECT_THAT(Message(Plan(two_, {.choices = {{"objects", {"best"}}}}).status()), HasSubstr("it has fast, slow"));
  EXPECT_FALSE(Plan(two_, {.choices = {{"ocr.detect", {"fast"}}}}).ok());
}

TEST_F(PullTest, RefusesNamesThatLeaveTheFolder) {
  const auto with = [](std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
  };
  const std::string model = Model("one");
  for (const std::string& bad :
       {with(model, "\"one.onnx\"", "\"../one.onnx\""), with(model, "\"one.onnx\"", "\"/one\""),
        with(model, "\"a/one\"", "\"../one\""), with(model, "\"m.onnx\"", "\"../m.onnx\""),
        with(model, "\"main\"", "\"\""), model + "[model.self_test]\nphoto = \"../objects.jpg\"\n"}) {
    EXPECT_FALSE(Plan(bad).ok()) << bad;
  }
  EXPECT_FALSE(PlanPull({.file = "f", .text = "format = 1\nname = \"..\"\n", .folder = {}}, folder_, {}).ok());
}

TEST_F(PullTest, EachLicenceIsListedOnceWithItsModels) {
  const std::string terms = "licence_terms = \"not for money\"\n";
  std::string first = Model("one", "choice = \"a\"\n" + terms);
  std::string second = Model("two", "choice = \"b\"\n" + terms);
  const StatusOr<PullPlan> plan = Plan(first + second, {.choices = {}, .all = true});
  ASSERT_EQ(plan->to_accept.size(), 1U);
  EXPECT_THAT(plan->to_accept[0].models, ElementsAre("one", "two"));
  ASSERT_TRUE(
      WriteAcceptedLicences(folder_ / "tiny",
                            {{.licence = "MIT", .terms = "not for money", .models = {"one"}, .date = "2026-11-22"}})
          .ok());
  EXPECT_THAT(Plan(first + second)->to_accept, IsEmpty());
}

TEST_F(PullTest, ListsEachFileOnceAndRefusesNameClashes) {
  const std::string extra =
      "extra_files = [{path = \"v.txt\", hub = {repository = \"a/v\", revision = \"r\", path = \"";
  const std::string first = Model("one", "choice = \"a\"\n" + extra + "v\"}}]\n");
  EXPECT_EQ(Plan(first + Model("two", extra + "v\"}}]\n"), {.choices = {}, .all = true})->files.size(), 3U);
  EXPECT_THAT(Message(Plan(first + Model("two", extra + "w\"}}]\n"), {.choices = {}, .all = true}).status()),
              HasSubstr("two different files have the name v.txt"));
  EXPECT_THAT(Message(Plan(Model("one", "extra_files = [{path = \"v.txt\"}]\n")).status()), HasSubstr("has no 'hub'"));
}

// Serves "content of URL" for every URL except those set to fail. Thread-safe.
class ServingClient final : public HttpClient {
 public:
  explicit ServingClient(std::string missing = "") : missing_(std::move(missing)) {}

  static std::string ContentOf(const std::string& url) { return "content of " + url; }

  StatusOr<HttpClientResponse> Send(const HttpClientRequest& request, const HttpHandlers& handlers,
                                    const std::stop_token& /*stop*/) override {
    ++asked;
    HttpClientResponse response;
    response.status = !missing_.empty() && request.url.find(missing_) != std::string::npos ? 404 : 200;
    const std::string body = ContentOf(request.url);
    response.headers = {{"etag", "\"e\""}, {"content-length", std::to_string(body.size())}};
    CALOTYPE_RETURN_IF_ERROR(handlers.on_response(response));
    CALOTYPE_RETURN_IF_ERROR(handlers.on_body({reinterpret_cast<const uint8_t*>(body.data()), body.size()}));
    return response;
  }

  std::atomic<int> asked = 0;

 private:
  const std::string missing_;
};

class RunPullTest : public PullTest {
 protected:
  static constexpr int kModels = 40;

  void SetUp() override {
    PullTest::SetUp();
    for (int i = 0; i < kModels; ++i) {
      models_ += Model("m" + std::to_string(i), "choice = \"c" + std::to_string(i) + "\"\n");
    }
  }

  StatusOr<PullReport> Run(HttpClient& client, const std::stop_token& stop = {}) {
    const StatusOr<PullPlan> plan = Plan(models_, {.choices = {}, .all = true});
    CALOTYPE_RETURN_IF_ERROR(plan.status());
    HubSettings settings;
    settings.endpoint = "http://hub.test";
    return RunPull(*plan, settings, client, 4,
                   {.on_progress = [this](const PullProgress& progress) { last_ = progress; },
                    .on_fetched = [this](const PackFile&) { ++fetched_; }},
                   stop);
  }

  std::string models_;
  PullProgress last_;
  std::atomic<int> fetched_ = 0;
};

TEST_F(RunPullTest, FetchesSeveralFilesAtOnce) {
  ServingClient client;
  const StatusOr<PullReport> report = Run(client);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->fetched, kModels);
  EXPECT_EQ(fetched_, kModels);
  EXPECT_EQ(last_.files_done, kModels);
  EXPECT_EQ(last_.bytes, report->bytes);
  const StatusOr<Pack> pack = LoadPack(folder_ / "tiny");
  ASSERT_TRUE(pack.ok()) << pack.status();
  EXPECT_EQ(pack->models.size(), static_cast<std::size_t>(kModels));
  for (const ModelSpec& model : pack->models) {
    EXPECT_TRUE(VerifyModel(model, true).ok()) << model.name;
  }
  const StatusOr<PullReport> again = Run(client);
  EXPECT_EQ(again->fetched, 0);
  EXPECT_FALSE(again->installed);
  EXPECT_EQ(client.asked, kModels);
}

TEST_F(RunPullTest, AMissingFileLeavesNoManifest) {
  ServingClient client("/a/m7/");
  EXPECT_TRUE(absl::IsNotFound(Run(client).status()));
  EXPECT_TRUE(absl::IsNotFound(LoadPack(folder_ / "tiny").status()));
}

TEST_F(RunPullTest, RemovesHalfWrittenFilesOfAKilledPull) {
  const fs::path left = folder_ / "tiny" / "m1.onnx.partial.etag.calotype-aB3xY9";
  fs::create_directories(left.parent_path());
  std::ofstream(left) << "half";
  ServingClient client;
  ASSERT_TRUE(Run(client).ok());
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(LoadPack(folder_ / "tiny").ok());
}

TEST_F(RunPullTest, StopsOnRequest) {
  ServingClient client;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(absl::IsCancelled(Run(client, stop.get_token()).status()));
  EXPECT_EQ(client.asked, 0);
}

// Tests writing and reading the manifests of installed packs.
class ManifestWriterTest : public PullTest {
 protected:
  StatusOr<Pack> Install(const std::vector<std::string>& models, const std::string& source,
                         const std::string& installed) {
    const Sha256Digest digest = Sha256({});
    std::map<std::string, Downloaded> files;
    for (const std::string& model : models) {
      files[model + ".onnx"] = {.sha256 = digest, .bytes = 7, .commit = "c0ffee"};
    }
    CALOTYPE_ASSIGN_OR_RETURN(text_, WriteInstalledManifest(source, installed, models, files));
    std::ofstream(folder_ / "tiny" / kManifestName) << text_;
    return LoadPack(folder_ / "tiny");
  }

  std::string text_;
};

TEST_F(ManifestWriterTest, RecordsTheDownloadedFiles) {
  const StatusOr<Pack> pack = Install({"two"}, kHead + two_, "");
  ASSERT_TRUE(pack.ok()) << pack.status();
  ASSERT_EQ(pack->models.size(), 1U);
  EXPECT_EQ(pack->models[0].sha256, Sha256({}));
  EXPECT_EQ(pack->models[0].bytes, 7);
  EXPECT_EQ(pack->models[0].files[0].commit, "c0ffee");
  EXPECT_EQ(pack->Find("objects")->name, "two");
}

TEST_F(ManifestWriterTest, KeepsDefaultsAndImportedModels) {
  ASSERT_TRUE(Install({"two"}, kHead + two_, "").ok());
  const StatusOr<Pack> pack = Install({"one"}, kHead + two_, text_);
  ASSERT_TRUE(pack.ok()) << pack.status();
  EXPECT_EQ(pack->models.size(), 2U);
  EXPECT_EQ(pack->Find("objects")->name, "two");
  // A model that the pack no longer has is removed; an imported one is kept.
  const ImportedModel own{.name = "own",
                          .task = "faces.detect",
                          .choice = "",
                          .family = "scrfd",
                          .files = {{.name = "own.onnx", .sha256 = Sha256({}), .bytes = 7}},
                          .params = {"input_size=640", "mean = [0.5, 0.5]", "labels = \"a.txt\""}};
  const StatusOr<std::string> with_own = AddImportedModel("tiny", text_, own);
  ASSERT_TRUE(with_own.ok()) << with_own.status();
  const StatusOr<Pack> next = Install({"one"}, kHead + Model("one", "choice = \"fast\"\n"), *with_own);
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->Find("objects")->name, "one");
  ASSERT_NE(next->Find("faces.detect"), nullptr);
  EXPECT_EQ(*next->Find("faces.detect")->params.Int("input_size"), 640);
}

TEST_F(ManifestWriterTest, RefusesInvalidImports) {
  ImportedModel own{.name = "one",
                    .task = "objects",
                    .choice = "",
                    .family = "detr",
                    .files = {{.name = "own.onnx", .sha256 = Sha256({}), .bytes = 7}},
                    .params = {}};
  ASSERT_TRUE(Install({"one"}, kHead + Model("one"), "").ok());
  EXPECT_THAT(Message(AddImportedModel("tiny", text_, own).status()), HasSubstr("two models have the name 'one'"));
  own.name = "own";
  EXPECT_THAT(Message(AddImportedModel("tiny", text_, own).status()),
              HasSubstr("another model already has the choice"));
  own.choice = "mine";
  EXPECT_TRUE(AddImportedModel("tiny", text_, own).ok());
  own.params = {"nonsense"};
  EXPECT_THAT(Message(AddImportedModel("tiny", text_, own).status()), HasSubstr("expected KEY=VALUE"));
}

}  // namespace
}  // namespace calotype
