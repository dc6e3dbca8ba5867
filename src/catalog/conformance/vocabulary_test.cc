#include "catalog/conformance/catalog_test.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CatalogVocabularyTest : public CatalogTest {
 protected:
  // "value" or "value=uses".
  std::vector<std::string> Of(Vocabulary kind) {
    std::vector<std::string> words;
    for (const VocabularyWord& word : Value(catalog().Words(kind))) {
      words.push_back(word.text + (word.uses.has_value() ? "=" + std::to_string(*word.uses) : ""));
    }
    return words;
  }
  PhotoId AddWith(std::string_view path, const PhotoFacts& facts) {
    PhotoResult result;
    result.id = Add(path, path);
    result.facts = facts;
    result.outcomes = {Done("facts")};
    EXPECT_EQ(Message(StoreOne(result)), "");
    return result.id;
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, CatalogVocabularyTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(CatalogVocabularyTest, FactsAreCountedAsTheyChange) {
  AddWith("/1", {.camera = "Canon EOS R5", .lens = "RF 50mm", .city = "Wien", .region = "Wien", .country = "Austria"});
  AddWith("/2", {.camera = "Canon EOS R5", .city = "Graz", .country = "Austria"});
  EXPECT_THAT(Of(Vocabulary::kCamera), ElementsAre("Canon EOS R5=2"));
  EXPECT_THAT(Of(Vocabulary::kLens), ElementsAre("RF 50mm=1"));
  EXPECT_THAT(Of(Vocabulary::kPlace), ElementsAre("Austria=2", "Graz=1", "Wien=1"));
  AddWith("/2", {.camera = "Nikon Z 8", .city = "Graz", .country = "Austria"});
  EXPECT_THAT(Of(Vocabulary::kCamera), ElementsAre("Canon EOS R5=1", "Nikon Z 8=1"));
  AddWith("/1", {.camera = "Nikon Z 8"});
  EXPECT_THAT(Of(Vocabulary::kCamera), ElementsAre("Nikon Z 8=2"));
  EXPECT_THAT(Of(Vocabulary::kPlace), ElementsAre("Austria=1", "Graz=1"));
}

TEST_P(CatalogVocabularyTest, FoldersHaveThePresentFilesInThem) {
  Add("/photos/rome/a", "a");
  Add("/photos/rome/b", "b");
  Add("/photos/c", "c");
  EXPECT_THAT(Of(Vocabulary::kFolder), ElementsAre("/photos=1", "/photos/rome=2"));
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/photos/c", "/photos/rome/a"}));
  EXPECT_THAT(Of(Vocabulary::kFolder), ElementsAre("/photos/rome=1"));
  Add("/photos/rome/a", "other bytes");
  EXPECT_THAT(Of(Vocabulary::kFolder), ElementsAre("/photos/rome=2"));
  Value(catalog().DeleteMissing(4'000'000'000));
  EXPECT_THAT(Of(Vocabulary::kFolder), ElementsAre("/photos/rome=2"));
}

TEST_P(CatalogVocabularyTest, DeletedPhotosAreNotCounted) {
  AddWith("/1", {.camera = "Canon", .city = "Wien"});
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/1"}));
  EXPECT_THAT(Of(Vocabulary::kCamera), ElementsAre("Canon=1")) << "missing only";
  EXPECT_EQ(Value(catalog().DeleteMissing(4'000'000'000)), 1);
  EXPECT_THAT(Of(Vocabulary::kCamera), IsEmpty());
  EXPECT_THAT(Of(Vocabulary::kPlace), IsEmpty());
}

TEST_P(CatalogVocabularyTest, ObjectsPeopleAndKeywordsAreCountedOnDemand) {
  const PhotoId a = Add("/a", "a");
  const PhotoId b = Add("/b", "b");
  PhotoResult result = FullResult(a);
  result.properties->facts.keywords = {"Holiday", "events|party"};
  CALOTYPE_ASSERT_OK(StoreOne(result));
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(b)));
  EXPECT_THAT(Of(Vocabulary::kObject), ElementsAre("cat", "dog")) << "tags are not objects";
  EXPECT_EQ(Value(catalog().CountUses(Vocabulary::kObject, "cat", 10)), 2);
  EXPECT_EQ(Value(catalog().CountUses(Vocabulary::kObject, "cat", 1)), 1);
  EXPECT_EQ(Value(catalog().CountUses(Vocabulary::kObject, "Egyptian cat", 10)), 0);
  EXPECT_THAT(Of(Vocabulary::kKeyword), ElementsAre("events|party", "Holiday"));
  EXPECT_EQ(Value(catalog().CountUses(Vocabulary::kKeyword, "holiday", 10)), 1);
  EXPECT_THAT(Of(Vocabulary::kPerson), IsEmpty());
  const PersonId ada = Value(catalog().CreatePerson());
  const std::vector<FaceId> faces = Value(catalog().GetPhoto(a)).face_ids;
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(ada, faces));
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(ada, {.name = "Ada"}));
  EXPECT_THAT(Of(Vocabulary::kPerson), ElementsAre("Ada"));
  EXPECT_EQ(Value(catalog().CountUses(Vocabulary::kPerson, "Ada", 10)), 1) << "photos, not faces";
  EXPECT_TRUE(absl::IsInvalidArgument(catalog().CountUses(Vocabulary::kCamera, "x", 1).status()));
}

}  // namespace
}  // namespace calotype
