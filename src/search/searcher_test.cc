#include "search/searcher.h"

#include "search/evidence.h"
#include "search/search_test_util.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class SearcherTest : public SearchTest {
 protected:
  SearcherTest() {
    PhotoResult cat = WithMeaning(AtCosine(0.70F), {{"Egyptian cat", 0.45F}});
    cat.findings.objects = {{.label = "cat", .score = 0.82F, .box = {}}};
    cat.findings.text.emplace();
    cat_ = AddPhoto("/1.jpg", cat);

    PhotoResult sign = WithMeaning(AtCosine(0.30F));
    sign.findings.objects = {{.label = "dog", .score = 0.6F, .box = {}}, {.label = "dog", .score = 0.5F, .box = {}}};
    sign.findings.text = {LineOf("NO PARKING"), LineOf("for cats")};
    sign.properties = PhotoProperties{
        .format = PhotoFormat::kJpeg,
        .width = 10,
        .height = 10,
        .facts = {
            .taken_at = "2024-05-01T10:00:00", .camera = "Canon EOS R5", .lens = "", .orientation = 1, .gps = {}}};
    sign_ = AddPhoto("/sign.jpg", sign);

    PhotoResult lion = WithMeaning(AtCosine(0.75F));
    lion.findings.objects = {{.label = "dog", .score = 0.7F, .box = {}}};
    lion_ = AddPhoto("/lion.jpg", lion);

    noise_ = AddPhoto("/noise.jpg", WithMeaning(AtCosine(0.15F)));
  }

  std::vector<Hit> Search(std::string_view query, int limit = 20) {
    return Value(searcher_.Search(Value(ParseQuery(query)), {.limit = limit})).hits;
  }
  std::vector<PhotoId> Ids(std::string_view query, int limit = 20) {
    std::vector<PhotoId> ids;
    for (const Hit& hit : Search(query, limit)) {
      ids.push_back(hit.photo);
    }
    return ids;
  }

  FakeTextEncoder encoder_{{{"cat", {1, 0}}, {"big thing", {1, 0}}, {"a cat parking", {1, 0}}}};
  Searcher searcher_{catalog(), vectors_, &encoder_};
  PhotoId cat_ = 0;
  PhotoId sign_ = 0;
  PhotoId lion_ = 0;
  PhotoId noise_ = 0;
};

TEST_F(SearcherTest, MeaningAloneOrdersByCosine) {
  const std::vector<Hit> hits = Search("big thing");
  ASSERT_THAT(hits, SizeIs(3)) << "0.15 is noise";
  EXPECT_EQ(hits[0].photo, lion_);
  EXPECT_EQ(hits[0].path, "/lion.jpg");
  EXPECT_NEAR(hits[0].score, MeaningEvidence(0.75F, encoder_.confident_score()), 1e-3);  // f16
  EXPECT_TRUE(hits[0].confident);
  EXPECT_THAT(hits[0].why, ElementsAre("meaning 0.75"));
  EXPECT_EQ(hits[1].photo, cat_);
  EXPECT_EQ(hits[2].photo, sign_);
  EXPECT_THAT(hits[2].why, ElementsAre("weak meaning 0.30"));
  EXPECT_FALSE(hits[2].confident);
}

TEST_F(SearcherTest, LabelsAndTextRaisePhotosThatMeaningRanksLower) {
  const std::vector<Hit> hits = Search("cat");
  ASSERT_THAT(hits, SizeIs(3));
  EXPECT_EQ(hits[0].photo, cat_);
  EXPECT_THAT(hits[0].why, ElementsAre("meaning 0.70", "object \"cat\" 0.82"));
  EXPECT_NEAR(hits[0].score, Together(MeaningEvidence(0.70F, encoder_.confident_score()), ObjectEvidence(0.82F)), 1e-3);
  EXPECT_EQ(hits[1].photo, lion_);
  EXPECT_EQ(hits[2].photo, sign_) << "\"for cats\" is not the word cat";
}

TEST_F(SearcherTest, WordsInRecognisedTextCount) {
  FakeTextEncoder encoder({{"the parking", {1, 0}}});
  const Searcher searcher(catalog(), vectors_, &encoder);
  const std::vector<Hit> hits = Value(searcher.Search(Value(ParseQuery("the parking")), {})).hits;
  ASSERT_THAT(hits, SizeIs(3));
  EXPECT_EQ(hits[1].photo, sign_) << "before a meaning of 0.70, after 0.75";
  EXPECT_THAT(hits[1].why, ElementsAre("weak meaning 0.30", "text \"NO PARKING\""));
}

TEST_F(SearcherTest, APartOfTheWordsInTextCountsLess) {
  FakeTextEncoder encoder({{"parking for free", {0, -1}}});
  const Searcher searcher(catalog(), vectors_, &encoder);
  const std::vector<Hit> hits = Value(searcher.Search(Value(ParseQuery("parking for free")), {})).hits;
  ASSERT_THAT(hits, SizeIs(1));
  EXPECT_EQ(hits[0].photo, sign_);
  EXPECT_FALSE(hits[0].confident);
  EXPECT_THAT(hits[0].why, ElementsAre("text \"NO PARKING\""));
}

// "a dog" found a cat first, because the detector took it for a dog with 0.51.
TEST_F(SearcherTest, AClearMeaningPrecedesADoubtfulObject) {
  FakeTextEncoder encoder({{"dog", {0, 1}}});
  PhotoResult cat = WithMeaning({0.9F, 0.46F});
  cat.findings.objects = {{.label = "dog", .score = 0.51F, .box = {}}};
  const PhotoId mistaken = AddPhoto("/mistaken.jpg", cat);
  const PhotoId dog = AddPhoto("/clear.jpg", WithMeaning({0.714F, 0.70F}));
  const std::vector<Hit> hits =
      Value(Searcher(catalog(), vectors_, &encoder).Search(Value(ParseQuery("dog -in:lion")), {})).hits;
  const auto place = [&](PhotoId photo) { return std::ranges::find(hits, photo, &Hit::photo) - hits.begin(); };
  EXPECT_LT(place(dog), place(mistaken));
}

TEST_F(SearcherTest, ReasonsAreGivenOnlyOnRequest) {
  for (const std::string query : {"a cat parking", "text:parking", "object:dog"}) {
    const Query parsed = Value(ParseQuery(query));
    const std::vector<Hit> told = Value(searcher_.Search(parsed, {})).hits;
    const std::vector<Hit> bare = Value(searcher_.Search(parsed, {.explain = false})).hits;
    ASSERT_THAT(bare, SizeIs(told.size())) << query;
    ASSERT_THAT(bare, testing::Not(testing::IsEmpty())) << query;
    for (std::size_t i = 0; i < bare.size(); ++i) {
      EXPECT_EQ(bare[i].photo, told[i].photo) << query;
      EXPECT_EQ(bare[i].path, told[i].path) << query;
      EXPECT_THAT(bare[i].why, testing::IsEmpty()) << query;
      EXPECT_THAT(told[i].why, testing::Not(testing::IsEmpty())) << query;
    }
  }
}

TEST_F(SearcherTest, FiltersRestrict) {
  struct Case {
    const char* query;
    std::vector<PhotoId> found;
  };
  const std::vector<Case> cases = {
      {"cat -object:dog", {cat_}},
      {"cat object:dog", {lion_, sign_}},
      {"cat object:dog>1", {sign_}},
      {"cat text:park", {sign_}},
      {"cat -text:parking", {cat_, lion_}},
      {"object:dog", {lion_, sign_}},
      {"object:DOG -text:parking", {lion_}},
      {"object:dog object:cat", {}},
      {"object:unicorn", {}},
      {"text:park", {sign_}},
      {"text:\"park\"", {}},
      {"text:\"no parking\"", {sign_}},
      {"text:cats text:no", {sign_}},
      {"-object:dog", {cat_, noise_}},
      {"-object:dog -object:cat", {noise_}},
      {"camera:canon", {sign_}},
      {"-camera:canon object:dog", {lion_}},
      {"after:2024-05 before:2024-06", {sign_}},
      {"after:2024-06", {}},
      {"person:Ada", {}},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(Ids(test.query), test.found) << test.query;
  }
}

TEST_F(SearcherTest, FiltersGiveReasons) {
  EXPECT_THAT(Search("object:dog>1")[0].why, ElementsAre("object \"dog\" x2 0.60"));
  EXPECT_THAT(Search("text:parking camera:canon after:2024 -object:cat")[0].why,
              ElementsAre("text \"NO PARKING\"", "not object \"cat\"", "camera \"canon\"", "after 2024"));
  EXPECT_THAT(Search("cat object:cat")[0].why, ElementsAre("meaning 0.70", "object \"cat\" 0.82"));
  EXPECT_EQ(Search("object:cat")[0].score, 1.0);
}

TEST_F(SearcherTest, PersonByName) {
  PhotoResult portrait;
  portrait.findings.faces = {FaceAt(10, {1, 0})};
  const PhotoId photo = AddPhoto("/ada.jpg", portrait);
  const PersonId ada = Value(catalog().CreatePerson());
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(ada, {.name = "Ada Lovelace"}));
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(ada, std::vector{Value(catalog().Faces())[0].id}));
  EXPECT_THAT(Ids("person:\"ada lovelace\""), ElementsAre(photo));
}

TEST_F(SearcherTest, WithoutEncoderWordsMatchLabelsAndTextAndSaySo) {
  const Searcher searcher(catalog(), vectors_, nullptr, "the pack tiny has no text encoder");
  const std::vector<Hit> hits = Value(searcher.Search(Value(ParseQuery("a cat")), {})).hits;
  ASSERT_THAT(hits, SizeIs(1));
  EXPECT_EQ(hits[0].photo, cat_);
  EXPECT_THAT(hits[0].why,
              ElementsAre("object \"cat\" 0.82", "not searched by meaning: the pack tiny has no text encoder"));
}

TEST_F(SearcherTest, TagsCountIfNoObjectIsMoreCertain) {
  const PhotoId tabby = AddPhoto("/tabby.jpg", WithMeaning(AtCosine(0.6F), {{"tabby cat", 0.9F}}));
  const std::vector<Hit> hits = Search("cat");
  ASSERT_THAT(hits, SizeIs(4));
  EXPECT_EQ(hits[0].photo, cat_) << "by an object and a higher meaning";
  EXPECT_EQ(hits[1].photo, tabby);
  EXPECT_THAT(hits[1].why, ElementsAre("meaning 0.60", "tag \"tabby cat\" 0.90"));
}

TEST_F(SearcherTest, LimitAndItsError) {
  EXPECT_THAT(Ids("big thing", 1), ElementsAre(lion_));
  EXPECT_THAT(Ids("object:dog", 1), ElementsAre(lion_));
  EXPECT_TRUE(absl::IsInvalidArgument(searcher_.Search(Value(ParseQuery("cat")), {.limit = 0}).status()));
}

TEST_F(SearcherTest, TheEncodersErrorIsReturned) {
  EXPECT_TRUE(absl::IsInvalidArgument(searcher_.Search(Value(ParseQuery("never told")), {}).status()));
}

TEST_F(SearcherTest, EqualScoresAreOrderedById) {
  const PhotoId first = AddPhoto("/twin1.jpg", WithMeaning(AtCosine(0.9F)));
  const PhotoId second = AddPhoto("/twin2.jpg", WithMeaning(AtCosine(0.9F)));
  EXPECT_THAT(Ids("big thing", 2), ElementsAre(first, second));
}

TEST_F(SearcherTest, VectorsOfAnotherModelAreNotCompared) {
  AddPhoto("/other.jpg", WithMeaning({1, 0, 0}));  // same space, other dimension
  PhotoResult other = WithMeaning({1, 0});
  other.findings.embedding->space = "other";
  AddPhoto("/other2.jpg", other);
  EXPECT_THAT(Ids("big thing"), ElementsAre(lion_, cat_, sign_));
}

TEST_F(SearcherTest, ConfidentHitsPrecedeTheOthersInEveryOrder) {
  const Query query = Value(ParseQuery("big thing"));
  for (const SortOrder sort : {SortOrder::kRelevance, SortOrder::kNewest, SortOrder::kOldest}) {
    const std::vector<Hit> hits = Value(searcher_.Search(query, {.sort = sort})).hits;
    ASSERT_THAT(hits, SizeIs(3));
    EXPECT_TRUE(hits[0].confident && hits[1].confident);
    EXPECT_FALSE(hits[2].confident);
    EXPECT_EQ(hits[2].photo, sign_) << "the only one with a date";
  }
}

TEST_F(SearcherTest, LessCertainHitsAreLeftOutOnRequest) {
  const Query query = Value(ParseQuery("big thing"));
  const SearchResult sure = Value(searcher_.Search(query, {.confident_only = true}));
  EXPECT_THAT(sure.hits, testing::Each(testing::Field(&Hit::confident, true)));
  EXPECT_THAT(sure.hits, SizeIs(2));
  EXPECT_EQ(sure.total, 2);
  EXPECT_EQ(sure.less_certain, 1);
  EXPECT_EQ(Value(searcher_.Search(query, {})).less_certain, 0);
}

TEST_F(SearcherTest, TheNumberOfHitsDoesNotDependOnTheLimit) {
  for (const char* query : {"big thing", "object:dog", "-object:dog"}) {
    const Query parsed = Value(ParseQuery(query));
    const SearchResult all = Value(searcher_.Search(parsed, {}));
    const SearchResult first = Value(searcher_.Search(parsed, {.limit = 1}));
    EXPECT_EQ(all.total, std::ssize(all.hits)) << query;
    EXPECT_EQ(first.total, all.total) << query;
    EXPECT_FALSE(first.total_is_minimum) << query;
    EXPECT_TRUE(first.next.has_value()) << query;
  }
}

TEST_F(SearcherTest, NonsenseFindsNothingConfident) {
  FakeTextEncoder encoder({{"qwertz", {0.2F, -0.98F}}, {"faint", {0.45F, -0.89F}}});
  const Searcher searcher(catalog(), vectors_, &encoder);
  EXPECT_THAT(Value(searcher.Search(Value(ParseQuery("qwertz")), {})).hits, IsEmpty());
  EXPECT_THAT(Value(searcher.Search(Value(ParseQuery("faint")), {})).hits,
              testing::Each(testing::Field(&Hit::confident, false)));
}

TEST_F(SearcherTest, PagesContainEveryHitOnce) {
  for (const SortOrder sort : {SortOrder::kRelevance, SortOrder::kNewest, SortOrder::kOldest}) {
    for (const char* text : {"cat", "-object:nothing"}) {
      const Query query = Value(ParseQuery(text));
      std::vector<PhotoId> whole;
      for (const Hit& hit : Value(searcher_.Search(query, {.limit = 100, .sort = sort})).hits) {
        whole.push_back(hit.photo);
      }
      std::vector<PhotoId> paged;
      std::optional<SearchCursor> after;
      do {
        const SearchResult page = Value(searcher_.Search(query, {.limit = 1, .sort = sort, .after = after}));
        for (const Hit& hit : page.hits) {
          paged.push_back(hit.photo);
        }
        after = page.next.has_value() ? ParseCursor(FormatCursor(*page.next)) : std::nullopt;
      } while (after.has_value());
      EXPECT_EQ(paged, whole) << text;
      EXPECT_GT(whole.size(), 1U);
    }
  }
}

TEST_F(SearcherTest, OtherTextIsNotACursor) {
  for (const char* text : {"", "x", "1.2", "zz.1.", "3fe0000000000000.g."}) {
    EXPECT_FALSE(ParseCursor(text).has_value()) << text;
  }
  const SearchCursor cursor{.score = 0.1, .taken_at = "2024-05-01T12:34:56.5", .photo = 1234567};
  const auto back = ParseCursor(FormatCursor(cursor));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->score, cursor.score);
  EXPECT_EQ(back->taken_at, cursor.taken_at);
  EXPECT_EQ(back->photo, cursor.photo);
}

TEST_F(SearcherTest, LikeFindsPhotosSimilarToOneOfTheLibrary) {
  const SearchResult result = Value(searcher_.Search(Value(ParseQuery("like:/1.jpg")), {}));
  ASSERT_FALSE(result.hits.empty());
  for (const Hit& hit : result.hits) {
    EXPECT_NE(hit.photo, cat_);
    EXPECT_THAT(hit.why[0], testing::StartsWith("looks alike "));
  }
  EXPECT_TRUE(absl::IsNotFound(searcher_.Search(Value(ParseQuery("like:/nowhere.jpg")), {}).status()));
}

TEST_F(SearcherTest, AHitShowsTheFileThatTheQueryAsksFor) {
  const PhotoId photo = AddPhoto("/A/one.jpg", WithMeaning({0, 1}));
  EXPECT_EQ(Value(catalog().AddFile("/B/two.jpg", StampOf(1), DigestOf("/A/one.jpg"))), photo);
  for (const auto& [query, path] : {std::pair{"in:A", "/A/one.jpg"}, std::pair{"in:B", "/B/two.jpg"},
                                    std::pair{"name:two", "/B/two.jpg"}, std::pair{"in:/B name:two", "/B/two.jpg"}}) {
    const std::vector<Hit> hits = Search(query);
    ASSERT_THAT(hits, SizeIs(1)) << query;
    EXPECT_EQ(hits[0].photo, photo) << query;
    EXPECT_EQ(hits[0].path, path) << query;
    EXPECT_THAT(hits[0].paths, ElementsAre(path)) << query;
  }
  EXPECT_THAT(Search("in:A name:two"), IsEmpty()) << "no file is both";
}

TEST_F(SearcherTest, NamesOfFilesAndFoldersCount) {
  AddPhoto("/photos/holiday_rome/DSC0815.jpg", WithMeaning({0, 1}));
  FakeTextEncoder encoder({{"rome", {-1, 0}}});
  const Searcher searcher(catalog(), vectors_, &encoder);
  const std::vector<Hit> hits = Value(searcher.Search(Value(ParseQuery("rome")), {})).hits;
  ASSERT_THAT(hits, testing::SizeIs(1));
  EXPECT_THAT(hits[0].why, testing::Contains("name \"photos/holiday_rome/DSC0815.jpg\""));
}

}  // namespace
}  // namespace calotype
