#include "base/half.h"
#include "catalog/conformance/catalog_test.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class CatalogSearchTest : public CatalogTest {
 protected:
  PhotoId AddText(std::string_view path, const std::vector<std::string>& lines) {
    PhotoResult result;
    result.id = Add(path, path);
    result.findings.text.emplace();
    for (const std::string& line : lines) {
      result.findings.text->push_back(LineOf(line));
    }
    result.outcomes = {Done("text")};
    EXPECT_EQ(Message(StoreOne(result)), "");
    return result.id;
  }

  PhotoId AddLabels(std::string_view path, std::vector<ObjectFinding> objects, std::vector<Tag> tags) {
    PhotoResult result;
    result.id = Add(path, path);
    result.findings.objects = std::move(objects);
    result.findings.embedding = EmbeddingFinding{.space = "s", .vector = {1.0F}, .tags = std::move(tags)};
    result.outcomes = {Done("objects"), Done("embedding")};
    EXPECT_EQ(Message(StoreOne(result)), "");
    return result.id;
  }

  std::vector<PhotoId> TextIds(std::string_view words) {
    std::vector<PhotoId> ids;
    for (const TextMatch& match : Value(catalog().SearchText(words, false, 100))) {
      ids.push_back(match.photo);
    }
    std::ranges::sort(ids);
    return ids;
  }

  std::vector<PhotoId> LabelIds(std::string_view word) {
    std::vector<PhotoId> ids;
    for (const LabelMatch& match : Value(catalog().FindLabels(word))) {
      ids.push_back(match.photo);
    }
    return ids;
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, CatalogSearchTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(CatalogSearchTest, TextIsFoundByWordsWhateverTheyHold) {
  const PhotoId sign = AddText("/sign", {"at all times", "NO PARKING", "AND \"NEAR\" OR NOT"});
  const PhotoId menu = AddText("/menu", {"Café Müller", "12:30 - 14:00", "O'Brien*"});
  const PhotoId chinese = AddText("/zh", {"北京市海淀区", "中文测试abc"});
  struct Case {
    const char* words;
    std::vector<PhotoId> found;
  };
  const std::vector<Case> cases = {
      {"parking", {sign}},
      {"parking no", {sign}},
      {"NO PARKING", {sign}},
      {"park", {}},
      {"park*", {sign}},
      {"no park*", {sign}},
      {"par* no", {}},
      {"parking café", {}},
      {"cafe muller", {menu}},
      {"MÜLLER", {menu}},
      {"12:30", {menu}},
      {"12:31", {}},
      {"O'Brien", {menu}},
      {"\"NEAR\"", {sign}},
      {"AND", {sign}},
      {"NOT parking", {sign}},
      {"parking OR cafe", {}},
      {"body:parking", {}},
      {"NEAR(no parking)", {}},
      {"\"NEAR\"(or)", {sign}},
      {"(parking", {sign}},
      {"parking)", {sign}},
      {"^parking", {sign}},
      {"-parking", {sign}},
      {"parking + !", {sign}},
      {"北京", {chinese}},
      {"海淀", {chinese}},
      {"京海", {}},
      {"测试", {chinese}},
      {"abc", {chinese}},
      {"", {}},
      {"\"", {}},
      {"***", {}},
      {"…", {}},
      {" \t\n", {}},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(TextIds(test.words), test.found) << test.words;
  }
  EXPECT_THAT(TextIds(std::string_view("parking\0", 8)), ElementsAre(sign));
}

TEST_P(CatalogSearchTest, TheMatchingLineOfAText) {
  const PhotoId sign = AddText("/sign", {"at all times", "NO PARKING\nhere", "北京市海淀区"});
  const PhotoId other = AddText("/other", {"no times"});
  EXPECT_EQ(Value(catalog().MatchingLine(sign, "parking no", false)), "NO PARKING\nhere");
  EXPECT_EQ(Value(catalog().MatchingLine(sign, "no parking", true)), "NO PARKING\nhere");
  EXPECT_EQ(Value(catalog().MatchingLine(sign, "海淀", false)), "北京市海淀区");
  EXPECT_EQ(Value(catalog().MatchingLine(sign, "times", false)), "at all times");
  EXPECT_EQ(Value(catalog().MatchingLine(other, "times", false)), "no times");
  EXPECT_EQ(Value(catalog().MatchingLine(other, "parking", false)), "");
  EXPECT_EQ(Value(catalog().MatchingLine(sign, "parking no", true)), "");
  EXPECT_EQ(Value(catalog().MatchingLine(sign, "!", false)), "");
  EXPECT_EQ(Value(catalog().MatchingLine(999, "times", false)), "");
}

TEST_P(CatalogSearchTest, TextBestFirstAndNoMoreThanAsked) {
  AddText("/long", {"parking and many other words stand on this board that is long", "really long", "very long"});
  const PhotoId best = AddText("/short", {"parking"});
  const auto matches = Value(catalog().SearchText("parking", false, 10));
  ASSERT_THAT(matches, SizeIs(2));
  EXPECT_EQ(matches[0].photo, best);
  EXPECT_GE(matches[0].rank, matches[1].rank);
  EXPECT_THAT(Value(catalog().SearchText("parking", false, 1)), SizeIs(1));
}

TEST_P(CatalogSearchTest, ObjectsByLabelAndCount) {
  const PhotoId one = AddLabels("/one", {{"dog", 0.9F, {}}, {"hot dog", 0.8F, {}}}, {});
  const PhotoId three = AddLabels("/three", {{"Dog", 0.5F, {}}, {"dog", 0.6F, {}}, {"dog", 0.7F, {}}}, {});
  const auto dogs = Value(catalog().FindObjects("DOG", 1));
  ASSERT_THAT(dogs, SizeIs(2));
  EXPECT_EQ(dogs[0].photo, one);
  EXPECT_EQ(dogs[0].count, 1);
  EXPECT_EQ(dogs[1].photo, three);
  EXPECT_EQ(dogs[1].count, 3);
  EXPECT_EQ(dogs[1].score, 0.7F);
  EXPECT_THAT(Value(catalog().FindObjects("dog", 2)), SizeIs(1));
  EXPECT_THAT(Value(catalog().FindObjects("dog", 4)), IsEmpty());
  EXPECT_THAT(Value(catalog().FindObjects("do", 1)), IsEmpty());
}

TEST_P(CatalogSearchTest, LabelsByWholeWordAndPlural) {
  const PhotoId cat = AddLabels("/cat", {{"cat", 0.8F, {}}}, {{"Egyptian cat", 0.9F}, {"tabby", 0.05F}});
  const PhotoId flowers = AddLabels("/flowers", {{"potted plant", 0.3F, {}}}, {{"wild flowers", 0.4F}});
  const PhotoId ball = AddLabels("/ball", {{"sports ball", 0.6F, {}}, {"sports ball", 0.2F, {}}}, {});
  AddLabels("/caterpillar", {}, {{"caterpillar", 0.9F}});
  EXPECT_THAT(LabelIds("cat"), ElementsAre(cat));
  EXPECT_THAT(LabelIds("CATS"), ElementsAre(cat));
  EXPECT_THAT(LabelIds("flower"), ElementsAre(flowers));
  EXPECT_THAT(LabelIds("plants"), ElementsAre(flowers));
  EXPECT_THAT(LabelIds("sports ball"), ElementsAre(ball));
  EXPECT_THAT(LabelIds("ball sports"), IsEmpty());
  EXPECT_THAT(LabelIds(""), IsEmpty());

  const LabelMatch best = Value(catalog().FindLabels("cat"))[0];
  EXPECT_EQ(best.label, "Egyptian cat");
  EXPECT_TRUE(best.is_tag);
  EXPECT_EQ(best.score, 0.9F);
  EXPECT_EQ(best.count, 2);
  EXPECT_EQ(Value(catalog().FindLabels("ball"))[0].count, 2);
}

TEST_P(CatalogSearchTest, MissingPhotosAreNowhere) {
  const PhotoId id = Add("/a.jpg", "a");
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(id)));
  const PersonId person = Value(catalog().CreatePerson());
  const FaceId face = Value(catalog().Faces())[0].id;
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(person, std::vector{face}));
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/a.jpg"}));
  EXPECT_THAT(Value(catalog().SearchText("parking", false, 10)), IsEmpty());
  EXPECT_THAT(Value(catalog().FindObjects("dog", 1)), IsEmpty());
  EXPECT_THAT(Value(catalog().FindLabels("cat")), IsEmpty());
  EXPECT_THAT(Value(catalog().FindPhotos({})), IsEmpty());
  EXPECT_THAT(Value(catalog().PdqHashes()), IsEmpty());
  EXPECT_THAT(Value(catalog().Faces()), IsEmpty());
  EXPECT_THAT(Value(catalog().People()), IsEmpty());
  int visits = 0;
  CALOTYPE_ASSERT_OK(catalog().ForEachEmbedding("space", false, [&](PhotoId, std::span<const uint16_t>) { ++visits; }));
  EXPECT_EQ(visits, 0);
  EXPECT_EQ(Value(catalog().FindByPath("/a.jpg")), id) << "what is known of it stays";
}

TEST_P(CatalogSearchTest, EveryEmbeddingOfASpaceInOrder) {
  constexpr int kPhotos = 2500;  // more than two pages
  Catalog& open = catalog();
  const auto transaction = Value(open.BeginTransaction());
  for (int i = 0; i < kPhotos; ++i) {
    PhotoResult result;
    const std::string path = "/" + std::to_string(i);
    result.id = Value(open.AddFile(path, StampOf(1), DigestOf(path)));
    result.findings.embedding =
        EmbeddingFinding{.space = i == 7 ? "other" : "s", .vector = {static_cast<float>(i % 100), -0.5F}, .tags = {}};
    result.outcomes = {Done("embedding")};
    CALOTYPE_ASSERT_OK(open.Store(std::vector{result}));
  }
  CALOTYPE_ASSERT_OK(transaction->Commit());
  std::vector<PhotoId> seen;
  CALOTYPE_ASSERT_OK(open.ForEachEmbedding("s", false, [&](PhotoId id, std::span<const uint16_t> halves) {
    ASSERT_THAT(halves, SizeIs(2));
    EXPECT_EQ(HalfToFloat(halves[0]), static_cast<float>((id - 1) % 100));
    if (seen.empty()) {
      EXPECT_TRUE(open.GetPhoto(id).ok()) << "visit may call the catalogue";
    }
    seen.push_back(id);
  }));
  EXPECT_THAT(seen, SizeIs(kPhotos - 1));
  EXPECT_TRUE(std::ranges::is_sorted(seen));
}

TEST_P(CatalogSearchTest, TheListOfSegmentsChangesInOneStep) {
  EXPECT_EQ(Value(catalog().SegmentManifest("a/b%")), std::nullopt);
  EXPECT_FALSE(Value(catalog().ReplaceSegmentManifest("a/b%", "one", "two"))) << "there is none";
  EXPECT_TRUE(Value(catalog().ReplaceSegmentManifest("a/b%", std::nullopt, "one")));
  EXPECT_FALSE(Value(catalog().ReplaceSegmentManifest("a/b%", std::nullopt, "two"))) << "there is one already";
  EXPECT_TRUE(Value(catalog().ReplaceSegmentManifest("a/b%", "one", "two")));
  EXPECT_FALSE(Value(catalog().ReplaceSegmentManifest("a/b%", "one", "three")));
  EXPECT_EQ(Value(catalog().SegmentManifest("a/b%")), "two");
  EXPECT_EQ(Value(catalog().SegmentManifest("a")), std::nullopt);
  EXPECT_TRUE(Value(catalog().ReplaceSegmentManifest("Z", std::nullopt, "z")));
  EXPECT_THAT(Value(catalog().SegmentSpaces()), testing::UnorderedElementsAre("a/b%", "Z"));
}

TEST_P(CatalogSearchTest, FilterByCameraTimeAndPerson) {
  const auto add = [&](const char* path, const char* camera, const char* taken_at) {
    PhotoResult result = FullResult(Add(path, path));
    result.properties->facts.camera = camera;
    result.properties->facts.taken_at = taken_at;
    EXPECT_EQ(Message(StoreOne(result)), "");
    return result.id;
  };
  const PhotoId old_canon = add("/1", "Canon EOS R5", "2023-12-31T23:59:59");
  const PhotoId nikon = add("/2", "NIKON Z 6", "2024-01-01T00:00:00+02:00");
  const PhotoId undated = add("/3", "", "");
  const PhotoId never_decoded = Add("/4", "4");
  const PersonId ada = Value(catalog().CreatePerson());
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(ada, {.name = "Ada Lovelace"}));
  const FaceId face = Value(catalog().Faces())[0].id;
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(ada, std::vector{face}));
  struct Case {
    PhotoFilter filter;
    std::vector<PhotoId> found;
  };
  const std::vector<Case> cases = {
      {{}, {old_canon, nikon, undated, never_decoded}},
      {{.camera = "canon", .taken_from = "", .taken_before = "", .person = ""}, {old_canon}},
      {{.camera = "z 6", .taken_from = "", .taken_before = "", .person = ""}, {nikon}},
      {{.camera = "%", .taken_from = "", .taken_before = "", .person = ""}, {}},
      {{.camera = "", .taken_from = "2024", .taken_before = "", .person = ""}, {nikon}},
      {{.camera = "", .taken_from = "2023-12-31", .taken_before = "", .person = ""}, {old_canon, nikon}},
      {{.camera = "", .taken_from = "", .taken_before = "2024", .person = ""}, {old_canon}},
      {{.camera = "", .taken_from = "", .taken_before = "2024-01-02", .person = ""}, {old_canon, nikon}},
      {{.camera = "nikon", .taken_from = "2024-01", .taken_before = "2024-02", .person = ""}, {nikon}},
      {{.camera = "", .taken_from = "", .taken_before = "", .person = "ada lovelace"}, {old_canon}},
      {{.camera = "", .taken_from = "", .taken_before = "", .person = "Ada"}, {old_canon}},
      {{.camera = "", .taken_from = "", .taken_before = "", .person = "LÓVE"}, {old_canon}},
      {{.camera = "", .taken_from = "", .taken_before = "", .person = "Bob"}, {}},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(Value(catalog().FindPhotos(cases[i].filter)), cases[i].found) << "case " << i;
  }
}

TEST_P(CatalogSearchTest, NamesIgnoreCaseAndAccentsInBothForms) {
  const std::string nfc = "\xC3\x89t\xC3\xA9";    // Été
  const std::string nfd = "E\xCC\x81te\xCC\x81";  // the same, with accents as characters of their own
  PhotoResult one = FullResult(Add("/" + nfc + "/a.jpg", "1"));
  one.properties->facts.keywords = {nfd};
  one.properties->facts.city = "Zürich";
  CALOTYPE_ASSERT_OK(StoreOne(one));
  PhotoResult two = FullResult(Add("/" + nfd + "/b-" + nfd + ".jpg", "2"));
  two.properties->facts.keywords = {nfc, "sea"};
  CALOTYPE_ASSERT_OK(StoreOne(two));
  const std::vector<PhotoId> both = {one.id, two.id};
  for (const std::string& asked : {nfc, nfd, std::string("ete"), std::string("ÉTÉ")}) {
    EXPECT_EQ(Value(catalog().FindPhotos({.file = {.folders = {asked}, .names = {}}})), both) << asked;
    EXPECT_EQ(Value(catalog().FindPhotos({.keyword = asked})), both) << asked;
    EXPECT_THAT(Value(catalog().FindPhotos({.file = {.folders = {}, .names = {asked}}})), ElementsAre(two.id)) << asked;
    EXPECT_THAT(Value(catalog().SearchNames(asked, 9)), SizeIs(2)) << asked;
  }
  EXPECT_EQ(Value(catalog().FindPhotos({.file = {.folders = {"/" + nfc}, .names = {}}})), both) << "absolute";
  EXPECT_EQ(Value(catalog().FindPhotos({.file = {.folders = {"/" + nfd + "/"}, .names = {}}})), both);
  EXPECT_THAT(Value(catalog().FindPhotos({.file = {.folders = {"/ete"}, .names = {}}})), IsEmpty());
  EXPECT_THAT(Value(catalog().FindPhotos({.places = {"zurich"}})), ElementsAre(one.id));
  EXPECT_THAT(Value(catalog().FindPhotos({.keyword = "SEA"})), ElementsAre(two.id));
  EXPECT_THAT(Value(catalog().FindPhotos({.keyword = "se"})), IsEmpty());
}

TEST_P(CatalogSearchTest, KeywordsAreFoundByTheirLevels) {
  PhotoResult photo = FullResult(Add("/a.jpg", "1"));
  photo.properties->facts.keywords = {"Events|Garden party|2024", "sea"};
  CALOTYPE_ASSERT_OK(StoreOne(photo));
  for (const char* asked : {"events", "garden party", "2024", "Events|Garden Party", "events|garden party|2024"}) {
    EXPECT_THAT(Value(catalog().FindPhotos({.keyword = asked})), ElementsAre(photo.id)) << asked;
  }
  for (const char* asked : {"party", "Events|2024", "event"}) {
    EXPECT_THAT(Value(catalog().FindPhotos({.keyword = asked})), IsEmpty()) << asked;
  }
}

TEST_P(CatalogSearchTest, OneFilePassesAllOfAFilter) {
  const PhotoId photo = Add("/A/x.jpg", "same");
  Add("/B/y.jpg", "same");
  EXPECT_THAT(Value(catalog().FindPhotos({.file = {.folders = {"B"}, .names = {"y"}}})), ElementsAre(photo));
  EXPECT_THAT(Value(catalog().FindPhotos({.file = {.folders = {"B"}, .names = {"x"}}})), IsEmpty());
  const std::vector<PhotoId> ids = {photo};
  EXPECT_THAT(Value(catalog().PathsThatPass(ids, {.folders = {"B"}, .names = {}})),
              ElementsAre(ElementsAre("/B/y.jpg")));
  EXPECT_THAT(Value(catalog().PathsThatPass(ids, {})), ElementsAre(ElementsAre("/A/x.jpg", "/B/y.jpg")));
  EXPECT_THAT(Value(catalog().PathsThatPass(ids, {.folders = {"C"}, .names = {}})),
              ElementsAre(ElementsAre("/A/x.jpg", "/B/y.jpg")));
}

TEST_P(CatalogSearchTest, APersonIsFoundByThePartOfAName) {
  PhotoResult first = FullResult(Add("/1", "1"));
  PhotoResult second = FullResult(Add("/2", "2"));
  CALOTYPE_ASSERT_OK(StoreOne(first));
  CALOTYPE_ASSERT_OK(StoreOne(second));
  const auto name = [&](PhotoId photo, const char* as) {
    const std::vector<FaceRecord> faces = Value(catalog().Faces());
    const auto face = std::ranges::find(faces, photo, &FaceRecord::photo);
    const PersonId person = Value(catalog().CreatePerson());
    EXPECT_EQ(Message(catalog().ChangePerson(person, {.name = as})), "");
    EXPECT_EQ(Message(catalog().AssignFaces(person, std::vector{face->id})), "");
  };
  name(first.id, "Zinédine");
  name(second.id, "Zinédine Zidane");
  EXPECT_THAT(Value(catalog().FindPhotos({.person = "zinedine"})), ElementsAre(first.id)) << "the whole name is first";
  EXPECT_THAT(Value(catalog().FindPhotos({.person = "zidane"})), ElementsAre(second.id));
  EXPECT_THAT(Value(catalog().FindPhotos({.person = "zine"})), ElementsAre(first.id, second.id));
  EXPECT_THAT(Value(catalog().PersonNames()), ElementsAre("Zinédine", "Zinédine Zidane"));
}

TEST_P(CatalogSearchTest, TextIsFoundByLettersThatAreTypedInAnotherWay) {
  PhotoResult result = FullResult(Add("/1", "1"));
  result.findings.text = {LineOf("Kärntner Straße")};
  CALOTYPE_ASSERT_OK(StoreOne(result));
  for (const char* word : {"strasse", "STRASSE", "Straße", "straße", "karntner", "Ka\xCC\x88rntner"}) {
    EXPECT_THAT(Value(catalog().SearchText(word, false, 9)), SizeIs(1)) << word;
    EXPECT_EQ(Value(catalog().MatchingLine(result.id, word, false)), "Kärntner Straße") << word;
  }
}

TEST_P(CatalogSearchTest, HashesComeBack) {
  const PhotoId id = Add("/a.jpg", "a");
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(id)));
  const auto hashes = Value(catalog().PdqHashes());
  ASSERT_THAT(hashes, SizeIs(1));
  EXPECT_EQ(hashes[0].photo, id);
  EXPECT_EQ(hashes[0].pdq.hash, FullResult(id).findings.pdq->hash);
  EXPECT_EQ(hashes[0].pdq.quality, 88);
}

TEST_P(CatalogSearchTest, PeopleWithTheirCover) {
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(Add("/a.jpg", "a"))));
  PhotoResult close_up = FullResult(Add("/b.jpg", "b"));
  close_up.findings.faces = {FaceAt(10, {1, 0})};
  close_up.findings.faces->front().box.width = 400;
  CALOTYPE_ASSERT_OK(StoreOne(close_up));
  const std::vector<FaceRecord> faces = Value(catalog().Faces());
  ASSERT_THAT(faces, SizeIs(3));
  EXPECT_EQ(faces[0].version, "v1");
  EXPECT_THAT(ToFloat(faces[1].embedding), ElementsAre(0.0F, 1.0F));

  const PersonId bob = Value(catalog().CreatePerson());
  const PersonId ada = Value(catalog().CreatePerson());
  Value(catalog().CreatePerson());  // without a face: not listed
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(bob, std::vector{faces[1].id}));
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(ada, std::vector{faces[0].id, faces[2].id}));
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(ada, {.name = "Ada"}));
  const auto people = Value(catalog().People());
  ASSERT_THAT(people, SizeIs(2));
  EXPECT_EQ(people[0].id, ada);
  EXPECT_EQ(people[0].name, "Ada");
  EXPECT_EQ(people[0].faces, 2);
  EXPECT_EQ(people[0].photos, 2);
  EXPECT_EQ(people[0].cover, faces[2].id);
  EXPECT_EQ(people[0].cover_path, "/b.jpg");
  EXPECT_EQ(people[1].name, "");
}

TEST_P(CatalogSearchTest, UnknownPeopleAndFacesAreNotFound) {
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(Add("/a.jpg", "a"))));
  const FaceId face = Value(catalog().Faces())[0].id;
  EXPECT_TRUE(absl::IsNotFound(catalog().ChangePerson(9, {.name = "Ada"}).status()));
  EXPECT_TRUE(absl::IsNotFound(catalog().AssignFaces(9, std::vector{face})));
  const PersonId person = Value(catalog().CreatePerson());
  EXPECT_TRUE(absl::IsNotFound(catalog().AssignFaces(person, std::vector{face, FaceId{999}})));
  EXPECT_FALSE(Value(catalog().Faces())[0].person.has_value()) << "none is assigned";
}

}  // namespace
}  // namespace calotype
