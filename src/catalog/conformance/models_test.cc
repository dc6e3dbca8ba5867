// ModelsCatalog: a switch to other models, and back.
#include <fmt/format.h>

#include <algorithm>

#include "base/half.h"
#include "catalog/conformance/catalog_test.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::array kAnalyses = {"objects", "embedding", "text", "faces.detect", "faces.recognise", "pdq"};
const ModelSet kOld{.pack = "starter", .choices = "", .text_encoder = "minilm"};
const ModelSet kNew{.pack = "standard", .choices = "objects=fast", .text_encoder = "openclip-text"};

std::vector<AnalysisVersion> VersionsOf(const std::string& version) {
  std::vector<AnalysisVersion> versions;
  for (const char* analysis : kAnalyses) {
    versions.push_back({.analysis = analysis, .version = version});
  }
  return versions;
}

class CatalogModelsTest : public CatalogTest {
 protected:
  CatalogModelsTest() {
    ExpectOk(Want(kOld, "v1"));
    for (const char* path : {"/a", "/b"}) {
      photos_.push_back(Add(path, path));
      ExpectOk(StoreOne(ResultOf(photos_.back(), "v1", "space", "dog")));
    }
    EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  }

  static void ExpectOk(const Status& status) { EXPECT_EQ(Message(status), ""); }

  Status Want(const ModelSet& models, const std::string& version) {
    CALOTYPE_RETURN_IF_ERROR(catalog().WantModels(models));
    return catalog().RequireAnalyses(VersionsOf(version));
  }

  // Findings of each kind. The first object and the line of text are `label`.
  static PhotoResult ResultOf(PhotoId photo, const std::string& version, const std::string& space,
                              const std::string& label) {
    PhotoResult result = FullResult(photo);
    result.findings.objects->front().label = label;
    result.findings.embedding->space = space;
    result.findings.text = {LineOf(label)};
    for (AnalysisOutcome& outcome : result.outcomes) {
      outcome.version = version;
    }
    return result;
  }

  int64_t Pending() {
    int64_t pending = 0;
    for (const auto& [name, counts] : Value(catalog().GetStatus()).analyses) {
      pending += counts.pending;
    }
    return pending;
  }

  std::vector<PhotoId> InSpace(const std::string& space) {
    std::vector<PhotoId> photos;
    ExpectOk(catalog().ForEachEmbedding(space, false, [&](PhotoId photo, auto) { photos.push_back(photo); }));
    return photos;
  }

  // What each kind of search finds.
  void ExpectShown(const std::string& space, const std::string& label, const std::string& other) {
    EXPECT_THAT(InSpace(space), SizeIs(2));
    EXPECT_THAT(Value(catalog().FindObjects(label, 1)), SizeIs(2));
    EXPECT_THAT(Value(catalog().FindObjects(other, 1)), IsEmpty());
    EXPECT_THAT(Value(catalog().SearchText(label, false, 9)), SizeIs(2));
    EXPECT_THAT(Value(catalog().SearchText(other, false, 9)), IsEmpty());
    EXPECT_THAT(Value(catalog().Faces()), SizeIs(4));
  }

  std::vector<PhotoId> photos_;
};
INSTANTIATE_TEST_SUITE_P(Backends, CatalogModelsTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(CatalogModelsTest, TheFirstModelsAreShown) {
  const LibraryModels models = Value(catalog().Models());
  EXPECT_EQ(models.wanted, kOld);
  EXPECT_EQ(models.shown, kOld);
  EXPECT_EQ(models.previous, std::nullopt);
  EXPECT_EQ(models.switching, 0);
}

TEST_P(CatalogModelsTest, NothingChangesUntilAllIsThereAndThenAllAtOnce) {
  CALOTYPE_ASSERT_OK(Want(kNew, "v2"));
  EXPECT_EQ(Pending(), 12);
  CALOTYPE_ASSERT_OK(StoreOne(ResultOf(photos_[0], "v2", "new space", "wolf")));
  EXPECT_FALSE(Value(catalog().CompleteSwitch()));
  ExpectShown("space", "dog", "wolf");
  const LibraryModels half = Value(catalog().Models());
  EXPECT_EQ(half.wanted, kNew);
  EXPECT_EQ(half.shown, kOld);
  EXPECT_EQ(half.switching, 2);
  EXPECT_EQ(half.ready, 1);

  CALOTYPE_ASSERT_OK(StoreOne(ResultOf(photos_[1], "v2", "new space", "wolf")));
  ExpectShown("space", "dog", "wolf");
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  ExpectShown("new space", "wolf", "dog");
  EXPECT_THAT(InSpace("space"), IsEmpty());
  const LibraryModels done = Value(catalog().Models());
  EXPECT_EQ(done.shown, kNew);
  EXPECT_EQ(done.previous, kOld);
  EXPECT_EQ(done.switching, 0);
}

TEST_P(CatalogModelsTest, AndBackWithoutLookingAgain) {
  CALOTYPE_ASSERT_OK(Want(kNew, "v2"));
  for (const PhotoId photo : photos_) {
    CALOTYPE_ASSERT_OK(StoreOne(ResultOf(photo, "v2", "new space", "wolf")));
  }
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));

  CALOTYPE_ASSERT_OK(Want(kOld, "v1"));
  EXPECT_EQ(Pending(), 0);
  ExpectShown("new space", "wolf", "dog");
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  ExpectShown("space", "dog", "wolf");
  EXPECT_EQ(Value(catalog().Models()).shown, kOld);

  CALOTYPE_ASSERT_OK(Want(kNew, "v2"));
  EXPECT_EQ(Pending(), 0);
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  ExpectShown("new space", "wolf", "dog");
}

TEST_P(CatalogModelsTest, ASwitchIsCalledOffHalfWay) {
  CALOTYPE_ASSERT_OK(Want(kNew, "v2"));
  CALOTYPE_ASSERT_OK(StoreOne(ResultOf(photos_[0], "v2", "new space", "wolf")));
  CALOTYPE_ASSERT_OK(Want(kOld, "v1"));
  EXPECT_EQ(Pending(), 0);
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  ExpectShown("space", "dog", "wolf");
  EXPECT_EQ(Value(catalog().Models()).shown, kOld);
  // Work that was done is not repeated.
  CALOTYPE_ASSERT_OK(Want(kNew, "v2"));
  EXPECT_EQ(Pending(), 6);
}

TEST_P(CatalogModelsTest, NewPhotosAreShownAtOnceAndHoldNothingUp) {
  CALOTYPE_ASSERT_OK(Want(kNew, "v2"));
  for (const PhotoId photo : photos_) {
    CALOTYPE_ASSERT_OK(StoreOne(ResultOf(photo, "v2", "new space", "wolf")));
  }
  const PhotoId late = Add("/late", "late");
  const PhotoId later = Add("/later", "later");
  CALOTYPE_ASSERT_OK(StoreOne(ResultOf(late, "v2", "new space", "wolf")));
  EXPECT_THAT(Value(catalog().FindObjects("wolf", 1)), SizeIs(1));
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  EXPECT_THAT(InSpace("new space"), SizeIs(3));
  EXPECT_EQ(Value(catalog().GetPhoto(later)).findings.objects, std::nullopt);
}

TEST_P(CatalogModelsTest, APhotoThatFailsKeepsWhatWasFound) {
  CALOTYPE_ASSERT_OK(Want(kNew, "v2"));
  CALOTYPE_ASSERT_OK(StoreOne(ResultOf(photos_[0], "v2", "new space", "wolf")));
  PhotoResult failed;
  failed.id = photos_[1];
  for (const char* analysis : kAnalyses) {
    failed.outcomes.push_back(Failed(analysis, "unlucky"));
    failed.outcomes.back().version = "v2";
  }
  CALOTYPE_ASSERT_OK(StoreOne(failed));
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  EXPECT_THAT(InSpace("new space"), ElementsAre(photos_[0]));
  EXPECT_THAT(InSpace("space"), ElementsAre(photos_[1]));
  EXPECT_EQ(Value(catalog().Models()).behind, 1) << "it is said that one still shows what others found";
  EXPECT_EQ(Value(catalog().Embedding("new space", photos_[1])), std::nullopt) << "spaces are never mixed";

  EXPECT_GT(Value(catalog().RetryFailed({})), 0);
  EXPECT_EQ(Value(catalog().Models()).behind, 0) << "it is tried again";
  CALOTYPE_ASSERT_OK(StoreOne(ResultOf(photos_[1], "v2", "new space", "wolf")));
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  EXPECT_THAT(InSpace("new space"), ElementsAre(photos_[0], photos_[1]));
  EXPECT_THAT(InSpace("space"), IsEmpty());

  CALOTYPE_ASSERT_OK(Want(kOld, "v1"));
  EXPECT_EQ(Pending(), 0) << "the other's earlier findings were kept";
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  EXPECT_THAT(InSpace("space"), ElementsAre(photos_[0], photos_[1]));
}

TEST_P(CatalogModelsTest, WhatEarlierModelsFoundIsForgottenOnRequest) {
  EXPECT_EQ(Value(catalog().DeletePreviousModels()), 0) << "there were none";
  CALOTYPE_ASSERT_OK(Want(kNew, "v2"));
  CALOTYPE_ASSERT_OK(StoreOne(ResultOf(photos_[0], "v2", "new space", "wolf")));
  EXPECT_EQ(Value(catalog().DeletePreviousModels()), 0) << "what is to be shown is not forgotten";
  CALOTYPE_ASSERT_OK(StoreOne(ResultOf(photos_[1], "v2", "new space", "wolf")));
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  EXPECT_EQ(Value(catalog().Models()).previous, kOld);

  EXPECT_EQ(Value(catalog().DeletePreviousModels()), 2);
  EXPECT_EQ(Value(catalog().Models()).previous, std::nullopt);
  EXPECT_EQ(Value(catalog().Models()).shown, kNew);
  EXPECT_THAT(InSpace("new space"), ElementsAre(photos_[0], photos_[1])) << "what is shown stays";
  EXPECT_EQ(Value(catalog().DeletePreviousModels()), 0);
  CALOTYPE_ASSERT_OK(Want(kOld, "v1"));
  EXPECT_GT(Pending(), 0) << "the way back is to look again";
}

TEST_P(CatalogModelsTest, PeopleStayWithTheirFacesThereAndBack) {
  const std::vector<FaceRecord> faces = Value(catalog().Faces());
  const PersonId ada = Value(catalog().CreatePerson());
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(ada, std::vector{faces[0].id, faces[1].id}));
  CALOTYPE_ASSERT_OK(Want(kNew, "v2"));
  PhotoResult one_face = ResultOf(photos_[0], "v2", "new space", "wolf");
  one_face.findings.faces->pop_back();
  CALOTYPE_ASSERT_OK(StoreOne(one_face));
  CALOTYPE_ASSERT_OK(StoreOne(ResultOf(photos_[1], "v2", "new space", "wolf")));
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  EXPECT_EQ(Value(catalog().People())[0].faces, 1);
  EXPECT_EQ(Value(catalog().Faces())[0].person, ada);

  CALOTYPE_ASSERT_OK(Want(kOld, "v1"));
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  EXPECT_EQ(Value(catalog().People())[0].faces, 2);
}

TEST_P(CatalogModelsTest, NewEmbeddingsOfTheSameFacesLeaveTheOldOnesInUse) {
  std::vector<AnalysisVersion> versions = VersionsOf("v1");
  versions[4].version = "v2";  // faces.recognise
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(versions));
  for (const PhotoId photo : photos_) {
    PhotoResult result;
    result.id = photo;
    result.findings.faces = {FaceAt(10, {0, 1})};
    result.outcomes = {Done("faces.detect"), Done("faces.recognise")};
    result.outcomes[1].version = "v2";
    CALOTYPE_ASSERT_OK(StoreOne(result));
    EXPECT_THAT(Value(catalog().Faces()), SizeIs(4));
    EXPECT_EQ(Value(catalog().Faces())[0].version, "v1");
  }
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  const std::vector<FaceRecord> faces = Value(catalog().Faces());
  ASSERT_THAT(faces, SizeIs(2));
  EXPECT_THAT(ToFloat(faces[0].embedding), ElementsAre(0, 1));
  EXPECT_EQ(faces[0].version, "v2");
}

TEST_P(CatalogModelsTest, AScanForOtherAnalysesLeavesTheWordsAlone) {
  CALOTYPE_ASSERT_OK(catalog().WantModels(kNew));
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(std::vector<AnalysisVersion>{{"pdq", "v2"}}));
  for (const PhotoId photo : photos_) {
    PhotoResult result;
    result.id = photo;
    result.findings.pdq = PdqFinding{.hash = {9}, .quality = 9};
    result.outcomes = {Done("pdq")};
    result.outcomes[0].version = "v2";
    CALOTYPE_ASSERT_OK(StoreOne(result));
  }
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  EXPECT_EQ(Value(catalog().PdqHashes())[0].pdq.quality, 9);
  EXPECT_EQ(Value(catalog().Models()).shown, kOld);
}

TEST_P(CatalogModelsTest, OnlyThePreviousFindingsAreKept) {
  for (const std::string version : {"v2", "v3"}) {
    CALOTYPE_ASSERT_OK(Want(kNew, version));
    for (const PhotoId photo : photos_) {
      CALOTYPE_ASSERT_OK(StoreOne(ResultOf(photo, version, version, version)));
    }
    EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  }
  CALOTYPE_ASSERT_OK(Want(kNew, "v2"));
  EXPECT_EQ(Pending(), 0);
  CALOTYPE_ASSERT_OK(Want(kOld, "v1"));
  EXPECT_EQ(Pending(), 12);
}

}  // namespace
}  // namespace calotype
