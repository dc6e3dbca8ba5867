#include "analysis/analyser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/fake_engine.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NamedAnalyser final : public Analyser {
 public:
  NamedAnalyser(std::string_view name, std::vector<std::string_view> needs) : name_(name), needs_(std::move(needs)) {}
  std::string_view name() const override { return name_; }
  std::span<const std::string_view> needs() const override { return needs_; }
  std::string version() const override { return "1"; }
  std::string device() const override { return "cpu"; }
  Status Analyse(const PhotoView& /*photo*/, Findings& /*findings*/) override { return absl::OkStatus(); }

 private:
  const std::string_view name_;
  const std::vector<std::string_view> needs_;
};

struct Wish {
  std::string_view name;
  std::vector<std::string_view> needs;
};

StatusOr<std::vector<std::string>> Ordered(const std::vector<Wish>& wishes) {
  std::vector<std::unique_ptr<Analyser>> analysers;
  for (const Wish& wish : wishes) {
    analysers.push_back(std::make_unique<NamedAnalyser>(wish.name, wish.needs));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto ordered, OrderByNeeds(std::move(analysers)));
  std::vector<std::string> names;
  for (const auto& analyser : ordered) {
    names.emplace_back(analyser->name());
  }
  return names;
}

TEST(OrderByNeedsTest, PutsAnalysersAfterThoseTheyNeed) {
  EXPECT_THAT(*Ordered({{"c", {"b", "a"}}, {"b", {"a"}}, {"a", {}}, {"d", {}}}), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(*Ordered({{"b", {}}, {"a", {}}}), ElementsAre("b", "a"));
  EXPECT_THAT(*Ordered({}), ElementsAre());
}

TEST(OrderByNeedsTest, RefusesMissingAndCircularNeeds) {
  EXPECT_THAT(Message(Ordered({{"a", {"nobody"}}}).status()), HasSubstr("a needs nobody"));
  EXPECT_TRUE(absl::IsInvalidArgument(Ordered({{"a", {"b"}}, {"b", {"a"}}}).status()));
}

class CreateAnalysersTest : public ::testing::Test {
 protected:
  void Add(std::string task, std::string family, std::map<std::string, ModelParams::Value> params) {
    ModelSpec spec;
    spec.name = task;
    spec.task = std::move(task);
    spec.family = std::move(family);
    spec.params = ModelParams(spec.name, std::move(params));
    pack_.models.push_back(std::move(spec));
  }
  void AddFaceDetector() {
    Add("faces.detect", "blazeface", {{"input_size", int64_t{256}}, {"score_threshold", 0.7}, {"nms_iou", 0.3}});
  }
  void AddFaceRecogniser() {
    Add("faces.recognise", "face-chip",
        {{"input_size", int64_t{224}}, {"template_padding", 0.5}, {"dimension", int64_t{1024}}});
  }

  Pack pack_;
  ModelCache cache_{std::make_shared<FakeEngine>(std::map<std::string, FakeModel>{}), SessionOptions{}};
};

TEST_F(CreateAnalysersTest, CreatesOneAnalyserPerModelWithoutLoading) {
  AddFaceRecogniser();
  AddFaceDetector();
  const auto analysers = CreateAnalysers(pack_, cache_);
  ASSERT_TRUE(analysers.ok()) << Message(analysers.status());
  std::vector<std::string_view> names;
  for (const auto& analyser : *analysers) {
    names.push_back(analyser->name());
  }
  EXPECT_THAT(names, ElementsAre("faces.detect", "faces.recognise", "pdq"));
  EXPECT_EQ(analysers->front()->device(), "");
}

TEST_F(CreateAnalysersTest, APackWithoutModelsStillHasPdq) {
  const auto analysers = CreateAnalysers(pack_, cache_);
  ASSERT_TRUE(analysers.ok());
  ASSERT_EQ(analysers->size(), 1U);
  EXPECT_EQ(analysers->front()->name(), "pdq");
}

TEST_F(CreateAnalysersTest, ErrorsNameTheMissingModel) {
  AddFaceRecogniser();
  EXPECT_THAT(Message(CreateAnalysers(pack_, cache_).status()), HasSubstr("needs faces.detect"));
  pack_.models.clear();
  Add("ocr.detect", "db", {});
  EXPECT_THAT(Message(CreateAnalysers(pack_, cache_).status()), HasSubstr("none for ocr.recognise"));
}

}  // namespace
}  // namespace calotype
